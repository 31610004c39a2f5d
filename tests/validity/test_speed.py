"""The page of measured speed: made from its figures, and from none that a gate refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.classifiers.loading import quiet
from benchmarks import timing, workload
from benchmarks.competitors import Method, ask, ours
from benchmarks.gates import (
    GateError,
    agreement_with_sampling,
    check_competitor,
    difference_from_plain,
    plain_scores,
)
from benchmarks.speed_page import page
from benchmarks.workload import build, sentences

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    # the gates look at the same things in a small vocabulary, and in a tenth of the time
    with quiet(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(workload, "VOCABULARY", 3_000)
        yield ours(build("tiny", tmp_path_factory.mktemp("speed") / "tiny", leak=0.08))


@pytest.fixture
def measured() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "speed.json").read_text())
    return found


def test_the_page_is_made_from_its_figures(measured: dict[str, Any]) -> None:
    assert (DOCS / "speed.md").read_text() == page(measured)


def test_the_page_says_what_was_missed(measured: dict[str, Any]) -> None:
    assert "| no |" not in page(measured)
    main = next(iter(measured["checkpoints"].values()))
    main["ours"]["processor"] = [rate / 3 for rate in main["ours"]["processor"]]
    assert page(measured).count("| no |") == 3


def test_a_gpu_has_a_place_on_the_page(measured: dict[str, Any]) -> None:
    assert "Not measured: there was no GPU" in page(measured)
    other = {**measured, "device": "cuda", "memory_gb_per_second": 2000.0}
    other["machine"] = {**measured["machine"], "gpu": "Some GPU"}
    text = page(measured, other)
    assert "Not measured: there was no GPU" not in text
    assert "Machine: Some GPU" in text


@pytest.mark.slow
def test_the_gates_let_right_answers_through(tiny: Any) -> None:
    classifier, loaded = tiny
    answers = ask(classifier, sentences(30))
    assert sum(sum(answer.probabilities.values()) for answer in answers) > 15
    assert difference_from_plain(classifier, loaded, sentences(6)) <= 1e-4
    assert agreement_with_sampling(classifier, loaded, sentences(1)[0]) > 1e-3


@pytest.mark.slow
def test_the_gates_stop_wrong_answers(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier, loaded = tiny
    texts = sentences(4)
    forward = classifier.engine.check.forward
    run = forward.run

    def wrong(asked: Any) -> Iterator[Any]:
        for places, logits in run(asked):
            yield places, logits * 1.001

    monkeypatch.setattr(forward, "run", wrong)
    with pytest.raises(GateError, match="differ from plain forward passes"):
        difference_from_plain(classifier, loaded, texts)
    plain = plain_scores(classifier, loaded, texts)
    other = Method("m", "some way", 4, lambda asked: plain + 0.01, "m", scores=True)
    with pytest.raises(GateError, match=r"some way: log-probabilities are 0\.01 off"):
        check_competitor(other, plain, texts)
    monkeypatch.undo()
    hot = classifier.engine.at((3.0,))
    monkeypatch.setattr(classifier, "_engine", hot)
    with pytest.raises(GateError, match="do not follow the exact distribution"):
        agreement_with_sampling(classifier, loaded, texts[0])


def test_peak_memory_is_that_since_it_was_forgotten() -> None:
    # in a process of its own: one that has held much already keeps what it lets go of
    measure = (
        "import numpy; from benchmarks import timing; timing.forget_peak(); "
        "held = numpy.ones(25_000_000); high = timing.peak_memory(); del held; "
        "timing.forget_peak(); print(high - timing.peak_memory())"
    )
    done = subprocess.run(
        [sys.executable, "-c", measure], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) > 100


def test_a_round_counts_prompts_by_both_clocks() -> None:
    rate = timing.Rate()
    assert rate.time(len, ["a"] * 10) == 10
    rate.time(lambda texts: sum(range(3_000_000)), ["a"] * 10)
    assert rate.prompts == 20
    assert rate.processor[1] > 0
    assert rate.wall[1] <= rate.processor[1] * 1.1
