"""The dashboard as it is now, built at most once in a while however many ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from audit.monitor import Dashboard


class Current:
    """Keeps the newest dashboard.

    Parameters
    ----------
    build : callable
        Builds one; slow beside a scrape every second.
    keep : float
        Seconds for which one that was built is shown.
    """

    def __init__(self, build: Callable[[], Dashboard], keep: float = 15.0) -> None:
        self._build, self._keep = build, keep
        self._lock = threading.Lock()
        self._board: Dashboard | None = None
        self._until = 0.0

    def __call__(self) -> Dashboard:
        """Return the dashboard; whoever comes while it is built waits for that one.

        Raises
        ------
        StoreError
            If the store cannot be read; an old dashboard is not shown in its place.
        """
        with self._lock:
            if self._board is None or time.monotonic() >= self._until:
                self._board = None
                self._board = self._build()
                self._until = time.monotonic() + self._keep
            return self._board

    def forget(self) -> None:
        """Build anew for whoever asks next: something was acknowledged."""
        with self._lock:
            self._board = None
