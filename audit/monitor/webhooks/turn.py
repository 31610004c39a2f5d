"""One process tells receivers at a time; the others leave it to that one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select

from audit.store import Store
from audit.store.state_tables import SETTINGS

_NAME = "telling"
_LENGTH = timedelta(minutes=10)  # longer than all attempts at one message
_ROW = SETTINGS.c.name == _NAME


class Turn:
    """The right to tell, for ten minutes from when it was last taken.

    A process that was killed keeps the others waiting for no longer than that.

    Parameters
    ----------
    store : Store
        Open.
    now : callable
        The clock, in UTC.
    """

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._own = uuid.uuid4().hex

    def take(self) -> bool:
        """Take the turn, or keep it; return false while another process has it."""
        present = self._now()
        with self._store.writing("state") as connection:
            found = connection.execute(select(SETTINGS.c.value).where(_ROW)).scalar()
            held = {} if found is None else json.loads(found)
            others = held.get("by", self._own) != self._own
            if others and present < datetime.fromisoformat(held["until"]):
                return False
            until = (present + _LENGTH).isoformat()
            value = json.dumps({"by": self._own, "until": until})
            connection.execute(delete(SETTINGS).where(_ROW))
            connection.execute(insert(SETTINGS), {"name": _NAME, "value": value})
        return True

    def end(self) -> None:
        """Let the next one tell."""
        with self._store.writing("state") as connection:
            found = connection.execute(select(SETTINGS.c.value).where(_ROW)).scalar()
            if found is not None and json.loads(found)["by"] == self._own:
                connection.execute(delete(SETTINGS).where(_ROW))
