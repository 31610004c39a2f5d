"""``audit probes stats``: what probe sets hold, in numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click


@click.command("stats")
@click.argument("sources", nargs=-1, required=True, metavar="PROBES...")
@click.option("--json", "json_out", is_flag=True, help="Print the numbers as JSON.")
def stats(sources: tuple[str, ...], json_out: bool) -> None:
    """Count what probe sets hold (files, directories, or shipped names), and what they can show."""
    from audit.pipeline.describe import describe_probe_set
    from audit.probes.lint import probe_files
    from audit.probes.wording import visible

    described = [describe_probe_set(path) for path in probe_files(sources)]
    if json_out:
        whole = described[0] if len(described) == 1 else {"schema_version": 1, "sets": described}
        click.echo(json.dumps(whole, indent=1, ensure_ascii=False))
        return
    for index, each in enumerate(described):
        if index:
            click.echo()
        for line in _lines(each):
            click.echo(visible(line))


def _lines(described: Mapping[str, Any]) -> Iterator[str]:
    """Yield the numbers for people."""
    yield (
        f"{described['name']} {described['version']} ({described['language']}), attribute "
        f"{described['attribute']}: {described['n_sentences']:,} sentences"
    )
    templates = described["templates"]
    yield f"  templates   {templates['n']} with {templates['n_carriers']} carriers"
    for name in ("valence", "use"):
        if f"by_{name}" in templates:
            yield f"  {name:<11} {_counts(templates[f'by_{name}'])} (carriers)"
    if "with_noun_slot" in templates:
        yield (
            f"  slots       {templates['with_noun_slot']} templates take a noun, "
            f"{templates['plural']} are about several people"
        )
    yield (
        f"  controls    {described['n_fillers']} reference fillers, "
        f"{described['n_placebos']} placebos"
    )
    reviewers = ", ".join(described["reviewers"]) or "nobody"
    yield f"  reviewed    by {reviewers}, on {described['review_date'] or 'no date'}"
    yield f"  consulted   {' '.join((described['consultation'] or 'not said').split())}"
    yield f"  sources     {described['n_sources']}"
    yield f"  {'group':<26}{'terms':>6}{'sentences':>10}{'smallest gap':>14}  wordings"
    for group in described["groups"]:
        gap = group["smallest_detectable_gap"]
        smallest = "none" if gap is None or gap >= 1 else f"{100 * gap:.1f} points"
        yield (
            f"  {group['id'][:25]:<26}{group['n_terms']:>6}{group['n_sentences']:>10}"
            f"{smallest:>14}  {_counts(group['by_wording'])}; {_counts(group['by_preference'])}"
        )


def _counts(counts: Mapping[str, int]) -> str:
    """Write counts as people would."""
    return ", ".join(f"{count} {name}" for name, count in counts.items())
