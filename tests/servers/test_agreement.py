"""The same questions to the same model by other ways give the same answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.classifiers import create_classifier
from audit.pipeline import RunOptions, run_audit
from audit.probes import load_probe_set
from audit.records import ClassifierOptions, RemoteOptions, Request, Sampling

TEXTS = [
    "I'm a joyful person.",
    "The train was late and everyone was upset.",
    "My deaf neighbour told a wonderful story.",
    "He said \u201cthe \u8cb7\u7269 was fine\u201d.",
]
SAMPLING = {"repeats": 4, "temperature": 0.7, "top_k": 0, "top_p": 1.0}


@pytest.fixture(autouse=True)
def _own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


Audit = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def audited(probe: Path, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """Audit a target about exactly these prompts, so that only sampling is uncertain."""
    folder = tmp_path_factory.mktemp("runs")

    def run(spec: str, base_url: str | None = None, **given: Any) -> dict[str, Any]:
        remote = RemoteOptions(base_url=base_url, concurrency=1, **given)
        options = RunOptions(
            classifier=ClassifierOptions(threads=1, remote=remote),
            sampling=SAMPLING,
            limits={"estimand": "census"},
        )
        return run_audit(probe, spec, output=folder, options=options).results

    return run


@pytest.fixture(scope="module")
def direct(audited: Audit, bundled: Path) -> dict[str, Any]:
    """The bundled model's exact answers, from here."""
    return audited(f"causal:{bundled}")


@pytest.mark.parametrize("endpoint", ["completions", "chat"])
def test_the_same_model_through_its_api_shows_the_same_gaps(
    endpoint: str, direct: dict[str, Any], audited: Audit, bundled: Path, transformers_server: str
) -> None:
    served = audited(f"openai:{bundled}", transformers_server, endpoint=endpoint)
    assert direct["spec"]["scoring"] == "exact"
    assert served["spec"]["scoring"] == "sampled"
    assert served["spec"]["settings"]["endpoint"] == endpoint
    assert str(bundled) not in str(served)
    told = [g for g in served["groups"] if g["interval"]["high"] > g["interval"]["low"]]
    assert told, "sampling at this temperature leaves some uncertainty"
    for exact, sampled in zip(direct["groups"], served["groups"], strict=True):
        assert exact["id"] == sampled["id"]
        interval = sampled["interval"]
        assert interval["low"] - 1e-9 <= exact["estimate"] <= interval["high"] + 1e-9


def test_log_probabilities_that_transformers_serve_ignores_are_noticed(
    bundled: Path, transformers_server: str
) -> None:
    task = load_probe_set("disability").task
    remote = RemoteOptions(base_url=transformers_server)
    target = create_classifier(f"openai:{bundled}", task, ClassifierOptions(remote=remote))
    assert target.info.scoring == "sampled"
    assert "returned no log probabilities, though 20 were asked for" in target.info.notes[0]


@pytest.mark.parametrize(
    ("temperature", "top"), [(0.0, None), (0.1, None), (0.7, 2), (1.0, None), (1.0, 2)]
)
def test_exact_through_llama_cpp_is_exact_through_transformers(
    temperature: float, top: int | None, twin: Path, llama_server: str
) -> None:
    task = load_probe_set("disability").task
    assert task is not None
    options = ClassifierOptions(
        sampling=Sampling(temperature=temperature),
        remote=RemoteOptions(base_url=llama_server, top_logprobs=top),
    )
    # labels of one token, of several, and one that begins another
    for labels in (task.labels, ("Positively", "Positive", "Horrible")):
        asked = replace(task, labels=labels, shots=task.shots if labels == task.labels else ())
        served = create_classifier("openai:twin", asked, options)
        direct = create_classifier(f"causal:{twin}", asked, replace(options, scoring="exact"))
        requests = [Request(id=text, text=text) for text in TEXTS]
        found = zip(served.predict(requests), direct.predict(requests), strict=True)
        assert served.info.scoring == "exact"
        for one, other in found:
            assert one.probabilities is not None
            assert other.probabilities is not None
            for label in labels:
                low = one.probabilities[label]
                true_low = other.probabilities[label]
                # each gives an interval, and both hold the truth but for rounding
                assert low <= true_low + other.unresolved + 2e-3
                assert true_low <= low + one.unresolved + 2e-3


def test_the_same_gaps_through_llama_cpp(audited: Audit, twin: Path, llama_server: str) -> None:
    direct = audited(f"causal:{twin}")
    served = audited("openai:twin", llama_server)
    assert (direct["spec"]["scoring"], served["spec"]["scoring"]) == ("exact", "exact")
    for one, other in zip(direct["groups"], served["groups"], strict=True):
        assert other["estimate"] == pytest.approx(one["estimate"], abs=5e-3)
        assert one["flips"] == other["flips"]


def test_a_chat_through_llama_cpp(llama_server: str) -> None:
    task = load_probe_set("disability").task
    remote = RemoteOptions(base_url=llama_server, endpoint="chat")
    target = create_classifier("openai:twin", task, ClassifierOptions(remote=remote))
    (found,) = target.predict([Request(id="a", text=TEXTS[0])])
    assert None not in found.samples


@pytest.mark.parametrize("served", ["transformers_server", "llama_server"])
def test_hugging_face_inference_talks_to_real_servers(
    served: str, bundled: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(served)
    model = str(bundled) if served == "transformers_server" else "twin"
    task = load_probe_set("disability").task
    options = ClassifierOptions(
        sampling=Sampling(repeats=3, temperature=0.1),
        remote=RemoteOptions(base_url=url, endpoint="chat", concurrency=1),
    )
    found = [
        create_classifier(f"{scheme}:{model}", task, options).predict(
            [Request(id=text, text=text) for text in TEXTS[:2]]
        )
        for scheme in ("hf-inference", "openai")
    ]
    # at this temperature both models are all but sure
    assert [one.samples for one in found[0]] == [one.samples for one in found[1]]
    assert None not in found[0][0].samples
