"""One item: first the reviewer's own label, then the classifier's, then the decision."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.review.claims import release
from audit.review.labelling import choices_of, decide, item, label_blind
from audit.web.access import allow
from audit.web.accounts.accounts import Account
from audit.web.pages import go_to, page
from audit.web.site import site_of
from audit.web.wording import REASONS

router = APIRouter(prefix="/review/items/{token}")
Reviewer = Annotated[Account, allow("reviewer", "lead")]
_KEEP, _ESCALATE, _OVERRIDE = "keep", "escalate", "override:"


@router.get("")
def show(request: Request, person: Reviewer, token: str) -> Response:
    """Show the item, as much of it as may be seen now."""
    site = site_of(request)
    found = item(site.store, token, person.id, choices_of(site.guard.policy))
    template = "review/label.html" if found.blind is None else "review/decide.html"
    return page(request, template, item=found, reasons=REASONS)


@router.post("/label")
def label(
    request: Request, person: Reviewer, token: str,
    label: Annotated[str, Form(max_length=200)],
) -> Response:  # fmt: skip
    """Take the blind label."""
    site = site_of(request)
    label_blind(site.store, token, person.id, label, choices_of(site.guard.policy))
    return go_to(f"/review/items/{token}")


@router.post("/decide")
def decided(
    request: Request, person: Reviewer, token: str,
    choice: Annotated[str, Form(max_length=200)],
    note: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:  # fmt: skip
    """Take the decision: every choice is one button of the same form."""
    site = site_of(request)
    action: Literal["keep", "override", "escalate"] = "override"
    if choice in {_KEEP, _ESCALATE}:
        action = "keep" if choice == _KEEP else "escalate"
    decide(
        site.store, token, person.id, action, label=choice.removeprefix(_OVERRIDE),
        choices=choices_of(site.guard.policy), note=note,
    )  # fmt: skip
    return go_to("/review", done="decided")


@router.post("/pause")
def pause(request: Request, person: Reviewer, token: str) -> Response:
    """Put the item back; nothing is counted."""
    release(site_of(request).store, token, person.id)
    return go_to("/review", done="paused")
