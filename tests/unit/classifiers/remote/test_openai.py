from __future__ import annotations

import json
import logging
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.classifiers import create_classifier
from audit.classifiers.remote import asking
from audit.classifiers.remote.limits import Budget
from audit.errors import ConfigError, ProviderError
from audit.records import ClassifierOptions, RemoteOptions, Request, Sampling, Shot, Task

from .servers import CutOffError, DropError, Service, StallError, answer, serve

CANARY = "sk-canary-0123456789abcdef"
TASK = Task(
    labels=("Positive", "Negative"),
    favourable="Positive",
    unfavourable=("Negative",),
    description="Say how it sounds.",
    shots=(Shot(text="The soup was cold.", label="Negative"),),
)
SCORES = Task(kind="score", range=(0.0, 1.0), favourable_end="low")
REQUESTS = [Request(id=f"v{number}", text=f"text {number}") for number in range(6)]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second try comes after a hundredth of a second; nothing else is changed."""
    monkeypatch.setattr(asking.Asker.__init__, "__defaults__", (0.01,))
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)


def options(
    service: Service | str,
    *,
    scoring: Any = "auto",
    label_map: dict[str, str] | None = None,
    sampling: Sampling | None = None,
    **remote: Any,
) -> ClassifierOptions:
    base = service if isinstance(service, str) else service.base
    return ClassifierOptions(
        scoring=scoring,
        label_map=label_map or {},
        sampling=sampling or Sampling(repeats=3),
        remote=RemoteOptions(**{"timeout": 0.6, "base_url": base, **remote}),
    )


def talking(text: Any = " Positive", **more: Any) -> Any:
    """A server that samples and gives no log probabilities."""

    def reply(_: int, body: Any) -> Any:
        if "messages" in body:
            return answer({"choices": [{"message": {"role": "assistant", "content": text}}]})
        return answer({"choices": [{"text": text, "logprobs": None}], **more})

    return reply


def scoring(tops: dict[str, float], at_most: int = 99) -> Any:
    """A server that returns log probabilities, as many as asked for or fewer."""

    def reply(_: int, body: Any) -> Any:
        kept = dict(list(tops.items())[: min(at_most, body["logprobs"])])
        logs = {token: math.log(mass) for token, mass in kept.items()}
        choice = {"text": next(iter(tops)), "logprobs": {"top_logprobs": [logs]}}
        return answer({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 1}})

    return reply


def test_log_probabilities_bound_the_labels() -> None:
    tops = {" Positive": 0.6, " Negative": 0.2, " I": 0.1}
    with serve(scoring(tops)) as service:
        given = options(service, sampling=Sampling(temperature=1.0), top_logprobs=3)
        target = create_classifier("openai:m", TASK, given)
        found = target.predict(REQUESTS[:2])[0]
    assert found.probabilities == pytest.approx({"Positive": 0.6, "Negative": 0.2})
    assert found.unparsed == pytest.approx(0.1)
    assert found.unresolved == pytest.approx(0.1)
    info = target.info
    assert info.scoring == "exact"
    assert info.settings["top_logprobs"] == 3
    assert "10.00% on average" in info.notes[-1]
    body = service.seen[-1]
    assert (body["temperature"], body["max_tokens"], body["logprobs"]) == (1.0, 1, 3)
    assert set(service.paths) == {"/v1/completions"}
    assert {h["authorization"] for h in service.headers} == {f"Bearer {CANARY}"}


def test_fewer_log_probabilities_than_asked_widen_the_interval() -> None:
    tops = {" Positive": 0.6, " Negative": 0.2, " I": 0.1, " We": 0.1}
    given = Sampling(temperature=0.5)
    for at_most, bound in ((4, 0.0), (2, 0.16 / 0.56)):
        with serve(scoring(tops, at_most)) as service:
            target = create_classifier("openai:m", TASK, options(service, sampling=given))
            (found,) = target.predict(REQUESTS[:1])
        missing = 1 - sum(list(tops.values())[:at_most])
        weight = missing**2 if missing > 1e-9 else 0.0
        total = sum(p * p for p in list(tops.values())[:at_most]) + weight
        assert found.unresolved == pytest.approx(weight / total, abs=1e-9)
        assert (bound > 0) == (found.unresolved > 0.01)
        true = 0.36 / sum(p * p for p in tops.values())
        assert found.probabilities is not None
        low = found.probabilities["Positive"]
        assert low - 1e-9 <= true <= low + found.unresolved + 1e-9
        assert "fewer log probabilities" in target.info.notes[-1]


@pytest.mark.parametrize(("counted", "told"), [([9, 10], True), ([9, 11], False), ([9, 9], False),
                                               ([None, None], False)])  # fmt: skip
def test_a_beginning_counts_only_if_it_was_read_as_it_was_written(
    counted: list[Any], told: bool
) -> None:
    def reply(_: int, body: Any) -> Any:
        begun = body["prompt"].endswith(" Pos")
        tops = {"itive": -0.0} if begun else {" Pos": math.log(0.8), " Negative": math.log(0.2)}
        usage = {"prompt_tokens": counted[begun], "completion_tokens": 1}
        choice = {"text": "x", "logprobs": {"top_logprobs": [tops]}}
        return answer({"choices": [choice], **({"usage": usage} if counted[0] else {})})

    with serve(reply) as service:
        given = options(service, sampling=Sampling(temperature=1.0))
        (found,) = create_classifier("openai:m", TASK, given).predict(REQUESTS[:1])
    assert found.probabilities == pytest.approx({"Positive": 0.8 * told, "Negative": 0.2})
    assert found.unresolved == pytest.approx(0.8 * (not told))


def test_a_limit_of_five_is_found() -> None:
    inner = scoring({" Positive": 0.9, " Negative": 0.1})

    def reply(number: int, body: Any) -> Any:
        if body["logprobs"] > 5:
            return answer({"error": {"message": "logprobs must be at most 5"}}, 400)
        return inner(number, body)

    with serve(reply) as service:
        target = create_classifier("openai:m", TASK, options(service))
        target.predict(REQUESTS[:1])
    assert target.info.settings["top_logprobs"] == 5


def test_ignored_log_probabilities_are_noticed_and_said() -> None:
    with serve(talking()) as service:
        target = create_classifier("openai:m", TASK, options(service))
        found = target.predict(REQUESTS[:2])
        with pytest.raises(ConfigError, match="returned no log probabilities"):
            create_classifier("openai:m", TASK, options(service, scoring="exact"))
    assert target.info.scoring == "sampled"
    assert target.info.notes[0] == (
        "Labels were sampled, because the service returned no log probabilities, though 20 were "
        "asked for."
    )
    assert found[0].samples == ("Positive",) * 3
    seeds = [body["seed"] for body in service.seen if body.get("stop") and "seed" in body]
    assert len(set(seeds[1:7])) == 6


@pytest.mark.parametrize(
    ("sampling", "why"),
    [(Sampling(temperature=1.5), "temperature 1.5"), (Sampling(top_p=0.9), "top-p 0.9")],
)
def test_what_log_probabilities_cannot_say_is_sampled(sampling: Sampling, why: str) -> None:
    with serve(talking()) as service:
        target = create_classifier("openai:m", TASK, options(service, sampling=sampling))
        target.predict(REQUESTS[:1])
        with pytest.raises(ConfigError, match=why):
            create_classifier(
                "openai:m", TASK, options(service, scoring="exact", sampling=sampling)
            )
    assert target.info.scoring == "sampled"
    assert why in target.info.notes[0]
    sent = service.seen[-1]
    assert (sent["temperature"], sent["top_p"]) == (sampling.temperature, sampling.top_p)
    assert sent["max_tokens"] == sampling.max_new_tokens


def test_a_chat_with_roles_and_system_prompt() -> None:
    with serve(talking("Negative.")) as service:
        given = options(
            service, system="Judge.", system_role="developer", chat_layout="turns", endpoint="chat"
        )
        target = create_classifier("openai:m", TASK, given)
        (found,) = target.predict(REQUESTS[:1])
        one = create_classifier("openai:m", TASK, options(service, endpoint="chat"))
    assert found.samples == ("Negative",) * 3
    assert service.seen[-2]["messages"] == [
        {"role": "developer", "content": "Judge.\n\nSay how it sounds."},
        {"role": "user", "content": 'Text: "The soup was cold."\nLabel:'},
        {"role": "assistant", "content": "Negative"},
        {"role": "user", "content": 'Text: "text 0"\nLabel:'},
    ]
    assert [said["role"] for said in service.seen[-1]["messages"]] == ["user"]
    assert target.info.settings["system"] == "Judge."
    assert target.info.settings["system_role"] == "developer"
    assert target.info.prompt_sha256 != one.info.prompt_sha256
    assert "[developer] Judge." in target.prompt("x")  # type: ignore[attr-defined]


def test_a_server_without_completions_is_talked_to() -> None:
    def reply(number: int, body: Any) -> Any:
        if "messages" not in body:
            return answer({"error": {"message": "This is a chat model"}}, 404)
        return talking("Positive")(number, body)

    with serve(reply) as service:
        target = create_classifier("openai:m", TASK, options(service))
        assert target.predict(REQUESTS[:1])[0].samples == ("Positive",) * 3
        assert target.info.settings["endpoint"] == "chat"
        with pytest.raises(ProviderError, match="no such model"):
            create_classifier("openai:m", TASK, options(service, endpoint="completions"))


def test_what_is_no_label_is_counted_and_shown() -> None:
    said = ["positive", "I cannot judge people.", "", "Positif", f"Bad {CANARY}", None, " Positive"]

    def reply(number: int, body: Any) -> Any:
        content = said[(number - 1) % len(said)]
        message = {"content": content} if content is not None else {"refusal": "Positive? No."}
        return answer({"choices": [{"message": message, "finish_reason": "stop"}]})

    with serve(reply) as service:
        given = options(
            service, endpoint="chat", sampling=Sampling(repeats=7), concurrency=1,
            label_map={"Positif": "Positive"},
        )  # fmt: skip
        target = create_classifier("openai:m", TASK, given)
        (found,) = target.predict(REQUESTS[:1])
    assert found.samples == (None, None, None, "Positive", None, None, "Positive")
    assert found.unparsed == pytest.approx(5 / 7)
    assert "I cannot judge people." in found.raw
    assert any("refusal" in raw for raw in found.raw)
    assert CANARY not in repr(found)
    assert target.info.settings["label_map"] == {"Positif": "Positive"}


@pytest.mark.parametrize(
    "trouble", [408, 429, 500, 502, 503, DropError, CutOffError, StallError, "cut"]
)
def test_passing_troubles_are_waited_out(trouble: Any) -> None:
    def reply(number: int, body: Any) -> Any:
        if number in (0, 2):
            if trouble == "cut":
                return 200, {}, b'{"choices": [{"text": "Pos'
            if isinstance(trouble, int):
                return answer({"error": {"message": "busy"}}, trouble)
            raise trouble
        return talking()(number, body)

    with serve(reply) as service:
        given = options(service, scoring="sampled", concurrency=2)
        found = create_classifier("openai:m", TASK, given).predict(REQUESTS[:2])
    assert [one.samples for one in found] == [("Positive",) * 3] * 2
    assert len(service.seen) == 2 + 7


LASTING = [
    (lambda n, b: answer({"error": {"message": f"Incorrect key {CANARY}"}}, 401), "not accept"),
    (lambda n, b: answer({}, 403), "may not use this"),
    (lambda n, b: (200, {}, b"<html>log in</html>"), "no JSON: <html>"),
    (lambda n, b: (200, {}, b""), "no JSON"),
    (lambda n, b: (200, {}, b"[" * 20_000 + b"]"), "no JSON"),
    (lambda n, b: answer([CANARY]), "no object"),
    (lambda n, b: answer({"choices": []}), "no choices"),
    (lambda n, b: answer({"choices": [{"text": 3}]}), "no text"),
    (lambda n, b: answer({"echo": CANARY}), "no choices"),
    (lambda n, b: answer({}, 302, Location="https://elsewhere.example/x"), "elsewhere.example"),
    (lambda n, b: answer({"error": {"code": "insufficient_quota"}}, 429), "quota of this key"),
    (lambda n, b: answer({}, 503), "HTTP 503"),
    (lambda n, b: (200, {"Content-Encoding": "gzip"}, b"x"), "compressed"),
]


@pytest.mark.parametrize(("reply", "what"), LASTING)
@pytest.mark.parametrize("spec", ["openai:m", "moderation:m"])
def test_lasting_troubles_end_the_run_with_their_name(
    spec: str, reply: Any, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    task = TASK if spec.startswith("openai") else SCORES
    if spec.startswith("moderation"):
        what = {"no choices": "no results", "no text": "no results"}.get(what, what)
    with serve(reply) as service, pytest.raises(ProviderError, match=what) as caught:
        create_classifier(spec, task, options(service)).predict(REQUESTS[:2])
    assert len(service.seen) == (6 if "503" in what else 1)
    chain, error = "", caught.value
    while error is not None:
        chain, error = chain + str(error) + repr(error.args), error.__cause__
    assert CANARY not in chain
    assert CANARY not in caplog.text


def test_the_cache_keeps_draws_apart_and_no_key(tmp_path: Path) -> None:
    def reply(number: int, body: Any) -> Any:
        return answer({"choices": [{"text": f"{['Positive', 'Negative'][number % 2]} {CANARY}"}]})

    cache = str(tmp_path / "cache.db")
    with serve(reply) as service:
        given = options(
            service, scoring="sampled", sampling=Sampling(repeats=20, temperature=1.0),
            cache=cache, concurrency=1,
        )  # fmt: skip
        (first,) = create_classifier("openai:m", TASK, given).predict(REQUESTS[:1])
        (again,) = create_classifier("openai:m", TASK, given).predict(REQUESTS[:1])
    assert first == again
    assert first.samples.count("Positive") == 10
    assert len(service.seen) == 21
    assert CANARY.encode() not in Path(cache).read_bytes()


def test_another_shot_order_is_another_question(tmp_path: Path) -> None:
    shots = (*TASK.shots, Shot(text="The bread was warm.", label="Positive"))
    with serve(talking()) as service:
        given = options(service, scoring="sampled", cache=str(tmp_path / "cache.db"))
        for order in (shots, shots[::-1], shots):
            target = create_classifier("openai:m", replace(TASK, shots=order), given)
            target.predict(REQUESTS[:1])
    assert len(service.seen) == 2 * (1 + 3)


def test_tokens_a_minute_are_bounded() -> None:
    long = [Request(id=str(number), text="word " * 13_200) for number in range(4)]
    with serve(talking()) as service:
        given = options(
            service, scoring="sampled", sampling=Sampling(repeats=1), tokens_per_minute=600_000
        )
        target = create_classifier("openai:m", TASK, given)
        started = time.monotonic()
        target.predict(long)
    # 66,000 tokens, 60,000 of them at once, then 10,000 a second
    assert time.monotonic() - started >= 0.6


def test_money_is_counted_and_ends_a_run() -> None:
    with serve(talking(usage={"prompt_tokens": 1000, "completion_tokens": 10})) as service:
        given = options(
            service, scoring="sampled", concurrency=1, max_cost=0.0105, prices=(1.0, 10.0)
        )
        target = create_classifier("openai:m", TASK, given)
        with pytest.raises(ProviderError, match="is spent"):
            target.predict(REQUESTS)
    assert len(service.seen) == 9  # 0.0011 each: a tenth would pass the limit


@pytest.mark.parametrize("reports", [True, False])
def test_requests_under_way_at_once_never_pass_the_money(reports: bool) -> None:
    """The server asks as much as it may for each answer, and says so, or says nothing."""
    bill: list[float] = []

    def dear(_: int, body: Any) -> Any:
        time.sleep(0.02)
        read, written = len(body["prompt"].encode()), body["max_tokens"]
        bill.append((2.0 * read + 50.0 * written) / 1e6)
        usage = {"prompt_tokens": read, "completion_tokens": written}
        more = {"usage": usage} if reports else {}
        return answer({"choices": [{"text": " Positive", "logprobs": None}], **more})

    many = [Request(id=f"v{number}", text=f"text {number}") for number in range(40)]
    most = 0.0123
    with serve(dear) as service:
        given = options(
            service, scoring="sampled", concurrency=8, max_cost=most, prices=(2.0, 50.0),
            timeout=20,
        )  # fmt: skip
        target = create_classifier("openai:m", TASK, given)
        with pytest.raises(ProviderError, match="one more request may cost") as stopped:
            target.predict(many)
    assert service.most_at_once > 1
    assert sum(bill) <= most
    assert sum(bill) > most - 2 * max(bill) if reports else len(bill) > 5
    assert "--max-cost" in str(stopped.value)


def test_what_fails_costs_nothing_and_frees_what_was_set_aside() -> None:
    budget = Budget(max_cost=1.0, prices=(1e6, 1e6))
    with pytest.raises(KeyError), budget.request("x", (1, 0)):
        raise KeyError
    assert (budget.cost, budget.requests) == (0.0, 1)
    with budget.request("x", (1, 0)) as reported:
        reported(0, 0)
    assert budget.cost == 1.0  # an answer that says nothing cost the most it could
    with (
        pytest.raises(ProviderError, match=r"1\.0000 of 1 is spent\n"),
        budget.request("x", (1, 0)),
    ):
        pass


def test_one_waits_for_what_the_others_turn_out_to_cost() -> None:
    budget, sent = Budget(max_cost=10.0, prices=(1e6, 1e6)), threading.Event()

    def second() -> None:
        with budget.request("x", (6, 0)) as reported:
            sent.set()
            reported(1, 0)

    with ThreadPoolExecutor(1) as pool:
        with budget.request("x", (6, 0)) as reported:
            job = pool.submit(second)
            assert not sent.wait(0.2)  # 12 would be too much
            reported(2, 0)
        job.result(10)
    assert budget.cost == 3.0


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"base_url": "http://example.org/v1"}, "unencrypted"),
        ({"base_url": f"https://{CANARY}@example.org/v1"}, "key or password"),
        ({"base_url": "file:///etc"}, "no http"),
        ({"base_url": "http://[::1/v1"}, "no http"),
        ({"base_url": "http://127.0.0.1:99999/v1"}, "no http"),
        ({"base_url": f"ftp://{CANARY}"}, "key or password"),
        ({"base_url": "https://example.org/v1?a=1&API-Key=x1"}, "key or password"),
        ({"endpoint": "classification"}, "no classification"),
        ({"endpoint": "completions", "system": "x"}, "no system prompt"),
    ],
)
def test_options_that_cannot_be(change: dict[str, Any], what: str) -> None:
    for spec, task in (("openai:m", TASK), ("moderation:m", SCORES)):
        if spec.startswith("moderation") and "base_url" not in change:
            continue
        with pytest.raises(ConfigError, match=what) as caught:
            create_classifier(spec, task, options("http://127.0.0.1:9/v1", **change))
        assert CANARY not in str(caught.value)


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ConfigError, match="OPENAI_API_KEY is not set"):
        create_classifier("openai:m", TASK, ClassifierOptions())
    with serve(talking()) as service:
        create_classifier("openai:m", TASK, options(service, scoring="sampled"))
    assert CANARY not in json.dumps(service.headers)
    monkeypatch.setenv("OPENAI_API_KEY", f"{CANARY}\u00e9\n{CANARY}")
    with pytest.raises(ConfigError, match="cannot stand in a header") as caught:
        create_classifier("openai:m", TASK, ClassifierOptions())
    assert CANARY not in str(caught.value)
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ConfigError, match="top-k"):
        create_classifier(
            "openai:m", TASK, options("http://127.0.0.1:9", sampling=Sampling(top_k=3))
        )
    with pytest.raises(ConfigError, match="further answer"):
        create_classifier("openai:m", TASK, options("http://127.0.0.1:9", label_map={"a": "b"}))
