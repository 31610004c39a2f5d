"""What is done over and over: count what is new, look, and tell who has to be told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from audit.errors import AuditError
from audit.monitor.build import build_dashboard
from audit.monitor.collect import collect
from audit.monitor.look import look
from audit.monitor.view import Alarm, Dashboard
from audit.monitor.webhooks import Courier, Delivered, Receiver, messages
from audit.store import Store


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did.

    Parameters
    ----------
    raised : tuple of Alarm
        New alarms.
    told : tuple of Delivered
        What receivers were told, or could not be.
    """

    raised: tuple[Alarm, ...]
    told: tuple[Delivered, ...]


def watch_round(
    store: Store,
    receivers: Sequence[Receiver] = (),
    *,
    url: str | None = None,
    pause: Callable[[float], object] = time.sleep,
) -> Round:
    """Count what guard, reviewers and appeals wrote, look at it, and tell receivers.

    Parameters
    ----------
    store : Store
        Open.
    receivers : sequence of Receiver
        Who is told; may be none.
    url : str, optional
        Address of the server, for links in messages.
    pause : callable
        Waits that many seconds before a receiver is asked again.

    Returns
    -------
    Round

    Raises
    ------
    StoreError
        If the store cannot be read or written; the next round goes on from there.
    """
    collect(store)
    raised = look(store)
    return Round(raised, tell(store, build_dashboard(store), receivers, url=url, pause=pause))


def tell(
    store: Store,
    board: Dashboard,
    receivers: Sequence[Receiver],
    *,
    url: str | None = None,
    pause: Callable[[float], object] = time.sleep,
) -> tuple[Delivered, ...]:
    """Tell receivers what they have not been told about a dashboard's alarms."""
    if not receivers:
        return ()
    return tuple(Courier(store, receivers, pause=pause).deliver(messages(board, url=url)))


@contextmanager
def watching(
    store: Store,
    receivers: Sequence[Receiver] = (),
    *,
    every: float,
    url: str | None = None,
    said: Callable[[str], None],
    also: Mapping[str, Callable[[], object]] | None = None,
) -> Iterator[None]:
    """Do a round now and then in a thread of its own, until the end of the ``with``.

    Parameters
    ----------
    store : Store
        Open; stays open until the thread has ended.
    receivers : sequence of Receiver
        Who is told.
    every : float
        Seconds between the end of a round and the next.
    url : str, optional
        Address of the server, for links in messages.
    said : callable
        Hears what went wrong and who could not be told; a round that fails ends nothing.
    also : mapping of str to callable, optional
        What else is done in every round, by the name that ``said`` hears if it fails.
    """
    ended = threading.Event()

    def watch() -> None:
        for told in watch_round(store, receivers, url=url, pause=ended.wait).told:
            if told.outcome == "failed":
                said(f"{told.receiver} was not told ({told.why}); it is tried again later")

    jobs = {"the monitor's round": watch, **(also or {})}

    def rounds() -> None:
        while not ended.is_set():
            for name, job in jobs.items():
                try:
                    job()
                except AuditError as error:
                    said(f"{name} failed: {error}")
            ended.wait(every)

    thread = threading.Thread(target=rounds, name="audit-monitor", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(30)
