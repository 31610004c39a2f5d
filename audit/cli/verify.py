"""``audit verify``: whether anything was changed since a run was signed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import require
from audit.errors import ConfigError

if TYPE_CHECKING:
    from audit.pipeline.verify import Verification

_SQLITE = b"SQLite format 3\x00"


@click.command()
@click.argument("run", metavar="RUN|STORE")
@click.option("--heads", type=click.Path(exists=True, dir_okay=False), metavar="FILE",
              help="Of a store: what --json printed earlier, kept elsewhere.")  # fmt: skip
@click.option("--json", "json_out", is_flag=True, help="Print the result as JSON.")
def verify(run: str, heads: str | None, *, json_out: bool) -> int:
    """Check RUN (a folder, or a pack of `audit export --to pack`) and its sign-off, or a STORE.

    A STORE is the database of a guard: a file, or a postgresql:// URL. Every row must hash to what
    was written and hang on the row before.

    Exit status: 0 nothing found, 1 findings, 2 usage.
    """
    if _is_store(run):
        return _verify_store(run, heads, json_out=json_out)
    if not Path(run).exists():
        raise click.BadParameter(f"Path {run!r} does not exist.", param_hint="RUN")
    found = _verify(Path(run))
    _show(found.findings, found.notes, {}, json_out=json_out,
          clean="Verified: nothing was changed since it was signed.")  # fmt: skip
    return 0 if found.clean else 1


def _verify_store(where: str, heads: str | None, *, json_out: bool) -> int:
    """Check a store's chains."""
    require("store", "sqlalchemy", "alembic", "cryptography")
    from audit.store import open_store, verify_store

    kept = None
    if heads is not None:
        try:
            given = json.loads(Path(heads).read_text("utf-8"))["heads"]
            kept = {name: (row[0], row[1]) for name, row in given.items()}
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise ConfigError("no heads of a store are in this file", where="--heads") from error
    with open_store(where) as store:
        found = verify_store(store, heads=kept)
    rows = sum(count for count, _ in found.heads.values())
    _show(found.findings, [], {"heads": found.heads}, json_out=json_out,
          clean=f"Verified: {rows} rows, each as it was written.")  # fmt: skip
    return 0 if found.clean else 1


def _show(
    findings: list[str], notes: list[str], more: dict[str, Any], *, clean: str, json_out: bool
) -> None:
    """Print what was found."""
    if json_out:
        whole = {"schema_version": 1, "clean": not findings, "findings": findings,
                 "notes": notes, **more}  # fmt: skip
        click.echo(json.dumps(whole, indent=1, ensure_ascii=False))
        return
    for finding in findings:
        click.echo(f"FINDING  {finding}")
    for note in notes:
        click.echo(f"Note: {note}")
    plural = "" if len(findings) == 1 else "s"
    click.echo(f"Not verified: {len(findings)} finding{plural}." if findings else clean)


def _is_store(where: str) -> bool:
    """Tell a database from a run."""
    if "://" in where:
        return True
    path = Path(where)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


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
