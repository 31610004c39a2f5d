"""Options of the gate, shared by ``audit gate`` and ``audit run --gate``, and how it is printed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import Decorator, option
from audit.errors import ConfigError
from audit.records import GateResult

if TYPE_CHECKING:
    from audit.pipeline.gate_limits import GateOptions
    from audit.runlog import RunLog

_PART = click.FloatRange(min=0.0, min_open=True)

GATE_OPTIONS: list[Decorator] = [
    option("--limits", "limits_file", type=click.Path(dir_okay=False), metavar="FILE",
           help="Limits file (YAML): max_gap, groups, max_increase, require_power, fail_on, "
                "baseline, waivers."),
    option("--baseline", metavar="RUN",
           help="Judge the change since an earlier run: a file made by `audit bless`, a run "
                "folder, or git:REF:PATH."),
    option("--max-gap", type=_PART, metavar="GAP",
           help="Largest gap in either direction, in the estimate's unit (default: the run's own "
                "limit)."),
    option("--max-increase", type=_PART, metavar="GAP",
           help="Largest change since the baseline (default: the run's own limit)."),
    option("--require-power", type=_PART, metavar="GAP",
           help="Pass only if every group's run could have shown a gap of this size."),
    option("--allow", "waivers", type=click.Path(dir_okay=False), metavar="FILE",
           help="Waivers (YAML): group, owner, reason, expires."),
]  # fmt: skip


def gate_options(given: Mapping[str, Any]) -> GateOptions:
    """Turn command-line values, and the limits file they name, into the gate's options."""
    from audit.pipeline.gate_limits import GateOptions, with_limits_file

    options = GateOptions(
        baseline=given["baseline"],
        max_gap=given["max_gap"],
        max_increase=given["max_increase"],
        require_power=given["require_power"],
        waivers=given["waivers"],
        fail_on_concern=given["fail_on"] == "concern",
        allow_partial=given["allow_partial"],
    )
    return with_limits_file(options, given["limits_file"]) if given["limits_file"] else options


@dataclass(frozen=True)
class PreparedGate:
    """The gate of a run that is still to be made: what can be wrong is wrong before it costs."""

    options: GateOptions
    baseline: RunLog | None


def prepare_gate(given: Mapping[str, Any]) -> PreparedGate:
    """Read limits, waivers and baseline while ``reports/latest`` still is the earlier run."""
    from audit.pipeline.baseline import open_baseline
    from audit.pipeline.folders import utc_now
    from audit.pipeline.waivers import read_waivers

    options = gate_options(given)
    if options.waivers is not None:
        read_waivers(Path(options.waivers), today=utc_now().date())
    return PreparedGate(options, open_baseline(options.baseline) if options.baseline else None)


def show_gates(
    results: Sequence[GateResult], formats: Sequence[str], *, fail_on_concern: bool
) -> None:
    """Print gate results in the asked formats; GitHub's summary goes to its file."""
    from audit.exports.gate_text import gate_json, gate_markdown, gate_text
    from audit.exports.github import github_annotations, github_summary
    from audit.exports.junit import junit_xml

    for form in formats:
        if form == "junit":
            click.echo(junit_xml(results, fail_on_concern=fail_on_concern), nl=False)
        elif form == "json":
            objects = [gate_json(result) for result in results]
            whole = objects[0] if len(objects) == 1 else {"schema_version": 1, "gates": objects}
            click.echo(json.dumps(whole, indent=1, ensure_ascii=False))
        elif form == "github":
            lines = [github_annotations(r, fail_on_concern=fail_on_concern) for r in results]
            click.echo("\n".join(line for line in lines if line))
            _append_summary([github_summary(result) for result in results])
        else:
            write = gate_markdown if form == "md" else gate_text
            for result in results:
                click.echo(write(result).rstrip("\n"))


def _append_summary(pages: Sequence[str]) -> None:
    """Add to the step summary where GitHub Actions names its file."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        try:
            with Path(path).open("a", encoding="utf-8") as handle:
                handle.write("\n".join(pages))
        except OSError as error:
            raise ConfigError(
                f"the step summary cannot be written: {error.strerror}",
                where="GITHUB_STEP_SUMMARY",
            ) from error
