"""Alarms that are not about a gap: silence, an expired audit, an overdue queue, errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from audit.monitor.counts import Counts
from audit.monitor.settings import Settings
from audit.monitor.view import AlarmKind, Canary

_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong now, in words."""

    kind: AlarmKind
    text: str
    todo: str


def conditions(
    settings: Settings,
    counts: Counts | None,
    *,
    last: datetime | None,
    overdue: int,
    canary: Canary | None,
    now: datetime,
) -> Iterator[Condition]:
    """Yield what is wrong with the deployment as a whole.

    Parameters
    ----------
    settings : Settings
        With the limits.
    counts : Counts or None
        By day, up to now.
    last : datetime or None
        Time of the newest decision.
    overdue : int
        Decisions that wait for a person for longer than allowed.
    canary : Canary or None
        The newest one.
    now : datetime
        The moment, UTC.
    """
    if last is not None and now - last > timedelta(hours=settings.silence_hours):
        yield Condition(
            "silence",
            f"No decision has come in since {last:%Y-%m-%d %H:%M} UTC.",
            "Check that the guard runs and that its store, or the files, reach monitoring.",
        )
    if settings.expires is not None and _moment(settings.expires) <= now:
        yield Condition(
            "expired",
            f"The audit behind the guard expired on {_moment(settings.expires):%Y-%m-%d}.",
            "Run the audit again and put its override policy in force.",
        )
    if overdue:
        waits = "decision waits" if overdue == 1 else "decisions wait"
        yield Condition(
            "overdue",
            f"{overdue} {waits} for a person for more than {settings.due_hours:g} hours.",
            "Give the queue more reviewers, or stop the classifier.",
        )
    if canary is not None and canary.changed:
        yield Condition(
            "canary", canary.text, "Audit the model as it is now; its policy is about another one."
        )
    if counts is not None:
        decisions = float(counts.total["decisions"][-2:].sum())
        failed = float(counts.total["failed"][-2:].sum())
        if decisions >= _FEWEST and failed > settings.error_share * decisions:
            yield Condition(
                "errors",
                f"{100 * failed / decisions:.0f}% of the decisions since yesterday failed in the "
                "guard or the classifier.",
                "Look at the reasons of these decisions; all of them went to a person.",
            )


def _moment(text: str) -> datetime:
    """Return a moment; one without a zone is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
