"""Limits on what a run may use: memory and time. Past them it stops cleanly and can be resumed."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

from audit.errors import ConfigError, LimitReachedError


class Deadline:
    """The end of the time that a run may take, counted from when it is made.

    Parameters
    ----------
    seconds : float or None
        ``None`` is no limit.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._end = float("inf") if seconds is None else time.monotonic() + seconds

    def check(self) -> None:
        """Stop a run whose time is over.

        Raises
        ------
        LimitReachedError
            If the deadline has passed.
        """
        if time.monotonic() > self._end:
            raise LimitReachedError(
                f"the time limit of {self._seconds:g} s is over",
                where="--time-limit",
                hint="what was answered is kept; --resume continues",
            )


@contextmanager
def memory_limit(most: int | None) -> Iterator[None]:
    """Refuse this process memory beyond a limit, so that it is told instead of killed.

    A classifier whose batch does not fit is asked half as many texts at once; where nothing can be
    halved, the run stops.

    Parameters
    ----------
    most : int or None
        Bytes of data of the whole process; ``None`` is no limit.

    Raises
    ------
    ConfigError
        If the system allows less.
    LimitReachedError
        If memory runs out.
    """
    if most is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (most, before[1]))
    except (ValueError, OSError) as error:
        raise ConfigError(
            f"the memory limit cannot be set: {error}", where="--max-memory"
        ) from error
    try:
        yield
    except MemoryError as error:
        raise LimitReachedError(
            f"the memory limit of {most / 2**20:,.0f} MB is reached",
            where="--max-memory",
            hint="what was answered is kept; --resume with more memory continues",
        ) from error
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
