"""Plan an audit: what a probe set can show, said before anything is sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from audit.classifiers.remote.estimate import Estimate, estimate
from audit.errors import ConfigError
from audit.pipeline.shots import ShotOptions, shot_orders, with_shots_of
from audit.pipeline.summaries import summarise_log
from audit.probes import Expansion, expand, load_probe_set
from audit.records import ClassifierOptions, Group, ProbeSet
from audit.runlog import read_run
from audit.statistics.components import Components, prior_components
from audit.statistics.design import Design
from audit.statistics.planner import Plan, plan

Scheme = Literal["exact", "sampled", "deterministic"]
DEFAULT_TOLERANCE = 0.05
NO_SHOTS = ShotOptions()
"""The probe set's own prompt."""


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """One group's design and what it can show."""

    group: Group
    plan: Plan


@dataclass(frozen=True, slots=True)
class AuditPlan:
    """What a whole audit would send and could show.

    Attributes
    ----------
    sentences : int
        Distinct variants; ``answers`` counts them in every prompt, and their repeats where labels
        are drawn.
    tolerance, gap : float
        The limit, and the true gap that is planned for (fractions).
    groups : tuple of GroupPlan
        In the order of the probe set.
    basis : str
        Where the variance components come from, for people.
    prompts : int
        In how many prompts every sentence is asked; verdicts are about the first.
    """

    sentences: int
    answers: int
    tolerance: float
    gap: float
    groups: tuple[GroupPlan, ...]
    basis: str
    prompts: int = 1


def plan_audit(
    source: str | Path,
    *,
    scheme: Scheme = "exact",
    pilot: str | Path | None = None,
    reference_rate: float = 0.3,
    gap: float | None = None,
    power: float = 0.8,
    limits: Mapping[str, Any] | None = None,
    repeats: int | None = None,
    shots: ShotOptions = NO_SHOTS,
) -> AuditPlan:
    """Judge a probe set before it is run.

    Parameters
    ----------
    source : str or Path
        A probe file, or a shipped name.
    scheme : {'exact', 'sampled', 'deterministic'}
        How the target answers: exact probabilities, drawn labels, or labels that never vary.
    pilot : str or Path, optional
        A finished run whose variance components are used; default: stated priors.
    reference_rate : float
        Prior share of unfavourable answers on the reference, in (0, 1). Ignored with a pilot.
    gap : float, optional
        True gap to plan for, a fraction; default: twice the limit.
    power : float
        Probability of the wanted verdict, in (0, 1).
    limits, repeats
        Override the probe set's.
    shots : ShotOptions
        Which prompts every sentence is asked in.

    Raises
    ------
    ProbeError, ConfigError, RunLogError
        If the probe set, the pilot or a number cannot be used.
    """
    probe_set = load_probe_set(source)
    prompts = len(shot_orders(probe_set.task, shots, seed=probe_set.sampling.seed))
    planned = plan_expansion(
        probe_set,
        expand(probe_set),
        scheme=scheme,
        pilot=pilot,
        reference_rate=reference_rate,
        gap=gap,
        power=power,
        limits=limits,
        repeats=repeats,
    )
    return dataclasses.replace(planned, answers=prompts * planned.answers, prompts=prompts)


