"""One event from outside, checked and made small: what a row of any file or request may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

from audit.monitor.settings import Settings

SCHEMA_VERSION = 1
FAVOURABLE, UNFAVOURABLE, UNPARSED, FAILED, NOT_ASKED, UNRATED = range(6)
"""Outcomes. ``UNRATED``: there is an answer, but nobody said whether it is unfavourable."""
Kind = Literal["keep", "override", "escalate", "dispute", "appeal", "upheld", "rejected",
               "withdrawn", "feedback", "opt_out"]  # fmt: skip

_FAILURES = frozenset({"classifier_error", "classifier_timeout", "guard_error", "not_recorded"})
_ACTIONS = frozenset({"keep", "override", "escalate", "dispute"})
_LONGEST_ID = 200
_MOST_GROUPS = 64
_GROUP = re.compile(r"[^\W_][\w.-]{0,63}")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_SENT = {"appeal", "feedback", "opt_out"}
_ANSWERS: dict[str, Kind] = {
    "upheld": "upheld", "overturned": "upheld", "rejected": "rejected", "withdrawn": "withdrawn",
}  # fmt: skip
_ALWAYS = {"schema_version", "event", "id", "seq", "time"}
_FIELDS = {
    "decision": _ALWAYS | {"groups", "unfavourable", "label", "score", "confidence", "route",
                           "would_route", "reasons", "audit_id", "policy_sha256", "shadow"},
    "review": _ALWAYS | {"decision_id", "action", "label"},
    **dict.fromkeys(_SENT, _ALWAYS | {"filing_id", "decision_id", "action", "label", "sender"}),
}  # fmt: skip


class EventError(ValueError):
    """An event that cannot be counted; the message says why, without quoting its values."""


class DecisionRow(NamedTuple):
    """A decision as it is counted: the digest of its id, its second, groups and outcome."""

    id: bytes
    time: int
    tags: str
    outcome: int
    routed: bool
    odd_group: bool


class FollowingRow(NamedTuple):
    """What followed a decision.

    ``about`` is the digest of the decision's id; ``filing`` that of the appeal which an outcome
    answers.
    """

    id: bytes
    about: bytes | None
    kind: Kind
    time: int
    sender: bytes | None = None
    filing: bytes | None = None


def read_event(event: Any, settings: Settings) -> DecisionRow | FollowingRow:
    """Check an event.

    Parameters
    ----------
    event : mapping
        As ``docs/monitoring.md`` describes; ``event`` is ``decision`` where it is left out.
    settings : Settings
        Which answers are unfavourable.

    Returns
    -------
    DecisionRow or FollowingRow

    Raises
    ------
    EventError
        If it cannot be counted.
    """
    if not isinstance(event, Mapping):
        raise EventError("an event is an object with fields")
    kind = event.get("event") or "decision"
    fields = _FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        raise EventError(f"event must be one of {', '.join(_FIELDS)}")
    if not event.keys() <= fields:
        extra = str(sorted(map(str, event.keys() - fields))[0])[:40]
        raise EventError(f"unknown field {extra!r}; known: {', '.join(sorted(fields))}")
    if event.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        raise EventError(f"schema_version must be {SCHEMA_VERSION}")
    identity, moment = _text(event, "id"), _second(event.get("time"))
    if kind == "decision":
        return _decision(event, identity, moment, settings)
    about = None
    if event.get("decision_id") is not None:
        about = digest("decision", _text(event, "decision_id"))
    if kind == "review":
        action = event.get("action")
        if action not in _ACTIONS or about is None:
            raise EventError(
                f"a review needs decision_id and an action: {', '.join(sorted(_ACTIONS))}"
            )
        return FollowingRow(digest("review", identity), about, action, moment)
    return _sent(event, kind, identity, about, moment)


def known_kinds() -> tuple[str, ...]:
    """Return the kinds of events."""
    return tuple(_FIELDS)


def known_fields(kind: str) -> frozenset[str]:
    """Return the fields that an event of a kind may have."""
    return frozenset(_FIELDS[kind])


def digest(kind: str, identity: str) -> bytes:
    """Return 16 bytes that stand for an id."""
    return blake2b(f"{kind}\0{identity}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _sent(
    event: Mapping[str, Any], kind: Any, identity: str, about: bytes | None, moment: int
) -> FollowingRow:
    """Read what a person concerned sent, or the answer to it."""
    sender = event.get("sender")
    whose = None if sender is None else digest("sender", _text(event, "sender"))
    action = event.get("action") or "filed"
    if action == "filed":
        return FollowingRow(digest("sent", identity), about, kind, moment, whose)
    if action not in _ANSWERS:
        raise EventError(f"action must be filed, {', '.join(_ANSWERS)}")
    filing = digest("sent", _text(event, "filing_id"))
    answer: Kind = _ANSWERS[action] if kind == "appeal" else "withdrawn"
    return FollowingRow(digest("sent", identity), about, answer, moment, whose, filing)


def _decision(
    event: Mapping[str, Any], identity: str, moment: int, settings: Settings
) -> DecisionRow:
    """Read a decision."""
    groups = event.get("groups")
    odd = False
    if groups is None:
        tags = "?"
    else:
        if isinstance(groups, str):
            groups = [name for name in groups.split("|") if name]
        if not isinstance(groups, list | tuple) or len(groups) > _MOST_GROUPS:
            raise EventError(f"groups must be a list of at most {_MOST_GROUPS} names, or null")
        odd = not all(isinstance(name, str) and _GROUP.fullmatch(name) for name in groups)
        tags = "?" if odd else "|".join(sorted(set(groups)))
    route = event.get("route")
    if route not in (None, "auto", "review"):
        raise EventError("route must be auto or review")
    return DecisionRow(
        digest("decision", identity),
        moment,
        tags,
        _outcome(event, settings),
        route == "review",
        odd,
    )


def _outcome(event: Mapping[str, Any], settings: Settings) -> int:
    """Return what a decision was for the person."""
    said = event.get("unfavourable")
    reasons = event.get("reasons") or ()
    if not isinstance(reasons, list | tuple) or not all(isinstance(r, str) for r in reasons):
        raise EventError("reasons must be a list of texts")
    if said is not None:
        if not isinstance(said, bool) and said not in (0, 1):
            raise EventError("unfavourable must be true, false or null")
        return UNFAVOURABLE if said else FAVOURABLE
    if not _FAILURES.isdisjoint(reasons):
        return FAILED
    label, score = event.get("label"), event.get("score")
    if label is not None and not isinstance(label, str):
        raise EventError("label must be text")
    if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
        raise EventError("score must be a number")
    if label is not None and settings.unfavourable:
        return UNFAVOURABLE if label in settings.unfavourable else FAVOURABLE
    below, above = settings.unfavourable_below, settings.unfavourable_above
    if score is not None and (below is not None or above is not None):
        bad = (below is not None and score < below) or (above is not None and score > above)
        return UNFAVOURABLE if bad else FAVOURABLE
    if label is not None or score is not None:
        return UNRATED
    return UNPARSED if "no_label" in reasons or not reasons else NOT_ASKED


def _text(event: Mapping[str, Any], name: str) -> str:
    """Return a field that must be a short text."""
    value = event.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        raise EventError(f"{name} must be a text of 1 to {_LONGEST_ID} characters")
    return value


def _second(value: Any) -> int:
    """Return a moment as seconds since 1970, UTC; one without a zone is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise EventError("time must be ISO 8601, like 2026-01-31T12:00:00Z") from None
    if not isinstance(value, datetime):
        raise EventError("time must be ISO 8601, like 2026-01-31T12:00:00Z")
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    try:
        second = value.timestamp()
    except (OverflowError, ValueError):
        raise EventError("time is out of range") from None
    if second < _EARLIEST:
        raise EventError("time is before the year 2000")
    return int(second)
