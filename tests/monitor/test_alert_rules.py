"""The shipped alert rules: run by promtool, on metrics that exist."""

import re
import subprocess
from importlib.resources import files
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families as parse

from audit.monitor.metrics import MonitorCollector, render_metrics
from tests.monitor.boards import board
from tests.monitor.programs import program

RULES = files("audit.monitor").joinpath("ecosystem", "prometheus-alerts.yaml")
TESTS = Path(__file__).with_name("alerts_test.yaml")


def exposed():
    _, body = render_metrics(MonitorCollector(board, lambda: {"delivered": 1, "failed": 0}))
    return {sample.name for family in parse(body.decode()) for sample in family.samples}


def test_promtool_runs_the_rules_and_each_fires_when_it_should_and_not_before(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.read_text())
    tests = tmp_path / "tests.yaml"
    tests.write_text(TESTS.read_text().replace("RULES", str(rules)))
    done = subprocess.run(
        [program("promtool"), "test", "rules", tests], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_is_tested_and_asks_for_metrics_that_exist():
    text = RULES.read_text()
    names = set(re.findall(r"alert: (\w+)", text))
    tested = TESTS.read_text()
    untested = {name for name in names if f"alertname: {name}" not in tested}
    assert len(names) == 8
    assert untested == set()
    assert set(re.findall(r"audit_monitor_\w+", text)) <= exposed()
