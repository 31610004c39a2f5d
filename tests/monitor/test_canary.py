"""A canary tells a changed model from changed traffic."""

from datetime import UTC, datetime, timedelta

from click.testing import CliRunner

from audit.cli.main import app
from audit.monitor import build_dashboard, look
from audit.monitor.canary import cause_since, run_canary
from tests.small_runs import make_run, write_classifier, write_probe

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


def canary(store, folder, first, target, now=NOW):
    return run_canary(store, str(write_probe(folder)), target, against=first,
                      output=folder / "canaries", now=now)  # fmt: skip


def test_the_model_changed_or_did_not(store, tmp_path):
    first = make_run(tmp_path)
    same = canary(store, tmp_path, first, write_classifier(tmp_path, {}))
    assert (same.changed, same.audit_id) == (False, first.name)
    assert not look(store, now=NOW)
    hurt = write_classifier(tmp_path, {"blind": 2}, "other.py")
    later = NOW + timedelta(days=1)
    other = canary(store, tmp_path, first, hurt, later)
    assert (other.changed, other.groups) == (True, ("Blind people",))
    (alarm,) = look(store, now=later)
    assert (alarm.kind, "Blind people" in alarm.text) == ("canary", True)
    shown = build_dashboard(store, now=later)
    assert [each.changed for each in shown.canaries] == [True, False]
    canary(store, tmp_path, first, write_classifier(tmp_path, {}), later + timedelta(days=1))
    look(store, now=later + timedelta(days=1))
    assert build_dashboard(store, now=later + timedelta(days=1)).alarms[0].cleared


def test_a_single_other_answer_is_another_model(store, tmp_path):
    first = make_run(tmp_path)
    once = write_classifier(tmp_path, {"deaf": 31}, "other.py")
    found = canary(store, tmp_path, first, once)
    assert found.changed
    assert "answers to the same sentences" in found.text


def test_alarms_say_where_to_look(store, tmp_path):
    first = make_run(tmp_path)
    same = canary(store, tmp_path, first, write_classifier(tmp_path, {}))
    week = (NOW - timedelta(days=7)).date()
    assert "traffic" in cause_since((same,), week)
    assert "Run `audit monitor canary`" in cause_since((same,), NOW.date() + timedelta(days=7))
    assert "Run `audit monitor canary`" in cause_since((), week)


def test_the_command(store, tmp_path, monkeypatch):
    first = make_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    target = write_classifier(tmp_path, {"blind": 2}, "other.py")
    command = ["monitor", "canary", "small.yaml", "--against", str(first), "-o", "canaries"]
    done = CliRunner().invoke(
        app, [*command, "--store", "audit.db", "-m", target], standalone_mode=False
    )
    assert (done.exception, done.return_value) == (None, 1)
    assert "Blind people" in done.stdout
