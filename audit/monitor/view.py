"""What the monitoring pages, files and metrics show: frozen records, already safe to publish.

Nothing here can be traced to a person: cells that are too small are ``None`` with the reason in
``hidden``, counts are rounded, rates and gaps are rounded to whole hundredths. Fractions, not
points; gaps are group minus everyone else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal


class State(StrEnum):
    """How a group, or the whole deployment, stands. Only ``OK`` may be shown in green."""

    OK = "ok"
    WATCH = "watch"
    ALERT = "alert"
    NOT_ENOUGH_DATA = "not_enough_data"
    STALE = "stale"
    ACKNOWLEDGED = "acknowledged"

    @property
    def words(self) -> str:
        """The state as people read it.

        Examples
        --------
        >>> State.NOT_ENOUGH_DATA.words
        'Not enough data'
        """
        return "OK" if self is State.OK else self.value.replace("_", " ").capitalize()


Hidden = Literal["small", "complement", "not_over"]
"""Why a cell is not shown: under 20; it would reveal one under 20; the window still runs."""
AlarmKind = Literal["gap", "silence", "expired", "overdue", "errors", "canary"]
Direction = Literal["higher", "lower"]
"""The group's rate above, or below, everyone else's."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is watched.

    Parameters
    ----------
    id : str
        ``unfavourable``, ``override``, ``upheld``, ``unparsed`` or ``delay``.
    label : str
        For headings.
    of : str
        What a rate is a share of: what `Window.count` counts.
    unit : {'share', 'hours'}
        A fraction, or a mean number of hours.
    """

    id: str
    label: str
    of: str
    unit: Literal["share", "hours"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One measure of one group in one day or week, against everyone else.

    Parameters
    ----------
    start, end : date
        First day, and the day after the last, UTC.
    count : int or None
        Decisions, reviews or appeals of the group, rounded to tens; ``None`` where hidden.
    value, rest : float or None
        The measure of the group and of everyone else.
    gap, low, high : float or None
        Group minus everyone else with its 95% interval, for this window alone.
    hidden : str or None
        Why nothing is shown.
    """

    start: date
    end: date
    count: int | None = None
    value: float | None = None
    rest: float | None = None
    gap: float | None = None
    low: float | None = None
    high: float | None = None
    hidden: Hidden | None = None


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """One line of an alarm's history: ``raised``, ``acknowledged`` or ``cleared``."""

    time: datetime
    what: Literal["raised", "acknowledged", "cleared"]
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm that stands, or stood.

    Parameters
    ----------
    id : str
        Stable; for links, acknowledging and webhooks: letters, digits, ``.``, ``_``, ``-``.
    kind : str
        ``gap`` or one of the operational kinds.
    state : State
        ``ALERT``, ``WATCH`` (e-BH only) or ``ACKNOWLEDGED``.
    text : str
        One sentence for people.
    todo : str
        What to do next, one sentence.
    raised : datetime
        When it was first seen.
    group, group_label, measure, direction : str or None
        For gaps.
    week : date or None
        For gaps: Monday of the week whose counts raised it.
    change_week : date or None
        For gaps: Monday of the week in which the change is estimated to have begun.
    value, rest, gap, low, high : float or None
        For gaps: since the change week, all weeks together, with a 95% interval.
    evidence : float or None
        log10 of the larger e-value over its threshold, one decimal; 0 or more where it alarms.
    history : tuple of AlarmEvent
        Oldest first; never rewritten.
    cleared : bool
        It stands no more.
    """

    id: str
    kind: AlarmKind
    state: State
    text: str
    todo: str
    raised: datetime
    group: str | None = None
    group_label: str | None = None
    measure: str | None = None
    direction: Direction | None = None
    week: date | None = None
    change_week: date | None = None
    value: float | None = None
    rest: float | None = None
    gap: float | None = None
    low: float | None = None
    high: float | None = None
    evidence: float | None = None
    history: tuple[AlarmEvent, ...] = ()
    cleared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A group and everything shown about it.

    Parameters
    ----------
    id, label : str
        As in the probe set; the label is the id where nobody gave one.
    state : State
        The worst of its alarms, or what the data allow to say.
    why : str
        One sentence.
    weeks, days : mapping of measure id to tuple of Window
        Oldest first, without gaps in between.
    alarms : tuple of Alarm
        Of this group, standing first.
    last_seen : date or None
        Day of the last decision that mentions it.
    """

    id: str
    label: str
    state: State
    why: str
    weeks: Mapping[str, tuple[Window, ...]]
    days: Mapping[str, tuple[Window, ...]]
    alarms: tuple[Alarm, ...] = ()
    last_seen: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What people sent in one week, about everyone together; ``None`` where hidden."""

    start: date
    end: date
    appeals: int | None = None
    decided: int | None = None
    upheld: float | None = None
    feedback: int | None = None
    opt_outs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One run of the probe set on the schedule."""

    time: datetime
    run_id: str
    audit_id: str
    changed: bool | None
    text: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataHealth:
    """Whether the data can be believed.

    Parameters
    ----------
    state : State
        ``OK``, ``WATCH`` (something to look at), ``STALE``, or ``NOT_ENOUGH_DATA`` before any.
    last_event, last_intake : datetime or None
        Time of the newest decision; when anything was last taken in.
    decisions, reviews, appeals : int
        All that was counted, rounded to tens.
    problems : tuple of str
        Sentences, the most important first; empty where there is none.
    counters : mapping of str to int
        ``duplicates``, ``conflicting``, ``late``, ``ahead``, ``rejected``, ``unmatched``,
        ``flooded``, ``unknown_group``, ``expired_tag``, ``unrated``: within 28 days, exact, since
        they count deliveries and not people.
    unknown_groups, silent_groups : tuple of str
        Names that nobody declared; declared or formerly seen groups without recent decisions.
    sources : tuple of (name, rows, finished)
        Files taken in.
    """

    state: State
    last_event: datetime | None
    last_intake: datetime | None
    decisions: int
    reviews: int
    appeals: int
    problems: tuple[str, ...]
    counters: Mapping[str, int]
    unknown_groups: tuple[str, ...] = ()
    silent_groups: tuple[str, ...] = ()
    sources: tuple[tuple[str, int, bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Everyone together in one week; counts rounded, ``None`` where hidden."""

    start: date
    end: date
    decisions: int | None = None
    unfavourable: float | None = None
    override: float | None = None
    upheld: float | None = None
    unparsed: float | None = None
    delay: float | None = None
    failed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Everything that is shown.

    Parameters
    ----------
    generated : datetime
        The moment it is about, UTC.
    state : State
        The worst of all.
    groups : tuple of GroupView
        In the order of their names.
    alarms : tuple of Alarm
        All that stand, then all that stood; newest first.
    health : DataHealth
        Whether the data can be believed.
    measures : tuple of Measure
        The columns, in order.
    totals : tuple of Totals
        Everyone together by week, oldest first.
    feedback : tuple of Feedback
        By week, oldest first.
    canaries : tuple of Canary
        Newest first.
    waiting, overdue : int
        Decisions that wait for a person, and those that wait too long (all together, exact).
    smallest_cell : int
        Cells under this are hidden.
    false_alarms : float
        Largest share of deployments with any false group alarm in a year.
    expires : datetime or None
        End of the audit behind the guard.
    """

    generated: datetime
    state: State
    groups: tuple[GroupView, ...]
    alarms: tuple[Alarm, ...]
    health: DataHealth
    measures: tuple[Measure, ...]
    totals: tuple[Totals, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    canaries: tuple[Canary, ...] = ()
    waiting: int = 0
    overdue: int = 0
    smallest_cell: int = 20
    false_alarms: float = 0.05
    expires: datetime | None = None
    notes: tuple[str, ...] = field(default=())
