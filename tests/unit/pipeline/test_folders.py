"""Run folders: sortable ids, whole files or none, and a link to the newest."""

import os
from datetime import UTC, datetime

import pytest

from audit.errors import ResultsError
from audit.pipeline.folders import (
    link_latest,
    new_run_folder,
    new_run_id,
    timestamp,
    utc_now,
    write_atomically,
)

NOON = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)


def test_ids_sort_by_time_name_the_set_and_differ():
    first, second = (new_run_id("Disability x gender!", NOON) for _ in range(2))
    assert first.startswith("20261121-120005-disability-x-gender-")
    assert first != second
    assert new_run_id("???", NOON).startswith("20261121-120005-run-")
    assert timestamp(NOON) == "2026-11-21T12:00:05Z"
    assert utc_now().microsecond == 0


def test_a_run_folder_that_cannot_be_made_says_what_to_do(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("x")
    with pytest.raises(ResultsError, match="--output"):
        new_run_folder(blocker, "run")


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    write_atomically(path, "old")

    def full(_descriptor):
        assert path.read_text() == "old"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResultsError, match="No space left"):
        write_atomically(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_latest_follows_the_newest_run_and_leaves_a_real_folder_alone(tmp_path):
    for name in ("a", "b"):
        link_latest(new_run_folder(tmp_path, name))
        assert (tmp_path / "latest").resolve().name == name
    (tmp_path / "other" / "latest").mkdir(parents=True)
    link_latest(new_run_folder(tmp_path / "other", "c"))
    assert not (tmp_path / "other" / "latest").is_symlink()
