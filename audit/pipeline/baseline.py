"""Baselines: earlier runs to compare with, in one blessed file, a folder, or a git ref."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.errors import ConfigError, ResultsError, RunLogError
from audit.pipeline.folders import timestamp, utc_now, write_atomically
from audit.runlog import FILE_NAME, RunLog, read_run

SCHEMA_VERSION = 1
KIND = "audit-baseline"
GIT = "git:"


def open_baseline(spec: str) -> RunLog:
    """Read an earlier run.

    Parameters
    ----------
    spec : str
        A run folder, its ``run.jsonl`` or ``results.json``, a file made by `bless`, or
        ``git:REF:PATH`` of such a file or folder in the repository of the working directory.

    Returns
    -------
    RunLog

    Raises
    ------
    ConfigError
        If there is nothing there, or nothing to compare with.
    RunLogError
        If the log is damaged, edited, or of a newer schema.
    """
    if spec.startswith(GIT):
        return _from_git(spec)
    path = Path(spec)
    if path.is_dir():
        return read_run(path)
    if not path.is_file():
        raise ConfigError(
            "the baseline is not there",
            where=spec,
            hint="a gate never passes because its baseline vanished; name one that exists, or "
            "bless a run: audit bless RUN --baseline FILE --reason TEXT --by NAME",
        )
    if path.name == "results.json":
        return _beside(path)
    return _from_bytes(path.read_bytes(), spec)


def _beside(path: Path) -> RunLog:
    """Read the log beside a results file, which alone cannot be paired."""
    check_results_schema(path)
    if not (path.parent / FILE_NAME).is_file():
        raise ConfigError(
            "results alone cannot be paired sentence by sentence",
            where=str(path),
            hint="name the run folder, or a file made by `audit bless`",
        )
    return read_run(path.parent)


def check_results_schema(path: Path) -> None:
    """Refuse a results file that cannot be read or is of a newer schema.

    Raises
    ------
    ResultsError
        Saying which.
    """
    try:
        version = json.loads(path.read_text(encoding="utf-8")).get("schema_version")
    except (OSError, ValueError, AttributeError) as error:
        raise ResultsError(
            "this is no results file", where=f"{path.parent.name}/{path.name}",
            hint="write it again from the log: audit report RUN",
        ) from error  # fmt: skip
    if version != 1:
        raise ResultsError(
            f"the results have schema version {version}; this audit reads 1",
            where=f"{path.parent.name}/{path.name}",
            hint="install a newer audit",
        )


def _from_git(spec: str) -> RunLog:
    ref, separator, path = spec.removeprefix(GIT).partition(":")
    if not separator or not ref or not path or ref.startswith("-"):
        raise ConfigError("a git baseline is written git:REF:PATH", where=spec)
    errors = []
    for name in (path, f"{path.rstrip('/')}/{FILE_NAME}"):
        command = ["git", "cat-file", "blob", f"{ref}:{name}"]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=60)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConfigError(f"git cannot be run: {error}", where=spec) from error
        if done.returncode == 0:
            return _from_bytes(done.stdout, spec)
        errors.append(done.stderr.decode(errors="replace").strip())
    raise ConfigError(
        f"the baseline is not there: {errors[0]}",
        where=spec,
        hint="fetch the ref first (a shallow clone may lack it), or name another",
    )


def _from_bytes(data: bytes, spec: str) -> RunLog:
    """Read a log, or the log inside a blessed file."""
    if data.startswith(b'{"crc"'):
        return _read_log(data)
    log = base64.b64decode(_document(data, spec)["log_gzip_base64"])
    return _read_log(gzip.decompress(log))


def _read_log(data: bytes) -> RunLog:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "baseline" / FILE_NAME
        path.parent.mkdir()
        path.write_bytes(data)
        return read_run(path)


def _document(data: bytes, spec: str) -> dict[str, Any]:
    """Check a blessed file: schema, and that its log is the one blessed last."""
    try:
        document: dict[str, Any] = json.loads(data)
        if document["kind"] != KIND:
            raise KeyError
        version, last = document["schema_version"], document["blessings"][-1]
        log = gzip.decompress(base64.b64decode(document["log_gzip_base64"], validate=True))
    except (ValueError, KeyError, IndexError, TypeError, OSError, EOFError) as error:
        raise ConfigError(
            "this is no baseline: neither a run log nor a file made by `audit bless`", where=spec
        ) from error
    if version != SCHEMA_VERSION:
        raise ConfigError(
            f"the baseline has schema version {version}; this audit reads {SCHEMA_VERSION}",
            where=spec,
            hint="install a newer audit",
        )
    if hashlib.sha256(log).hexdigest() != last["log_sha256"]:
        raise RunLogError("the baseline was edited after it was blessed", where=spec)
    return document


def bless(
    run: Path, baseline: Path, *, by: str, reason: str, now: datetime | None = None
) -> dict[str, Any]:
    """Make a run the baseline that later runs are compared with.

    Parameters
    ----------
    run : Path
        A complete run that was no quick look.
    baseline : Path
        The file; an earlier baseline in it is replaced and stays in its history.
    by, reason : str
        Who moves it and why.
    now : datetime, optional
        The time to record, UTC.

    Returns
    -------
    dict
        The record of this blessing.

    Raises
    ------
    ConfigError
        If a name or reason is missing, or the run is partial or quick.
    RunLogError
        If the run or the old baseline was damaged or edited.
    """
    for name, value in (("--by", by), ("--reason", reason)):
        if not value.strip():
            raise ConfigError("a baseline is moved by a person, for a reason", where=name)
    log = read_run(run)
    if log.footer is None or log.footer["status"] != "complete" or log.header["spec"]["quick"]:
        raise ConfigError(
            "only a complete run can be a baseline",
            where=log.header["run_id"],
            hint="finish it with --resume, or run it without --quick",
        )
    data = log.path.read_bytes()
    history = _document(baseline.read_bytes(), str(baseline))["blessings"] if (
        baseline.exists()
    ) else []  # fmt: skip
    record = {
        "run_id": log.header["run_id"],
        "model": log.header["spec"]["model"],
        "time": timestamp(now or utc_now()),
        "by": by.strip(),
        "reason": reason.strip(),
        "previous_run_id": history[-1]["run_id"] if history else None,
        "log_sha256": hashlib.sha256(data).hexdigest(),
    }
    document = {
        "schema_version": SCHEMA_VERSION,
        "kind": KIND,
        "blessings": [*history, record],
        "log_gzip_base64": base64.b64encode(gzip.compress(data, mtime=0)).decode(),
    }
    baseline.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(baseline, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return record
