"""What people and programs read when something is refused or fails: why, and what to do."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from audit.errors import RefusedError, StoreError
from audit.web.access import SignInError
from audit.web.headers import HEADERS
from audit.web.language import mark
from audit.web.pages import page, wants_page

NOT_FOUND = mark("There is nothing at this address.")
FIELDS = mark("Something in the form is missing or cannot be used. Nothing was saved.")
OTHER_SITE = mark("This was not sent from a page of this server. Nothing was saved. Open the page "
                  "here and send it again.")  # fmt: skip
OTHER_HOST = mark("This server does not know the name it was asked by. Whoever runs it can allow "
                  "the name: audit serve --allowed-host NAME, or AUDIT_ALLOWED_HOST.")  # fmt: skip
LOCKED = mark("Nothing was saved, because the store cannot be reached at the moment. Go back and "
              "send it again.")  # fmt: skip
FAILED = mark("The server failed. It was not your doing.")
_TITLES = {
    400: mark("Unknown name"),
    403: mark("Not allowed"),
    404: mark("Not found"),
    405: mark("Not possible"),
    409: mark("Not possible now"),
    422: mark("Please check the form"),
    429: mark("Too often"),
    500: mark("The server failed"),
    503: mark("Try again in a moment"),
}
_WORDS = {404: NOT_FOUND, 405: mark("This address does not take that kind of request.")}


def refusal(
    request: Request, status: int, why: str, *, details: list[str] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    """Answer with a page to people, with JSON to programs."""
    if not wants_page(request) or not hasattr(request.app.state, "site"):
        return JSONResponse({"detail": why}, status, headers)
    title = _TITLES.get(status, mark("Not possible"))
    reply = page(request, "refusal.html", status, title=title, why=why, details=details or [])
    reply.headers.update(headers or {})
    return reply


async def refuse_origin(scope: Any, receive: Any, send: Any) -> None:
    """Answer a form that came from another site."""
    reply = refusal(Request(scope), 403, OTHER_SITE)
    await reply(scope, receive, send)


async def refuse_host(scope: Any, receive: Any, send: Any) -> None:
    """Answer a request to a name that is not this server's."""
    reply = refusal(Request(scope), 400, OTHER_HOST)
    await reply(scope, receive, send)


def add_failures(app: FastAPI) -> None:
    """Install the answers to everything that can go wrong."""

    @app.exception_handler(SignInError)
    def sign_in_first(request: Request, _: Exception) -> Response:
        """Lead to the sign-in, and back from there to a page that was asked for."""
        if request.method != "GET":
            return RedirectResponse("/sign-in?ended=1", 303)
        return RedirectResponse(f"/sign-in?next={quote(request.url.path, safe='/')}", 303)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        """Say why."""
        why = _WORDS.get(error.status_code, str(error.detail))
        return refusal(request, error.status_code, why, headers=dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    def unusable(request: Request, error: RequestValidationError) -> Response:
        """Say what is wrong with a request, whatever characters it quotes."""
        found = error.errors()
        if wants_page(request):
            names = [str(each["loc"][-1]) for each in found]
            return refusal(request, 422, FIELDS, details=list(dict.fromkeys(names)))
        body = json.dumps({"detail": jsonable_encoder(found)})
        return Response(body, 422, media_type="application/json")

    @app.exception_handler(RefusedError)
    def not_now(request: Request, error: RefusedError) -> Response:
        """Say why what was asked for cannot be done."""
        return refusal(request, 409, error.what)

    @app.exception_handler(StoreError)
    def locked(request: Request, _: StoreError) -> Response:
        """Say that nothing was saved; the database's own words stay here."""
        return refusal(request, 503, LOCKED, headers={"Retry-After": "5"})

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:
        """Answer an error of the server itself without its inner words."""
        if wants_page(request) and hasattr(request.app.state, "site"):
            return refusal(request, 500, FAILED, headers=HEADERS)
        return JSONResponse({"detail": f"the server failed: {type(error).__name__}"}, 500, HEADERS)
