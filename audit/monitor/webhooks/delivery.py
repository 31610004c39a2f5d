"""Telling receivers: signed, patient, never twice what was taken, and kept on record."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import httpx2
import tenacity
from sqlalchemy import select
from standardwebhooks import Webhook

from audit import __version__
from audit.monitor.webhooks.message import Message
from audit.monitor.webhooks.receivers import Receiver
from audit.monitor.webhooks.turn import Turn
from audit.store import Store
from audit.store.tables import TABLES

KIND = "webhook"
"""The kind of the rows that the trail has of deliveries; ``about`` is the message's id."""
_ATTEMPTS = 4
_LONGEST_WAIT = 30.0
_LONGEST_PAUSE = timedelta(hours=6)
_TIMEOUT = 10.0
_PAGE = 500
_LATER = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})

Outcome = Literal["delivered", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How telling one receiver one message went; one row of the delivery log.

    Parameters
    ----------
    message, receiver : str
        Id of the message; name of the receiver.
    outcome : {'delivered', 'failed'}
        ``failed`` is tried again later.
    attempts : int
        Requests made, 1 or more.
    why : str
        ``HTTP 503``, ``ConnectError``; never an address.
    """

    message: str
    receiver: str
    outcome: Outcome
    attempts: int
    why: str


class _RetryError(Exception):
    """The receiver may take it if asked again soon."""


class _RefusedError(Exception):
    """Asking again soon would not help."""


class Courier:
    """Tells receivers what they have not been told yet.

    A message is offered until it is taken, with longer and longer pauses. Every round is a row in
    the store's trail, so a restarted process goes on where the last one ended. Killed between the
    receiver's answer and that row, it tells the receiver once more under the same ``webhook-id``.
    Of several processes one tells at a time.

    Parameters
    ----------
    store : Store
        Open; its trail is the delivery log.
    receivers : sequence of Receiver
        Who is told.
    wait_unit : float
        Seconds of the first wait between two attempts of a round; waits double, with jitter.
    now : callable
        The clock, in UTC.
    pause : callable
        Waits that many seconds between two attempts.
    """

    def __init__(
        self,
        store: Store,
        receivers: Sequence[Receiver],
        *,
        wait_unit: float = 1.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._store, self._receivers, self._unit, self._now = store, receivers, wait_unit, now
        self._pause = pause

    def deliver(self, messages: Sequence[Message]) -> list[Delivered]:
        """Tell every receiver what is due, in the order given.

        Parameters
        ----------
        messages : sequence of Message
            Whatever may be told, taken already or not.

        Returns
        -------
        list of Delivered
            What was tried now; nothing while another process tells.

        Raises
        ------
        StoreError
            If the log cannot be read or written. Nothing more is sent then.
        """
        if not self._due(messages):
            return []
        turn = Turn(self._store, self._now)
        if not turn.take():
            return []
        try:
            return self._deliver(self._due(messages), turn)
        finally:
            turn.end()

    def _due(self, messages: Sequence[Message]) -> list[tuple[Receiver, list[Message]]]:
        """Return what each receiver should be told now."""
        present = self._now()
        log = _log(self._store, [message.id for message in messages])
        due = [
            (receiver, [each for each in messages
                        if _is_due(log.get((each.id, receiver.name), []), present)])
            for receiver in self._receivers
        ]  # fmt: skip
        return [(receiver, wanted) for receiver, wanted in due if wanted]

    def _deliver(
        self, due: Sequence[tuple[Receiver, Sequence[Message]]], turn: Turn
    ) -> list[Delivered]:
        """Tell what is due, for as long as it is this process's turn."""
        results: list[Delivered] = []
        with httpx2.Client(
            timeout=_TIMEOUT,
            follow_redirects=False,  # the address that was named gets it, no other
            headers={"user-agent": f"audit-monitor/{__version__}"},
        ) as client:
            for receiver, messages in due:
                for message in messages:
                    if not turn.take():
                        return results
                    result, reachable = self._tell(client, receiver, message)
                    results.append(result)
                    if not reachable:
                        break  # it would not take the next one either
        return results

    def _tell(
        self, client: httpx2.Client, receiver: Receiver, message: Message
    ) -> tuple[Delivered, bool]:
        """Offer one message, write down how it went, and say whether the receiver answers."""

        def wait(seconds: float) -> None:
            self._pause(seconds)

        patient = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_RetryError),
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=tenacity.wait_random_exponential(multiplier=self._unit, max=_LONGEST_WAIT),
            sleep=wait,
            reraise=True,
        )
        outcome: Outcome = "failed"
        reachable = True
        try:
            why = patient(_post, client, receiver, message)
            outcome = "delivered"
        except (_RetryError, _RefusedError) as error:
            why, reachable = str(error), isinstance(error, _RefusedError)
        result = Delivered(
            message=message.id, receiver=receiver.name, outcome=outcome,
            attempts=int(patient.statistics.get("attempt_number", 1)), why=why,
        )  # fmt: skip
        body = {"receiver": receiver.name, "outcome": outcome, "attempts": result.attempts,
                "why": why, "type": message.type}  # fmt: skip
        self._store.note(KIND, body, about=message.id)
        return result, reachable


