"""Requests that are too long, or no text, are refused before anything else reads them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_READ_ON = 100
"""How many times the limit is read and dropped: who still writes would not see an answer."""


class BodyLimit:
    """ASGI middleware: 413 to a body of more than ``most_bytes`` bytes, 400 to one not in UTF-8.

    ``binary`` are the paths that take other bytes too.
    """

    def __init__(
        self,
        app: Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]],
        most_bytes: int,
        binary: Collection[str] = (),
    ) -> None:
        self._app = app
        self._most = most_bytes
        self._binary = frozenset(binary)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Read the body up to the limit and pass it on whole."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parts: list[bytes] = []
        size, more = 0, True
        while more and size <= self._most * _READ_ON:
            message = await receive()
            if message["type"] != "http.request":
                return  # the client went away
            part = message.get("body", b"")
            size += len(part)
            more = message.get("more_body", False)
            if size <= self._most:
                parts.append(part)
        if size > self._most:
            long = f"the request is longer than {self._most:,} bytes; a person has to read it"
            await _refuse(send, 413, long)
            return
        body = b"".join(parts)
        if scope["path"] not in self._binary and not _is_text(body):
            await _refuse(send, 400, "the body is not UTF-8 text")
            return
        sent = False

        async def again() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, again, send)


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


async def _refuse(send: Send, status: int, detail: str) -> None:
    """Answer with the reason, and take no more from this connection."""
    body = json.dumps({"detail": detail}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
