"""Signing in and out: password, one-time link."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.errors import RefusedError
from audit.web.access import PUBLIC, SIGNED_IN
from audit.web.accounts.accounts import Account, by_password, set_password
from audit.web.accounts.links import use_link
from audit.web.accounts.roles import ROLES
from audit.web.accounts.sessions import end_session, start_session
from audit.web.language import mark
from audit.web.pages import go_to, page
from audit.web.rates import TOO_OFTEN, limited
from audit.web.site import site_of

router = APIRouter()
WRONG = mark("This name and password do not belong together, or the account is closed.")
USED = mark(
    "This link is unknown, was used already, or is more than 24 hours old. Ask for a new one."
)
ENDED = mark(
    "You are not signed in any more. What you sent last was not saved: sign in and send it again."
)
OUT = mark("You are signed out.")
MISMATCH = mark("The two passwords differ.")

Text = Annotated[str, Form(max_length=2000)]


def inside(path: str) -> str:
    """Return a path of this server to go on to; anything else is the start page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain and "\\" not in path else "/"


@router.get("/sign-in", dependencies=[PUBLIC])
def sign_in_form(
    request: Request, next: str = "/", ended: bool = False, out: bool = False
) -> Response:
    """Ask for name and password."""
    notice = ENDED if ended else OUT if out else None
    return page(request, "people/sign_in.html", next=inside(next), name="", notice=notice,
                openid=site_of(request).openid is not None)  # fmt: skip


@router.post("/sign-in", dependencies=[PUBLIC, limited("sign-in", most=20, seconds=60)])
def sign_in(request: Request, name: Text, password: Text, next: Text = "/") -> Response:
    """Sign in by password."""
    site = site_of(request)
    often = site.rates.wait("password", name.strip().lower()[:80], most=10, seconds=300)
    person = None if often else by_password(site.store, name, password)
    if person is None:
        return page(
            request, "people/sign_in.html", 429 if often else 403, next=inside(next), name=name,
            fault=TOO_OFTEN if often else WRONG, openid=site.openid is not None,
        )  # fmt: skip
    reply = go_to(inside(next))
    start_session(site, request, reply, person)
    return reply


@router.get("/sign-in/link/{token}", dependencies=[PUBLIC])
def link_form(request: Request, token: str) -> Response:
    """Ask to go on: programs that look at links ahead must not use them up."""
    return page(request, "people/link.html", token=token[:100])


@router.post("/sign-in/link", dependencies=[PUBLIC, limited("link", most=60, seconds=60)])
def use(request: Request, token: Text) -> Response:
    """Sign in by a one-time link."""
    site = site_of(request)
    person = use_link(site.store, token)
    if person is None:
        return page(request, "people/link.html", 403, token="", fault=USED)
    reply = go_to("/account", first="1")
    start_session(site, request, reply, person)
    return reply


@router.post("/sign-out", dependencies=[SIGNED_IN])
def sign_out(request: Request) -> Response:
    """End the session."""
    reply = go_to("/sign-in", out="1")
    end_session(site_of(request), request, reply)
    return reply


@router.get("/account")
def own_account(
    request: Request, person: Annotated[Account, SIGNED_IN], first: bool = False,
    done: bool = False,
) -> Response:  # fmt: skip
    """Show what a person may do, and where to set a password."""
    notice = mark("Your password is set.") if done else None
    return page(
        request,
        "people/account.html",
        person=person,
        role_words=ROLES,
        asked=first,
        notice=notice,
    )


@router.post("/account/password")
def own_password(
    request: Request, person: Annotated[Account, SIGNED_IN], password: Text, again: Text
) -> Response:
    """Set one's own password; every other session of the account ends."""
    try:
        if password != again:
            raise RefusedError(MISMATCH)
        set_password(site_of(request).store, person.id, password)
    except RefusedError as error:
        return page(
            request,
            "people/account.html",
            422,
            person=person,
            role_words=ROLES,
            asked=True,
            fault=error.what,
        )
    reply = go_to("/account", done="1")
    start_session(site_of(request), request, reply, person)
    return reply
