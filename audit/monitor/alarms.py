"""The alarms that stand: from the evidence and what was acknowledged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from audit.monitor.canary import cause_since
from audit.monitor.conditions import Condition
from audit.monitor.counts import Counts
from audit.monitor.disclosure import SMALLEST, rounded_share
from audit.monitor.evidence import GapEvidence, shown_evidence
from audit.monitor.history import Episode
from audit.monitor.measures import SHARES
from audit.monitor.settings import Settings
from audit.monitor.view import Alarm, AlarmEvent, Canary, Direction, State
from audit.statistics.proportions import share_difference

REST_WEEKS = 8
"""An acknowledged alarm is cleared after this many weeks without new evidence."""


def subject_of(measure: str, group: str) -> str:
    """Return what episodes of one measure and group share."""
    return f"gap.{measure}.{group}"


def week_of(moment: datetime) -> date:
    """Return the Monday of a moment's week."""
    return moment.date() - timedelta(days=moment.weekday())


def starts(counts: Counts, episodes: Mapping[str, Episode]) -> dict[str, np.ndarray]:
    """Return by measure the first week whose evidence counts: the one after acknowledging."""
    last: dict[str, date] = {}
    for episode in episodes.values():
        if episode.acknowledged is not None:
            last[episode.subject] = week_of(episode.acknowledged.time)
    found = {}
    for columns in SHARES:
        weeks = [
            (last[key] - counts.first).days // 7
            if (key := subject_of(columns.measure.id, group)) in last
            else 0
            for group in counts.groups
        ]
        found[columns.measure.id] = np.maximum(weeks, 0)
    return found


def gap_alarms(
    counts: Counts,
    evidence: Sequence[GapEvidence],
    episodes: Mapping[str, Episode],
    settings: Settings,
    canaries: tuple[Canary, ...],
    *,
    now: datetime,
) -> Iterator[Alarm]:
    """Yield every alarm about a gap: new ones, those that stand, Watch, and those that stood.

    Parameters
    ----------
    counts : Counts
        Weekly, complete weeks only.
    evidence : sequence of GapEvidence
        Of the same weeks.
    episodes : mapping
        What was raised before.
    settings : Settings
        With the groups' labels.
    canaries : tuple of Canary
        Newest first.
    now : datetime
        The moment, UTC.
    """
    by_subject: dict[str, list[Episode]] = {}
    for episode in episodes.values():
        by_subject.setdefault(episode.subject, []).append(episode)
    for found in evidence:
        for row, group in enumerate(counts.groups):
            case = _Case(counts, found, row, settings, canaries)
            subject = subject_of(found.columns.measure.id, group)
            earlier = by_subject.get(subject, [])
            yield from (case.raised_before(episode) for episode in earlier)
            if earlier and earlier[-1].acknowledged is None and not earlier[-1].cleared:
                continue
            above = np.flatnonzero(found.margin[row] >= 0)
            name = f"{subject}.{len(earlier) + 1}"
            if len(above):
                yield case.alarm(name, State.ALERT, int(above[0]), now)
            elif found.watched[row, -1]:
                yield case.alarm(name, State.WATCH, found.margin.shape[1] - 1, now)


