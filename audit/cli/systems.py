"""Several systems in one recorded file: ``--column`` repeated for a role gives a run for each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit.errors import ConfigError

if TYPE_CHECKING:
    from audit.pipeline import RunResult

FILE_NAME = "comparison.json"
_SHARED = frozenset({"id", "text", "repeat"})


@dataclass(frozen=True, slots=True)
class System:
    """One system of a file: its name (``None`` where it is the only one) and its columns."""

    name: str | None
    columns: tuple[str, ...]


def systems_of(values: Sequence[str], model: str) -> list[System]:
    """Split repeated ``ROLE=NAME`` options into systems.

    Parameters
    ----------
    values : sequence of str
        What ``--column`` was given. A role that comes n times has a column for each of n systems,
        in order; a role that comes once is shared.
    model : str
        The target; only ``recorded:`` files hold several systems.

    Returns
    -------
    list of System
        At least one. A system is named by the first of its own columns.

    Raises
    ------
    ConfigError
        If roles come a different number of times, or the target is no file.
    """
    by_role: dict[str, list[str]] = {}
    for value in values:
        role, _, name = value.partition("=")
        by_role.setdefault(role, []).append(name)
    several = {role: names for role, names in by_role.items() if len(names) > 1}
    if not several or not _SHARED.isdisjoint(several):
        return [System(None, tuple(values))]  # what is wrong with it is said where it is read
    if not model.startswith("recorded:"):
        raise ConfigError(
            "only a recorded file holds several systems", where="--column", hint="give a role once"
        )
    counts = {len(names) for names in several.values()}
    if len(counts) > 1:
        listed = ", ".join(f"{role} x {len(names)}" for role, names in several.items())
        raise ConfigError(
            f"every system needs its own column of each role: {listed}",
            where="--column",
            hint="name each repeated role once for every system, in the same order",
        )
    names = next(iter(several.values()))
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ConfigError(f"the column {min(twice)!r} is given twice", where="--column")
    return [
        System(
            name,
            tuple(
                f"{role}={columns[index] if role in several else columns[0]}"
                for role, columns in by_role.items()
            ),
        )
        for index, name in enumerate(names)
    ]


def compare_systems(results: Sequence[RunResult], output: Path) -> list[RunResult]:
    """Compare every later system with the first; write the comparisons beside the runs.

    Returns
    -------
    list of RunResult
        The runs, the later ones with the comparison in their results and reports.
    """
    from audit.pipeline.compare import attach_comparison
    from audit.pipeline.folders import write_atomically

    first, *others = results
    done = [first]
    published: list[Mapping[str, Any]] = []
    for other in others:
        comparison, result = attach_comparison(str(first.folder), other.folder)
        done.append(result)
        published.append({"run_id": other.results["run_id"], **comparison.published()})
    content = {"schema_version": 1, "comparisons": published}
    path = output / FILE_NAME
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    click.echo(f"Comparison of {len(results)} systems with the first: {path}", err=True)
    return done
