"""Progress of long work: a bar on a terminal, one plain line every ten seconds elsewhere."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Any

PLAIN_EVERY = 10.0  # seconds


def plain_output() -> bool:
    """Say whether to avoid anything that moves (pipes, CI, screen readers)."""
    return bool(
        os.environ.get("AUDIT_PLAIN")
        or os.environ.get("CI")
        or os.environ.get("TERM") == "dumb"
        or not sys.stderr.isatty()
    )


class Progress:
    """Counts what is done, with rate and remaining time, on standard error.

    The rate is that of answering; how long loading took is told apart from it, at the end.

    Parameters
    ----------
    title : str
        What is being done.
    quiet : bool
        Print nothing.
    counts : str
        What is counted.
    """

    def __init__(self, title: str, *, quiet: bool = False, counts: str = "sentences") -> None:
        self._title = title
        self._counts = counts
        self._quiet = quiet
        self._plain = plain_output()
        self._created = self._start = self._last = time.monotonic()
        self._first: int | None = None
        self._done = 0
        self._last_answer = self._start
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        if not self._quiet and not self._plain:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                TextColumn,
                TimeRemainingColumn,
            )  # fmt: skip
            from rich.progress import (
                Progress as Bar,
            )

            self._bar = Bar(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._bar.start()
        return self

    def __call__(self, done: int, total: int | None = None) -> None:
        """Report that ``done`` of ``total`` are done; ``None`` where nobody knows how many come."""
        if self._quiet:
            return
        now = time.monotonic()
        if self._first is None:
            self._first, self._start = done, now
        self._done, self._last_answer = done, now
        rate = (done - self._first) / max(now - self._start, 1e-9)
        if self._bar is not None:
            if self._task is None:
                self._task = self._bar.add_task(self._title, total=total, rate="")
            self._bar.update(self._task, completed=done, rate=f"{rate:,.0f}/s" if rate else "")
        elif now - self._last >= PLAIN_EVERY and done != total:
            self._last = now
            left = f", about {(total - done) / rate:,.0f} s left" if rate and total else ""
            of = f" of {total:,}" if total else ""
            print(
                f"{self._title}: {done:,}{of} {self._counts}, {rate:,.0f} per second{left}",
                file=sys.stderr,
                flush=True,
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if self._first is not None and self._done > self._first:
            answered, seconds = self._done - self._first, self._last_answer - self._start
            print(
                f"{self._title}: {answered:,} {self._counts} in {seconds:,.1f} s, "
                f"{answered / max(seconds, 1e-9):,.0f} per second; libraries, model and checks "
                f"took {self._start - self._created:,.1f} s before",
                file=sys.stderr,
                flush=True,
            )
