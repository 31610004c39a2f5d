"""How often a form may be sent: a dependency for public forms.

Counted in memory, per process, by network address; nothing of it is kept.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from typing import Any

from fastapi import Depends, HTTPException, Request

from audit.web.language import mark

TOO_OFTEN = mark(
    "This was sent too often from your network. Nothing was saved. Wait a little, then send it "
    "again."
)
_MOST_KEYS = 20_000


class Rates:
    """When each sender is free again (the generic cell rate algorithm: one number a sender)."""

    def __init__(self) -> None:
        self._free: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def wait(
        self, name: str, who: str, *, most: int, seconds: float, now: float | None = None
    ) -> int:
        """Count one request and return 0, or the seconds until the next may come.

        Parameters
        ----------
        name, who : str
            What is asked for, and by whom.
        most : int
            Requests in a burst and in any ``seconds``, roughly.
        seconds : float
            The window.
        now : float, optional
            Monotonic time.
        """
        moment = time.monotonic() if now is None else now
        each = seconds / most
        with self._lock:
            if len(self._free) >= _MOST_KEYS:
                self._free = {key: free for key, free in self._free.items() if free > moment}
            free = max(self._free.get((name, who), 0.0), moment)
            late = free + each - seconds - moment
            if late > 1e-9 or len(self._free) >= _MOST_KEYS:
                return max(1, math.ceil(late))
            self._free[name, who] = free + each
            return 0


class Limited:
    """429 to whoever sends a form too often."""

    def __init__(self, name: str, most: int, seconds: float) -> None:
        self._name, self._most, self._seconds = name, most, seconds

    def __call__(self, request: Request) -> None:
        """Count the request.

        Raises
        ------
        HTTPException
            429, with the seconds to wait.
        """
        wait = request.app.state.site.rates.wait(
            self._name, address(request), most=self._most, seconds=self._seconds
        )
        if wait:
            raise HTTPException(429, TOO_OFTEN, {"Retry-After": str(wait)})


def limited(name: str, *, most: int, seconds: float) -> Any:
    """Limit a route: ``dependencies=[PUBLIC, limited("appeal", most=10, seconds=600)]``."""
    return Depends(Limited(name, most, seconds))


def address(request: Request) -> str:
    """Return the network a request comes from: an IPv4 address, or the /64 of an IPv6 one."""
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    if found.version == 6 and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
