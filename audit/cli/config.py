"""Configuration files: the nearest ``audit.yaml``, or ``[tool.audit]`` in ``pyproject.toml``.

Precedence is flags, then ``AUDIT_*`` variables, then the file, then the defaults.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from audit.errors import ConfigError

FILE_NAME = "audit.yaml"
NOT_IN_A_FILE = {"resume", "json_out", "sources"}


@dataclass(frozen=True)
class Config:
    """Option values from a file, with the line each came from (``None`` for TOML)."""

    path: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int | None] = field(default_factory=dict)
    discovered: bool = False


def load_config(named: str | None) -> Config:
    """Load the named file, or the nearest one above the working directory.

    Raises
    ------
    ConfigError
        If the file is missing, is no mapping, or holds an unknown key (with a suggestion).
    """
    if named is not None:
        path = Path(named)
        if not path.is_file():
            raise ConfigError("there is no such configuration file", where=named)
        return _read(path, discovered=False)
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / FILE_NAME).is_file():
            return _read(folder / FILE_NAME, discovered=True)
        if (folder / "pyproject.toml").is_file():
            config = _read(folder / "pyproject.toml", discovered=True)
            if config.values:
                return config
    return Config()


def _read(path: Path, *, discovered: bool) -> Config:
    raw, lines = _toml(path) if path.suffix == ".toml" else _yaml(path)
    if not raw:
        return Config(path=path, discovered=discovered)
    known = known_options()
    values, places = {}, {}
    for key, value in raw.items():
        name = str(key).replace("-", "_")
        if name not in known:
            raise ConfigError(
                f"unknown key {key!r}", where=_at(path, lines.get(key)), hint=_near(name, known)
            )
        values[name] = _checked(known[name], value, _at(path, lines.get(key)))
        places[name] = lines.get(key)
    return Config(path=path, values=values, lines=places, discovered=discovered)


def _toml(path: Path) -> tuple[dict[str, Any], dict[str, int | None]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not a TOML file: {error}", where=path.name) from error
    table = data.get("tool", {}).get("audit", {})
    return dict(table), dict.fromkeys(table)


def _yaml(path: Path) -> tuple[dict[str, Any], dict[str, int | None]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import YAMLError

    try:
        data = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"not a YAML file: {error}", where=path.name) from error
    if data is None:
        return {}, {}
    if not isinstance(data, CommentedMap):
        raise ConfigError("the configuration must be a mapping of option names", where=path.name)
    return dict(data), {key: data.lc.key(key)[0] + 1 for key in data}


def known_options() -> dict[str, click.Parameter]:
    """Return every option that a configuration file may set, by name."""
    from audit.cli.run import run

    return {p.name: p for p in run.params if p.name and p.name not in NOT_IN_A_FILE}


def _checked(parameter: click.Parameter, value: Any, where: str) -> Any:
    """Return a value the option accepts, or say where the unusable one stands."""
    try:
        parameter.type_cast_value(click.Context(click.Command("run")), value)
    except (click.BadParameter, TypeError) as error:
        message = error.message if isinstance(error, click.BadParameter) else str(error)
        raise ConfigError(f"{parameter.name}: {message}", where=where) from error
    return value


def _at(path: Path, line: int | None) -> str:
    return f"{path.name}:{line}" if line else path.name


def _near(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
