"""How long data stay readable, and erasing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.errors import RefusedError
from audit.review.retention import held, last_retained, retain
from audit.review.settings import change_settings, settings
from audit.web.access import allow
from audit.web.accounts.accounts import Account
from audit.web.language import mark
from audit.web.pages import go_to, page
from audit.web.site import site_of

router = APIRouter(prefix="/retention")
Steward = Annotated[Account, allow("steward")]
Whole = Annotated[int, Form()]
Words = Annotated[str, Form(max_length=200)]
DONE = {
    "saved": mark("Saved."),
    "retained": mark("What is over its time was made unreadable."),
    "erased": mark("Erased: it cannot be read any more. The record still verifies."),
    "nothing": mark("Nothing readable was found by this name."),
}
ONE_OF = mark("Give a person or a decision, one of the two.")


def _retention(request: Request, status: int = 200, **context: object) -> Response:
    store = site_of(request).store
    now = settings(store)
    return page(request, "review/retention.html", status, settings=now, held=held(store, now),
                last=last_retained(store), **context)  # fmt: skip


@router.get("")
def show(request: Request, _: Steward, done: str | None = None) -> Response:
    """Show what is kept, and until when."""
    return _retention(request, notice=DONE.get(done or ""))


@router.post("")
def change(request: Request, person: Steward, tag_days: Whole, personal_days: Whole) -> Response:
    """Change how long things stay readable."""
    try:
        change_settings(site_of(request).store, by=person.id, tag_days=tag_days,
                        personal_days=personal_days)  # fmt: skip
    except RefusedError as error:
        return _retention(request, 422, fault=error.what)
    return go_to("/retention", done="saved")


@router.post("/now")
def now(request: Request, person: Steward) -> Response:
    """Make unreadable what is over its time."""
    retain(site_of(request).store)
    return go_to("/retention", done="retained")


@router.post("/erase")
def erase(request: Request, person: Steward, subject: Words = "", decision: Words = "") -> Response:
    """Make everything about a person or a decision unreadable."""
    if bool(subject.strip()) == bool(decision.strip()):
        return _retention(request, 422, fault=ONE_OF)
    store = site_of(request).store
    try:
        if subject.strip():
            count = store.erase(subject=subject.strip())
        else:
            count = store.erase(decision=decision.strip())
    except RefusedError as error:
        return _retention(request, 409, fault=f"{error.what}.")
    return go_to("/retention", done="erased" if count else "nothing")
