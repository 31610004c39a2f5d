"""Run folders: names, atomic files, and the ``latest`` link."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from audit.errors import ResultsError


def utc_now() -> datetime:
    """Return the present time in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def timestamp(moment: datetime) -> str:
    """Write a UTC time as ISO 8601 with ``Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def new_run_id(name: str, started: datetime) -> str:
    """Return a run id that sorts by time and names the probe set."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "run"
    return f"{started:%Y%m%d-%H%M%S}-{slug}-{secrets.token_hex(2)}"


def new_run_folder(parent: Path, run_id: str) -> Path:
    """Create the folder of a run.

    Raises
    ------
    ResultsError
        If it cannot be created (no permission, read-only or full disk).
    """
    folder = parent / run_id
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ResultsError(
            f"the run folder cannot be created: {error.strerror}",
            where=str(parent),
            hint="choose a folder you may write to with --output",
        ) from error
    return folder


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it.

    Raises
    ------
    ResultsError
        If the file cannot be written; nothing is left behind then.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise ResultsError(
            f"{path.name} cannot be written: {error.strerror}",
            where=path.parent.name,
            hint="free some space or choose another folder; the run log is kept, "
            "so `audit report` can write the rest",
        ) from error


def link_latest(folder: Path) -> None:
    """Point ``latest`` beside the run folder at it; a file system without links is left alone."""
    folder = folder.resolve()  # a run named by the link itself must not point at itself
    link = folder.parent / "latest"
    draft = folder.parent / f".latest.{os.getpid()}"
    with suppress(OSError):
        if link.exists() and not link.is_symlink():
            return
        draft.symlink_to(folder.name, target_is_directory=True)
        draft.replace(link)