def delivery_counts(store: Store) -> dict[str, int]:
    """Return how often telling a receiver went well and how often not, from the log.

    Raises
    ------
    StoreError
        If the log cannot be read.
    """
    counts = {"delivered": 0, "failed": 0}
    table = TABLES["trail"]
    with store.reading() as connection:
        for body in connection.execute(select(table.c.body).where(table.c.kind == KIND)).scalars():
            counts[json.loads(body)["outcome"]] += 1
    return counts


def _post(client: httpx2.Client, receiver: Receiver, message: Message) -> str:
    """Send one message once; the answer's body is not read."""
    if receiver.form == "slack":
        body, signature = message.slack_body(), {}
    else:
        body = message.signed_body()
        signature = _signature(receiver, message, body)
    headers = {"content-type": "application/json; charset=utf-8", **signature}
    try:
        with client.stream("POST", receiver.url, content=body.encode(), headers=headers) as reply:
            status = reply.status_code
    except httpx2.TransportError as error:
        raise _RetryError(type(error).__name__) from error
    except (httpx2.InvalidURL, httpx2.HTTPError) as error:
        raise _RefusedError(type(error).__name__) from error
    if status in _LATER:
        raise _RetryError(f"HTTP {status}")
    if not 200 <= status < 300:
        raise _RefusedError(f"HTTP {status}")
    return f"HTTP {status}"


def _signature(receiver: Receiver, message: Message, body: str) -> dict[str, str]:
    """Return the headers of the Standard Webhooks specification; the time is that of sending."""
    sent = datetime.now(UTC)
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": Webhook(receiver.secret).sign(message.id, sent, body),
    }


def _log(store: Store, ids: Sequence[str]) -> dict[tuple[str, str], list[tuple[str, Outcome]]]:
    """Return time and outcome of every round so far, by message and receiver, oldest first."""
    table = TABLES["trail"]
    found: dict[tuple[str, str], list[tuple[str, Outcome]]] = {}
    for start in range(0, len(ids), _PAGE):
        query = (
            select(table.c.about, table.c.time, table.c.body)
            .where(table.c.kind == KIND, table.c.about.in_(ids[start : start + _PAGE]))
            .order_by(table.c.seq)
        )
        with store.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            body = json.loads(row.body)
            found.setdefault((row.about, body["receiver"]), []).append((row.time, body["outcome"]))
    return found


def _is_due(rounds: Sequence[tuple[str, Outcome]], present: datetime) -> bool:
    """Tell whether to try now: not after it was taken, and less often the more rounds failed."""
    if not rounds:
        return True
    if any(outcome == "delivered" for _, outcome in rounds):
        return False
    pause = min(timedelta(minutes=2 ** min(len(rounds), 12)), _LONGEST_PAUSE)
    return present - datetime.fromisoformat(rounds[-1][0]) >= pause
