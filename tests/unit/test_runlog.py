"""The run log keeps what it acknowledged and never passes damage off as a shorter run."""

import json
import os

import pytest

from audit.errors import RunLogError
from audit.records import Prediction, Sampling, Variant
from audit.runlog import RunLogWriter, read_run, spec_hash, to_json
from tests.small_runs import log_header

HEADER = log_header()
ENDED = {"finished": "2026-01-01T00:00:00Z", "n_requests": 4, "notes": []}


def variant(number: int) -> Variant:
    return Variant(
        id=f"t1/v{number}", text=f"text {number}\u2028\ud800", role="group", context="t1",
        unit="t1", term=f"v{number}", group="g",
    )  # fmt: skip


def prediction(number: int) -> Prediction:
    return Prediction(
        id=f"t1/v{number}", probabilities={"Negative": 0.1 * number}, unparsed=0.0,
        samples=("Negative", None), raw=("??",),
    )  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.jsonl"


def write(path, numbers, *, status="complete"):
    with RunLogWriter.create(path, HEADER) as writer:
        for number in numbers:
            writer.predictions([variant(number)], [prediction(number)])
        if status:
            writer.footer(status=status, **ENDED)


def test_what_was_written_is_read_back(path):
    write(path, [1, 2])
    log = read_run(path.parent)
    assert log.header["run_id"] == "r"
    assert log.variants == (variant(1), variant(2))
    assert log.predictions == {v.id: p for v, p in ((variant(n), prediction(n)) for n in (1, 2))}
    assert log.footer["status"] == "complete"
    assert log.footer["n_predictions"] == 2
    assert not log.torn


def test_every_line_is_json(path):
    write(path, [1])
    types = [json.loads(line)["type"] for line in path.read_bytes().splitlines()]
    assert types == ["header", "prediction", "footer"]


def test_every_cut_of_the_tail_loses_at_most_the_torn_line(path):
    write(path, [1, 2, 3], status=None)
    data = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(data) if byte == ord("\n")]
    for cut in range(ends[0], len(data) + 1):
        path.write_bytes(data[:cut])
        log = read_run(path)
        whole = sum(end <= cut for end in ends) - 1
        assert len(log.predictions) == whole
        assert log.torn == (cut not in ends)


def test_a_resumed_log_equals_one_that_was_never_cut(path, tmp_path):
    write(path, [1, 2])
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]) + lines[2][:20])
    with RunLogWriter.reopen(read_run(path)) as writer:
        writer.predictions([variant(2)], [prediction(2)])
        writer.footer(status="complete", **ENDED)
    assert path.read_bytes() == whole


def test_resuming_replaces_the_footer_of_an_interrupted_run(path):
    write(path, [1], status="interrupted")
    with RunLogWriter.reopen(read_run(path)) as writer:
        writer.predictions([variant(2)], [prediction(2)])
        writer.footer(status="complete", **ENDED)
    log = read_run(path)
    assert len(log.predictions) == 2
    assert log.footer["status"] == "complete"


def test_a_complete_run_cannot_be_continued(path):
    write(path, [1])
    with pytest.raises(RunLogError, match="already complete"):
        RunLogWriter.reopen(read_run(path))


@pytest.mark.parametrize("line", [0, 1, 2])
def test_an_edited_byte_is_found_with_its_line(path, line):
    write(path, [1, 2])
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b"t", b"u", 1)
    path.write_bytes(b"".join(lines))
    with pytest.raises(RunLogError, match=rf"run\.jsonl:{line + 1}: .*damaged or was edited"):
        read_run(path)


def test_a_removed_line_is_found(path):
    write(path, [1, 2])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *lines[2:]]))
    with pytest.raises(RunLogError, match="does not match its footer"):
        read_run(path)


def test_a_newer_schema_is_refused(path, monkeypatch):
    monkeypatch.setattr("audit.runlog.codec.SCHEMA_VERSION", 2)
    write(path, [1])
    monkeypatch.undo()
    with pytest.raises(RunLogError, match="schema version 2"):
        read_run(path)


def test_lines_after_the_footer_are_refused(path):
    write(path, [1])
    data = path.read_bytes()
    path.write_bytes(data + data.splitlines(keepends=True)[1])
    with pytest.raises(RunLogError, match="unexpected record"):
        read_run(path)


@pytest.mark.parametrize("content", [None, b"", b"{"])
def test_a_log_without_a_header_is_an_error(path, content):
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunLogError, match=r"no run log|no complete header"):
        read_run(path)


def test_a_log_is_never_overwritten(path):
    write(path, [1])
    with pytest.raises(RunLogError, match="cannot be created"):
        RunLogWriter.create(path, HEADER)


def test_a_header_that_could_not_be_read_again_is_refused_before_anything_is_asked(path):
    with pytest.raises(RunLogError, match=r"udcffb' is no text in UTF-8"):
        RunLogWriter.create(path, {**HEADER, "author": "a\udcffb"})
    assert not path.exists()


def test_a_full_disk_leaves_whole_lines_and_says_what_to_do(path, monkeypatch):
    with RunLogWriter.create(path, HEADER) as writer:
        writer.predictions([variant(1)], [prediction(1)])
        sound = path.read_bytes()

        def full(_descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(RunLogError, match=r"No space left on device[\s\S]*--resume"):
            writer.predictions([variant(2)], [prediction(2)])
        monkeypatch.undo()
        assert path.read_bytes() == sound
        writer.footer(status="failed", **ENDED)
    assert list(read_run(path).predictions) == ["t1/v1"]


def test_a_spec_hash_ignores_the_order_of_keys_only():
    assert spec_hash({"a": 1, "b": 2}) == spec_hash({"b": 2, "a": 1})
    assert spec_hash(Sampling()) != spec_hash(Sampling(seed=1))
    assert to_json(Sampling())["repeats"] == 5


def test_an_interrupt_between_write_and_sync_leaves_no_half_batch(path, monkeypatch):
    with RunLogWriter.create(path, HEADER) as writer:
        writer.predictions([variant(1)], [prediction(1)])

        def interrupted(_descriptor):
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writer.predictions([variant(2)], [prediction(2)])
        monkeypatch.undo()
        writer.footer(status="interrupted", **ENDED)
    assert list(read_run(path).predictions) == ["t1/v1"]
