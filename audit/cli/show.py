"""How a finished run is printed: table, JSON, Markdown or HTML, then where the report is."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli.progress import plain_output

if TYPE_CHECKING:
    from audit.pipeline import RunResult


def show_result(result: RunResult, form: str) -> None:
    """Print one run in one form on standard output."""
    if form == "json":
        click.echo(json.dumps(result.results, indent=1, ensure_ascii=False))
    elif form in {"junit", "github"}:
        _show_for_ci(result, form)
    elif form == "html":
        click.echo(result.conclusions.html)
    elif form == "md":
        from audit.report import render_markdown

        click.echo(render_markdown(result.conclusions.report))
    else:
        _show_text(result)


def _show_for_ci(result: RunResult, form: str) -> None:
    """Print the run as a gate by its own limits would."""
    from audit.cli.gate_options import show_gates
    from audit.pipeline.gate import gate_run
    from audit.pipeline.gate_limits import GateOptions

    options = GateOptions(allow_partial=True)
    show_gates([gate_run(result.folder, options)], (form,), fail_on_concern=False)


def _show_text(result: RunResult) -> None:
    from audit.report import render_text

    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    text = render_text(
        result.conclusions.report,
        width=min(shutil.get_terminal_size((100, 24)).columns, 120),
        ascii=not _prints_unicode(),
        colour=colour,
        plain=bool(os.environ.get("AUDIT_PLAIN")) or (plain_output() and colour),
    )
    click.echo(text)
    click.echo(f"Report: {_shown(result.folder / 'index.html')}")
    click.echo(_next_step(result))


def _prints_unicode() -> bool:
    return "utf" in (sys.stdout.encoding or "").lower()


def _shown(path: Path) -> str:
    """Return a path as short as it can be typed from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _next_step(result: RunResult) -> str:
    """Say in the last line what to do now."""
    folder = _shown(result.folder)
    if result.results["spec"]["quick"]:
        return "Next: run it again without --quick; a quick look decides nothing."
    if result.results["verdict"] == "not_enough_evidence":
        return "Next: the report says how many templates each group needs."
    if result.results["overrides"]:
        return f"Next: read the report, then decide on {folder}/override-policy.yaml."
    return "Next: read what was not tested, then have two people sign the report."
