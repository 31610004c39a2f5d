"""What was raised, acknowledged and cleared: read from, and only ever added to, the trail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import select

from audit.errors import ConfigError, StoreError
from audit.monitor.view import AlarmEvent
from audit.store import Store
from audit.store.tables import TABLES

KIND = "monitor_alarm"
_LONGEST = 2000


@dataclass(slots=True)
class Episode:
    """One alarm's life. ``facts`` is what was written down when it was raised."""

    id: str
    subject: str
    facts: Mapping[str, Any]
    events: list[AlarmEvent] = field(default_factory=list)

    @property
    def raised(self) -> datetime:
        """When it was raised."""
        return self.events[0].time

    @property
    def acknowledged(self) -> AlarmEvent | None:
        """The last acknowledgement, or ``None``."""
        return next((e for e in reversed(self.events) if e.what == "acknowledged"), None)

    @property
    def cleared(self) -> bool:
        """Whether it stands no more."""
        return self.events[-1].what == "cleared"


def read_episodes(store: Store) -> dict[str, Episode]:
    """Return every alarm ever raised, by id, oldest first."""
    table = TABLES["trail"]
    query = select(table.c.body).where(table.c.kind == KIND).order_by(table.c.seq)
    with store.reading() as connection:
        bodies = [json.loads(body) for body in connection.execute(query).scalars()]
    found: dict[str, Episode] = {}
    for body in bodies:
        event = AlarmEvent(
            datetime.fromisoformat(body["time"]), body["what"], body.get("by"), body.get("reason")
        )
        if body["what"] == "raised" and body["id"] not in found:
            found[body["id"]] = Episode(body["id"], body["subject"], body["facts"])
        if body["id"] in found:
            found[body["id"]].events.append(event)
    return found


def write_event(
    store: Store,
    what: Literal["raised", "acknowledged", "cleared"],
    identity: str,
    now: datetime,
    **more: Any,
) -> bool:
    """Append a line to an alarm's history; return false where another process was faster.

    An alarm is raised and cleared once in its life: the ids of those lines follow from its own, and
    the store takes an id only once.
    """
    body = {"id": identity, "what": what, "time": now.isoformat(), **more}
    if what == "acknowledged":
        store.note(KIND, body)
        return True
    line = hashlib.sha256(f"{KIND} {what} {identity}".encode()).hexdigest()
    try:
        store.note(KIND, body, identity=line)
    except StoreError:
        table = TABLES["trail"]
        with store.reading() as connection:
            there = connection.execute(select(table.c.seq).where(table.c.id == line)).first()
        if there is None:
            raise
        return False
    return True


def acknowledge(
    store: Store, identity: str, *, by: str, reason: str, now: datetime | None = None
) -> None:
    """Say that somebody knows of an alarm and what is done about it.

    Evidence for a gap begins anew with the next week, so a gap that stays raises a new alarm.

    Parameters
    ----------
    store : Store
        Open.
    identity : str
        `Alarm.id`.
    by : str
        Who.
    reason : str
        Why it may rest; kept in the history.
    now : datetime, optional
        The moment, UTC.

    Raises
    ------
    ConfigError
        If there is no such alarm, it stands no more, or no name or reason is given.
    """
    episode = read_episodes(store).get(identity)
    if episode is None:
        raise ConfigError(f"there is no alarm {identity!r}", hint="`audit monitor alarms` lists")
    if episode.cleared:
        raise ConfigError(f"the alarm {identity!r} stands no more")
    by, reason = by.strip(), reason.strip()
    if not by or not reason or max(len(by), len(reason)) > _LONGEST:
        raise ConfigError(
            "an acknowledgement needs who and why, at most 2,000 characters each",
            hint="say what is being done about it",
        )
    write_event(store, "acknowledged", identity, now or datetime.now(UTC), by=by, reason=reason)
