"""Columns made from other columns, as a preset says."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from audit.probes.importers.presets import Derived

Cells = dict[str, str]
Step = Callable[[Cells], None]
_SIGNS = re.compile(r"[\W_]+")


def steps_of(derived: Sequence[Derived]) -> list[Step]:
    """Return functions that add each column to the cells of a row, in order."""
    return [partial(_add, item.column, _value_of(item)) for item in derived]


def _add(column: str, value: Callable[[Cells], str], cells: Cells) -> None:
    cells[column] = value(cells)


def _value_of(item: Derived) -> Callable[[Cells], str]:
    """Return what computes one column; columns that a row lacks count as empty."""
    source = item.source or item.column
    if item.find is not None:
        return partial(_find, re.compile(item.find), source)
    if item.replace:
        rules = [(re.compile(pattern), new) for pattern, new in item.replace]
        return partial(_replace, rules, source)
    if item.map:
        return partial(_map, item.map, item.otherwise, source)
    if item.pick:
        return partial(_pick, item.pick, source)
    if item.among is not None:
        return partial(_among, item.among, source)
    return partial(_join, item.join)


def _find(pattern: re.Pattern[str], source: str, cells: Cells) -> str:
    match = pattern.search(cells.get(source, ""))
    return (match.group(1) or "") if match else ""


def _replace(rules: Sequence[tuple[re.Pattern[str], str]], source: str, cells: Cells) -> str:
    text = cells.get(source, "")
    for pattern, new in rules:
        text = pattern.sub(new, text)
    return text


def _map(table: Mapping[str, str], otherwise: str | None, source: str, cells: Cells) -> str:
    value = cells.get(source, "")
    return table.get(value, table.get(value.lower(), value if otherwise is None else otherwise))


def _pick(columns: Mapping[str, str], source: str, cells: Cells) -> str:
    return cells.get(columns.get(cells.get(source, ""), ""), "")


def _join(columns: Sequence[str], cells: Cells) -> str:
    return " ".join(cells.get(column, "") for column in columns)


def _among(column: str, source: str, cells: Cells) -> str:
    """Say whether a value is in the list (or is the one value) that another column holds."""
    found = {_plain(item) for item in listed(cells.get(column, ""))}
    return "yes" if _plain(cells.get(source, "")) in found else "no"


def _plain(value: str) -> str:
    """Return a value as it is compared: letters and digits only, without case."""
    return _SIGNS.sub("", value.casefold())


def listed(text: str) -> list[str]:
    """Return the items of a list written in a cell; any other text is one item.

    Examples
    --------
    >>> listed("['a', 'b']"), listed('["a"]'), listed("a")
    (['a', 'b'], ['a'], ['a'])
    """
    if not text.startswith("["):
        return [text]
    try:
        found = json.loads(text)
    except ValueError:
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return [text]
    return [str(item) for item in found] if isinstance(found, list) else [text]
