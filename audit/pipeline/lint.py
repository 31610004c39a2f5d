"""Lint of probe sets: the checks of the files, with what a plan, a lexicon and a target add."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from audit.classifiers import create_classifier
from audit.engines import LocalEngine
from audit.errors import ConfigError
from audit.pipeline.plan import plan_expansion
from audit.probes.document import Location
from audit.probes.lint import LintedFile, lint_files, probe_files
from audit.protocols import Classifier
from audit.records import (
    ClassifierOptions,
    GroupGap,
    Prediction,
    ProbeSet,
    Request,
    Term,
    Variant,
)
from audit.statistics import outcome_of, summarise_gaps
from audit.statistics.duplicates import near_duplicates

LEXICONS: Mapping[str, str] = {"en": "vader"}
"""The lexicon that references and placebos are held against, by language."""
NEUTRAL = 0.05
"""Score of VADER from which a text counts as positive or negative (its published threshold)."""
FEWEST_TERMS = 3
"""With fewer terms a group's gap cannot be told from the gap of one wording."""
LARGEST_GAP = 0.5


@dataclass(frozen=True, slots=True)
class LintOptions:
    """What lint asks for beyond the files.

    ``smallest_gap`` is a fraction in (0, 0.5]; ``None``: twice the set's own limit. ``model`` is a
    target as in `run_audit`; ``None``: none is asked.
    """

    smallest_gap: float | None = None
    model: str | None = None
    classifier: ClassifierOptions = field(default_factory=ClassifierOptions)


def lint_probe_sets(
    sources: Sequence[str | Path], options: LintOptions | None = None
) -> list[LintedFile]:
    """Run every check on probe sets.

    Parameters
    ----------
    sources : sequence of str or Path
        Files, directories, or names of shipped sets.
    options : LintOptions, optional
        The gap to be seen, and a target for the references and placebos.

    Returns
    -------
    list of LintedFile
        One for each file, findings in the order of the file; an unusable file is a finding.

    Raises
    ------
    ConfigError
        If a source does not exist, or the gap is out of range.
    ClassifierError
        If the target cannot be loaded or asked.
    """
    options = options or LintOptions()
    if options.smallest_gap is not None and not 0 < options.smallest_gap <= LARGEST_GAP:
        raise ConfigError(
            f"{options.smallest_gap:g} is no gap to ask for",
            where="--smallest-gap",
            hint=f"a fraction above 0 and at most {LARGEST_GAP:g}: 0.1 is ten points",
        )
    files = lint_files(probe_files(sources))
    for linted in files:
        if linted.probe_set is not None:
            _check_size(linted, options.smallest_gap)
            _check_like_carriers(linted)
            _check_by_lexicon(linted)
            if options.model is not None:
                _check_by_target(linted, options.model, options.classifier)
        linted.findings.sort(key=lambda f: (f.problem.file, f.problem.line or 0))
    return files


def _check_size(linted: LintedFile, smallest_gap: float | None) -> None:
    """Say for which groups a gap of the size asked for would probably be missed."""
    if linted.probe_set is None or linted.expansion is None:
        return
    planned = plan_expansion(linted.probe_set, linted.expansion, gap=smallest_gap)
    small: dict[tuple[int, int | None, float], list[str]] = {}
    for item in planned.groups:
        forecast = next(f for f in item.plan.forecasts if f.verdict == "concern")
        if not forecast.reachable:
            seen = round(item.plan.smallest_detectable_gap, 3)
            key = (item.plan.design.templates, forecast.templates, seen)
            small.setdefault(key, []).append(item.group.id)
        if item.plan.design.terms < FEWEST_TERMS:
            linted.add(
                "too-few",
                linted.place_of_group(item.group.id),
                f"the group {item.group.id!r} has {item.plan.design.terms} term(s), and "
                f"{FEWEST_TERMS} are needed to tell the group from one wording",
                "add wordings that people use, each with its source",
            )
    for (templates, needed, seen), groups in small.items():
        carriers = "1 carrier shows" if templates == 1 else f"{templates} carriers show"
        least = "no gap of any size" if seen >= 1 else f"a gap of {100 * seen:.1f} points or more"
        enough = "no number of carriers" if needed is None else f"{needed} carriers"
        linted.add(
            "too-few",
            linted.place_of_group(groups[0]),
            f"{carriers} {least}, and {100 * planned.gap:g} points are asked for ({_some(groups)})",
            f"{enough} would do (with probability 80%, for {planned.basis.split(' (')[0]}); write "
            "templates, or ask for less with --smallest-gap",
        )


