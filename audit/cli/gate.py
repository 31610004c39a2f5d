"""``audit gate``: may this run pass, by its limits, a baseline and waivers."""

from __future__ import annotations

from typing import Any

import click

from audit.cli.gate_options import GATE_OPTIONS, gate_options, show_gates
from audit.cli.options import option, stack


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path())
@stack(GATE_OPTIONS)
@option("--fail-on", type=click.Choice(["gap", "concern"]), default="gap", show_default=True,
        help="From which verdict on to exit with 1.")  # fmt: skip
@option("--allow-partial", is_flag=True, help="Judge a run that failed on the way.")
@click.option("--format", "formats", multiple=True,
              type=click.Choice(["text", "json", "junit", "github", "md"]),
              help="What to print (repeatable; default: text).")  # fmt: skip
def gate(folder: str, **given: Any) -> int:
    """Decide whether RUN is within its limits, from its log alone.

    With --baseline the change since that run is judged, by the interval of the difference.

    Exit status: 0 everything passed or is waived, 1 a gap beyond the limit (or a concern, if
    asked), 4 uncertain or something is missing, 3 the run failed or is partial, 2 usage.
    """
    from audit.pipeline.gate import gate_run

    options = gate_options(given)
    result = gate_run(folder, options)
    show_gates([result], given["formats"] or ("text",), fail_on_concern=options.fail_on_concern)
    return result.exit_code