def plan_asking(
    source: str | Path,
    model: str,
    options: ClassifierOptions,
    sampling: Mapping[str, Any],
    *,
    shots: ShotOptions = NO_SHOTS,
    seconds_per_answer: float = 1.0,
) -> Estimate | None:
    """Say what asking a service about every sentence of a probe set would take.

    Parameters
    ----------
    source : str or Path
        A probe file, or a shipped name.
    model : str
        ``SCHEME:LOCATOR``.
    options : ClassifierOptions
        How it would be asked.
    sampling : mapping
        What differs from the probe set's sampling; ``None`` keeps the probe set's.
    shots : ShotOptions
        Which prompts every sentence is asked in.
    seconds_per_answer : float
        How long one answer is expected to take.

    Returns
    -------
    Estimate or None
        ``None`` where no service is asked.

    Raises
    ------
    ProbeError, ConfigError
        If the probe set or an option cannot be used.
    """
    probe_set = load_probe_set(source)
    chosen = {name: value for name, value in sampling.items() if value is not None}
    texts = [variant.text for variant in expand(probe_set).variants]
    asked = dataclasses.replace(options, sampling=dataclasses.replace(probe_set.sampling, **chosen))
    first, *others = (
        with_shots_of(probe_set.task, order, shots.separator)
        for order in shot_orders(probe_set.task, shots, seed=asked.sampling.seed)
    )
    return estimate(
        model, first, texts, asked, others=others, seconds_per_answer=seconds_per_answer
    )


def plan_expansion(
    probe_set: ProbeSet,
    expansion: Expansion,
    *,
    scheme: Scheme = "exact",
    pilot: str | Path | None = None,
    reference_rate: float = 0.3,
    gap: float | None = None,
    power: float = 0.8,
    limits: Mapping[str, Any] | None = None,
    repeats: int | None = None,
) -> AuditPlan:
    """Judge a probe set that is loaded and rendered; see `plan_audit`."""
    given = {key: value for key, value in (limits or {}).items() if value is not None}
    chosen = dataclasses.replace(probe_set.limits, **given)
    tolerance = chosen.tolerance or DEFAULT_TOLERANCE
    wanted = 2 * tolerance if gap is None else gap
    drawn = scheme == "sampled"
    times = (repeats or probe_set.sampling.repeats) if drawn else 1
    components, at_gap, basis = _components(pilot, reference_rate, wanted)
    plans = []
    for group in expansion.groups:
        design = _design(expansion, group, scheme, times)
        if design is None:
            continue
        judged = plan(
            components,
            design,
            tolerance=tolerance,
            gap=wanted,
            at_gap=at_gap,
            confidence_level=chosen.confidence_level,
            power=power,
            strict=chosen.strict_pass,
        )
        plans.append(GroupPlan(group, judged))
    sentences = len(expansion.variants)
    return AuditPlan(sentences, sentences * times, tolerance, wanted, tuple(plans), basis)


def _components(
    pilot: str | Path | None, reference_rate: float, gap: float
) -> tuple[Components, Components | None, str]:
    """Return the components at no gap and at the wanted gap, and where they come from."""
    if pilot is not None:
        measured = summarise_log(read_run(pilot)).components
        if measured is None:
            raise ConfigError(
                "the pilot says nothing about the variance: too few templates or terms, or one "
                "repeat only",
                where=str(pilot),
                hint="use a run with at least 10 templates and 3 terms, exact or with 2 repeats",
            )
        return measured, None, f"measured in run {Path(pilot).name}"
    try:
        shifted = prior_components(reference_rate, gap)
        return (
            prior_components(reference_rate),
            shifted,
            f"a typical few-shot classifier that is unfavourable {reference_rate:.0%} of the time "
            "(a belief, not a measurement: name a finished run with --pilot)",
        )
    except ValueError as error:
        raise ConfigError(str(error), where="--reference-rate") from error


def _design(expansion: Expansion, group: Group, scheme: Scheme, repeats: int) -> Design | None:
    """Count what a group has in the probe set; ``None`` where nothing can be compared."""
    own = [v for v in expansion.variants if v.group == group.id and not v.apart]
    units = {variant.unit for variant in own}
    fillers = {v.term for v in expansion.variants if v.role == "reference" and v.unit in units}
    if not own or not fillers:
        return None
    return Design(
        templates=len(units),
        terms=len({variant.term for variant in own}),
        repeats=repeats,
        fillers=len(fillers),
        reference_repeats=repeats,
        groups=len(expansion.groups),
        scheme=scheme,
    )
