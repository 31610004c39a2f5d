"""The dashboard as Prometheus metrics: what is safe to publish, and nothing counted twice.

Every value is read from one `Dashboard`, so a scrape changes nothing however often it comes. Small
groups are hidden there already; a group has states and gaps here, and no counters of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from audit.errors import AuditError
from audit.monitor.view import Alarm, Dashboard, GroupView, Measure, State, Window

PREFIX = "audit_monitor"
MOST_GROUPS = 200
"""Groups with series of their own; the names of the rest would be labels without bound."""
_LEVELS = (State.ALERT, State.WATCH, State.ACKNOWLEDGED)
_KINDS = ("gap", "silence", "expired", "overdue", "errors", "canary")
_TOTALS = ("unfavourable", "override", "upheld", "unparsed", "failed")
_HOUR = 3600.0

Deliveries = Callable[[], Mapping[str, int]]


class MonitorCollector(Collector):
    """Collects the metrics of one deployment.

    Parameters
    ----------
    read : callable
        Returns the present `Dashboard`; an `AuditError` becomes ``audit_monitor_up 0``.
    deliveries : callable, optional
        Returns how many webhook rounds had which outcome.
    """

    def __init__(self, read: Callable[[], Dashboard], deliveries: Deliveries | None = None) -> None:
        self._read, self._deliveries = read, deliveries

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; where the data cannot be read, only that they cannot."""
        try:
            board = self._read()
            sent = self._deliveries() if self._deliveries is not None else {}
        except AuditError:
            yield _gauge("up", "Whether the monitor's data can be read.", 0)
            return
        yield _gauge("up", "Whether the monitor's data can be read.", 1)
        yield from _states(board)
        yield from _gaps(board)
        yield from _alarms(board.alarms)
        yield from _health(board)
        yield from _everyone(board)
        yield from _canary(board)
        yield _counter("webhook_rounds", "Rounds of telling a webhook's receiver.", "outcome", sent)


