"""The Grafana dashboard, written with Grafana's own types; ``python -m`` prints its JSON.

Needs grafana-foundation-sdk, which only those who change the dashboard need: the JSON is shipped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, QueryVariable
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.statetimeline import Panel as StateTimeline
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import TimeZoneBrowser
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    GridPos,
    ValueMap,
    ValueMappingResult,
    VariableRefresh,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from audit.monitor.metrics import PREFIX
from audit.monitor.view import State

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
CODES = {
    State.OK: 1, State.NOT_ENOUGH_DATA: 2, State.ACKNOWLEDGED: 3, State.WATCH: 4, State.STALE: 5,
    State.ALERT: 6,
}  # fmt: skip
"""Numbers for the state timeline, which shows words for them."""
# Only OK is green; too little data is grey.
COLOURS = {
    State.OK: "green", State.NOT_ENOUGH_DATA: "#8e8e8e", State.ACKNOWLEDGED: "purple",
    State.WATCH: "yellow", State.STALE: "blue", State.ALERT: "red",
}  # fmt: skip
_SERIES = '{group=~"$group", measure="$measure"}'
_WIDTH = 24


def states_expr() -> str:
    """Return the query that gives each group's state as its code."""
    parts = [f'{code} * {PREFIX}_group_state{{state="{state.value}"}}'
             for state, code in CODES.items()]  # fmt: skip
    return f"max by (group) ({' or '.join(parts)})"


def dashboard() -> Dashboard:
    """Return the dashboard's builder."""
    return (
        Dashboard("Decisions by affected group")
        .uid("audit-monitor")
        .description(
            "Published by `audit serve`. Small groups are hidden there already. The product's own "
            "pages are the accessible ones; acknowledge there."
        )
        .tags(["audit"])
        .time("now-26w", "now")
        .timezone(TimeZoneBrowser)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(_variable("group", "Group", f"{PREFIX}_group_state", many=True))
        .with_variable(_variable("measure", "Measure", f"{PREFIX}_gap_ratio"))
        .with_panel(_groups_by_state())
        .with_panel(_timeline())
        .with_panel(_gap())
        .with_panel(_interval())
        .with_panel(_delay())
        .with_panel(_everyone())
        .with_panel(_alarms())
        .with_panel(_queue())
        .with_panel(_age())
        .with_panel(_expiry())
        .with_panel(_events())
        .with_panel(_apart())
        .with_panel(_webhooks())
    )


def dashboard_json() -> str:
    """Return what is shipped as ``grafana-dashboard.json``."""
    encoded = json.loads(JSONEncoder(sort_keys=True).encode(dashboard().build()))
    return json.dumps(_given(encoded), indent=1, sort_keys=True) + "\n"


def _given(value: Any) -> Any:
    """Leave out what is null: Grafana has defaults for what is missing, not for null."""
    if isinstance(value, dict):
        return {name: _given(inner) for name, inner in value.items() if inner is not None}
    return [_given(inner) for inner in value] if isinstance(value, list) else value


def _variable(name: str, label: str, metric: str, *, many: bool = False) -> QueryVariable:
    made = QueryVariable(name).label(label).datasource(SOURCE)
    made = made.query(f"label_values({metric}, {name})").refresh(
        VariableRefresh.ON_TIME_RANGE_CHANGED
    )
    return made.multi(True).include_all(True) if many else made


def _query(expr: str, legend: str = "", ref: str = "A") -> Dataquery:
    return Dataquery().expr(expr).legend_format(legend).ref_id(ref).datasource(SOURCE)


def _place(x: int, y: int, width: int, height: int = 8) -> GridPos:
    return GridPos(h=height, w=width, x=x, y=y)


def _words() -> ValueMap:
    """Return the words and colours of the codes."""
    return ValueMap(
        options={
            str(code): ValueMappingResult(text=state.words, color=COLOURS[state], index=code)
            for state, code in CODES.items()
        }
    )


def _groups_by_state() -> Stat:
    return (
        Stat().title("Groups by state").datasource(SOURCE).grid_pos(_place(0, 0, _WIDTH, 4))
        .with_target(_query(f"sum by (state) ({PREFIX}_group_state)", "{{state}}"))
    )  # fmt: skip


