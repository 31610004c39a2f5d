"""Answers that were paid for, kept on disk so that none is asked for twice."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audit.errors import ConfigError


class AnswerCache:
    """A table from the hash of everything that determines an answer to that answer.

    Parameters
    ----------
    path : Path
        The file; made if it is not there.

    Raises
    ------
    ConfigError
        If the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL)"
            )
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(
                f"the cache of answers cannot be used: {error}",
                where=path.name,
                hint="give another folder with --cache, or move the file away",
            ) from error

    def get(self, key: str) -> Any | None:
        """Return the answer, or ``None`` if it was never given or cannot be read."""
        with self._lock:
            row = self._db.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        try:
            return json.loads(row[0])
        except ValueError:
            return None

    def put(self, key: str, answer: Any) -> None:
        """Keep an answer."""
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, json.dumps(answer))
            )

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def key_of(parts: Mapping[str, Any]) -> str:
    """Hash everything that determines an answer: model, prompt, parameters, repeat, shot order."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
