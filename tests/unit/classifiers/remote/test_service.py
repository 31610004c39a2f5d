from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from audit.classifiers import create_classifier
from audit.classifiers.remote import asking
from audit.errors import ClassifierError, ConfigError, ProviderError
from audit.records import ClassifierOptions, RemoteOptions, Request, Sampling, Task

from .servers import CutOffError, DropError, Service, StallError, answer, serve

CANARY = "sk-canary-0123456789abcdef"
TASK = Task(labels=("Positive", "Negative"), favourable="Positive", unfavourable=("Negative",))
REQUESTS = [Request(id=f"v{number}", text=f"text {number}") for number in range(8)]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second try comes after a hundredth of a second; nothing else is changed."""
    monkeypatch.setattr(asking, "_FIRST_WAIT", 0.01)
    monkeypatch.setattr(asking.Asker.__init__, "__defaults__", (0.01,))
    monkeypatch.setenv("CANARY_KEY", CANARY)


def described(
    folder: Path, service: Service | str, response: str = "label: label", more: str = ""
) -> str:
    """Write a service file and return its spec."""
    url = service if isinstance(service, str) else service.url
    (folder / "service.yaml").write_text(
        f"url: {url}\nheaders:\n  Authorization: {{env: CANARY_KEY, prefix: 'Bearer '}}\n"
        f"body: {{inputs: '{{text}}', parameters: {{seed: 1}}}}\nresponse: {{{response}}}\n{more}"
    )
    return f"http:{folder / 'service.yaml'}"


def options(**remote: Any) -> ClassifierOptions:
    return ClassifierOptions(remote=RemoteOptions(**{"timeout": 0.6, **remote}))


def polite(_: int, body: Any) -> Any:
    return answer({"label": "Negative" if body["inputs"].endswith(("3", "5")) else "Positive"})


def test_labels_in_order_with_the_key_in_its_header(tmp_path: Path) -> None:
    with serve(polite) as service:
        target = create_classifier(described(tmp_path, service), TASK, options())
        answers = target.predict(REQUESTS)
    assert [a.id for a in answers] == [r.id for r in REQUESTS]
    assert [a.samples[0] for a in answers] == [
        "Negative" if number in (3, 5) else "Positive" for number in range(8)
    ]
    assert {headers["Authorization"] for headers in service.headers} == {f"Bearer {CANARY}"}
    assert service.seen[0]["parameters"] == {"seed": 1}
    assert target.info.scoring == "sampled"
    assert target.info.settings["host"] == "127.0.0.1"
    assert CANARY not in repr(target.info)


def test_probabilities_as_object_and_as_list(tmp_path: Path) -> None:
    def object_(number: int, body: Any) -> Any:
        return answer({"result": {"POS": 0.7, "NEG": 0.2, "OTHER": 0.1}})

    def list_(number: int, body: Any) -> Any:
        return answer([[{"label": "NEG", "score": 0.2}, {"label": "POS", "score": 0.7}]])

    given = ClassifierOptions(label_map={"POS": "Positive", "NEG": "Negative"})
    for reply, path in ((object_, "result"), (list_, '"@[0]"')):
        with serve(reply) as service:
            spec = described(tmp_path, service, f"probabilities: {path}")
            (found,) = create_classifier(spec, TASK, given).predict(REQUESTS[:1])
        assert found.probabilities == pytest.approx({"Positive": 0.7, "Negative": 0.2})
        assert found.unparsed == pytest.approx(0.1)


def test_scores(tmp_path: Path) -> None:
    task = Task(kind="score", range=(-1.0, 1.0), favourable_end="high")
    with serve(lambda n, body: answer({"polarity": 0.25})) as service:
        spec = described(tmp_path, service, "score: polarity")
        (found,) = create_classifier(spec, task, options()).predict(REQUESTS[:1])
    assert found.score == 0.25
    for wrong in (7, "high", True):
        with serve(lambda n, body, wrong=wrong: answer({"polarity": wrong})) as service:
            spec = described(tmp_path, service, "score: polarity")
            with pytest.raises(ClassifierError, match="score"):
                create_classifier(spec, task, options()).predict(REQUESTS[:1])


def test_batches(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text("")

    def reply(_: int, body: Any) -> Any:
        return answer(
            {"rows": [{"l": "Positive" if "2" not in t else "Negative"} for t in body["t"]]}
        )

    with serve(reply) as service:
        file = tmp_path / "batch.yaml"
        file.write_text(
            f"url: {service.url}\nbody: {{t: '{{texts}}'}}\nbatch: 3\n"
            "response: {items: rows, label: l}\n"
        )
        answers = create_classifier(f"http:{file}", TASK, options()).predict(REQUESTS)
    assert sorted(len(body["t"]) for body in service.seen) == [2, 3, 3]
    assert [a.samples[0] for a in answers].index("Negative") == 2


def test_a_random_service_is_asked_for_every_repeat(tmp_path: Path) -> None:
    lock, count = threading.Lock(), [0]

    def reply(_: int, body: Any) -> Any:
        with lock:
            count[0] += 1
            return answer({"label": "Positive" if count[0] % 2 else "Negative"})

    cache = str(tmp_path / "cache.db")
    given = ClassifierOptions(
        sampling=Sampling(repeats=20), remote=RemoteOptions(concurrency=1, cache=cache)
    )
    with serve(reply) as service:
        spec = described(tmp_path, service, more="random: true\n")
        (first,) = create_classifier(spec, TASK, given).predict(REQUESTS[:1])
        (again,) = create_classifier(spec, TASK, given).predict(REQUESTS[:1])
    assert first.samples.count("Positive") == 10
    assert again == first
    assert len(service.seen) == 20


@pytest.mark.parametrize("trouble", [429, 500, 502, 503, 529, DropError, CutOffError, StallError])
def test_passing_troubles_are_waited_out(tmp_path: Path, trouble: Any) -> None:
    def reply(number: int, body: Any) -> Any:
        if number < 2:
            if isinstance(trouble, int):
                return answer({"error": "busy"}, trouble)
            raise trouble
        return polite(number, body)

    with serve(reply) as service:
        answers = create_classifier(
            described(tmp_path, service), TASK, options(concurrency=2)
        ).predict(REQUESTS)
    assert [a.samples[0] for a in answers].count("Negative") == 2
    assert len(service.seen) == 10


def test_retry_after_is_kept(tmp_path: Path) -> None:
    times: list[float] = []

    def reply(number: int, body: Any) -> Any:
        times.append(time.monotonic())
        return answer({}, 429, Retry_After="0.4") if number == 0 else polite(number, body)

    with serve(reply) as service:
        create_classifier(described(tmp_path, service), TASK, options()).predict(REQUESTS[:1])
    assert times[1] - times[0] >= 0.4


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (lambda n, b: answer({"error": f"bad key {CANARY}"}, 401), "does not accept the key"),
        (lambda n, b: answer({}, 403), "may not use this"),
        (lambda n, b: answer({}, 404), "nothing at this address"),
        (lambda n, b: (200, {}, b"<html>log in</html>"), "no JSON: <html>"),
        (lambda n, b: (200, {}, b""), "no JSON"),
        (lambda n, b: answer({"other": CANARY}), "nothing where response looks"),
        (lambda n, b: answer({}, 302, Location="https://elsewhere.example/x"), "elsewhere.example"),
        (lambda n, b: answer({}, 503), "HTTP 503"),
    ],
)
def test_lasting_troubles_end_the_run_with_their_name(
    tmp_path: Path, reply: Any, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(reply) as service:
        target = create_classifier(described(tmp_path, service), TASK, options(concurrency=1))
        with pytest.raises(ProviderError, match=what) as caught:
            target.predict(REQUESTS[:2])
    assert len(service.seen) == (6 if "503" in what else 1)
    chain, error = "", caught.value
    while error is not None:
        chain, error = chain + str(error) + repr(error.args), error.__cause__
    assert CANARY not in chain
    assert CANARY not in caplog.text


def test_what_is_no_label_is_counted_and_shown(tmp_path: Path) -> None:
    words = ["positive", "I cannot judge people.", "", f"Positiv {CANARY}", "Positive"]

    with serve(lambda n, b: answer({"label": words[int(b["inputs"][-1])]})) as service:
        answers = create_classifier(described(tmp_path, service), TASK, options()).predict(
            REQUESTS[:5]
        )
    assert [a.samples for a in answers] == [(None,)] * 4 + [("Positive",)]
    assert [a.unparsed for a in answers] == [1.0] * 4 + [0.0]
    assert answers[1].raw == ("I cannot judge people.",)
    assert CANARY not in repr(answers)


def test_what_was_answered_is_kept_and_the_budget_ends_cleanly(tmp_path: Path) -> None:
    cache = str(tmp_path / "cache.db")
    with serve(polite) as service:
        spec = described(tmp_path, service)
        given = options(max_requests=5, cache=cache, concurrency=1)
        with pytest.raises(ProviderError, match="limit of 5 requests") as caught:
            create_classifier(spec, TASK, given).predict(REQUESTS)
        assert "--resume" in str(caught.value.hint)
        assert len(service.seen) == 5
        answers = create_classifier(spec, TASK, given).predict(REQUESTS)
    assert len(service.seen) == 8
    assert len(answers) == 8
    assert CANARY.encode() not in Path(cache).read_bytes()


def test_concurrency_and_rate_are_bounded(tmp_path: Path) -> None:
    def slow(number: int, body: Any) -> Any:
        time.sleep(0.05)
        return polite(number, body)

    with serve(slow) as service:
        spec = described(tmp_path, service)
        create_classifier(spec, TASK, options(concurrency=3)).predict(REQUESTS)
        assert 2 <= service.most_at_once <= 3
        many = [Request(id=str(number), text=f"text {number}") for number in range(100, 140)]
        started = time.monotonic()
        create_classifier(spec, TASK, options(requests_per_minute=300)).predict(many)
        # 40 requests, 30 of them at once, then 5 a second
        assert time.monotonic() - started >= 1.9


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("url: http://example.org/x\nbody: '{text}'\nresponse: {label: l}\n", "unencrypted"),
        ("url: ftp://example.org/x\nbody: '{text}'\nresponse: {label: l}\n", "no http"),
        ("url: https://u:p@e.org/\nbody: '{text}'\nresponse: {label: l}\n", "key or password"),
        ("url: https://e.org/\nheaders: {X-Key: abc}\nbody: '{text}'\nresponse: {label: l}\n",
         r"service.yaml:2: headers: the value of X-Key"),
        (f"url: https://e.org/\nbody: {{a: '{{text}}', k: {CANARY}}}\nresponse: {{label: l}}\n",
         "looks like a key"),
        ("url: https://e.org/\nbody: hello\nresponse: {label: l}\n", "no {text}"),
        ("url: https://e.org/\nbody: '{text}'\nresponse: {label: l, score: s}\n", "exactly one"),
        ("url: https://e.org/\nbody: '{text}'\nresponse: {label: '[['}\n", "no JMESPath"),
        ("url: https://e.org/\nbdy: '{text}'\nresponse: {label: l}\n", "service.yaml:2: bdy"),
        ("- a\n", "must be a mapping"),
        ("a: [\n", "no YAML"),
    ],
)  # fmt: skip
def test_files_that_do_not_serve(tmp_path: Path, text: str, what: str) -> None:
    file = tmp_path / "service.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=what) as caught:
        create_classifier(f"http:{file}", TASK, options())
    assert CANARY not in str(caught.value)


def test_a_missing_key_names_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CANARY_KEY")
    with pytest.raises(ConfigError, match="CANARY_KEY is not set"):
        create_classifier(described(tmp_path, "https://example.org/"), TASK, options())
