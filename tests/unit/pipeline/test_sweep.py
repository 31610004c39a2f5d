"""Sweeps: every point is a run of its own, and the curves say what the runs say."""

import csv
import json

import pytest

from audit.errors import ConfigError
from audit.pipeline import RunOptions
from audit.pipeline.shots import ShotOptions
from audit.pipeline.sweep import Grid, fit, sweep
from audit.report.curves import build_sweep
from audit.runlog import read_run
from tests.report.fixtures import swept
from tests.small_runs import write_classifier, write_probe
from tests.unit.pipeline.test_shots import SHOTS, TASK


@pytest.fixture(scope="module")
def curves(tmp_path_factory):
    """The bundled model with no example and with three, at two temperatures."""
    folder = tmp_path_factory.mktemp("sweep")
    templates = [
        {"id": f"{mood}-{n}", "text": f"I'm {{a}} {{pre}} {mood} person {{post}}.", "carrier": mood,
         "valence": valence}
        for n, (mood, valence) in enumerate(
            [("joyful", "positive"), ("miserable", "negative"), ("happy", "positive"),
             ("hateful", "negative")]
        )
    ]  # fmt: skip
    probe = write_probe(folder, task={**TASK, "shots": SHOTS}, templates=templates)
    grid = Grid(shots=(0, 3), temperatures=(0.1, 1.0))
    options = RunOptions(shots=ShotOptions(orders=2))
    return sweep(probe, grid=grid, output=folder / "reports", options=options)


def test_every_point_is_a_run_with_its_own_prompt(curves):
    found = json.loads((curves / "sweep.json").read_text())
    assert [(p["shots"], p["temperature"], p["prompts"]) for p in found["points"]] == [
        (0, 0.1, 1), (0, 1.0, 1), (3, 0.1, 2), (3, 1.0, 2),
    ]  # fmt: skip
    for point in found["points"]:
        results = json.loads((curves / point["folder"] / "results.json").read_text())
        assert [g["estimate"] for g in results["groups"]] == [
            g["estimate"] for g in point["groups"]
        ]
        assert len(results["spec"]["task"]["shots"]) == point["shots"]
        assert 0.5 < point["fit"] <= 1.0
    rows = list(csv.DictReader((curves / "sweep.csv").read_text().splitlines()))
    assert len(rows) == 4 * len(found["points"][0]["groups"])
    assert {row["temperature"] for row in rows} == {"0.1", "1.0"}


def test_fit_is_the_mass_on_what_a_sentence_says(curves):
    point = json.loads((curves / "sweep.json").read_text())["points"][-1]
    log = read_run(curves / point["folder"])
    wanted = {"positive": "Positive", "negative": "Negative"}
    shares = [
        log.predictions[v.id].probabilities[wanted[v.valence]]
        for v in log.variants
        if v.role == "reference"
    ]
    assert point["fit"] == pytest.approx(sum(shares) / len(shares))
    assert fit(log, log.header["spec"]["task"]) == point["fit"]


def test_the_page_has_every_chart_with_its_numbers(curves):
    page = (curves / "index.html").read_text()
    assert page.count("<svg viewBox") == 2 + 2
    assert "Horizontal axis: Examples in the prompt." in page
    assert "Temperature 0.1" in page
    for point in json.loads((curves / "sweep.json").read_text())["points"]:
        assert f'href="{point["folder"]}/index.html"' in page


def test_lines_axis_and_whiskers():
    found = build_sweep(swept())
    assert [dashes for dashes, _ in found.keys] == ["", "7 4", "2 4", "10 4 2 4"]
    unread, _, blind, deaf = found.charts
    assert [tick for _, tick in unread.x_ticks] == ["0", "1", "2", "3"]
    assert [mark.y for mark in unread.lines[0].marks] == sorted(
        mark.y for mark in unread.lines[0].marks
    )
    assert blind.lines[0].marks[0].low is None
    assert blind.lines[0].marks[2].high < blind.lines[0].marks[2].y < blind.lines[0].marks[2].low
    assert deaf.lines[0].marks == ()


def test_a_target_without_a_prompt_has_no_curve_over_examples(tmp_path):
    target = write_classifier(tmp_path, {})
    with pytest.raises(ConfigError, match="is shown no examples"):
        sweep(write_probe(tmp_path), target, grid=Grid(shots=(0, 1)), output=tmp_path)
