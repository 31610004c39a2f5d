"""The time, from a clock that may be set back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

SLACK = timedelta(minutes=5)


def utc_now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


class Clock:
    """Present time that never runs behind what is known to have passed.

    Parameters
    ----------
    now : callable
        The machine's clock, in UTC.
    created : datetime
        When the policy was made; no decision can be earlier.
    latest : datetime or None
        Time of the latest decision on record.
    """

    def __init__(
        self, now: Callable[[], datetime], created: datetime, latest: datetime | None
    ) -> None:
        self._now = now
        self._floor = created if latest is None else max(created, latest)
        self._start = max(now(), self._floor)
        self._monotonic = time.monotonic()

    def read(self) -> datetime | None:
        """Return the time, or ``None`` where the clock was set back by more than five minutes."""
        now = self._now()
        elapsed = timedelta(seconds=time.monotonic() - self._monotonic)
        least = self._start + elapsed
        if now + SLACK < least:
            return None
        return max(now, least)

    def stamp(self) -> str:
        """Return the machine's time as it is written into records."""
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds")
