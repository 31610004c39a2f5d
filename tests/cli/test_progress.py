"""Progress on standard error: rate, remaining time, and loading apart from answering."""

from __future__ import annotations

import re

import pytest

from audit.cli import progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that pass when told; nothing moves on the screen."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setenv("AUDIT_PLAIN", "1")
    return now


def test_rate_and_rest_leave_loading_out(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.Progress("Auditing") as told:
        clock[0] += 7.0
        told(0, 300)
        clock[0] += 10.0
        told(100, 300)
        clock[0] += 5.0
        told(150, 300)
        clock[0] += 15.0
        told(300, 300)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "Auditing: 100 of 300 sentences, 10 per second, about 20 s left",
        "Auditing: 300 sentences in 30.0 s, 10 per second; libraries, model and checks took "
        "7.0 s before",
    ]


def test_a_resumed_run_counts_its_own_sentences(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.Progress("Auditing") as told:
        told(200, 300)
        clock[0] += 20.0
        told(300, 300)
    assert "100 sentences in 20.0 s, 5 per second" in capsys.readouterr().err


@pytest.mark.parametrize("quiet", [True, False])
def test_nothing_is_told_of_nothing(
    quiet: bool, clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.Progress("Auditing", quiet=quiet) as told:
        told(0, 0)
        if quiet:
            clock[0] += 30.0
            told(10, 10)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_too(
    clock: list[float], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "plain_output", lambda: False)
    with progress.Progress("Auditing") as told:
        told(0, 10)
        clock[0] += 2.0
        told(10, 10)
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err).splitlines()[-1]
    assert "10 sentences in 2.0 s, 5 per second" in last
