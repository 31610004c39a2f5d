"""A run that is killed at fifty points ends with the results of one that was not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.killing import BATCH, STEPS
from tests.small_runs import write_probe

KILLS = 50
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The records of `tests.killing`; the first run is the one that nothing stopped."""
    folder = tmp_path_factory.mktemp("killed")
    write_probe(folder, templates=6)
    done = subprocess.run(
        [sys.executable, "-m", "tests.killing", str(folder), str(KILLS), "13"],
        cwd=ROOT, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_process_was_killed_at_fifty_points_of_every_kind(runs):
    points = [point for run in runs for point in run["killed"]]
    assert len(points) >= KILLS
    assert {point[1] for point in points if isinstance(point, list)} == set(STEPS)
    assert any(isinstance(point, str) for point in points)
    assert runs[0]["killed"] == []


def test_the_results_are_those_of_the_run_that_nothing_stopped(runs):
    for run in runs:
        for name in ("run_id", "started", "finished"):
            run["results"].pop(name, None)
        assert run["results"] == runs[0]["results"], run["killed"]


def test_no_prediction_is_made_twice_beyond_one_batch_a_kill(runs):
    assert runs[0]["asked"] == runs[0]["distinct"]
    for run in runs:
        assert run["distinct"] == runs[0]["distinct"]
        assert run["asked"] - run["distinct"] <= BATCH * len(run["killed"]), run["killed"]
