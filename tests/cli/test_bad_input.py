"""Hostile answers, damaged logs, folders that cannot be written: a clear error, nothing half done.

Every case runs the real command on a real run. What is refused leaves the files of the run as they
were.
"""

from __future__ import annotations

import ctypes
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.small_runs import edit, make_run, write_probe

HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "svg": "<svg/onload=alert(1)>",
    "override": "abc\u202edef\u2066x",
    "escape": "\x1b[2J\x1b]0;owned\x07",
    "nul": "a\x00b",
    "surrogate": "a\ud800b",
    "long": "x" * 100_000,
}
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066\ud800-\udfff]")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a finished run."""
    return make_run(tmp_path, {"blind": 2}, probe=write_probe(tmp_path))


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_hostile_answers_reach_neither_page_nor_terminal(audit, tmp_path) -> None:
    write_probe(tmp_path)
    (tmp_path / "mine.py").write_text(
        f"HOSTILE = {list(HOSTILE.values())!r}\n\n\n"
        "def classify(texts):\n"
        "    return [HOSTILE[len(text) % 7] if 'deaf' in text else 'Positive' for text in texts]\n"
    )
    done = audit("run", "small.yaml", "-m", "python:mine.py:classify")
    assert done.code == 4, done.err
    assert not UNSEEN.search((done.out + done.err).replace("\n", ""))
    page = (tmp_path / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    assert not UNSEEN.search(page.replace("\n", ""))
    assert not re.search(r"<(script|img|svg/)", page)
    assert len(page) < 300_000
    assert "counted apart" in page


def test_what_a_function_raises_cannot_write_to_the_terminal(audit, tmp_path) -> None:
    write_probe(tmp_path)
    (tmp_path / "mine.py").write_text(
        f"def classify(texts):\n    raise ValueError({HOSTILE['escape'] + HOSTILE['override']!r})\n"
    )
    done = audit("run", "small.yaml", "-m", "python:mine.py:classify")
    assert done.code == 3
    assert "ValueError" in done.err
    assert not UNSEEN.search(done.err.replace("\n", ""))


def test_a_truncated_log_is_refused(audit, folder) -> None:
    log = folder / "run.jsonl"
    log.write_bytes(log.read_bytes()[:-400])
    before = contents(folder)
    done = audit("report", folder)
    assert done.code == 3
    assert "--resume" in done.err
    assert contents(folder) == before


def test_a_log_edited_by_hand_is_refused(audit, folder) -> None:
    edit(folder / "run.jsonl", b"house 7 ", b"house 8 ")
    before = contents(folder)
    done = audit("report", folder)
    assert done.code == 3
    assert re.search(r"run\.jsonl:\d+", done.err)
    assert contents(folder) == before


def test_a_log_of_a_newer_schema_is_refused(audit, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("audit.runlog.codec.SCHEMA_VERSION", 2)
    folder = make_run(tmp_path, probe=write_probe(tmp_path))
    before = contents(folder)
    done = audit("report", folder)
    assert done.code == 3
    assert "schema version 2" in done.err
    assert contents(folder) == before


def render(folder: Path, prepare: Callable[[], object]) -> subprocess.CompletedProcess[str]:
    """Render a run again in a process that is prepared first."""
    return subprocess.run(
        [Path(sys.executable).with_name("audit"), "report", folder, "--tolerance", "0.2"],
        capture_output=True, text=True, check=False, preexec_fn=prepare,
    )  # fmt: skip


def fill_the_disk() -> None:
    """Let no file grow beyond 8 KB, which is how a process sees a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


def obey_permissions() -> None:
    """Take from the superuser, if this is one, the right to write where nobody may."""
    drop, override = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
    ctypes.CDLL(None).prctl(drop, override, 0, 0, 0)


def test_a_full_disk_leaves_the_old_files(folder) -> None:
    before = contents(folder)
    done = render(folder, fill_the_disk)
    assert done.returncode == 3, done.stderr
    assert "cannot be written: File too large" in done.stderr
    assert contents(folder) == before


def test_a_folder_that_cannot_be_written_leaves_the_old_files(folder) -> None:
    before = contents(folder)
    folder.chmod(0o555)
    try:
        done = render(folder, obey_permissions)
    finally:
        folder.chmod(0o755)
    assert done.returncode == 3, done.stderr
    assert "cannot be written: Permission denied" in done.stderr
    assert contents(folder) == before
