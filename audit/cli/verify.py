"""``audit verify``: whether anything was changed since a run was signed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from audit.pipeline.verify import Verification


@click.command()
@click.argument("run", metavar="RUN", type=click.Path(exists=True))
@click.option("--json", "json_out", is_flag=True, help="Print the result as JSON.")
def verify(run: str, json_out: bool) -> int:
    """Check RUN (a folder, or a pack of `audit export --to pack`) and its sign-off.

    Exit status: 0 nothing found, 1 findings, 2 usage.
    """
    found = _verify(Path(run))
    if json_out:
        whole = {"schema_version": 1, "clean": found.clean, "findings": found.findings,
                 "notes": found.notes}  # fmt: skip
        click.echo(json.dumps(whole, indent=1, ensure_ascii=False))
    else:
        for finding in found.findings:
            click.echo(f"FINDING  {finding}")
        for note in found.notes:
            click.echo(f"Note: {note}")
        count = len(found.findings)
        click.echo(
            "Verified: nothing was changed since it was signed."
            if found.clean
            else f"Not verified: {count} finding{'' if count == 1 else 's'}."
        )
    return 0 if found.clean else 1


def _verify(run: Path) -> Verification:
    """Check a folder, or the folder inside a pack and the pack's own hashes."""
    from audit.exports.pack import unpack
    from audit.pipeline.verify import Verification, verify_run

    if run.is_dir() or run.suffix != ".zip":
        return verify_run(run)
    with tempfile.TemporaryDirectory() as folder:
        wrong = unpack(run, Path(folder))
        inside = verify_run(Path(folder))
        return Verification([*wrong, *inside.findings], inside.notes)
