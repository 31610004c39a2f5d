"""What leads see of the work: agreement, planted items, and how review is set up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.errors import RefusedError
from audit.review.agreement import ENOUGH, agreement
from audit.review.known import waved_through
from audit.review.settings import change_settings, settings
from audit.web.access import allow
from audit.web.accounts.accounts import Account
from audit.web.language import mark
from audit.web.pages import go_to, page
from audit.web.site import site_of

router = APIRouter(prefix="/agreement")
Lead = Annotated[Account, allow("lead")]
Whole = Annotated[int, Form()]
SAVED = mark("Saved.")


def _agreement(request: Request, status: int = 200, **context: object) -> Response:
    store = site_of(request).store
    return page(
        request, "review/agreement.html", status, rows=agreement(store), enough=ENOUGH,
        waved=waved_through(store), settings=settings(store), **context,
    )  # fmt: skip


@router.get("")
def show(
    request: Request, _: Annotated[Account, allow("lead", "signer")], done: bool = False
) -> Response:
    """Show how far people agree, per group and pool, and never per person."""
    return _agreement(request, notice=SAVED if done else None)


@router.post("")
def change(
    request: Request, person: Lead, due_hours: Whole, double_every: Whole, known_every: Whole
) -> Response:
    """Change how review is set up."""
    try:
        change_settings(
            site_of(request).store, by=person.id, due_hours=due_hours, double_every=double_every,
            known_every=known_every,
        )  # fmt: skip
    except RefusedError as error:
        return _agreement(request, 422, fault=error.what)
    return go_to("/agreement", done="1")
