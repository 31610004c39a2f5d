from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from audit.classifiers import create_classifier
from audit.classifiers.remote import asking
from audit.errors import ConfigError, ProviderError
from audit.records import ClassifierOptions, RemoteOptions, Request, Sampling, Task

from .servers import CutOffError, DropError, Service, StallError, answer, serve

CANARY = "hf_canary0123456789abcdef"
TASK = Task(labels=("Positive", "Negative"), favourable="Positive", unfavourable=("Negative",))
REQUESTS = [Request(id=f"v{number}", text=f"text {number}") for number in range(6)]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second try comes after a hundredth of a second; nothing else is changed."""
    monkeypatch.setattr(asking.Asker.__init__, "__defaults__", (0.01,))
    monkeypatch.setenv("HF_TOKEN", CANARY)


def options(
    service: Service | str,
    *,
    label_map: dict[str, str] | None = None,
    sampling: Sampling | None = None,
    scoring: Any = "auto",
    **remote: Any,
) -> ClassifierOptions:
    base = service if isinstance(service, str) else service.url.removesuffix("/classify")
    return ClassifierOptions(
        scoring=scoring,
        label_map=label_map or {},
        sampling=sampling or Sampling(repeats=3, temperature=0.7, top_p=0.9),
        remote=RemoteOptions(**{"timeout": 0.6, "base_url": base, **remote}),
    )


def generating(text: str = " Positive") -> Any:
    def reply(_: int, body: Any) -> Any:
        if "messages" in body:
            message = {"role": "assistant", "content": text}
            return answer(
                {
                    "choices": [{"message": message, "index": 0, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
                }
            )
        return answer([{"generated_text": text}])

    return reply


def test_text_generation_with_stops_and_seeds() -> None:
    with serve(generating()) as service:
        target = create_classifier("hf-inference:org/m", TASK, options(service))
        found = target.predict(REQUESTS[:2])
    assert [one.samples for one in found] == [("Positive",) * 3] * 2
    sent = [body["parameters"] for body in service.seen]
    assert sent[0]["stop"] == ["\n", "###"]
    assert (sent[0]["temperature"], sent[0]["top_p"], sent[0]["max_new_tokens"]) == (0.7, 0.9, 6)
    assert sent[0]["do_sample"] is True
    assert sent[0]["return_full_text"] is False
    assert len({one["seed"] for one in sent}) == 6
    assert target.info.scoring == "sampled"
    assert target.info.settings["endpoint"] == "completions"
    headers = {name.lower(): value for name, value in service.headers[0].items()}
    assert headers["authorization"] == f"Bearer {CANARY}"


def test_greedy_generation_sends_no_temperature() -> None:
    with serve(generating()) as service:
        given = options(service, sampling=Sampling(repeats=1, temperature=0))
        create_classifier("hf-inference:org/m", TASK, given).predict(REQUESTS[:1])
    assert service.seen[0]["parameters"]["do_sample"] is False
    assert "temperature" not in service.seen[0]["parameters"]


def test_chat_completion_with_stops() -> None:
    with serve(generating("Negative")) as service:
        given = options(service, endpoint="chat", system="Judge.", system_role="user")
        target = create_classifier("hf-inference:org/m", TASK, given)
        assert target.predict(REQUESTS[:1])[0].samples == ("Negative",) * 3
    body = service.seen[0]
    assert body["model"] == "org/m"
    assert body["stop"] == ["\n", "###"]
    assert body["messages"][0] == {"role": "user", "content": "Judge."}
    assert service.paths[0] == "/v1/chat/completions"
    given = options("http://127.0.0.1:9", endpoint="completions", system="x")
    with pytest.raises(ConfigError, match="system prompt"):
        create_classifier("hf-inference:org/m", TASK, given)


def test_text_classification() -> None:
    pairs = [{"label": "POS", "score": 0.75}, {"label": "NEG", "score": 0.25}]
    with serve(lambda n, b: answer([pairs])) as service:
        given = options(
            service, endpoint="classification", label_map={"POS": "Positive", "NEG": "Negative"}
        )
        target = create_classifier("hf-inference:org/m", TASK, given)
        (found,) = target.predict(REQUESTS[:1])
        with pytest.raises(ConfigError, match="--label-map"):
            create_classifier(
                "hf-inference:org/m", TASK, options(service, endpoint="classification")
            )
    assert found.probabilities == {"Positive": 0.75, "Negative": 0.25}
    assert found.samples == ("Positive",)
    assert target.info.scoring == "exact"
    assert service.seen[0]["inputs"] == "The library opens at nine."


@pytest.mark.parametrize("trouble", [429, 500, 503, DropError, CutOffError, StallError, "loading"])
def test_passing_troubles_are_waited_out(trouble: Any) -> None:
    def reply(number: int, body: Any) -> Any:
        if number == 0:
            if trouble == "loading":
                return answer({"error": "Model org/m is currently loading", "estimated_time": 0.02})
            if isinstance(trouble, int):
                return answer({"error": "busy"}, trouble)
            raise trouble
        return generating()(number, body)

    with serve(reply) as service:
        found = create_classifier("hf-inference:org/m", TASK, options(service)).predict(
            REQUESTS[:1]
        )
    assert found[0].samples == ("Positive",) * 3
    assert len(service.seen) == 4


def test_a_cold_start_is_waited_for_as_long_as_it_says() -> None:
    times: list[float] = []

    def reply(number: int, body: Any) -> Any:
        times.append(time.monotonic())
        if number == 0:
            loading = {"error": "Model org/m is currently loading", "estimated_time": 0.5}
            return answer(loading, 503)
        return generating()(number, body)

    with serve(reply) as service:
        given = options(service, sampling=Sampling(repeats=1))
        create_classifier("hf-inference:org/m", TASK, given).predict(REQUESTS[:1])
    assert times[1] - times[0] >= 0.5


LASTING = [
    (lambda n, b: answer({"error": f"bad token {CANARY}"}, 401), "not accept the key"),
    (lambda n, b: answer({"error": "gated"}, 403), "may not use this"),
    (lambda n, b: answer({"error": "no"}, 404), "no such model"),
    (lambda n, b: answer({"error": "You have exceeded your monthly included credits"}, 402),
     "quota of this key"),
    (lambda n, b: answer({"error": f"template {CANARY}"}), "an error"),
    (lambda n, b: (200, {}, b"<html>"), "no JSON"),
    (lambda n, b: answer({"echo": CANARY}), "has not what|no choices"),
    (lambda n, b: answer({}, 302, Location="https://elsewhere.example/x"), "elsewhere.example"),
    (lambda n, b: answer({}, 503), "HTTP 503"),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "what"), LASTING)
@pytest.mark.parametrize("endpoint", ["completions", "chat", "classification"])
def test_lasting_troubles_end_the_run_with_their_name(
    endpoint: str, reply: Any, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(reply) as service, pytest.raises(ProviderError, match=what) as caught:
        create_classifier(
            "hf-inference:org/m", TASK, options(service, endpoint=endpoint, concurrency=1)
        ).predict(REQUESTS[:1])
    assert len(service.seen) == (6 if "503" in what else 1)
    chain, error = "", caught.value
    while error is not None:
        chain, error = chain + str(error) + repr(error.args), error.__cause__
    assert CANARY not in chain
    assert CANARY not in caplog.text


def test_refusals_and_empty_answers_are_counted() -> None:
    said = ["", "I cannot judge people.", f" Positive {CANARY}"]
    with serve(lambda n, b: answer([{"generated_text": said[n % 3]}])) as service:
        given = options(service, concurrency=1)
        (found,) = create_classifier("hf-inference:org/m", TASK, given).predict(REQUESTS[:1])
    assert found.samples == (None, None, "Positive")
    assert CANARY not in repr(found)


def test_keys_and_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(ConfigError, match="HF_TOKEN is not set"):
        create_classifier("hf-inference:org/m", TASK, ClassifierOptions())
    with pytest.raises(ConfigError, match="unencrypted"):
        create_classifier("hf-inference:org/m", TASK, options("http://example.org"))
    with pytest.raises(ConfigError, match="no label probabilities"):
        create_classifier(
            "hf-inference:org/m", TASK, options("http://127.0.0.1:9", scoring="exact")
        )
    with serve(generating()) as service:
        create_classifier("hf-inference:org/m", TASK, options(service)).predict(REQUESTS[:1])
    sent = {name.lower(): value for name, value in service.headers[0].items()}
    assert sent["authorization"] == "Bearer none"
