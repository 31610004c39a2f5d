"""The command of section 13 names everything that was asked for and determines the run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from audit.cli.run import run
from audit.report import build_report
from tests.report.fixtures import evidence, results_gap


def command_of(**spec: Any) -> list[str]:
    results = results_gap()
    results["spec"] |= spec
    return shlex.split(build_report(results, evidence()).method.command)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"options": {"label_map": {"LABEL_0": "Negative", "good one": "Positive"}}},
         ["--label-map", "LABEL_0=Negative", "--label-map", "good one=Positive"]),
        ({"options": {"score_range": [-1.0, 1.0]}}, ["--score-range", "-1", "1"]),
        ({"options": {"system": "Be brief; say $X."}}, ["--system", "Be brief; say $X."]),
        ({"options": {"quantize": "8bit"}}, ["--quantize", "8bit"]),
        ({"shot_design": {"shots": 2, "orders": 5, "sets": "s.yaml", "separator": "---"},
          "calibrate": True},
         ["--shots", "2", "--shot-orders", "5", "--shot-sets", "s.yaml", "--separator", "---",
          "--calibrate"]),
        ({"settings": {"endpoint": "chat", "system_role": "developer", "chat_layout": "turns"}},
         ["--endpoint", "chat", "--system-role", "developer", "--chat-layout", "turns"]),
    ],
)  # fmt: skip
def test_what_was_asked_for_is_in_the_command(
    spec: dict[str, Any], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text("sets: []")
    found = command_of(**spec)
    start = found.index(words[0])
    assert found[start : start + len(words)] == words
    with run.make_context("run", found[2:]) as context:
        assert context.params["model"] == "causal:example/tiny-neo"


def test_an_adapter_and_a_system_of_a_file_are_options_not_names() -> None:
    found = command_of(model="causal:base+gloomy", options={"adapter": "gloomy"})
    assert found[found.index("--model") + 1] == "causal:base"
    assert found[found.index("--adapter") + 1] == "gloomy"
    found = command_of(model="recorded:made.csv#second", options={"system": "second"})
    assert found[found.index("--model") + 1] == "recorded:made.csv"
    assert found[found.index("--system") + 1] == "second"