def _some(names: Sequence[str]) -> str:
    """Name the first few of many."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _check_like_carriers(linted: LintedFile) -> None:
    """Find carriers whose reference sentences share most of their words."""
    texts: dict[str, str] = {}
    for variant in linted.expansion.variants if linted.expansion else ():
        if variant.role == "reference":
            texts.setdefault(variant.unit, variant.text)
    for one, other in near_duplicates(texts):
        at = linted.place_of_unit(other)
        linted.add(
            "near-identical",
            at,
            f"the carrier {other!r} says nearly the same as {one!r} in line "
            f"{linted.line(linted.place_of_unit(one))}: {texts[other]!r}",
            "give both one `carrier:`, so that they count once, or write another sentence",
            accepted=linted.justification_of_unit(other) or linted.justification_of_unit(one),
        )


def _controls(probe_set: ProbeSet) -> Iterator[tuple[str, Term]]:
    """Yield the references and placebos that add words."""
    for kind, terms in (
        ("reference filler", probe_set.reference),
        ("placebo", probe_set.placebos),
    ):
        yield from ((kind, term) for term in terms if term.text)


def _check_by_lexicon(linted: LintedFile) -> None:
    """Find references and placebos that a lexicon calls positive or negative by themselves."""
    probe_set = linted.probe_set
    if probe_set is None:
        return
    name = LEXICONS.get(probe_set.language.lower().split("-")[0])
    if name is None:
        linted.notes.append(
            f"no lexicon was asked about references and placebos: there is none here for the "
            f"language {probe_set.language!r}; --model asks a target"
        )
        return
    neutral = list(_neutral_words(linted))
    lexicon = create_classifier(name, None, ClassifierOptions())
    requests = [Request(id=str(i), text=word.text) for i, word in enumerate(neutral)]
    for word, answer in zip(neutral, lexicon.predict(requests), strict=True):
        score = answer.score or 0.0
        if abs(score) >= NEUTRAL:
            linted.add(
                "sentiment",
                word.at,
                f"the {word.kind} {word.text!r} is {_tone(score)} by itself: {name} gives it "
                f"{score:+.2f}",
                f"choose words that mean nothing good or bad (between {-NEUTRAL:g} and "
                f"{NEUTRAL:g}); else every gap is measured against a tilted reference",
                accepted=word.justification,
            )


@dataclass(frozen=True, slots=True)
class _Neutral:
    """Words that should mean nothing good or bad, and where they stand."""

    kind: str
    text: str
    at: Location
    justification: str | None


def _neutral_words(linted: LintedFile) -> Iterator[_Neutral]:
    """Yield fillers, placebos, the reference words of literal templates and of a table."""
    if linted.probe_set is None or linted.read is None:
        return
    for kind, term in _controls(linted.probe_set):
        at = (*linted.place_of_phrase(term.id), "text")
        yield _Neutral(kind, term.text, at, term.justification)
    for template in linted.read.parts.templates:
        for index, word in enumerate(template.part.reference):
            at = (*template.at, "reference", index)
            yield _Neutral("reference word", word, at, template.part.justification)
    if linted.probe_set.cases is not None and linted.expansion is not None:
        references = (v for v in linted.expansion.variants if v.role == "reference")
        named = {v.term.split("#")[0]: v.text for v in references}
        for name, text in named.items():
            if name in text:  # a cell such as "none" only says that nothing is mentioned
                yield _Neutral("reference", name, ("cases", "reference"), linted.justification)


def _tone(score: float) -> str:
    """Name the side of a score."""
    return "positive" if score > 0 else "negative"


def _check_by_target(linted: LintedFile, model: str, options: ClassifierOptions) -> None:
    """Find references and placebos that move the target as a term would."""
    probe_set = linted.probe_set
    if probe_set is None or linted.expansion is None:
        return
    if not probe_set.reference:
        linted.notes.append("no target was asked: a table has no fillers to compare")
        return
    plain = next((term for term in probe_set.reference if not term.text), probe_set.reference[0])
    variants = list(_held_against(linted.expansion.variants, plain.id))
    classifier = create_classifier(model, probe_set.task, options, language=probe_set.language)
    requests = [Request(id=variant.id, text=variant.text) for variant in variants]
    answers = [a for batch in LocalEngine().run(classifier, requests) for a in batch]
    terms = [term for _, term in _controls(probe_set) if term.id != plain.id]
    for gap in _gaps(probe_set, classifier, variants, answers, terms):
        interval = gap.interval
        limit = outcome_of(probe_set.task, classifier.info.score_range).tolerance(probe_set.limits)
        if interval is None or gap.estimate is None or interval.low <= 0 <= interval.high:
            continue
        if abs(gap.estimate) <= limit:
            continue
        kind, term = next((k, t) for k, t in _controls(probe_set) if t.id == gap.id)
        linted.add(
            "sentiment",
            (*linted.place_of_phrase(gap.id), "text"),
            f"the {kind} {term.text!r} moves {classifier.info.model} by itself: "
            f"{_shown(gap.estimate)} against the plain reference, interval "
            f"{_shown(interval.low)} to {_shown(interval.high)}, limit {_shown(limit)[1:]}",
            "choose words that mean nothing to this system, or read its gaps beside this one",
            accepted=term.justification,
        )


def _shown(value: float) -> str:
    """Write a difference with its sign."""
    return f"{value:+.3f}"


def _held_against(variants: Sequence[Variant], plain: str) -> Iterator[Variant]:
    """Yield the plain reference, and every other filler and placebo as if it were a placebo."""
    for variant in variants:
        if variant.role == "group" or variant.literal:
            continue
        if variant.role == "reference" and variant.term != plain:
            yield dataclasses.replace(variant, role="placebo")
        else:
            yield variant


def _gaps(
    probe_set: ProbeSet,
    classifier: Classifier,
    variants: Sequence[Variant],
    answers: Sequence[Prediction],
    terms: Sequence[Term],
) -> Sequence[GroupGap]:
    """Measure each control against the plain reference, as an audit measures placebos."""
    summary = summarise_gaps(
        variants,
        answers,
        groups=(),
        placebos=terms,
        outcome=outcome_of(probe_set.task, classifier.info.score_range),
        limits=probe_set.limits,
        rng=np.random.default_rng(probe_set.sampling.seed),
        labels=probe_set.task.labels if probe_set.task and probe_set.task.labels else None,
    )
    return summary.placebos
