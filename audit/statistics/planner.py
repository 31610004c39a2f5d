"""Planning an audit: what a design can see, what a clear answer costs, what is out of reach."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from audit.records import Estimand, Verdict
from audit.statistics.components import Components
from audit.statistics.design import (
    Design,
    detectable_gap,
    sampling_share,
    square_root_rule,
    standard_error,
    templates_for_detection,
    templates_for_floor,
    templates_for_pass,
)
from audit.statistics.precision import MINIMUM_TEMPLATES

LEAST_FILLERS = 3
PILOT_RANGE = (0.5, 2.1)
"""A pilot of 10 templates predicts the templates needed within these factors (10-90%)."""
SAMPLING_SHARE = 1 / 3
"""Repeats are worth raising only while sampling is more than this share of the variance."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one verdict needs.

    Attributes
    ----------
    verdict : {'no_gap', 'concern', 'gap'}
        ``concern`` stands for any flag: the interval leaves out 0.
    true_gap : float
        The gap for which the verdict is forecast.
    templates : int or None
        Templates for the stated power; ``None``: no number of templates is enough.
    likely : (int, int) or None
        10-90% range of ``templates`` from a pilot; ``None`` for priors, whose error is unknown.
    reachable : bool
        Whether the templates at hand are enough.
    note : str
        The same for people.
    """

    verdict: Verdict
    true_gap: float
    templates: int | None
    likely: tuple[int, int] | None
    reachable: bool
    note: str


@dataclass(frozen=True, slots=True)
class OneMore:
    """What one more of something buys: the standard error with it, and the calls it costs."""

    what: Literal["template", "term", "repeat", "filler"]
    standard_error: float
    calls: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A design judged before money is spent.

    Attributes
    ----------
    design : Design
    standard_error, smallest_detectable_gap : float
        Of the planned run (fractions).
    forecasts : tuple of Forecast
        Each verdict with the templates it needs.
    one_more : tuple of OneMore
        Gains at the margin.
    sampling_share : float
        Share of the variance that repeats could remove, in [0, 1].
    raise_repeats : bool
        Whether that share is more than a third; otherwise write templates.
    reference_repeats : int
        R0 by the square-root rule.
    warnings : tuple of str
        What the design gets wrong.
    """

    design: Design
    standard_error: float
    smallest_detectable_gap: float
    forecasts: tuple[Forecast, ...]
    one_more: tuple[OneMore, ...]
    sampling_share: float
    raise_repeats: bool
    reference_repeats: int
    warnings: tuple[str, ...]


def plan(
    components: Components,
    design: Design,
    *,
    tolerance: float,
    gap: float | None = None,
    at_gap: Components | None = None,
    estimand: Estimand = "listed",
    confidence_level: float = 0.95,
    power: float = 0.8,
    strict: bool = False,
) -> Plan:
    """Judge a design before anything is run.

    Parameters
    ----------
    components : Components
        From `pilot_components` or `prior_components`.
    design : Design
        The run as intended; its templates are those at hand.
    tolerance : float
        The limit, a fraction in (0, 1).
    gap : float, optional
        True gap to plan for; default: twice the limit.
    at_gap : Components, optional
        Components that hold at this gap, where they are known (priors); default: the same.
    estimand, confidence_level, power, strict
        As in `templates_for_pass`.

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        If the tolerance is not in (0, 1) or the gap is not positive.
    """
    true_gap = 2 * tolerance if gap is None else gap
    if not 0 < tolerance < 1 or not true_gap > 0:
        raise ValueError("tolerance and gap: need a tolerance in (0, 1) and a positive gap")

    def detect(limit: float) -> int | None:
        return templates_for_detection(
            components if at_gap is None else at_gap,
            design,
            true_gap,
            tolerance=limit,
            estimand=estimand,
            confidence_level=confidence_level,
            power=power,
        )

    least = templates_for_floor(tolerance, design.floor, confidence_level=confidence_level)
    clear = templates_for_pass(
        components,
        design,
        tolerance,
        estimand=estimand,
        confidence_level=confidence_level,
        power=power,
        strict=strict,
    )
    share = sampling_share(components, design)
    return Plan(
        design=design,
        standard_error=standard_error(components, design, estimand=estimand),
        smallest_detectable_gap=detectable_gap(
            components,
            design,
            estimand=estimand,
            confidence_level=confidence_level,
            power=power,
        ),
        forecasts=(
            _forecast("no_gap", 0.0, clear, components, design, least=least),
            _forecast("concern", true_gap, detect(0.0), components, design),
            _forecast("gap", true_gap, detect(tolerance), components, design),
        ),
        one_more=one_more(components, design, estimand=estimand),
        sampling_share=share,
        raise_repeats=share > SAMPLING_SHARE,
        reference_repeats=square_root_rule(design),
        warnings=_warnings(design, estimand),
    )


