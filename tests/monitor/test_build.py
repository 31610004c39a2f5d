"""The read model, built from counts."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import insert

from audit.monitor import State, acknowledge, build_dashboard
from audit.monitor.look import look
from audit.store import open_store
from audit.store.monitor_tables import COUNTS

MONDAY = date(2026, 1, 5)
NOW = datetime(2026, 6, 29, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    with open_store(str(tmp_path / "audit.db")) as opened:
        yield opened


def fill(store, *, weeks=25, rise=0.2, since=14, small=2):
    """Count 25 weeks: 30 a day about the deaf, fewer about the blind, 150 about nobody."""
    rng = np.random.default_rng(3)
    rows = []
    for day in range(7 * weeks):
        for tags, size, rate in (
            ("deaf", 30, 0.1 + rise * (day // 7 >= since)),
            ("blind", small, 0.1),
            ("", 150, 0.1),
        ):
            moment = (MONDAY + timedelta(days=day)).isoformat()
            rows.append({"day": moment, "tags": tags, "decisions": size, "answered": size,
                         "unfavourable": int(rng.binomial(size, rate))})  # fmt: skip
    with store.writing("monitor") as connection:
        connection.execute(insert(COUNTS), rows)


def test_an_empty_store_has_not_enough_data(store):
    shown = build_dashboard(store, now=NOW)
    assert (shown.state, shown.groups) == (State.NOT_ENOUGH_DATA, ())
    assert shown.health.state is State.NOT_ENOUGH_DATA


def test_the_group_with_the_gap_alarms_and_no_other(store):
    fill(store)
    shown = build_dashboard(store, now=NOW)
    (alarm,) = shown.alarms
    assert (alarm.group, alarm.measure, alarm.direction) == ("deaf", "unfavourable", "higher")
    assert abs((alarm.change_week - MONDAY).days // 7 - 14) <= 1
    assert alarm.low < 0.2 < alarm.high
    states = {group.id: group.state for group in shown.groups}
    assert states["deaf"] is State.ALERT
    week = shown.groups[1].weeks["unfavourable"][20]
    assert (week.count, week.hidden) == (210, None)
    assert week.low <= week.gap <= week.high


def test_small_cells_are_not_shown_and_never_ok(store):
    fill(store, rise=0.0)
    blind = build_dashboard(store, now=NOW).groups[0]
    assert blind.state is State.NOT_ENOUGH_DATA
    assert all(window.value is None for window in blind.weeks["unfavourable"])
    assert {window.hidden for window in blind.weeks["unfavourable"][:-1]} == {"small"}


def test_an_acknowledged_alarm_rests_and_keeps_its_history(store):
    fill(store)
    (new,) = [alarm for alarm in look(store, now=NOW) if alarm.kind == "gap"]
    assert not [alarm for alarm in look(store, now=NOW) if alarm.kind == "gap"]
    acknowledge(store, new.id, by="Ana", reason="The prompt was changed back.", now=NOW)
    (alarm,) = [a for a in build_dashboard(store, now=NOW).alarms if a.kind == "gap"]
    assert alarm.state is State.ACKNOWLEDGED
    assert [event.what for event in alarm.history] == ["raised", "acknowledged"]
    assert alarm.history[1].reason == "The prompt was changed back."
