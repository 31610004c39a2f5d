"""Section 8: the worst, the typical and randomly drawn pairs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from statistics import median

from audit.records import PairGap
from audit.report.diff import word_diff
from audit.report.inert import inert
from audit.report.message import Number, Sentence, Value
from audit.report.model import ExamplesSection
from audit.report.parts import Answer, Example, ExampleSet, Head, Word
from audit.report.sections.material import SHORT_LIMIT, Material
from audit.report.sections.rows import VERDICT_ORDER, sorted_rows
from audit.report.wording import gaps as words

_N = 5
_NO_LABEL = "(no label)"


def examples(material: Material) -> ExamplesSection:
    """Return section 8. Every set follows a stated rule; ties are drawn with the run's seed."""
    pairs = [
        pair
        for pair in material.evidence.pairs
        if pair.pair.role == "group" and pair.estimate is not None and pair.text
    ]
    head = Head(
        anchor="examples",
        name=words.EXAMPLES,
        heading=words.EXAMPLES_HEADING,
        stand=(words.EXAMPLES_STAND,) if pairs else (words.EXAMPLES_NONE,),
    )
    if not pairs:
        return ExamplesSection(head=head, sets=())
    seed = material.results.spec.seed
    order = sorted(pairs, key=lambda pair: _draw(pair, seed))
    worst, typical, drawn = _worst(order), _typical(material, order), order[:_N]
    return ExamplesSection(
        head=head,
        sets=(
            ExampleSet(
                name="worst",
                caption=words.worst(len(worst), len(pairs)),
                examples=_shown(material, worst),
            ),
            ExampleSet(
                name="typical",
                caption=words.typical(len(typical)),
                examples=_shown(material, typical),
            ),
            ExampleSet(
                name="random",
                caption=words.drawn(len(drawn), seed),
                examples=_shown(material, drawn),
            ),
        ),
    )


def _draw(pair: PairGap, seed: int) -> str:
    """Return the pair's place in an order drawn with the seed, the same on every machine."""
    key = f"{seed}\x1f{pair.pair.context}\x1f{pair.pair.group}\x1f{pair.pair.term}"
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _worst(order: Sequence[PairGap]) -> list[PairGap]:
    """Return the largest changes in either direction."""
    return sorted(order, key=lambda pair: -round(abs(pair.estimate or 0.0), 9))[:_N]


def _typical(material: Material, order: Sequence[PairGap]) -> list[PairGap]:
    """Return the pairs nearest to their group's median, group by group from the largest gap."""
    by_group: dict[str, list[PairGap]] = {}
    for pair in order:
        by_group.setdefault(pair.pair.group or "", []).append(pair)
    for pairs in by_group.values():
        middle = median(pair.estimate or 0.0 for pair in pairs)
        pairs.sort(key=lambda pair, m=middle: round(abs((pair.estimate or 0.0) - m), 9))  # type: ignore[misc]
    ranked = [
        group.id
        for verdict in VERDICT_ORDER
        for group in sorted_rows(material.results.groups)
        if group.verdict == verdict and group.id in by_group
    ]
    ranked += [group for group in by_group if group not in ranked]
    longest = max(len(pairs) for pairs in by_group.values())
    chosen = [
        by_group[group][depth]
        for depth in range(min(_N, longest))
        for group in ranked
        if depth < len(by_group[group])
    ]
    return chosen[:_N]


def _shown(material: Material, pairs: Sequence[PairGap]) -> tuple[Example, ...]:
    return tuple(_example(material, pair) for pair in pairs)


def _example(material: Material, pair: PairGap) -> Example:
    left, right = word_diff(pair.reference_text, pair.text)
    return Example(
        group=material.group_label(pair.pair.group),
        reference=_answer(
            material, left, pair.reference_counts, pair.reference_value, pair.reference_label
        ),
        counterfactual=_answer(material, right, pair.counts, pair.value, pair.label),
        change=material.amount(pair.estimate),
        tone=material.tone(pair.estimate),
    )


def _answer(
    material: Material,
    text: tuple[Word, ...],
    counts: Mapping[str, float],
    value: float | None,
    label: str | None,
) -> Answer:
    """Return one side: counts over repeats, the outcome's value, the majority label."""
    said: list[Sentence] = []
    total = sum(counts.values())
    if total and material.unit == "points":
        hits = sum(counts.get(name, 0.0) for name in material.results.outcome.unfavourable)
        said.append(words.said_count(material.outcome.label, _count(hits), _count(total)))
    if value is not None:
        digits = 2 if material.unit == "points" else 3
        said.append(words.said_value(material.outcome, Number(value, digits)))
    if label is not None and label not in material.results.outcome.unfavourable:
        said.append(words.said_majority(inert(label, limit=SHORT_LIMIT)))
    if counts.get(_NO_LABEL):
        said.append(words.said_count(words.NO_LABEL, _count(counts[_NO_LABEL]), _count(total)))
    return Answer(words=text, said=tuple(said))


def _count(number: float) -> Value:
    return int(number) if float(number).is_integer() else Number(number, 1)
