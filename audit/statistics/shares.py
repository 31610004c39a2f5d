"""Shares of the variance of a whole run, averaged over its groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from audit.statistics.cells import Answers
from audit.statistics.components import Components, split_components
from audit.statistics.families import Family, Run
from audit.statistics.pairs import number
from audit.statistics.units import cell_noise
from audit.statistics.validation import Array
from audit.statistics.variance import variance_shares

SOURCES = ("template", "term", "interaction", "shot_order", "sampling")


def run_components(run: Run, family: Family) -> Components | None:
    """Estimate a run's variance components, averaged over its groups.

    Parameters
    ----------
    run : Run
        The measured run.
    family : Family
        Its groups; those with fewer than two terms or templates do not count.

    Returns
    -------
    Components or None
        ``None`` where no group can be split, or single repeats hide the sampling noise. Scores are
        not drawn: their sampling variance is 0.
    """
    draws = _draw_variance(run.answers, run.outcome.unit == "score")
    present = ~np.isnan(run.answers.value)
    noise, filler_noise = cell_noise(run.table, run.answers.noise, present)
    by_pair = run.table.by_pair(draws)
    measured = np.where(np.isnan(run.cells.x), np.nan, run.cells.y)
    fillers = run.cells.filler_matrix()
    reference = (_mean(filler_noise), _mean(draws[run.table.references[0]]))
    parts = []
    for index in range(family.size):
        terms = family.members(index)
        own = (
            _mean(noise[np.isin(run.cells.term, terms)]),
            _mean(by_pair[np.isin(run.table.pairs[1], terms)]),
        )
        if np.isnan([*own, *reference]).any():
            continue
        try:
            part = split_components(
                run.cells.matrix(terms, measured),
                fillers,
                noise=own[0],
                reference_noise=reference[0],
                sampling=own[1],
                reference_sampling=reference[1],
            )
        except ValueError:
            continue  # too few terms or templates to split: this group says nothing
        parts.append(part)
    if not parts:
        return None
    return replace(_average(parts), pilot_templates=run.cells.n_units)


def run_variance_shares(
    run: Run, components: Components | None, shot_order: float | None = None
) -> dict[str, float | None]:
    """Say where a run's variance comes from.

    Parameters
    ----------
    run : Run
        The measured run.
    components : Components or None
        From `run_components`.
    shot_order : float, optional
        Variance of a gap between prompts on the squared scale [0, 1]; ``None`` with one prompt.

    Returns
    -------
    dict
        ``template``, ``term``, ``interaction``, ``shot_order`` and ``sampling``: shares of the
        variance of one pair asked once on each side, each in [0, 1], that sum to 1. All are
        ``None`` without components; ``shot_order`` is ``None`` with one shot order.
    """
    if components is None:
        return dict.fromkeys(SOURCES)
    fillers = run.cells.filler_matrix().shape[1]
    shares = variance_shares(components, fillers=fillers, shot_order=shot_order)
    return {
        source: None if share is None else number(share)
        for source, share in ((name, getattr(shares, name)) for name in SOURCES)
    }


def _draw_variance(answers: Answers, is_score: bool) -> Array:
    """Return the variance of one draw behind every answer; NaN where one repeat hides it."""
    if is_score:
        return np.where(np.isnan(answers.value), np.nan, 0.0)
    exact = answers.value * (1 - answers.value)
    # Noise is y (1 - y) / (R - 1) over R parsed repeats, so one draw varies by R times as much.
    parsed = np.where(np.isfinite(answers.repeats), answers.counts[:, :-1].sum(axis=1), 1.0)
    return np.where(np.isfinite(answers.repeats), answers.noise * parsed, exact)


def _mean(values: Array) -> float:
    """Return the mean of what is known, NaN where nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _average(parts: list[Components]) -> Components:
    """Average every component over the groups."""
    mean = np.mean([part.values for part in parts], axis=0).tolist()
    return Components(*mean)