def render_metrics(collector: Collector, accept: str = "") -> tuple[str, bytes]:
    """Return content type and text for a scrape, in the format its ``Accept`` header asks for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    encode, content_type = choose_encoder(accept)
    return content_type, encode(registry)


def _states(board: Dashboard) -> Iterator[Metric]:
    """One series for each group and state, 1 where it stands."""
    family = _gauge("group_state", "1 for the state a group is in, 0 for the others.",
                    labels=("group", "state"))  # fmt: skip
    for group in _shown(board):
        for state in State:
            family.add_metric([group.id, state.value], float(group.state is state))
    yield family
    left_out = max(0, len(board.groups) - MOST_GROUPS)
    yield _gauge("groups_left_out", "Groups beyond those that have series here.", left_out)


def _gaps(board: Dashboard) -> Iterator[Metric]:
    """Yield the newest published gap of each group and measure, with its interval."""
    units = {"share": ("ratio", 1.0), "hours": ("seconds", _HOUR)}
    for kind, (unit, scale) in units.items():
        measures = [measure for measure in board.measures if measure.unit == kind]
        ends = {"": "Group minus everyone else", "_low": "Lower end of the 95% interval",
                "_high": "Upper end of the 95% interval"}  # fmt: skip
        families = {
            end: _gauge(f"gap{end}_{unit}", f"{text}, newest complete week that may be shown.",
                        labels=("group", "measure"))
            for end, text in ends.items()
        }  # fmt: skip
        for group in _shown(board):
            for measure in measures:
                window = _newest(group, measure)
                if window is None:
                    continue
                for end, value in zip(ends, (window.gap, window.low, window.high), strict=True):
                    if value is not None:
                        families[end].add_metric([group.id, measure.id], value * scale)
        yield from families.values()


def _newest(group: GroupView, measure: Measure) -> Window | None:
    """Return the newest week, if it is shown; older ones would pass for the present."""
    weeks = [week for week in group.weeks.get(measure.id, ()) if week.hidden != "not_over"]
    return weeks[-1] if weeks and weeks[-1].gap is not None else None


def _alarms(alarms: tuple[Alarm, ...]) -> Iterator[Metric]:
    """Count the alarms that stand, by kind and state."""
    family = _gauge("alarms", "Alarms that stand.", labels=("kind", "state"))
    standing = [alarm for alarm in alarms if not alarm.cleared]
    for kind in _KINDS:
        for level in _LEVELS:
            count = sum(alarm.kind == kind and alarm.state is level for alarm in standing)
            family.add_metric([kind, level.value], count)
    yield family


def _health(board: Dashboard) -> Iterator[Metric]:
    """Yield what tells whether the data can be believed."""
    health = board.health
    family = _gauge("data_state", "1 for the state the data are in, 0 for the others.",
                    labels=("state",))  # fmt: skip
    for state in State:
        family.add_metric([state.value], float(health.state is state))
    yield family
    yield _gauge("last_event_timestamp_seconds", "Time of the newest decision.",
                 _seconds(health.last_event))  # fmt: skip
    yield _gauge("last_intake_timestamp_seconds", "When data were last taken in.",
                 _seconds(health.last_intake))  # fmt: skip
    yield _gauge("generated_timestamp_seconds", "The moment these values are about.",
                 _seconds(board.generated))  # fmt: skip
    counted = {"decision": health.decisions, "review": health.reviews, "appeal": health.appeals}
    yield _counter("events", "Events counted, about everyone, rounded to tens.", "event", counted)
    problems = _gauge("intake_problem_rows", "Rows of the last 28 days that were set apart.",
                      labels=("problem",))  # fmt: skip
    for problem, count in sorted(health.counters.items()):
        problems.add_metric([problem], count)
    yield problems


def _everyone(board: Dashboard) -> Iterator[Metric]:
    """Yield what is about everyone together."""
    yield _gauge("decisions_waiting", "Decisions that wait for a person.", board.waiting)
    yield _gauge("decisions_overdue", "Decisions that wait too long.", board.overdue)
    yield _gauge("audit_expiry_timestamp_seconds", "End of the audit behind the guard.",
                 _seconds(board.expires))  # fmt: skip
    family = _gauge("share_ratio", "Share of the newest week's decisions, everyone together.",
                    labels=("measure",))  # fmt: skip
    if board.totals:
        for name in _TOTALS:
            value = getattr(board.totals[-1], name)
            if value is not None:
                family.add_metric([name], value)
    yield family


def _canary(board: Dashboard) -> Iterator[Metric]:
    """Yield how the newest run of the probe set ended; nothing where it could not tell."""
    newest = board.canaries[0] if board.canaries else None
    changed = newest.changed if newest is not None else None
    yield _gauge("canary_changed", "Whether the newest canary found the model changed.",
                 None if changed is None else int(changed))  # fmt: skip
    yield _gauge("canary_timestamp_seconds", "When the newest canary ran.",
                 _seconds(newest.time if newest else None))  # fmt: skip


def _shown(board: Dashboard) -> tuple[GroupView, ...]:
    return board.groups[:MOST_GROUPS]


def _gauge(
    name: str, text: str, value: float | None = None, *, labels: tuple[str, ...] = ()
) -> GaugeMetricFamily:
    """Return a gauge; without labels it has one value, or none at all where that is not known."""
    family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=labels)
    if value is not None and not labels:
        family.add_metric([], value)
    return family


def _counter(name: str, text: str, label: str, values: Mapping[str, int]) -> CounterMetricFamily:
    """Return a counter with one label; its series end in ``_total``."""
    family = CounterMetricFamily(f"{PREFIX}_{name}", text, labels=(label,))
    for key, count in sorted(values.items()):
        family.add_metric([key], count)
    return family


def _seconds(moment: datetime | date | None) -> float | None:
    """Return a time as seconds since 1970."""
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return moment.timestamp()
