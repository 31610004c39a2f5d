"""Headers of every reply, and the check that a form came from a page of this server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""No script runs at all: pages need none."""

_RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_READING = {"GET", "HEAD", "OPTIONS"}
_PROGRAMS = "/v1/"


class SecurityHeaders:
    """ASGI middleware: adds `HEADERS` to replies that do not set them otherwise."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass on, and add the headers to the reply."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message.get("headers", [])}
                more = [(name, value) for name, value in _RAW if name not in there]
                message = {**message, "headers": [*message.get("headers", []), *more]}
            await send(message)

        await self._app(scope, receive, with_headers)


class SameOrigin:
    """ASGI middleware: 403 to what another site's page makes a browser send.

    Browsers say where a request comes from (``Sec-Fetch-Site``; older ones ``Origin``). A form that
    says neither is refused too; programs that call ``/v1/`` say neither and carry no cookie that
    would count there.
    """

    def __init__(self, app: Application, refuse: Callable[..., Awaitable[None]]) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass on what changes nothing or comes from a page of this server."""
        if scope["type"] == "http" and scope["method"] not in _READING and not same_origin(scope):
            await self._refuse(scope, receive, send)
            return
        await self._app(scope, receive, send)


def same_origin(scope: MutableMapping[str, Any]) -> bool:
    """Tell whether a request comes from a page of this server, or from a program."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return bool(site == "same-origin")
    origin = headers.get(b"origin")
    if origin is not None:
        return bool(origin == f"{scope['scheme']}://{headers.get(b'host', '')}")
    return str(scope["path"]).startswith(_PROGRAMS)
