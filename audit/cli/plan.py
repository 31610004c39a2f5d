"""``audit plan``: what an audit would send and could show, before it is run."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import MODEL_OPTIONS, SAMPLING_OPTIONS, SHOT_OPTIONS, option, stack

if TYPE_CHECKING:
    from audit.classifiers.remote.estimate import Estimate
    from audit.pipeline.plan import AuditPlan

_PLANNED = ("scheme", "pilot", "reference_rate", "gap", "power", "repeats")


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
@option(
    "--seconds-per-answer",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="How long a service is expected to take for one answer.",
)
@stack(MODEL_OPTIONS)
@stack(SAMPLING_OPTIONS)
@stack(SHOT_OPTIONS)
@click.option("--json", "json_out", is_flag=True, help="Print the plan as JSON.")
def plan(source: str, json_out: bool, **given: Any) -> None:  # fmt: skip
    """Say what PROBES could show, before a single sentence is sent.

    Per group: the smallest gap that would be seen, and the templates each verdict needs. With the
    --model of a service also the requests, tokens, time and money that the run would take; give
    the options of the run.
    """
    from audit.cli.run import SAMPLING, classifier_options, shot_options
    from audit.pipeline.plan import plan_asking, plan_audit

    planned = plan_audit(
        source,
        limits={"tolerance": given["tolerance"]},
        shots=shot_options(given),
        **{name: given[name] for name in _PLANNED},
    )
    options = classifier_options(given)
    asking = plan_asking(
        source,
        given["model"],
        options,
        {name: given[name] for name in SAMPLING},
        shots=shot_options(given),
        seconds_per_answer=given["seconds_per_answer"],
    )
    if json_out:
        click.echo(json.dumps(_object(planned) | {"asking": _asking(asking)}, indent=1))
        return
    _show(planned, given["power"])
    if asking is not None:
        _show_asking(asking, given["model"])
    click.echo("Nothing was sent.")


def _asking(found: Estimate | None) -> dict[str, Any] | None:
    """Return what asking takes as JSON values; ranges are [least, most]."""
    return None if found is None else dataclasses.asdict(found)


def _show_asking(found: Estimate, model: str) -> None:
    """Print what asking takes."""
    click.echo(f"\nAsking {model}:")
    click.echo(f"  requests        {_range(found.requests)}")
    click.echo(f"  tokens read     {_range(found.tokens_read)}")
    click.echo(f"  tokens written  {_range(found.tokens_written)}")
    click.echo(f"  time            {_range(tuple(s / 60 for s in found.seconds), '.1f')} minutes")
    if found.cost is None:
        click.echo("  money           unknown: give --prices IN OUT")
    else:
        click.echo(f"  money           {_range(found.cost, '.2f')} in the unit of --prices")
    if found.limit is not None:
        click.echo(f"  limit           {found.limit}")
    click.echo(f"  assumed: {'; '.join(found.basis)}.")


def _range(ends: tuple[float, ...], form: str = "") -> str:
    """Write a least and a most."""
    least, most = (f"{end:,{form}}" for end in ends)
    return least if least == most else f"{least} to {most}"


def _object(planned: AuditPlan) -> dict[str, Any]:
    """Return a plan as JSON values."""
    return {
        "schema_version": 1,
        "sentences": planned.sentences,
        "answers": planned.answers,
        "prompts": planned.prompts,
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
    prompts = f" in {planned.prompts} prompts" if planned.prompts > 1 else ""
    click.echo(f"{planned.sentences:,} sentences, {planned.answers:,} answers to ask for{prompts}.")
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
    click.echo(f"Forecasts hold with probability {power:.0%} each.")