@dataclass(frozen=True, slots=True)
class _Case:
    """One measure of one group."""

    counts: Counts
    found: GapEvidence
    row: int
    settings: Settings
    canaries: tuple[Canary, ...]

    def alarm(self, name: str, state: State, week: int, now: datetime) -> Alarm:
        """Return a new alarm."""
        change = self.found.change(self.row, week)
        higher = bool(self.found.higher[self.row, week])
        new = self._measured(name, change, week, "higher" if higher else "lower", now)
        return replace(new, state=state, history=(AlarmEvent(now, "raised"),))

    def raised_before(self, episode: Episode) -> Alarm:
        """Return an alarm that was raised before, with its history."""
        last = self.found.margin.shape[1] - 1
        change, week = (
            min(
                max((date.fromisoformat(episode.facts[name]) - self.counts.first).days // 7, 0),
                last,
            )
            for name in ("change_week", "week")
        )
        known = self._measured(
            episode.id, change, week, episode.facts["direction"], episode.raised
        )  # fmt: skip
        state = State.ALERT if episode.acknowledged is None else State.ACKNOWLEDGED
        return replace(
            known, state=state, history=tuple(episode.events), cleared=episode.cleared
        )  # fmt: skip

    def _measured(
        self, name: str, change: int, week: int, direction: Direction, raised: datetime
    ) -> Alarm:
        """Return an alarm with what was measured from its change up to the week it alarmed."""
        group, measure = self.counts.groups[self.row], self.found.columns.measure
        label = self.settings.groups.get(group, group)
        begun = self.counts.first + timedelta(weeks=change)
        sign = "above" if direction == "higher" else "below"
        value, rest, gap, low, high = self._since(change, week)
        return Alarm(
            id=name,
            kind="gap",
            state=State.ALERT,
            text=f"{label}: {measure.label.lower()} are {sign} everyone else's, probably since the "
            f"week of {begun}.",
            todo=cause_since(self.canaries, begun),
            raised=raised,
            group=group,
            group_label=label,
            measure=measure.id,
            direction=direction,
            week=self.counts.first + timedelta(weeks=week),
            change_week=begun,
            value=value, rest=rest, gap=gap, low=low, high=high,
            evidence=shown_evidence(float(self.found.margin[self.row, week])),
        )  # fmt: skip

    def _since(self, change: int, week: int) -> tuple[float | None, ...]:
        """Return both shares and their difference over the weeks since the change, where shown."""
        weeks = slice(min(change, week), week + 1)
        x, n, y, m = (float(each[self.row, weeks].sum()) for each in self.found.compared)
        if n < SMALLEST or m < SMALLEST:
            return (None,) * 5
        phi = self.found.inflation[self.row, week]
        difference = share_difference(x, n, y, m, inflation=phi)
        return tuple(rounded_share(float(v)) for v in (x / n, y / m, *difference))


def due_to_clear(episode: Episode, now: datetime) -> bool:
    """Tell whether an acknowledged gap has rested long enough."""
    known = episode.acknowledged
    return (
        not episode.cleared
        and known is not None
        and week_of(now) - week_of(known.time) > timedelta(weeks=REST_WEEKS)
    )


def condition_alarms(
    found: Sequence[Condition], episodes: Mapping[str, Episode], now: datetime
) -> Iterator[Alarm]:
    """Yield the alarms that are not about a gap: what is wrong now, and what was.

    Parameters
    ----------
    found : sequence of Condition
        What is wrong now.
    episodes : mapping
        What was raised before.
    now : datetime
        The moment, UTC.
    """
    present = {condition.kind: condition for condition in found}
    last = {e.subject: e for e in episodes.values() if e.facts.get("kind")}
    for episode in episodes.values():
        kind = episode.facts.get("kind")
        if kind is None:
            continue
        holds = present.get(kind) if last[episode.subject] is episode else None
        state = State.ALERT if episode.acknowledged is None else State.ACKNOWLEDGED
        text = holds.text if holds and not episode.cleared else episode.facts["text"]
        yield Alarm(
            id=episode.id, kind=kind, state=state, text=text, todo=episode.facts["todo"],
            raised=episode.raised, history=tuple(episode.events), cleared=episode.cleared,
        )  # fmt: skip
    for kind, condition in present.items():
        if kind not in last or last[kind].cleared:
            number = 1 + sum(e.subject == kind for e in episodes.values())
            yield Alarm(
                id=f"{kind}.{number}", kind=kind, state=State.ALERT, text=condition.text,
                todo=condition.todo, raised=now, history=(AlarmEvent(now, "raised"),),
            )  # fmt: skip
