"""``audit plan``: what an audit would send and could show, before it is run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import option

if TYPE_CHECKING:
    from audit.pipeline.plan import AuditPlan


@click.command()
@click.argument("source", metavar="PROBES")
@option(
    "--scheme",
    type=click.Choice(["exact", "sampled", "deterministic"]),
    default="exact",
    show_default=True,
    help="How the target answers: probabilities, drawn labels, or one label "
    "that never varies (lexicons).",
)
@option("--repeats", type=click.IntRange(min=1), help="Samples per sentence, for --scheme sampled.")
@click.option(
    "--pilot",
    metavar="RUN",
    type=click.Path(exists=True, file_okay=False),
    help="A finished run to take the variance from.",
)
@option(
    "--reference-rate",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.3,
    show_default=True,
    help="Expected share of unfavourable answers without a mention.",
)
@option(
    "--gap",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="True gap to plan for, as a fraction (default: twice the limit).",
)
@option(
    "--power",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.8,
    show_default=True,
    help="Wanted probability of the verdict.",
)
@option("--tolerance", type=click.FloatRange(min=0.0, min_open=True), help="The limit.")
@click.option("--json", "json_out", is_flag=True, help="Print the plan as JSON.")
def plan(source: str, json_out: bool, **given: Any) -> None:  # fmt: skip
    """Say what PROBES could show, before a single sentence is sent.

    Per group: the smallest gap that would be seen, and the templates each verdict needs.
    """
    from audit.pipeline.plan import plan_audit

    tolerance = given.pop("tolerance")
    planned = plan_audit(source, limits={"tolerance": tolerance}, **given)
    if json_out:
        click.echo(json.dumps(_object(planned), indent=1))
    else:
        _show(planned, given["power"])


def _object(planned: AuditPlan) -> dict[str, Any]:
    """Return a plan as JSON values."""
    return {
        "schema_version": 1,
        "sentences": planned.sentences,
        "answers": planned.answers,
        "tolerance": planned.tolerance,
        "gap": planned.gap,
        "basis": planned.basis,
        "groups": [
            {
                "id": item.group.id,
                "n_templates": item.plan.design.templates,
                "n_terms": item.plan.design.terms,
                "standard_error": item.plan.standard_error,
                "smallest_detectable_gap": item.plan.smallest_detectable_gap,
                "templates_needed": {f.verdict: f.templates for f in item.plan.forecasts},
                "reachable": {f.verdict: f.reachable for f in item.plan.forecasts},
                "one_more": {m.what: m.standard_error for m in item.plan.one_more},
                "warnings": list(item.plan.warnings),
            }
            for item in planned.groups
        ],
    }


def _show(planned: AuditPlan, power: float) -> None:
    """Print a plan as a table with the notes that hold for every group."""
    click.echo(f"{planned.sentences:,} sentences, {planned.answers:,} answers to ask for.")
    click.echo(f"Limit {100 * planned.tolerance:g} points. Variance: {planned.basis}.\n")
    click.echo(f"{'Group':<26}{'Templates':>10}{'Terms':>7}{'Smallest gap':>14}   Templates for")
    click.echo(f"{'':<26}{'':>10}{'':>7}{'seen':>14}   no gap / gap shown / gap beyond limit")
    for item in planned.groups:
        judged = item.plan
        needs = " / ".join("never" if f.templates is None else str(f.templates)
                           for f in judged.forecasts)  # fmt: skip
        smallest = f"{100 * judged.smallest_detectable_gap:.1f} points"
        click.echo(
            f"{item.group.id[:25]:<26}{judged.design.templates:>10}{judged.design.terms:>7}"
            f"{smallest:>14}   {needs}"
        )
    click.echo()
    for item in planned.groups[:1]:
        for forecast in item.plan.forecasts:
            click.echo(f"{item.group.id}: {forecast.note}")
        buys = ", ".join(
            f"one more {more.what} {100 * more.standard_error:.2f}" for more in item.plan.one_more
        )
        click.echo(f"Standard error now {100 * item.plan.standard_error:.2f} points; with {buys}.")
    for warning in sorted({text for item in planned.groups for text in item.plan.warnings}):
        click.echo(f"Warning: {warning}")
    click.echo(f"Forecasts hold with probability {power:.0%} each; nothing was sent.")
