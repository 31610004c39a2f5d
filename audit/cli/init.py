"""``audit init``: write a probe set to start from."""

from __future__ import annotations

import re
from pathlib import Path

import click

from audit.errors import ConfigError

DEFAULT = "my-probes.yaml"


@click.command()
@click.argument("path", metavar="[FILE]", default=DEFAULT, type=click.Path(dir_okay=False))
@click.option("--from", "shipped", metavar="NAME", help="Copy a shipped set instead of the starter "
              "(for example disability-tr, for its language).")  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def init(path: str, shipped: str | None, force: bool) -> None:
    """Write a commented probe set to FILE, ready to be linted, run and changed."""
    file = Path(path)
    if file.suffix not in {".yaml", ".yml"}:
        raise ConfigError("a probe set is a .yaml file", where=path, hint=f"name it {path}.yaml")
    if not re.fullmatch(r"\w[\w.+-]*", file.stem):
        raise ConfigError(
            f"{file.stem!r} is no name for a set",
            where=path,
            hint="use letters, digits, '-' and '_', for example caring.yaml",
        )
    if file.exists() and not force:
        raise ConfigError(
            "this file exists", where=path, hint="name another, or add --force to overwrite it"
        )
    text = _text(file, shipped)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the file cannot be written: {error.strerror or error}",
            where=path,
            hint="name a file in a folder that exists and that you may write to",
        ) from error
    click.echo(f"Wrote {file}. Change it, then:")
    click.echo(f"  audit probes lint {file}")
    click.echo(f"  audit probes show {file}")
    click.echo(f"  audit run {file} --model SPEC")


def _text(file: Path, shipped: str | None) -> str:
    """Return the starter or a shipped set under the file's name."""
    from audit.probes import starter_file
    from audit.probes.load import find_probe_file

    source = starter_file() if shipped is None else find_probe_file(shipped)
    text = source.read_text(encoding="utf-8")
    if shipped is None:
        text = text.replace("FILE", file.name)
    return re.sub(r"(?m)^name: [^\s#]+", f"name: {file.stem}", text, count=1)
