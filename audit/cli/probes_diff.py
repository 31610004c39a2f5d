"""``audit probes diff``: what changed between two probe sets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from audit.probes.diff import Change, ProbeDiff

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@click.command("diff")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--json", "json_out", is_flag=True, help="Print the differences as JSON.")
def diff(first: str, second: str, json_out: bool) -> int:
    """Say what changed from probe set A to B (files, or shipped names).

    Exit status: 0 nothing differs, 1 something does, 2 usage.
    """
    from audit.probes import expand, load_probe_set
    from audit.probes.diff import diff_probe_sets

    sets = [load_probe_set(source) for source in (first, second)]
    one, two = ((probe_set, expand(probe_set)) for probe_set in sets)
    found = diff_probe_sets(one, two)
    if json_out:
        click.echo(json.dumps(_object(found), indent=1, ensure_ascii=False, default=str))
    else:
        for line in _lines(found):
            click.echo(line)
    return 0 if found.empty else 1


def _object(found: ProbeDiff) -> dict[str, Any]:
    """Return the differences as JSON values."""
    return {
        "schema_version": 1,
        "changes": [asdict(change) for change in found.changes],
        "sentences": {
            "same": found.same,
            "reworded": found.reworded,
            "only_before": found.only_before,
            "only_after": found.only_after,
        },
    }


def _lines(found: ProbeDiff) -> Iterator[str]:
    """Yield the differences for people."""
    for change in found.changes:
        yield from _change_lines(change)
    yield (
        f"Sentences: {found.same:,} the same, {found.reworded:,} reworded, "
        f"{found.only_before:,} only in A, {found.only_after:,} only in B."
    )
    if not found.empty:
        yield "`audit compare` pairs the runs of both over the sentences that are the same."


def _change_lines(change: Change) -> Iterator[str]:
    """Yield one change: a line, and a line for each field that differs."""
    from audit.probes.wording import shortened

    name = f" {change.name!r}" if change.name else ""
    text = change.after.get("text", change.before.get("text"))
    said = f": {shortened(str(text))}" if change.kind != "changed" and text else ""
    yield f"{_SIGNS[change.kind]} {change.what}{name}{said}"
    if change.kind != "changed":
        return
    for key in {**change.before, **change.after}:
        before, after = (
            shortened(_plain(side[key])) if key in side else "(none)"
            for side in (change.before, change.after)
        )
        yield f"    {key}: {before} -> {after}"


def _plain(value: Any) -> str:
    """Write a value as people would."""
    if isinstance(value, tuple | list):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return " = ".join(map(_plain, value.values()))
    return str(value)
