"""The stop switch: one click, on every page, sends everything to people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from audit.review.settings import start, stop, stopped
from audit.web.access import SIGNED_IN, allow
from audit.web.accounts.accounts import Account
from audit.web.language import mark
from audit.web.pages import go_to, page
from audit.web.site import site_of

router = APIRouter(prefix="/stop")
Anybody = Annotated[Account, SIGNED_IN]
DONE = {
    "stopped": mark("Stopped: every text goes to people from now on."),
    "started": mark("The policy routes again."),
}


@router.get("")
def show(request: Request, person: Anybody, done: str | None = None) -> Response:
    """Show whether the classifier is stopped."""
    return page(
        request, "review/stop.html", stop=stopped(site_of(request).store),
        starts="lead" in person.roles, notice=DONE.get(done or ""),
    )  # fmt: skip


@router.post("")
def stop_all(request: Request, person: Anybody) -> Response:
    """Send everything to people: anybody who is signed in may."""
    stop(site_of(request).store, by=person.id)
    return go_to("/stop", done="stopped")


@router.post("/end")
def start_again(request: Request, person: Annotated[Account, allow("lead")]) -> Response:
    """Let the policy route again."""
    start(site_of(request).store, by=person.id)
    return go_to("/stop", done="started")
