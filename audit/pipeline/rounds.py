"""Sequential rounds: a run that asks in rounds and stops asking about a group once it is decided.

Templates come in a random order that the header holds. After every round each open group is judged
against the bounds of `audit.statistics.sequential`, and nothing is looked at in between. Everything
follows from the log: the same function decides during the run and draws the conclusions after it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audit.errors import ConfigError
from audit.pipeline.header import Header
from audit.pipeline.summaries import summarise_variants
from audit.probes import Expansion
from audit.records import Estimand, Finding, Limits, RunWarning, Variant
from audit.runlog import RunLog, read_run
from audit.statistics import GapSummary
from audit.statistics.sequential import round_bounds, round_levels
from audit.verdicts import judge

DECIDED = frozenset({"gap", "no_gap"})
"""Verdicts that end a group's rounds; every other one waits for the last round."""
SPENDING = "Lan-DeMets, O'Brien-Fleming type"
LEAST_TEMPLATES = 2
"""Of a round; a variance needs two."""


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """Units (carriers) in the order in which they are asked, cut into equal rounds."""

    looks: int
    order: tuple[str, ...]

    @property
    def templates(self) -> tuple[int, ...]:
        """Units that have been asked after each round."""
        return tuple(
            round(len(self.order) * look / self.looks) for look in range(1, self.looks + 1)
        )

    @property
    def of_unit(self) -> dict[str, int]:
        """Round of every unit, from 1 on; literal sentences are in none and are asked first."""
        ends = np.searchsorted(self.templates, np.arange(len(self.order)), side="right") + 1
        return dict(zip(self.order, ends.tolist(), strict=True))

    def bounds(self, confidence_level: float) -> list[float]:
        """Return the bound of the standardised gap after each round."""
        times = [size / len(self.order) for size in self.templates]
        return [float(z) for z in round_bounds(times, confidence_level=confidence_level)]

    @classmethod
    def of(cls, header: Mapping[str, Any]) -> RoundPlan | None:
        """Read the plan of a log's header; ``None`` for a run without rounds."""
        given = header.get("rounds")
        return None if given is None else cls(given["looks"], tuple(given["order"]))


def rounds_object(
    variants: Sequence[Variant], looks: int | None, seed: int, estimand: Estimand = "listed"
) -> dict[str, Any] | None:
    """Draw the order of the units for a log's header; ``None`` without rounds.

    Raises
    ------
    ConfigError
        If a round would have fewer than two templates, or the estimand is not ``listed``, for
        which the bounds are made.
    """
    if looks is None:
        return None
    if estimand != "listed":
        raise ConfigError(
            f"rounds judge the estimand listed, not {estimand}",
            where="--rounds",
            hint="leave out --rounds or --estimand",
        )
    units = list(dict.fromkeys(variant.unit for variant in variants if not variant.apart))
    if len(units) < LEAST_TEMPLATES * looks:
        raise ConfigError(
            f"{len(units)} templates are too few for {looks} rounds",
            where="--rounds",
            hint=f"use at least {LEAST_TEMPLATES * looks} templates, or no rounds",
        )
    order = np.random.default_rng([seed, looks]).permutation(len(units))
    return {"looks": looks, "order": [units[place] for place in order.tolist()]}


def rounds_to_ask(
    plan: RoundPlan,
    folder: Path,
    expansion: Expansion,
    shown: Expansion,
    asked: Sequence[Variant],
) -> Iterator[list[Variant]]:
    """Yield what to ask in each round; groups that the log has decided are asked no more.

    Parameters
    ----------
    plan : RoundPlan
        The rounds.
    folder : Path
        Run folder whose log gets the answers between two rounds.
    expansion, shown : Expansion
        Every sentence of the run, as it is asked and as it is logged.
    asked : sequence of Variant
        What the run asks.
    """
    of_unit = plan.of_unit
    logged = zip(expansion.variants, shown.variants, strict=True)
    of_variant = {asked.id: of_unit.get(kept.unit, 1) for asked, kept in logged}
    everyone = {variant.group for variant in expansion.variants} - {None}
    decided: frozenset[str] = frozenset()
    for look in range(1, plan.looks + 1):
        yield [v for v in asked if of_variant[v.id] == look and v.group not in decided]
        if look < plan.looks:
            decided = frozenset(judge_rounds(read_run(folder), plan, until=look).decided)
        if decided >= everyone:
            return


