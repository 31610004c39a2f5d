"""The error of a design and the templates it needs: formulas of the planner.

Symbols: T templates, K terms per group, R repeats, J reference fillers, R0 repeats per filler
cell, G groups. Gaps and errors are fractions. Power is for one group without adjustment for the
others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from scipy import special

from audit.records import Estimand
from audit.statistics.components import Components
from audit.statistics.intervals import FLOOR
from audit.statistics.precision import MINIMUM_TEMPLATES, MOST_TEMPLATES, strict_templates
from audit.statistics.validation import alpha_of

Scheme = Literal["exact", "sampled", "deterministic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How an audit is laid out.

    Attributes
    ----------
    templates, terms, repeats, fillers, reference_repeats, groups : int
        T, K, R, J, R0 and G; repeats count only for ``scheme='sampled'``.
    scheme : {'sampled', 'exact', 'deterministic'}
        Drawn labels, exact probabilities (one call per cell), or labels that never vary.
    """

    templates: int
    terms: int = 5
    repeats: int = 5
    fillers: int = 3
    reference_repeats: int = 25
    groups: int = 1
    scheme: Scheme = "sampled"

    def __post_init__(self) -> None:
        counts = (
            self.templates,
            self.terms,
            self.repeats,
            self.fillers,
            self.reference_repeats,
            self.groups,
        )
        if min(counts) < 1:
            raise ValueError("design: every count must be at least 1")

    @property
    def calls(self) -> int:
        """Answers to ask for: T (G K R + J R0), repeats counting once unless they are drawn."""
        drawn = self.scheme == "sampled"
        own, reference = (self.repeats, self.reference_repeats) if drawn else (1, 1)
        return self.templates * (self.groups * self.terms * own + self.fillers * reference)

    @property
    def floor(self) -> float:
        """The interval's floor h that is safe to plan with: 1/2 for single labels, else 1/4."""
        single = self.scheme == "deterministic" or (self.scheme == "sampled" and self.repeats == 1)
        return FLOOR[1] if single else FLOOR[0]


def standard_error(
    components: Components, design: Design, *, estimand: Estimand = "listed"
) -> float:
    """Return the standard error of a group's gap.

    Parameters
    ----------
    components : Components
        From a pilot or from priors.
    design : Design
        The planned run.
    estimand : {'listed', 'phrases'}
        ``phrases`` adds the terms' own variance, which templates do not remove.

    Returns
    -------
    float
        ``sqrt([s_T2 + s_TK2/K + w_g/(KR) + (s_B2 + w_0/R0)/J] / T  (+ s_K2/K))``, a fraction;
        never missing. Check 23 of ``docs/validity.md`` measures it.

    Raises
    ------
    ValueError
        For the estimand ``census``, which needs no plan.
    """
    by_template = _bracket(components, design) / design.templates
    return math.sqrt(by_template + _between_terms(components, design, estimand))


def detectable_gap(
    components: Components,
    design: Design,
    *,
    estimand: Estimand = "listed",
    confidence_level: float = 0.95,
    power: float = 0.8,
) -> float:
    """Return the smallest gap found with the given power.

    Parameters
    ----------
    components : Components
        From a pilot or from priors.
    design : Design
        The run as intended, with at least two templates.
    estimand : {'listed', 'phrases'}
        What the interval is about.
    confidence_level, power : float
        In (0, 1).

    Returns
    -------
    float
        A positive fraction, either direction: (t_{1 - alpha/2} + t_power) SE. Never missing.

    Notes
    -----
    Cohen 1988, with t for z; check 24 of ``docs/validity.md`` measures the power.
    """
    upper = 1 - alpha_of(confidence_level) / 2
    return _margin(components, design, estimand, upper, power)


def templates_for_detection(
    components: Components,
    design: Design,
    gap: float,
    *,
    tolerance: float = 0.0,
    estimand: Estimand = "listed",
    confidence_level: float = 0.95,
    power: float = 0.8,
) -> int | None:
    """Return the templates at which a true gap is found.

    Parameters
    ----------
    components, design
        As in `standard_error`; the design's templates do not matter.
    gap : float
        True gap, a positive fraction.
    tolerance : float
        0 to find that there is a gap; the limit to find that it is beyond the limit.
    estimand, confidence_level, power
        As in `detectable_gap`.

    Returns
    -------
    int or None
        At least 6; ``None`` where no number of templates is enough.
    """
    upper = 1 - alpha_of(confidence_level) / 2
    distance = gap - tolerance
    return _fewest(
        lambda T: (
            _margin(components, replace(design, templates=T), estimand, upper, power) <= distance
        )
    )


