"""What a webhook says: one change of an alarm, without anything personal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from audit.monitor.view import Alarm, AlarmEvent, Dashboard

SCHEMA_VERSION = 1
TELL_FOR = timedelta(days=7)
"""How long a change is told afterwards; that an alarm was raised, for as long as it stands."""
_FACTS = ("kind", "group", "group_label", "measure", "direction", "value", "rest", "gap", "low",
          "high", "cleared")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One change, to be told to every receiver.

    Parameters
    ----------
    id : str
        The same whenever this change is told, so that a receiver can drop what it has; at most 64
        characters.
    time : str
        When it changed: ISO 8601, UTC.
    type : str
        ``audit.alarm.raised``, ``audit.alarm.acknowledged`` or ``audit.alarm.cleared``.
    text : str
        One sentence for people.
    data : mapping
        The facts, as JSON: names of groups, states, rounded figures; never a text, a person or a
        count of a small group.
    """

    id: str
    time: str
    type: str
    text: str
    data: Mapping[str, Any]

    def signed_body(self) -> str:
        """Return the JSON that is signed and sent."""
        whole = {"schema_version": SCHEMA_VERSION, "type": self.type, "timestamp": self.time,
                 "text": self.text, "data": dict(self.data)}  # fmt: skip
        return json.dumps(whole, ensure_ascii=False, allow_nan=False)

    def slack_body(self) -> str:
        """Return what a Slack incoming webhook takes; its three control characters are escaped."""
        text = self.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return json.dumps({"text": text}, ensure_ascii=False)


def messages(board: Dashboard, *, url: str | None = None) -> list[Message]:
    """Return what receivers may have to be told, oldest first.

    Parameters
    ----------
    board : Dashboard
        Its alarms and their history.
    url : str, optional
        Address of the dashboard; messages then link to the alarm's page.

    Returns
    -------
    list of Message
        Changes of the last `TELL_FOR`, and that alarms which still stand were raised, whenever that
        was. Who acknowledged, and why, stays on the dashboard.
    """
    found = [
        _message(alarm, event, url)
        for alarm in board.alarms
        for event in alarm.history
        if board.generated - event.time <= TELL_FOR or _still(alarm, event)
    ]
    return sorted(found, key=lambda message: (message.time, message.id))


def _still(alarm: Alarm, event: AlarmEvent) -> bool:
    """Tell whether an event is the raising of an alarm that stands."""
    return event.what == "raised" and not alarm.cleared


def _message(alarm: Alarm, event: AlarmEvent, url: str | None) -> Message:
    """Write down one change; the id depends on the change alone."""
    moment = event.time.isoformat(timespec="milliseconds")
    identity = hashlib.sha256(f"{alarm.id} {event.what} {moment}".encode()).hexdigest()[:32]
    data: dict[str, Any] = {"alarm": alarm.id, "state": alarm.state.value}
    data |= {name: getattr(alarm, name) for name in _FACTS}
    data |= {"week": _day(alarm.week), "change_week": _day(alarm.change_week), "todo": alarm.todo}
    if url is not None:
        data["url"] = f"{url.rstrip('/')}/monitor/alarms/{alarm.id}"
    words = {"raised": alarm.state.words, "acknowledged": "Acknowledged", "cleared": "Cleared"}
    return Message(
        id=identity, time=moment, type=f"audit.alarm.{event.what}",
        text=f"{words[event.what]}: {alarm.text}", data=data,
    )  # fmt: skip


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
