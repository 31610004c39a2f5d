"""The demonstration: a planted change is found, in time, for that group alone, kill or no kill."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from audit.cli.main import app
from audit.errors import ConfigError
from audit.monitor import build_dashboard
from audit.monitor.demo import Plan, run_demo
from audit.store import open_store

TODAY = date(2026, 11, 18)
AUDIT = Path(sys.executable).with_name("audit")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The demonstration as shipped, and the week in which each alarm was raised."""
    weeks = {}
    with open_store(str(tmp_path_factory.mktemp("demo") / "demo.db"), timeout=60) as store:
        run_demo(store, Plan(), today=TODAY,
                 told=lambda week, new: weeks.update({a.id: week for a in new}))  # fmt: skip
        yield build_dashboard(store, now=datetime(2026, 11, 18, tzinfo=UTC)), weeks


def test_that_group_and_no_other_within_four_weeks(played):
    shown, weeks = played
    (alarm,) = shown.alarms
    assert (alarm.group, alarm.measure, alarm.direction) == ("deaf", "unfavourable", "higher")
    assert 15 <= weeks[alarm.id] <= 18
    planted = date(2026, 11, 16) - timedelta(weeks=26 - 14)
    assert abs((alarm.change_week - planted).days) <= 14
    assert alarm.low <= 0.15 <= alarm.high
    states = {group.id: group.state.value for group in shown.groups}
    assert states.pop("deaf") == "alert"
    assert set(states.values()) == {"ok"}


def test_killed_and_started_again_it_ends_the_same(tmp_path):
    def command(store):
        return [AUDIT, "monitor", "demo", "--store", store, "--weeks", "12", "--volume", "50",
                "--change-week", "8", "--rise", "0.4"]  # fmt: skip

    whole, killed = tmp_path / "whole.db", tmp_path / "killed.db"
    subprocess.run(command(whole), check=True, capture_output=True)
    for pause in (0.1, 0.3):
        process = subprocess.Popen(command(killed), stdout=subprocess.DEVNULL)
        started = time.monotonic()
        while not killed.exists() and time.monotonic() - started < 30:
            time.sleep(0.02)
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(command(killed), check=True, capture_output=True)
    now = datetime.now(UTC)
    found = []
    for path in (whole, killed):
        with open_store(str(path)) as store:
            shown = build_dashboard(store, now=now)
        found.append((shown.groups, shown.alarms, shown.totals, shown.health.counters))
    assert found[0] == found[1]
    assert [alarm.group for alarm in found[0][1]] == ["deaf"]


def test_it_never_writes_into_a_store_in_use(store, jsonl):
    from audit.monitor.files import ingest
    from tests.monitor.events import decision

    ingest(store, jsonl([decision(1)]))
    with pytest.raises(ConfigError, match="counts of its own"):
        run_demo(store, Plan(), today=TODAY)


def test_the_commands(tmp_path):
    store = str(tmp_path / "d.db")

    def audit(*arguments):
        done = CliRunner().invoke(
            app, ["monitor", *arguments, "--store", store], standalone_mode=False
        )  # fmt: skip
        return done.exception or done.return_value, done.stdout, done.stderr

    small = ("--weeks", "12", "--volume", "50", "--change-week", "8", "--rise", "0.4")
    code, out, _ = audit("demo", *small)
    assert (code, "Deaf people" in out) == (0, True)
    (alarm,) = json.loads(audit("alarms", "--json")[1])["alarms"]
    assert audit("look")[0] == 1
    said = ("--by", "Ana", "--reason", "The prompt was changed back.")
    assert audit("acknowledge", alarm["id"], *said)[0] == 0
    assert audit("look")[0] == 0
    assert "by Ana: The prompt" in audit("alarms")[1]
    assert "no alarm" in str(audit("acknowledge", "gap.none", *said)[0])
    assert audit("rename", "deaf", "deaf-people")[0] == 0
    code, out, _ = audit("set", "--due-hours", "24")
    assert json.loads(out)["due_hours"] == 24
    assert "deaf-people" in json.loads(out)["groups"]
    table = tmp_path / "e.csv"
    table.write_text("id,time,label\nx1,2026-01-05,Positive\nx2,never,Positive\n")
    code, out, err = audit("ingest", str(table))
    assert (code, "1 counted" in out, "row 2" in err) == (1, True, True)
