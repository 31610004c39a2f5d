"""Small YAML files that a gate reads: checked whole, every problem named with its line."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from audit.errors import ConfigError, Problem


class YamlFile:
    """One file and the problems found in it.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What it is, for messages: "the waivers file".
    missing : str
        What to do where it cannot be read.

    Raises
    ------
    ConfigError
        If it is missing, is no YAML, or no mapping.
    """

    def __init__(
        self,
        path: Path,
        what: str,
        *,
        missing: str = "a gate never passes because a file is missing; name one that exists",
    ) -> None:
        self.path, self.what = path, what
        self.problems: list[Problem] = []
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
            raise ConfigError(
                f"{what} cannot be read: {reason}",
                where=str(path),
                hint=missing,
            ) from error
        try:
            data = YAML(typ="rt").load(text)
        except (YAMLError, ValueError, RecursionError) as error:  # ValueError: 2026-02-30
            raise ConfigError(f"{what} is no YAML: {error}", where=path.name) from error
        if not isinstance(data, CommentedMap):
            raise ConfigError(f"{what} must be a mapping", where=path.name)
        self.data = data

    def problem(
        self, message: str, at: Any = None, key: Any = None, hint: str | None = None
    ) -> None:
        """Note a problem; ``at`` is the mapping it is in and ``key`` the key."""
        line = None
        if isinstance(at, CommentedMap):
            line = (at.lc.key(key)[0] if key in at else at.lc.line) + 1
        self.problems.append(Problem(message, self.path.name, line, hint=hint))

    def known_keys(self, at: CommentedMap, known: Iterable[str]) -> None:
        """Note every key that means nothing here, with a suggestion."""
        names = list(known)
        for key in at:
            if key not in names:
                close = get_close_matches(str(key), names, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
                self.problem(f"unknown key {key!r}", at, key, hint)

    def text(self, at: CommentedMap, key: str, why: str) -> str:
        """Return a text that must be there and say something."""
        value = at.get(key)
        if not isinstance(value, str) or not value.strip():
            self.problem(f"{key} is missing: {why}", at, key)
            return ""
        return value.strip()

    def number(self, at: CommentedMap, key: str) -> float | None:
        """Return a positive number, or ``None`` where the key is not given."""
        value = at.get(key)
        if value is None:
            return None
        numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not numeric or not 0 < value < math.inf:
            self.problem(f"{key} must be a positive number, not {value!r}", at, key)
            return None
        return float(value)

    def day(self, at: CommentedMap, key: str, why: str) -> date | None:
        """Return a date that must be there, written as YYYY-MM-DD."""
        value = at.get(key)
        if isinstance(value, datetime):
            value = value.date()
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                self.problem(f"{key} is no date: {value!r}", at, key, "write YYYY-MM-DD")
                return None
        if not isinstance(value, date):
            self.problem(f"{key} is missing: {why}", at, key)
            return None
        return value

    def schema(self, newest: int = 1) -> None:
        """Refuse a file of a newer schema, whose meaning is not known here."""
        version = self.data.get("schema", 1)
        if version != newest:
            self.problem(
                f"schema {version} is not known; this audit reads {newest}", self.data, "schema"
            )

    def check(self) -> None:
        """Raise all problems at once.

        Raises
        ------
        ConfigError
            If there is any.
        """
        if not self.problems:
            return
        count = len(self.problems)
        lines = "".join(f"\n  {problem}" for problem in self.problems)
        noun = "problem" if count == 1 else "problems"
        raise ConfigError(f"{count} {noun} in {self.what}:{lines}")
