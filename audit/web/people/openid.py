"""Signing in by an OpenID provider, where one is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from audit.web.access import PUBLIC
from audit.web.accounts.sessions import start_session
from audit.web.failures import NOT_FOUND
from audit.web.language import mark
from audit.web.pages import go_to, page
from audit.web.rates import limited
from audit.web.site import site_of

if TYPE_CHECKING:
    from audit.web.accounts.openid import Provider

router = APIRouter(prefix="/sign-in/openid", dependencies=[limited("openid", most=60, seconds=60)])
UNPROVEN = mark("The other service did not prove who you are. Nothing was done; try again.")
NOBODY = mark(
    "No account here belongs to this identity. Ask whoever manages people for an account with your "
    "e-mail address as its name."
)
_MINUTES = 600


@router.get("", dependencies=[PUBLIC])
def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    from audit.web.accounts.openid import OpenIdError

    try:
        started = _provider(request).begin(str(request.url_for("finish")))
    except OpenIdError:
        return _refused(request, UNPROVEN)
    reply = RedirectResponse(started.url, 303)
    reply.set_cookie(_cookie(request), started.proof, max_age=_MINUTES, httponly=True,
                     samesite="lax", secure=request.url.scheme == "https")  # fmt: skip
    return reply


@router.get("/done", dependencies=[PUBLIC])
def finish(request: Request, state: str = "", code: str = "") -> Response:
    """Take what the provider says about who came."""
    from audit.web.accounts.openid import OpenIdError, person_of

    site, proof = site_of(request), request.cookies.get(_cookie(request), "")
    try:
        claims = _provider(request).finish(
            proof, str(request.url_for("finish")), state=state, code=code
        )
    except OpenIdError:
        return _refused(request, UNPROVEN)
    person = person_of(site.store, claims)
    if person is None:
        return _refused(request, NOBODY)
    reply = go_to("/account")
    reply.delete_cookie(_cookie(request))
    start_session(site, request, reply, person)
    return reply


def _refused(request: Request, why: str) -> Response:
    return page(
        request, "people/sign_in.html", 403, next="/", name="", fault=why,
        openid=request.app.state.site.openid is not None,
    )  # fmt: skip


def _provider(request: Request) -> Provider:
    found: Provider | None = site_of(request).openid
    if found is None:
        raise HTTPException(404, NOT_FOUND)
    return found


def _cookie(request: Request) -> str:
    return "__Host-audit-openid" if request.url.scheme == "https" else "audit-openid"