def _timeline() -> StateTimeline:
    return (
        StateTimeline().title("State of each group").datasource(SOURCE)
        .grid_pos(_place(0, 4, _WIDTH, 9)).mappings([_words()])
        .with_target(_query(states_expr(), "{{group}}"))
    )  # fmt: skip


def _gap() -> TimeSeries:
    return (
        TimeSeries().title("Gap to everyone else").datasource(SOURCE).unit("percentunit")
        .description("Group minus everyone else, newest complete week; both directions count.")
        .grid_pos(_place(0, 13, 12)).axis_centered_zero(True)
        .with_target(_query(f"{PREFIX}_gap_ratio{_SERIES}", "{{group}}"))
    )  # fmt: skip


def _interval() -> TimeSeries:
    panel = (
        TimeSeries().title("Its 95% interval, week by week").datasource(SOURCE).unit("percentunit")
        .description("Choose one group. A week's interval is no alarm: those have their own test.")
        .grid_pos(_place(12, 13, 12)).axis_centered_zero(True)
    )  # fmt: skip
    ends: Mapping[str, str] = {"A": "gap_low", "B": "gap", "C": "gap_high"}
    for ref, name in ends.items():
        legend = "{{group}} " + name.replace("_", " ")
        panel = panel.with_target(_query(f"{PREFIX}_{name}_ratio{_SERIES}", legend, ref))
    return panel


def _delay() -> TimeSeries:
    return (
        TimeSeries().title("Longer wait for a person than everyone else").datasource(SOURCE)
        .unit("s").grid_pos(_place(0, 21, 12)).axis_centered_zero(True)
        .with_target(_query(f'{PREFIX}_gap_seconds{{group=~"$group", measure="delay"}}',
                            "{{group}}"))
    )  # fmt: skip


def _everyone() -> TimeSeries:
    return (
        TimeSeries().title("Everyone together").datasource(SOURCE).unit("percentunit").min(0)
        .grid_pos(_place(12, 21, 12))
        .with_target(_query(f"{PREFIX}_share_ratio", "{{measure}}"))
    )  # fmt: skip


def _alarms() -> Table:
    query = _query(f"{PREFIX}_alarms > 0").instant().format(PromQueryFormat.TABLE)
    return (
        Table().title("Alarms that stand").datasource(SOURCE).grid_pos(_place(0, 29, 8))
        .with_target(query)
    )  # fmt: skip


def _queue() -> TimeSeries:
    return (
        TimeSeries().title("Decisions that wait for a person").datasource(SOURCE).min(0)
        .grid_pos(_place(8, 29, 8))
        .with_target(_query(f"{PREFIX}_decisions_waiting", "waiting"))
        .with_target(_query(f"{PREFIX}_decisions_overdue", "too long", "B"))
    )  # fmt: skip


def _age() -> Stat:
    return (
        Stat().title("Age of the newest decision").datasource(SOURCE).unit("s")
        .grid_pos(_place(16, 29, 4))
        .with_target(_query(f"time() - {PREFIX}_last_event_timestamp_seconds"))
    )  # fmt: skip


def _expiry() -> Stat:
    return (
        Stat().title("Until the audit ends").datasource(SOURCE).unit("s")
        .grid_pos(_place(20, 29, 4))
        .with_target(_query(f"{PREFIX}_audit_expiry_timestamp_seconds - time()"))
    )  # fmt: skip


def _events() -> TimeSeries:
    return (
        TimeSeries().title("Events a day, rounded").datasource(SOURCE).min(0)
        .grid_pos(_place(0, 37, 8))
        .with_target(_query(f"increase({PREFIX}_events_total[1d])", "{{event}}"))
    )  # fmt: skip


def _apart() -> TimeSeries:
    return (
        TimeSeries().title("Rows set apart in 28 days").datasource(SOURCE).min(0)
        .grid_pos(_place(8, 37, 8))
        .with_target(_query(f"{PREFIX}_intake_problem_rows", "{{problem}}"))
    )  # fmt: skip


def _webhooks() -> TimeSeries:
    return (
        TimeSeries().title("Rounds of telling receivers, a day").datasource(SOURCE).min(0)
        .grid_pos(_place(16, 37, 8))
        .with_target(_query(f"increase({PREFIX}_webhook_rounds_total[1d])", "{{outcome}}"))
    )  # fmt: skip


if __name__ == "__main__":
    print(dashboard_json(), end="")
