"""Section 9: override recommendations, each for a person to accept or refuse."""

from __future__ import annotations

from collections.abc import Sequence

from audit.report.inert import inert
from audit.report.message import Sentence, Value
from audit.report.model import OverridesSection
from audit.report.parts import Candidate, Fact, Head, Row, Rule
from audit.report.results import GapData, OverrideData
from audit.report.sections.material import Material
from audit.report.wording import people as words

_NO_RULE = "none"  # what the policy writes where no rule mends the gap
_REASON_LIMIT = 500


def overrides(material: Material) -> OverridesSection:
    """Return section 9. A group's rule appears once, with what it leaves under each assumption."""
    by_group: dict[str, list[OverrideData]] = {}
    for entry in material.results.overrides:
        by_group.setdefault(entry.group, []).append(entry)
    rules = tuple(_rule(material, group, entries) for group, entries in by_group.items())
    count = sum(bool(rule.machine) for rule in rules)
    return OverridesSection(
        head=Head(
            anchor="decide",
            name=words.OVERRIDES,
            heading=words.overrides_heading(count) if count else words.NO_OVERRIDES_HEADING,
            stand=(words.OVERRIDES_STAND, *_total(material)) if count else (words.NO_OVERRIDES,),
        ),
        rules=rules,
    )


def _rule(material: Material, group: str, entries: Sequence[OverrideData]) -> Rule:
    label = material.group_label(group)
    gap = next((item for item in material.results.groups if item.id == group), None)
    applied = [entry for entry in entries if entry.rule != _NO_RULE]
    if not applied:
        return Rule(
            anchor=f"rule-{_number(material, group)}",
            group=label,
            sentence=words.no_rule(label),
            machine="",
            facts=(),
            rows=(),
            remarks=_reasons(entries),
        )
    first = applied[0]
    return Rule(
        anchor=f"rule-{_number(material, group)}",
        group=label,
        sentence=_sentence(material, label, first),
        machine=_machine(material, group, first),
        facts=_facts(material, group, first),
        rows=(*_without(material, gap), *(_left(material, entry) for entry in applied)),
        remarks=_remarks(material, applied),
        curve=_curve(material, first),
    )


def _total(material: Material) -> tuple[Sentence, ...]:
    """Return the load of all rules together."""
    load = material.results.override_load
    if load is None:
        return ()
    return (words.total_load(load.per_1000, by_traffic=load.shares is not None),)


def _curve(material: Material, entry: OverrideData) -> tuple[Candidate, ...]:
    """Return what each candidate costs and leaves; one point alone is no curve."""
    if len(entry.curve) < 2:
        return ()
    return tuple(
        Candidate(
            load=words.load_of_1000(point.review_load_per_1000),
            row=Row(
                anchor="",
                label="",
                style=words.candidate(point.kind, point.threshold, material.outcome.label),
                estimate=point.residual_gap,
                low=None,
                high=None,
                verdict=None,
                remarks=(words.RECOMMENDED,) if point.chosen else (),
            ),
        )
        for point in entry.curve
    )


def _number(material: Material, group: str) -> int:
    ids = list(dict.fromkeys(entry.group for entry in material.results.overrides))
    return ids.index(group) + 1


def _sentence(material: Material, label: str, entry: OverrideData) -> Value:
    """Return the rule in words; rules about scores keep the policy's own wording."""
    if material.unit == "points":
        return words.rule_sentence(label, material.outcome.label, entry.kind, entry.threshold)
    return inert(entry.rule, limit=_REASON_LIMIT)


def _machine(material: Material, group: str, entry: OverrideData) -> str:
    """Return the rule as the policy file has it."""
    parts = [f"group: {inert(group, limit=60)}"]
    if material.results.outcome.unfavourable:
        labels = ", ".join(inert(name, limit=40) for name in material.results.outcome.unfavourable)
        parts.append(f"label: {labels}")
    if entry.kind != "unfavourable":
        parts.append(f"{entry.kind}: differs")
    if entry.threshold is not None:
        parts.append(f"threshold: {entry.threshold:g}")
    return "; ".join(parts)


def _facts(material: Material, group: str, entry: OverrideData) -> tuple[Fact, ...]:
    terms = sum(term.group == group for term in material.results.terms)
    load: Value = words.NOT_AVAILABLE
    if entry.review_load_per_1000 is not None:
        load = words.load(entry.review_load_per_1000)
    return (
        Fact(name=words.WHO, value=words.who(terms)),
        Fact(name=words.LOAD, value=load),
    )


def _without(material: Material, gap: GapData | None) -> tuple[Row, ...]:
    """Return the gap as it is now, for comparison."""
    if gap is None:
        return ()
    return (
        Row(
            anchor="",
            label="",
            style=words.WITHOUT_RULE,
            estimate=gap.estimate,
            low=gap.interval.low if gap.interval else None,
            high=gap.interval.high if gap.interval else None,
            verdict=gap.verdict,
            direction=gap.direction,
            tone=material.tone(gap.estimate),
        ),
    )


def _left(material: Material, entry: OverrideData) -> Row:
    interval = entry.residual_interval
    return Row(
        anchor="",
        label="",
        style=words.LEFT.get(entry.assumption, words.LEFT_OTHER),
        estimate=entry.residual_gap,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        verdict=None,
    )


def _remarks(material: Material, entries: Sequence[OverrideData]) -> tuple[Value, ...]:
    """Return what must be known before relying on the rule, each once."""
    found: list[Value] = []
    if any(entry.illustration_only for entry in entries):
        found.append(words.ILLUSTRATION)
    reasons = _reasons(entries)
    return (*found, *(reasons or (_within(material, entries),)))


def _within(material: Material, entries: Sequence[OverrideData]) -> Sentence:
    """Return whether the whole interval lies within the limit under every assumption given."""
    intervals = [entry.residual_interval for entry in entries if entry.residual_interval]
    limit = material.tolerance
    if intervals and all(-limit <= each.low and each.high <= limit for each in intervals):
        return words.LEFT_WITHIN
    return words.LEFT_UNCLEAR


def _reasons(entries: Sequence[OverrideData]) -> tuple[Value, ...]:
    reasons = (entry.reason for entry in entries if entry.reason)
    return tuple(dict.fromkeys(inert(reason, limit=_REASON_LIMIT) for reason in reasons))