@dataclass(frozen=True)
class JudgedRounds:
    """What a sequential run shows.

    Attributes
    ----------
    summary : GapSummary
        Of everything that was asked, by the limits of the last round; each group and each of its
        terms as of the round that ended it.
    groups, terms, placebos : tuple of Finding
        Judged by the bound of their round.
    ended : mapping of group id to int
        Round whose answers each group is judged by.
    plan : RoundPlan
        The rounds, and ``bounds`` of the standardised gap after each.
    """

    summary: GapSummary
    groups: tuple[Finding, ...]
    terms: tuple[Finding, ...]
    placebos: tuple[Finding, ...]
    ended: Mapping[str, int]
    plan: RoundPlan
    bounds: tuple[float, ...]

    @property
    def decided(self) -> list[str]:
        """Ids of the groups that a round has decided."""
        return [finding.gap.id for finding in self.groups if finding.verdict in DECIDED]

    @property
    def early(self) -> list[str]:
        """Ids of the groups that were decided before the last round."""
        return [group for group in self.decided if self.ended[group] < self.plan.looks]

    def published(self, n_planned: int) -> dict[str, Any]:
        """Return the object ``rounds`` of ``results.json``."""
        early = set(self.early)
        return {
            "looks": self.plan.looks,
            "spending": SPENDING,
            "bounds": list(self.bounds),
            "templates": list(self.plan.templates),
            "n_planned": n_planned,
            "groups": [
                {"group": finding.gap.id, "round": self.ended[finding.gap.id],
                 "stopped_early": finding.gap.id in early}
                for finding in self.groups
            ],
        }  # fmt: skip

    def warnings(self) -> tuple[RunWarning, ...]:
        """Say what early stopping does to an estimate."""
        if not self.early:
            return ()
        message = (
            f"{len(self.early)} of {len(self.groups)} groups were decided before the last round. "
            "Their verdicts hold; their estimates are biased outwards by about half a point."
        )
        return (RunWarning(code="stopped_early", message=message, where=", ".join(self.early)),)


def judge_rounds(
    log: RunLog,
    plan: RoundPlan,
    *,
    limits: Limits | None = None,
    until: int | None = None,
) -> JudgedRounds:
    """Judge every group round by round, each by the first round that decides it.

    Parameters
    ----------
    log : RunLog
        A sequential run, finished or not.
    plan : RoundPlan
        Its rounds.
    limits : Limits, optional
        Limits changed after the run; default: those of the header.
    until : int, optional
        Last round to look at; default: the last one that was asked whole.
    """
    header = Header.of(log.header)
    chosen = limits or header.limits
    bounds = plan.bounds(chosen.confidence_level)
    levels = round_levels(bounds)
    of_unit = plan.of_unit
    reached: dict[str | None, int] = {}
    for variant in log.variants:
        reached[variant.group] = max(reached.get(variant.group, 1), of_unit.get(variant.unit, 1))
    last = until or _last_whole(log, max(reached.values(), default=1))
    ended: dict[str, int] = {}
    groups: dict[str, Finding] = {}
    terms: dict[str, list[Finding]] = {}
    for look in range(1, last + 1):
        asked = [
            variant
            for variant in log.variants
            if of_unit.get(variant.unit, 1) <= ended.get(variant.group or "", look)
        ]
        strict = dataclasses.replace(chosen, confidence_level=float(levels[look - 1]))
        summary = summarise_variants(log, header, strict, asked)
        outcome = summary.outcome
        name = f"round {look} of {plan.looks}, z {bounds[look - 1]:.3f}"
        own = [_named(f, chosen, name) for f in judge(summary.terms, summary.limits, outcome)]
        for found in judge(summary.groups, summary.limits, outcome):
            group = found.gap.id
            over = look == min(last, reached.get(group, last))
            if group not in ended and (over or found.verdict in DECIDED):
                ended[group] = look
                groups[group] = _named(found, chosen, name)
                terms[group] = [term for term in own if term.gap.group == group]
    placebos = [_named(f, chosen, name) for f in judge(summary.placebos, summary.limits, outcome)]
    whole = dataclasses.replace(
        summary,
        limits=dataclasses.replace(summary.limits, confidence_level=chosen.confidence_level),
        groups=tuple(groups[gap.id].gap for gap in summary.groups),
        terms=tuple(found.gap for gap in summary.groups for found in terms[gap.id]),
    )
    return JudgedRounds(
        summary=whole,
        groups=tuple(groups[gap.id] for gap in summary.groups),
        terms=tuple(found for gap in summary.groups for found in terms[gap.id]),
        placebos=tuple(placebos),
        ended=ended,
        plan=plan,
        bounds=tuple(bounds),
    )


def _last_whole(log: RunLog, reached: int) -> int:
    """Return the last round that was asked whole; of a run that broke off, the one before."""
    whole = log.footer is None or log.footer["status"] == "complete"
    return reached if whole else max(reached - 1, 1)


def _named(found: Finding, limits: Limits, name: str) -> Finding:
    """Say which round an interval is of; over all rounds it has the level of the whole run."""
    interval = found.gap.interval
    if interval is None:
        return found
    shown = dataclasses.replace(
        interval,
        confidence_level=limits.confidence_level,
        method=f"{interval.method}; {name}",
    )
    return dataclasses.replace(found, gap=dataclasses.replace(found.gap, interval=shown))
