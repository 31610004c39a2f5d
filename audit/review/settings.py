"""How review works here: settings in the store, and the stop switch."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from audit.errors import RefusedError
from audit.store import Store
from audit.store.state_tables import SETTINGS
from audit.store.store import utc_stamp

_REVIEW = "review"
_STOPPED = "stopped"
_RANGES = {
    "due_hours": (1, 24 * 365),
    "double_every": (1, 256),
    "known_every": (2, 1000),
    "tag_days": (1, 3650),
    "personal_days": (1, 3650),
}


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """How review works.

    Parameters
    ----------
    due_hours : int
        After how many hours an item is overdue.
    double_every : int
        One item of so many is labelled by a second person, for agreement; 1 is every item.
    known_every : int
        One item of so many is a known one, while there are any.
    tag_days, personal_days : int
        How long groups, and texts with explanations and notes, stay readable.
    """

    due_hours: int = 48
    double_every: int = 5
    known_every: int = 20
    tag_days: int = 30
    personal_days: int = 180


@dataclass(frozen=True, slots=True)
class Stop:
    """Who sent everything to people, and when (ISO 8601, UTC)."""

    by: str
    time: str


def settings(store: Store) -> ReviewSettings:
    """Return the settings in force."""
    return ReviewSettings(**(_read(store, _REVIEW) or {}))


def change_settings(store: Store, *, by: str, **changes: int) -> ReviewSettings:
    """Change some settings; the trail keeps what was changed and by whom.

    Raises
    ------
    RefusedError
        If a value is out of its range.
    """
    for name, value in changes.items():
        low, high = _RANGES[name]
        if not low <= value <= high:
            raise RefusedError(f"{name} lies between {low} and {high}.")
    new = dataclasses.replace(settings(store), **changes)
    _write(store, _REVIEW, dataclasses.asdict(new))
    store.note("settings_changed", {**changes, "by": by})
    return new


def stop(store: Store, *, by: str) -> None:
    """Send everything to people from the next decision on."""
    _write(store, _STOPPED, {"by": by, "time": utc_stamp()})
    store.note("stopped", {"by": by})


def start(store: Store, *, by: str) -> None:
    """Let the policy route again."""
    _write(store, _STOPPED, None)
    store.note("started", {"by": by})


def stopped(store: Store) -> Stop | None:
    """Return the stop in force, or ``None``.

    Raises
    ------
    StoreError
        If it cannot be read; a guard that asks then sends everything to people.
    """
    found = _read(store, _STOPPED)
    return None if found is None else Stop(**found)


def _read(store: Store, name: str) -> Any:
    with store.reading() as connection:
        query = select(SETTINGS.c.value).where(SETTINGS.c.name == name)
        found = connection.execute(query).scalar()
    return None if found is None else json.loads(found)


def _write(store: Store, name: str, value: Any) -> None:
    with store.writing("state") as connection:
        connection.execute(delete(SETTINGS).where(SETTINGS.c.name == name))
        if value is not None:
            connection.execute(insert(SETTINGS), {"name": name, "value": json.dumps(value)})
