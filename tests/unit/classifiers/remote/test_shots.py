"""Several prompts to one service: each is sent, and each has its own answers in the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit.classifiers import create_classifier
from audit.errors import ConfigError
from audit.pipeline import RunOptions, run_audit
from audit.pipeline.shots import ShotOptions
from audit.records import ClassifierOptions, RemoteOptions, Request, Shot
from tests.small_runs import write_probe

from .servers import answer, serve
from .test_openai import TASK

SHOTS = [{"text": "It rains.", "label": "Negative"}, {"text": "It shines.", "label": "Positive"}]
SPOKEN = {
    "kind": "labels", "labels": ["Positive", "Negative"], "favourable": "Positive",
    "description": "Decide the mood.", "input": "Text", "output": "Mood", "shots": SHOTS,
}  # fmt: skip


def sampling(_: int, body: Any) -> Any:
    """Say what the last example says: a model that leans to what it read last."""
    rains, shines = body["prompt"].find("It rains"), body["prompt"].find("It shines")
    said = " Negative" if rains > shines else " Positive"
    return answer({"choices": [{"text": said, "logprobs": None}]})


def test_every_order_is_asked_and_cached_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    probe = write_probe(tmp_path, task=SPOKEN, templates=3)
    with serve(sampling) as service:
        remote = RemoteOptions(base_url=service.base, cache=str(tmp_path / "cache"))
        options = RunOptions(
            classifier=ClassifierOptions(remote=remote),
            sampling={"repeats": 2, "temperature": 1.0},
            shots=ShotOptions(orders=2),
        )
        first = run_audit(probe, "openai:m", output=tmp_path / "one", options=options).results
        asked = len(service.seen)
        again = run_audit(probe, "openai:m", output=tmp_path / "two", options=options).results
        assert len(service.seen) - asked <= 2  # the probe of what the server can do
    prompts = {body["prompt"] for body in service.seen if "house" in body["prompt"]}
    sentences = first["overall"]["n_variants"]
    assert len(prompts) == 2 * sentences
    assert asked >= 2 * 2 * sentences
    assert [row["prompt_sha256"] for row in first["shot_orders"]] == [
        row["prompt_sha256"] for row in again["shot_orders"]
    ]
    assert first["shot_orders"] == again["shot_orders"]
    assert first["overall"]["counts_by_label"] == {"Positive": float(2 * sentences)}


def test_a_text_classifier_is_shown_no_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf-none")
    masses = [{"label": "Positive", "score": 0.75}, {"label": "Negative", "score": 0.25}]
    with serve(lambda n, b: answer([masses])) as service:
        remote = RemoteOptions(base_url=service.base, endpoint="classification")
        target = create_classifier("hf-inference:m", TASK, ClassifierOptions(remote=remote))
        with pytest.raises(ConfigError, match="is shown no examples"):
            target.with_shots([Shot(text="x", label="Positive")])  # type: ignore[attr-defined]
        assert target.predict([Request(id="v", text="x")])[0].probabilities
