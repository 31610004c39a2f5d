"""Waivers: gaps that a named person accepts for a reason, until a date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from audit.pipeline.yaml_file import YamlFile
from audit.records import Waiver

_KEYS = ("group", "owner", "reason", "expires", "max_gap", "probe")


def read_waivers(
    path: Path, *, today: date, groups: Mapping[str, str] | None = None, probe: str | None = None
) -> tuple[Waiver, ...]:
    """Read the waivers that apply to a run, or check the file before there is one.

    Parameters
    ----------
    path : Path
        YAML with ``waivers:``, a list of ``group``, ``owner``, ``reason``, ``expires``
        (the last day it holds, UTC) and optionally ``max_gap`` and ``probe``.
    today : date
        Today in UTC.
    groups : mapping of id to label, optional
        Groups of the run; any other group is an error.
    probe : str, optional
        Name of the run's probe set; a waiver that names another one is left alone.

    Returns
    -------
    tuple of Waiver
        At most one for each group.

    Raises
    ------
    ConfigError
        Naming every problem with its line: expired, without owner, reason or date, for a group
        that does not exist, given twice.
    """
    file = YamlFile(path, "the waivers file")
    file.schema()
    file.known_keys(file.data, ("schema", "waivers"))
    rows = file.data.get("waivers")
    if not isinstance(rows, list):
        file.problem("waivers must be a list", file.data, "waivers")
        rows = []
    found: dict[str, Waiver] = {}
    for row in rows:
        if not isinstance(row, CommentedMap):
            file.problem(f"a waiver must be a mapping, not {row!r}")
            continue
        file.known_keys(row, _KEYS)
        waiver = _waiver(file, row, today)
        if groups is None or row.get("probe") not in {None, probe}:
            continue
        _check_group(file, row, waiver.group, groups)
        if waiver.group in found:
            file.problem(f"group {waiver.group!r} is waived twice", row, "group")
        found[waiver.group] = waiver
    file.check()
    return tuple(found.values())


def _waiver(file: YamlFile, row: CommentedMap, today: date) -> Waiver:
    expires = file.day(row, "expires", "a waiver ends; name the last day it holds")
    if expires is not None and expires < today:
        file.problem(
            f"the waiver for {row.get('group')!r} expired on {expires}",
            row,
            "expires",
            "mend the gap, or let its owner decide anew",
        )
    return Waiver(
        group=file.text(row, "group", "name the group by its id"),
        owner=file.text(row, "owner", "name the person who accepts the gap"),
        reason=file.text(row, "reason", "say why the gap is accepted for now"),
        expires=expires or today,
        max_gap=file.number(row, "max_gap"),
    )


def _check_group(file: YamlFile, row: CommentedMap, group: Any, groups: Mapping[str, str]) -> None:
    if not group or group in groups:
        return
    close = get_close_matches(str(group), list(groups), n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"groups: {', '.join(groups)}"
    file.problem(f"there is no group {group!r} in this run", row, "group", hint)