def templates_for_pass(
    components: Components,
    design: Design,
    tolerance: float,
    *,
    estimand: Estimand = "listed",
    confidence_level: float = 0.95,
    power: float = 0.8,
    strict: bool = False,
) -> int | None:
    """Return the templates at which "no gap beyond the limit" comes out if there is no gap.

    Parameters
    ----------
    components, design
        As in `templates_for_detection`.
    tolerance : float
        The limit, a fraction in (0, 1).
    estimand, confidence_level
        As in `templates_for_detection`.
    power : float
        Probability of the verdict at a zero gap.
    strict : bool
        Also ask for enough templates to have seen flips of whole templates (``strict_pass``).

    Returns
    -------
    int or None
        Never less than the interval's floor allows (14, or 28 for single labels, at 5 points).

    Notes
    -----
    (t_{1 - alpha/2} + t_{(1 + power)/2}) SE <= tolerance, as both ends must fit. Where the
    interval's floor will act, its half-width stands for the first term: without that, 16 templates
    are planned for a rare outcome (rate .02) and the verdict comes in 22% of audits, not in 80%.
    """
    upper = 1 - alpha_of(confidence_level) / 2
    least = templates_for_floor(tolerance, design.floor, confidence_level=confidence_level)
    if strict:
        least = max(least, strict_templates(tolerance))
    found = _fewest(
        lambda T: (
            _margin(
                components,
                replace(design, templates=T),
                estimand,
                upper,
                (1 + power) / 2,
                floored=True,
            )
            <= tolerance
        )
    )
    return None if found is None else max(found, least)


def templates_for_floor(tolerance: float, h: float, *, confidence_level: float = 0.95) -> int:
    """Return the fewest templates at which identical answers everywhere fit into the tolerance.

    Parameters
    ----------
    tolerance : float
        The limit, a fraction in (0, 1).
    h : float
        The interval's floor, 1/4 to 1/2.
    confidence_level : float
        Of the interval, in (0, 1).

    Returns
    -------
    int
        At least 6.

    Raises
    ------
    ValueError
        If the tolerance is not in (0, 1).

    Examples
    --------
    >>> templates_for_floor(0.05, 0.5), templates_for_floor(0.1, 0.5)
    (28, 14)
    """
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance: must lie in (0, 1), got {tolerance}")
    upper = 1 - alpha_of(confidence_level) / 2

    def fits(T: int) -> bool:
        half = special.stdtrit(T - 1, upper) * math.sqrt(2 * h**2 / ((T + 1) * (T + 2)))
        return bool(half <= tolerance)

    return _fewest(fits) or MOST_TEMPLATES


def square_root_rule(design: Design) -> int:
    """Return the repeats per filler cell that balance the reference against the groups.

    Parameters
    ----------
    design : Design
        The run as intended.

    Returns
    -------
    int
        R0 with J R0 = sqrt(G) K R answers per template, rounded up, at least 1.

    Notes
    -----
    The square-root rule of comparisons with one control (Dunnett 1955).
    """
    wanted = math.sqrt(design.groups) * design.terms * design.repeats
    return max(1, math.ceil(wanted / design.fillers))


def foreseen_floor(components: Components, design: Design) -> float:
    """Return the interval's floor h to expect.

    Parameters
    ----------
    components : Components
        From a pilot or from priors.
    design : Design
        The run as intended.

    Returns
    -------
    float
        A fraction, 1/4 to 1/2, on the scale [0, 1]; always there: the careful floor of the design
        where the components do not know the spread.

    Notes
    -----
    `audit.statistics.intervals.floor_h` with its expectation under the components.
    """
    if components.spread is None or design.floor == FLOOR[1]:
        return design.floor
    K, J = design.terms, design.fillers
    single = (K * components.sampling + J * components.reference_sampling) / (K + J)
    drawn = _sampling(components, design, K / (K + J), J / (K + J))
    total = components.spread + single
    h = 0.5 * math.sqrt((components.spread + drawn) / total) if total > 0 else FLOOR[1]
    return min(max(h, FLOOR[0]), FLOOR[1])


