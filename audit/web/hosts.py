"""By which names the server answers: a page elsewhere may point its own name at this address.

Such a page ("DNS rebinding") would be of the same origin as ours, so that no check of origins holds
it back. Its name stands in ``Host``; a browser lets nobody change that.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from audit.web.headers import Application, Receive, Send

_HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(?::\d{1,5})?", re.A)


class KnownHost:
    """ASGI middleware: refuses requests to a name that is not this server's.

    Parameters
    ----------
    app : Application
        What is asked otherwise.
    refuse : callable
        ASGI application that answers the others.
    hosts : collection of str
        Names and addresses beside those of loopback, without port; ``0.0.0.0`` and ``::`` stand for
        every address, as an address cannot be pointed elsewhere. Ports are not compared: tunnels
        and containers change them.
    """

    def __init__(
        self, app: Application, refuse: Callable[..., Awaitable[None]], hosts: Collection[str] = ()
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._hosts = frozenset(plain(host) for host in hosts)
        self._any_address = bool({"0.0.0.0", "::"} & self._hosts)  # noqa: S104 - compared only

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass on what was sent to a name of this server."""
        if scope["type"] == "http" and not self._known(scope):
            await self._refuse(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _known(self, scope: MutableMapping[str, Any]) -> bool:
        given = [value for name, value in scope["headers"] if name.lower() == b"host"]
        if len(given) != 1:
            return False
        found = _HOST.fullmatch(given[0].decode("latin-1").lower())
        if found is None:
            return False
        host = plain(found["six"] or found["name"])
        if host in self._hosts or host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return self._any_address or address.is_loopback


def plain(host: str) -> str:
    """Return a name or address in the one form that is compared.

    Examples
    --------
    >>> plain("Audit.Example."), plain("0:0::1")
    ('audit.example', '::1')
    """
    name = host.lower().removesuffix(".")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name