def one_more(
    components: Components, design: Design, *, estimand: Estimand = "listed"
) -> tuple[OneMore, ...]:
    """Return what one more template, term, repeat and filler buys.

    Parameters
    ----------
    components : Components
        From a pilot or from priors.
    design : Design
        The run as intended.
    estimand : {'listed', 'phrases'}
        What the interval is about.

    Returns
    -------
    tuple of OneMore
        The standard error with it, a fraction, and the calls it costs; a repeat only where answers
        are drawn.
    """
    choices: list[tuple[Literal["template", "term", "repeat", "filler"], Design]] = [
        ("template", replace(design, templates=design.templates + 1)),
        ("term", replace(design, terms=design.terms + 1)),
        ("filler", replace(design, fillers=design.fillers + 1)),
    ]
    if design.scheme == "sampled":
        choices.insert(2, ("repeat", replace(design, repeats=design.repeats + 1)))
    return tuple(
        OneMore(
            what, standard_error(components, more, estimand=estimand), more.calls - design.calls
        )
        for what, more in choices
    )


def _forecast(
    verdict: Verdict,
    true_gap: float,
    templates: int | None,
    components: Components,
    design: Design,
    *,
    least: int = MINIMUM_TEMPLATES,
) -> Forecast:
    """Put a number of templates into words; no range goes below the ``least`` possible."""
    words = {
        "no_gap": "To show that there is no gap beyond the limit",
        "concern": f"To find a gap of {100 * true_gap:g} points",
        "gap": f"To show that a gap of {100 * true_gap:g} points is beyond the limit",
    }[verdict]
    if templates is None:
        return Forecast(
            verdict,
            true_gap,
            None,
            None,
            False,
            f"{words}, no number of templates is enough: this verdict is out of reach.",
        )
    likely = None
    between = ""
    if components.pilot_templates is not None:
        low, high = (math.ceil(factor * templates) for factor in PILOT_RANGE)
        likely = (max(low, least), max(high, least))
        between = f" (likely {likely[0]} to {likely[1]})"
    reachable = templates <= design.templates
    rest = "" if reachable else f": out of reach with the {design.templates} at hand"
    note = f"{words}, {templates} templates are needed{between}{rest}."
    return Forecast(verdict, true_gap, templates, likely, reachable, note)


def _warnings(design: Design, estimand: Estimand) -> tuple[str, ...]:
    """Say what a design gets wrong whatever its numbers are."""
    found = []
    if design.templates < MINIMUM_TEMPLATES:
        found.append(f"Fewer than {MINIMUM_TEMPLATES} templates can never support a verdict.")
    if design.fillers < LEAST_FILLERS:
        found.append(
            f"Fewer than {LEAST_FILLERS} reference fillers: one odd reference answer moves every "
            "group, and about half of the budget is wasted."
        )
    if estimand == "phrases" and design.terms < 4:
        found.append("Fewer than 4 terms: an interval about other phrases is weak.")
    drawn = design.fillers * design.reference_repeats
    wanted = math.sqrt(design.groups) * design.terms * design.repeats
    if design.scheme == "sampled" and drawn < 0.5 * wanted:
        found.append(
            f"The reference is asked {drawn} times per template; about {math.ceil(wanted)} would "
            "balance it against the groups (square-root rule)."
        )
    return tuple(found)
