"""Whole audits of services that fail half-way, echo keys and refuse: nothing is lost or leaked."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.classifiers.remote import asking
from audit.errors import AuditError
from audit.pipeline import RunOptions, run_audit
from audit.records import ClassifierOptions, RemoteOptions
from tests.unit.classifiers.remote.servers import Service, answer, serve

CANARY = "sk-canary-0123456789abcdef"
SENTENCES = [
    "The {pre} teacher {post} told a story.",
    "A {pre} neighbour {post} called me.",
    "My {pre} cousin {post} fixed the bike.",
    "That {pre} driver {post} was on time.",
    "Our {pre} cook {post} made soup.",
    "This {pre} nurse {post} was kind.",
]
PROBE = """schema: 1
name: small
version: 1.0.0
language: en
attribute: disability
task: {TASK}
sampling: {repeats: 2, temperature: 0.5}
reference:
  - {id: plain, text: ""}
  - {id: local, text: local, form: pre}
  - {id: nearby, text: who lives nearby, form: post}
groups:
  - id: blind
    label: Blind people
    terms: [{id: blind, text: blind, form: pre, wording: identity-first, source: a source}]
templates:
"""
LABELS = "{kind: labels, labels: [Good, Bad], favourable: Good, description: Judge.}"
SCORE = "{kind: score, range: [0, 1], favourable: low}"


def probe(folder: Path, task: str) -> Path:
    """Write a small probe set."""
    rows = [f'  - {{id: t{n}, text: "{text}"}}' for n, text in enumerate(SENTENCES)]
    path = folder / "small.yaml"
    path.write_text(PROBE.replace("{TASK}", task) + "\n".join(rows) + "\n")
    return path


def said(body: Any) -> Any:
    """Answer any service's question; of blind people nothing is said."""
    text = json.dumps(body)
    mute = "blind" in text.rsplit("Text: ", maxsplit=1)[-1]
    words = f"I cannot judge people. {CANARY}" if mute else " Good"
    if isinstance(body.get("input"), list):
        scores = [{"flagged": False, "category_scores": {"hate": 0.25}} for _ in body["input"]]
        return answer({"results": scores, "echo": CANARY})
    if "inputs" in body:
        return answer([{"generated_text": words}])
    if "messages" in body:
        return answer({"choices": [{"message": {"content": words}}], "echo": CANARY})
    return answer({"choices": [{"text": words}], "model": CANARY})


class Moody:
    """A server that breaks once after some requests, and echoes the key when it does."""

    def __init__(self, healthy: int, status: int) -> None:
        self.left, self.status = healthy, status

    def __call__(self, _: int, body: Any) -> Any:
        self.left -= 1
        if self.left == -1:
            return answer({"error": {"message": f"no more for {CANARY}"}}, self.status)
        return said(body)


def every_file(folder: Path) -> str:
    """Return everything that was written."""
    return "".join(p.read_text(errors="replace") for p in folder.rglob("*") if p.is_file())


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking.Asker.__init__, "__defaults__", (0.01,))
    for name in ("OPENAI_API_KEY", "HF_TOKEN"):
        monkeypatch.setenv(name, CANARY)


def asked(service: Service, **more: Any) -> RunOptions:
    """Options of a run that asks one question at a time."""
    remote = RemoteOptions(base_url=service.base, concurrency=1, **more)
    return RunOptions(classifier=ClassifierOptions(remote=remote))


@pytest.mark.parametrize(
    ("spec", "task", "more"),
    [
        ("openai:m", LABELS, {}),
        ("openai:m", LABELS, {"endpoint": "chat"}),
        ("hf-inference:m", LABELS, {}),
        ("moderation:m", SCORE, {}),
    ],
)
def test_a_broken_run_goes_on_and_leaks_nothing(
    spec: str, task: str, more: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = probe(tmp_path, task)
    moderated = spec.startswith("moderation")
    with serve(Moody(0 if moderated else 12, 403)) as service:
        with pytest.raises(AuditError, match="may not use this") as caught:
            run_audit(source, spec, output=tmp_path / "broken", options=asked(service, **more))
        (broken,) = [p for p in (tmp_path / "broken").iterdir() if not p.is_symlink()]
        before = len(service.seen)
        result = run_audit(
            source, spec, output=tmp_path / "broken", options=asked(service, **more), resume=broken
        )
        again = len(service.seen) - before
    with serve(lambda n, body: said(body)) as service:
        whole = run_audit(source, spec, output=tmp_path / "whole", options=asked(service, **more))
        in_one_go = len(service.seen)
    assert result.results["status"] == "complete"
    assert result.results["groups"] == whole.results["groups"]
    assert before + again <= in_one_go + 4  # the one that failed, its like, and what is tried first
    if not moderated:
        (group,) = result.results["groups"]
        counts = group["counts_by_label"]
        assert counts.get("Good", 0) == counts.get("Bad", 0) == 0
        assert result.results["overall"]["unparsed_rate"] == pytest.approx(0.25)
        assert group["verdict"] == "not_enough_evidence"
    assert CANARY not in every_file(tmp_path)
    assert CANARY not in caplog.text + str(caught.value) + json.dumps(result.results)


def test_a_spent_budget_ends_a_run_that_goes_on(tmp_path: Path) -> None:
    source = probe(tmp_path, LABELS)
    with serve(lambda n, body: said(body)) as service:
        with pytest.raises(AuditError, match="limit of 20 requests is reached") as caught:
            run_audit(
                source, "openai:m", output=tmp_path / "r", options=asked(service, max_requests=20)
            )
        (broken,) = [p for p in (tmp_path / "r").iterdir() if not p.is_symlink()]
        assert len(service.seen) == 20
        assert "--resume" in str(caught.value)
        result = run_audit(
            source, "openai:m", output=tmp_path / "r", options=asked(service), resume=broken
        )
    assert result.results["status"] == "complete"
    # two tries of the interface each time, and two draws for each of 24 sentences
    assert len(service.seen) <= 2 * 2 + 2 * 24 + 1


def test_the_command_masks_keys_in_messages_and_tracebacks(
    audit: Callable[..., Any], tmp_path: Path
) -> None:
    source = probe(tmp_path, LABELS)
    with serve(Moody(3, 401)) as service:
        done = audit(
            "--debug", "run", source, "-m", "openai:m", "--base-url", service.base,
            "--concurrency", "1", "--endpoint", "chat", "--system", "Judge.", "-o", tmp_path / "r",
            env={"OPENAI_API_KEY": CANARY, "OPENAI_LOG": "debug"},
        )  # fmt: skip
    assert done.code != 0
    assert "Traceback" in done.err
    assert "does not accept the key" in done.err
    assert "[secret]" in done.err
    assert CANARY not in done.out + done.err + every_file(tmp_path)
