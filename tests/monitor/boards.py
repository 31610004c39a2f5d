"""Dashboards made by hand: every state, every reason to hide, every kind of alarm."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from audit.monitor.view import (
    Alarm,
    AlarmEvent,
    Canary,
    Dashboard,
    DataHealth,
    Feedback,
    GroupView,
    Measure,
    State,
    Totals,
    Window,
)

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
FIRST = date(2026, 5, 25)
WEEKS = 26
MEASURES = (
    Measure("unfavourable", "Unfavourable answers", "decisions", "share"),
    Measure("override", "Overridden by a person", "reviews", "share"),
    Measure("upheld", "Appeals upheld", "appeals", "share"),
    Measure("delay", "Hours until a person decided", "reviews", "hours"),
)
LABELS = {
    "blind": "Blind and partially sighted people",
    "deaf": "Deaf people <b>",
    "epilepsy": "People with epilepsy",
    "wheelchair": "Wheelchair users",
    "autism": "Autistic people",
    "dyslexia": "Dyslexic people",
}
STATES = dict(
    zip(LABELS, (State.ALERT, State.WATCH, State.NOT_ENOUGH_DATA, State.ACKNOWLEDGED, State.OK,
                 State.STALE), strict=True)
)  # fmt: skip


def monday(week: int) -> date:
    """Return the first day of a week, from 0 on."""
    return FIRST + timedelta(weeks=week)


def window(week: int, gap: float, unit: float = 1.0, rest: float = 0.2) -> Window:
    """Return a week that is shown."""
    half = 0.06 * unit
    return Window(
        start=monday(week), end=monday(week + 1), count=190 + 10 * (week % 3), value=rest + gap,
        rest=rest, gap=gap, low=round(gap - half, 4), high=round(gap + half, 4),
    )  # fmt: skip


def group(name: str, *, shift: float = 0.0, state: State | None = None) -> GroupView:
    """Return a group whose gap shifts in week 15; epilepsy is too small to be shown."""
    small = name == "epilepsy"
    series = {}
    for measure in MEASURES:
        unit = 24.0 if measure.unit == "hours" else 1.0
        weeks = []
        for week in range(WEEKS):
            noise = 0.01 * ((week * 7 + len(name)) % 5 - 2)
            gap = round((noise + (shift if week >= 15 else 0.0)) * unit, 2)
            weeks.append(window(week, gap, unit, 0.2 * unit))
        if small:
            weeks = [
                Window(
                    start=w.start, end=w.end, hidden="small" if w.start.day % 2 else "complement"
                )
                for w in weeks
            ]
        elif measure.id == "upheld":
            weeks[3] = Window(start=monday(3), end=monday(4), hidden="small")
        series[measure.id] = tuple(weeks)
    standing = tuple(alarm for alarm in gap_alarms() if alarm.group == name)
    return GroupView(
        id=name, label=LABELS.get(name, name), state=state or STATES[name],
        why="No gap beyond what chance explains." if not standing else standing[0].text,
        weeks=series, days={}, alarms=standing, last_seen=date(2026, 11, 22),
    )  # fmt: skip


def _gap_alarm(name: str, state: State, *events: AlarmEvent, gap: float = 0.11) -> Alarm:
    raised = datetime(2026, 9, 28, 3, 0, tzinfo=UTC)
    return Alarm(
        id=f"gap.unfavourable.{name}.2026-09-21", kind="gap", state=state,
        text=f"{LABELS[name]}: {gap * 100:.0f} points worse than the rest.",
        todo="Look at what changed in the week named, then acknowledge with what was found.",
        raised=raised, group=name, group_label=LABELS[name], measure="unfavourable",
        direction="higher", week=monday(17), change_week=monday(15), value=0.31, rest=0.2, gap=gap,
        low=gap - 0.03, high=gap + 0.03, evidence=0.8, history=events,
    )  # fmt: skip


def gap_alarms() -> tuple[Alarm, ...]:
    """Return three alarms about groups: one stands, one is to be watched, one is acknowledged."""
    raised = AlarmEvent(datetime(2026, 9, 28, 3, 0, tzinfo=UTC), "raised")
    known = AlarmEvent(datetime(2026, 10, 1, 9, 30, tzinfo=UTC), "acknowledged", "robin",
                       "A new form went out; <script>alert(1)</script> in repair.")  # fmt: skip
    return (
        _gap_alarm("blind", State.ALERT, raised),
        _gap_alarm("deaf", State.WATCH, gap=0.05),
        _gap_alarm("wheelchair", State.ACKNOWLEDGED, raised, known),
    )


def alarms() -> tuple[Alarm, ...]:
    """Return those, one about operations, and one that stands no more."""
    old = AlarmEvent(datetime(2026, 7, 1, 3, 0, tzinfo=UTC), "raised")
    over = AlarmEvent(datetime(2026, 7, 3, 3, 0, tzinfo=UTC), "cleared")
    late = AlarmEvent(NOW - timedelta(hours=5), "raised")
    return (
        *gap_alarms(),
        Alarm(id="overdue.2026-11-23", kind="overdue", state=State.ALERT, raised=late.time,
              text="14 decisions wait longer than two days for a person.",
              todo="Open the queue, or send less to people.", history=(late,)),
        Alarm(id="silence.2026-07-01", kind="silence", state=State.ALERT, raised=old.time,
              text="No decision came in for two days.", todo="Look at the guard's log.",
              history=(old, over), cleared=True),
    )  # fmt: skip


def health(**more: object) -> DataHealth:
    """Return data that can be believed, with something to look at."""
    values = {
        "state": State.WATCH, "last_event": NOW - timedelta(minutes=7),
        "last_intake": NOW - timedelta(minutes=5), "decisions": 412_340, "reviews": 20_110,
        "appeals": 640, "problems": ("37 decisions name a group that nobody declared.",),
        "counters": {"duplicates": 12, "late": 4, "unknown_group": 37, "rejected": 0},
        "unknown_groups": ("left-handed <i>",), "silent_groups": ("dyslexia",),
        "sources": (("week-46.jsonl", 20_000, True), ("week-47.parquet", 8_000, False)),
    }  # fmt: skip
    return DataHealth(**{**values, **more})  # type: ignore[arg-type]


def board(**more: object) -> Dashboard:
    """Return a dashboard with a group in every state."""
    weeks = [(monday(week), monday(week + 1)) for week in range(WEEKS)]
    values = {
        "generated": NOW, "state": State.ALERT, "alarms": alarms(), "health": health(),
        "groups": tuple(group(name, shift=0.11 if name == "blind" else 0.0) for name in LABELS),
        "measures": MEASURES, "waiting": 31, "overdue": 14,
        "totals": tuple(Totals(start=a, end=b, decisions=15_000, unfavourable=0.21, override=0.1,
                               upheld=0.3, unparsed=0.01, failed=0.001) for a, b in weeks),
        "feedback": tuple(Feedback(start=a, end=b, appeals=30, decided=20, upheld=0.3,
                                   feedback=40, opt_outs=None) for a, b in weeks),
        "canaries": (Canary(time=NOW - timedelta(hours=4), run_id="run-2", audit_id="run-1",
                            changed=False, text="The model answers as in the audit."),),
        "expires": datetime(2027, 5, 1, tzinfo=UTC),
    }  # fmt: skip
    return Dashboard(**{**values, **more})  # type: ignore[arg-type]


def empty() -> Dashboard:
    """Return a dashboard before any data came."""
    nothing = health(state=State.NOT_ENOUGH_DATA, last_event=None, last_intake=None, decisions=0,
                     reviews=0, appeals=0, problems=(), counters={}, unknown_groups=(),
                     silent_groups=(), sources=())  # fmt: skip
    return Dashboard(
        generated=NOW, state=State.NOT_ENOUGH_DATA, groups=(), alarms=(), health=nothing,
        measures=MEASURES,
    )  # fmt: skip
