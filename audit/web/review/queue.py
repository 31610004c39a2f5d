"""The queue: what waits, taking an item, and objecting to what was settled."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.errors import RefusedError
from audit.review.claims import claims_of, take, take_next
from audit.review.labelling import dispute
from audit.review.queue import counts, listed
from audit.review.settings import settings, stopped
from audit.review.settled import settled
from audit.web.access import allow
from audit.web.accounts.accounts import Account
from audit.web.language import mark
from audit.web.pages import go_to, page
from audit.web.site import site_of

router = APIRouter(prefix="/review")
Reviewer = Annotated[Account, allow("reviewer", "lead")]
View = Literal["mine", "waiting", "overdue", "disputed"]
DONE = {
    "decided": mark("Your decision is saved."),
    "paused": mark("The item is back in the queue. Nothing was counted; take the time you need."),
    "none": mark("There is nothing to do at the moment."),
    "disputed": mark("Your objection is saved. Somebody else will look at the item again."),
}
VIEWS: dict[View, str] = {
    "mine": mark("Mine"),
    "waiting": mark("Waiting"),
    "overdue": mark("Overdue"),
    "disputed": mark("Disputed"),
}


@router.get("")
def queue(
    request: Request, person: Reviewer, view: View = "waiting", done: str | None = None
) -> Response:
    """Show what waits."""
    store = site_of(request).store
    return page(
        request, "review/queue.html", view=view, views=VIEWS, counts=counts(store, person.id),
        items=listed(store, view, person.id), claims=claims_of(store, person.id),
        stop=stopped(store), due_hours=settings(store).due_hours, notice=DONE.get(done or ""),
        settles="lead" in person.roles,
    )  # fmt: skip


@router.post("/next")
def take_one(request: Request, person: Reviewer) -> Response:
    """Lock the next item, and show it."""
    found = take_next(site_of(request).store, person.id)
    return go_to("/review", done="none") if found is None else go_to(f"/review/items/{found.token}")


@router.post("/take/{decision}")
def take_this(request: Request, person: Reviewer, decision: str) -> Response:
    """Lock one item of a list, and show it; disputed ones are for leads."""
    store = site_of(request).store
    made = take(store, decision, person.id, settles="lead" in person.roles)
    return go_to(f"/review/items/{made.token}")


@router.get("/settled")
def settled_items(request: Request, person: Reviewer) -> Response:
    """Show what was settled last, to dispute it."""
    return page(request, "review/settled.html", items=settled(site_of(request).store, person.id))


@router.post("/settled/{decision}/dispute")
def dispute_one(
    request: Request, person: Reviewer, decision: str,
    note: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:  # fmt: skip
    """Ask for another look at an item."""
    store = site_of(request).store
    try:
        dispute(store, decision, person.id, note)
    except RefusedError as error:
        shown = settled(store, person.id)
        return page(request, "review/settled.html", 409, items=shown, fault=error.what)
    return go_to("/review", done="disputed")
