from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from audit.classifiers import create_classifier
from audit.classifiers.remote.estimate import estimate
from audit.cli.main import app
from audit.errors import ConfigError
from audit.records import ClassifierOptions, RemoteOptions, Request, Sampling, Shot, Task

from .servers import answer, serve

TASK = Task(labels=("Positive", "Negative"), favourable="Positive", unfavourable=("Negative",))
SCORES = Task(kind="score", range=(0.0, 1.0), favourable_end="low")
TEXTS = [f"text {number}" for number in range(20)]


def everything(_: int, body: Any) -> Any:
    """A server that answers every kind of question that is asked here."""
    if isinstance(body.get("input"), list):
        result = {"flagged": False, "category_scores": {"hate": 0.1}}
        return answer({"results": [result] * len(body["input"])})
    if "inputs" in body:
        return answer([{"generated_text": "Positive"}])
    if "texts" in body:
        return answer({"rows": [{"l": "Positive"}] * len(body["texts"])})
    if "messages" in body:
        return answer({"choices": [{"message": {"content": "Positive"}}]})
    tops = {" Pos": -0.7, " Neg": -1.2, " Positive": -2.3}
    if body["prompt"].endswith((" Pos", " Neg")):
        tops = {"itive": -0.1} if body["prompt"].endswith("s") else {"ative": -0.1}
    choice = {"text": " Positive", "logprobs": {"top_logprobs": [tops]} if "logprobs" in body
              else None}  # fmt: skip
    grown = body["prompt"].endswith((" Pos", " Neg"))
    usage = {"prompt_tokens": 10 + grown, "completion_tokens": 1}
    return answer({"choices": [choice], "usage": usage})


@pytest.mark.parametrize(
    ("spec", "task", "change"),
    [
        ("openai:m", TASK, {}),
        ("openai:m", TASK, {"system": "Judge."}),
        ("openai:m", TASK, {"scoring": "sampled"}),
        ("moderation:m", SCORES, {}),
        ("hf-inference:m", TASK, {}),
        ("http:FILE", TASK, {}),
    ],
)
def test_the_estimate_holds_what_is_then_asked(
    tmp_path: Path, spec: str, task: Task, change: dict[str, Any]
) -> None:
    scoring = change.pop("scoring", "auto")
    with serve(everything) as service:
        file = tmp_path / "batch.yaml"
        file.write_text(
            f"url: {service.url}\nbody: {{texts: '{{texts}}'}}\nbatch: 3\nrandom: true\n"
            "response: {items: rows, label: l}\n"
        )
        options = ClassifierOptions(
            scoring=scoring,
            sampling=Sampling(repeats=3, temperature=1.0),
            remote=RemoteOptions(
                base_url=service.base, requests_per_minute=None, prices=(1.0, 2.0), **change
            ),
        )
        named = spec.replace("FILE", str(file))
        found = estimate(named, task, TEXTS, options)
        assert found is not None
        assert not service.seen
        requests = [Request(id=text, text=text) for text in TEXTS]
        create_classifier(named, task, options).predict(requests)
    assert found.requests[0] <= len(service.seen) <= found.requests[1]
    assert found.requests[1] <= 3.2 * len(service.seen)
    assert found.cost is not None
    assert found.cost[1] == pytest.approx(
        (found.tokens_read[1] + 2 * found.tokens_written[1]) / 1e6
    )


@pytest.mark.parametrize(("spec", "scoring"), [("openai:m", "auto"), ("openai:m", "sampled"),
                                              ("hf-inference:m", "auto")])  # fmt: skip
def test_every_prompt_is_counted(spec: str, scoring: Any) -> None:
    shots = (Shot(text="good", label="Positive"), Shot(text="bad", label="Negative"))
    tasks = [replace(TASK, shots=each) for each in (shots, shots[::-1], shots[:1])]
    with serve(everything) as service:
        remote = RemoteOptions(base_url=service.base, prices=(1.0, 2.0))
        options = ClassifierOptions(scoring=scoring, sampling=Sampling(repeats=2), remote=remote)
        one = estimate(spec, tasks[0], TEXTS, options)
        found = estimate(spec, tasks[0], TEXTS, options, others=tasks[1:])
        assert found is not None
        assert one is not None
        first = create_classifier(spec, tasks[0], options)
        requests = [Request(id=text, text=text) for text in TEXTS]
        for prompt in (first, *(first.with_shots(task.shots) for task in tasks[1:])):
            prompt.predict(requests)
    assert found.requests[0] <= len(service.seen) <= found.requests[1]
    assert 2.5 * one.requests[1] < found.requests[1] <= 3 * one.requests[1]
    assert 2 * one.tokens_read[1] < found.tokens_read[1] < 3 * one.tokens_read[1]  # one is shorter
    assert "3 prompts for each sentence" in found.basis


@pytest.mark.parametrize("spec", ["moderation:m"])
def test_who_is_shown_no_examples_has_one_prompt(spec: str) -> None:
    with pytest.raises(ConfigError, match="shown no examples"):
        estimate(spec, SCORES, TEXTS, ClassifierOptions(), others=[SCORES])


def test_rates_and_limits_decide_the_time() -> None:
    remote = RemoteOptions(requests_per_minute=6, tokens_per_minute=1e9, max_requests=10)
    options = ClassifierOptions(scoring="sampled", sampling=Sampling(repeats=1), remote=remote)
    found = estimate("openai:m", TASK, TEXTS, options)
    assert found is not None
    assert found.seconds[1] == 60 * found.requests[1] / 6
    assert found.limit is not None
    assert "--max-requests 10" in found.limit
    assert found.cost is None
    assert estimate("causal:gpt2", TASK, TEXTS, options) is None


def test_the_command_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with serve(everything) as service:
        arguments = ["plan", "disability", "-m", "openai:m", "--base-url", service.base,
                     "--prices", "1", "2", "--scoring", "sampled", "--repeats", "2"]  # fmt: skip
        shown = CliRunner().invoke(app, arguments)
        local = CliRunner().invoke(app, ["plan", "disability"])
        five = CliRunner().invoke(app, [*arguments, "--shot-orders", "5", "--json"])
    assert shown.exit_code == 0, shown.output
    planned = json.loads(five.stdout)
    assert (planned["prompts"], planned["answers"]) == (5, 5 * 6630)
    assert planned["asking"]["requests"] == [5 * 13_260 + 1, 5 * 13_260 + 2]
    assert not service.seen
    for words in (
        "requests        13,261 to 13,262",
        "money",
        "minutes",
        "2 draws for each sentence",
    ):
        assert words in shown.output
    assert "Asking" not in local.output