def sampling_share(components: Components, design: Design) -> float:
    """Return the share of a template gap's variance that more repeats could remove.

    Parameters
    ----------
    components : Components
        From a pilot or from priors.
    design : Design
        The run as intended.

    Returns
    -------
    float
        In [0, 1], 0 where nothing varies; never missing. Above a third, repeats are worth raising
        (the cost rule in `audit.statistics.planner`).
    """
    bracket = _bracket(components, design)
    drawn = _sampling(components, design, 1 / design.terms, 1 / design.fillers)
    return drawn / bracket if bracket > 0 else 0.0


def optimal_repeats(
    components: Components, design: Design, *, template_cost: float, call_cost: float
) -> float:
    """Return the repeats per cell that give the smallest error for a budget.

    Parameters
    ----------
    components, design
        As in `standard_error`; terms and fillers of the design count.
    template_cost, call_cost : float
        Cost of writing a template and of one call, in the same money, positive.

    Returns
    -------
    float
        Repeats, at least 1; infinite where templates do not differ at all.

    Raises
    ------
    ValueError
        If a cost is not positive.

    Notes
    -----
    The textbook optimum of two-stage sampling (Cochran 1977):
    R* = sqrt((w_g/K + w_0/J) / (s_T2 + s_TK2/K + s_B2/J) * c_T / ((K + J) c)).
    """
    if not template_cost > 0 or not call_cost > 0:
        raise ValueError("template_cost and call_cost must be positive")
    K, J = design.terms, design.fillers
    drawn = components.sampling / K + components.reference_sampling / J
    lasting = components.template + components.interaction / K + components.filler / J
    if lasting <= 0:
        return math.inf
    return max(1.0, math.sqrt(drawn / lasting * template_cost / ((K + J) * call_cost)))


def _sampling(components: Components, design: Design, own: float, reference: float) -> float:
    """Return a weighted sum of the two cells' sampling variances; 0 where nothing is drawn."""
    if design.scheme != "sampled":
        return 0.0
    drawn = own * components.sampling / design.repeats
    return drawn + reference * components.reference_sampling / design.reference_repeats


def _bracket(components: Components, design: Design) -> float:
    """Return the variance of one template gap."""
    lasting = (
        components.template
        + components.interaction / design.terms
        + components.filler / design.fillers
    )
    return lasting + _sampling(components, design, 1 / design.terms, 1 / design.fillers)


def _between_terms(components: Components, design: Design, estimand: Estimand) -> float:
    """Return the part of the squared error that only more terms remove."""
    if estimand == "census":
        raise ValueError("estimand: a census has sampling noise only; plan listed or phrases")
    return components.term / design.terms if estimand == "phrases" else 0.0


def _margin(
    components: Components,
    design: Design,
    estimand: Estimand,
    upper: float,
    power: float,
    *,
    floored: bool = False,
) -> float:
    """Return (t_upper + t_power) SE; ``floored``: with the half-width that the floor allows."""
    T, K = design.templates, design.terms
    bracket = _bracket(components, design)
    rows, columns = bracket / T, _between_terms(components, design, estimand)
    shown = rows
    if floored:
        h = foreseen_floor(components, design)
        shown = max(rows, ((T - 1) * bracket + 2 * h**2) / ((T + 1) * (T + 2)))
    df = float(max(T - 1, 1))
    if columns > 0 and K > 1:
        df = (shown + columns) ** 2 / (shown**2 / df + columns**2 / (K - 1))
    interval, found = special.stdtrit(df, [upper, power])
    return float(interval * math.sqrt(shown + columns) + found * math.sqrt(rows + columns))


def _fewest(enough: Callable[[int], bool]) -> int | None:
    """Return the smallest T >= 6 that is enough, or ``None`` beyond a million."""
    low = high = MINIMUM_TEMPLATES
    while not enough(high):
        if high >= MOST_TEMPLATES:
            return None
        low, high = high + 1, min(2 * high, MOST_TEMPLATES)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high
