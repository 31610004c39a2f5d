"""The metrics: named by the conventions, bounded, and the same however often they are read."""

import subprocess

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse

from audit.errors import StoreError
from audit.monitor.metrics import MOST_GROUPS, MonitorCollector, render_metrics
from audit.monitor.view import State
from tests.monitor.boards import STATES, board, empty, group, health
from tests.monitor.programs import program

OPEN = "application/openmetrics-text; version=1.0.0"


def scrape(shown, **sent):
    _, body = render_metrics(MonitorCollector(lambda: shown, (lambda: sent) if sent else None))
    return body.decode()


def series(text, name):
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in parse(text)
        for sample in family.samples
        if sample.name == f"audit_monitor_{name}"
    }


def test_a_group_is_in_one_state_and_too_little_data_is_not_ok():
    states = series(scrape(board()), "group_state")
    standing = {dict(key)["group"]: dict(key)["state"] for key, on in states.items() if on}
    assert standing == {name: state.value for name, state in STATES.items()}
    assert len(states) == len(STATES) * len(State)


def test_gaps_carry_their_unit_and_hidden_weeks_have_none():
    shown = board()
    text = scrape(shown)
    gaps = series(text, "gap_ratio")
    newest = shown.groups[0].weeks["unfavourable"][-1]
    assert gaps[("group", "blind"), ("measure", "unfavourable")] == newest.gap
    assert not any("epilepsy" in str(key) for key in gaps)
    delay = series(text, "gap_seconds")[("group", "deaf"), ("measure", "delay")]
    assert delay % 36 == 0
    assert set(series(text, "gap_low_ratio")) == set(gaps) == set(series(text, "gap_high_ratio"))


def test_no_group_has_a_counter_of_its_own():
    for family in parse(scrape(board(), delivered=3)):
        if family.type == "counter":
            assert all("group" not in sample.labels for sample in family.samples)


def test_reading_again_and_again_gives_the_same():
    assert scrape(board(), delivered=3, failed=1) == scrape(board(), delivered=3, failed=1)
    collector = MonitorCollector(board)
    assert len({render_metrics(collector)[1] for _ in range(20)}) == 1


def test_data_that_cannot_be_read_are_down_and_never_ok():
    def broken():
        raise StoreError("gone")

    _, body = render_metrics(MonitorCollector(broken))
    assert series(body.decode(), "up") == {(): 0.0}
    assert "group_state" not in body.decode()


def test_names_of_groups_are_no_labels_without_bound():
    many = board(groups=tuple(group(f"g{i:03}", state=State.OK) for i in range(MOST_GROUPS + 5)))
    text = scrape(many)
    assert len(series(text, "group_state")) == MOST_GROUPS * len(State)
    assert series(text, "groups_left_out") == {(): 5.0}


def test_names_from_outside_stay_inside_their_label():
    hostile = 'x"} 1\naudit_monitor_up 1\n#'
    text = scrape(board(groups=(group(hostile, state=State.OK),)))
    assert series(text, "group_state")[("group", hostile), ("state", "ok")] == 1
    assert series(text, "up") == {(): 1.0}


def test_before_any_data_times_are_absent_and_not_zero():
    text = scrape(empty())
    assert series(text, "last_event_timestamp_seconds") == {}
    assert series(text, "audit_expiry_timestamp_seconds") == {}
    assert series(text, "data_state")[(("state", "not_enough_data"),)] == 1


def test_a_newest_week_that_is_hidden_shows_no_older_gap():
    shown = group("blind", state=State.NOT_ENOUGH_DATA)
    last = shown.weeks["unfavourable"][-1]
    hidden = type(last)(start=last.start, end=last.end, hidden="small")
    shown.weeks["unfavourable"] = (*shown.weeks["unfavourable"][:-1], hidden)
    gaps = series(scrape(board(groups=(shown,))), "gap_ratio")
    assert (("group", "blind"), ("measure", "unfavourable")) not in gaps


@pytest.mark.parametrize("shown", [board(), empty(), board(health=health(counters={}))])
def test_openmetrics_is_given_to_those_who_ask(shown):
    kind, body = render_metrics(MonitorCollector(lambda: shown), OPEN)
    assert kind.startswith("application/openmetrics-text")
    assert {family.name for family in parse_open(body.decode())}


def test_promtool_finds_nothing_against_the_conventions():
    done = subprocess.run(
        [program("promtool"), "check", "metrics"], input=scrape(board(), delivered=1, failed=0),
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
