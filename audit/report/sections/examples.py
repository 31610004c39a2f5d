"""Section 8: the worst, the typical and randomly drawn pairs."""

from __future__ import annotations

from collections.abc import Mapping

from audit.records import PairGap
from audit.report.diff import word_diff
from audit.report.inert import inert
from audit.report.message import Number, Sentence, Value
from audit.report.model import ExamplesSection
from audit.report.parts import Answer, Example, ExampleSet, Head, Word
from audit.report.sections.drawn import Places
from audit.report.sections.material import SHORT_LIMIT, Material
from audit.report.sections.rows import VERDICT_ORDER, sorted_rows
from audit.report.wording import gaps as words

_N = 5
_NO_LABEL = "(no label)"


def examples(material: Material) -> ExamplesSection:
    """Return section 8. Every set follows a stated rule; ties are drawn with the run's seed."""
    drawn = material.drawn
    head = Head(
        anchor="examples",
        name=words.EXAMPLES,
        heading=words.EXAMPLES_HEADING,
        stand=(words.EXAMPLES_STAND,) if len(drawn.order) else (words.EXAMPLES_NONE,),
    )
    if not len(drawn.order):
        return ExamplesSection(head=head, sets=())
    worst, typical, some = drawn.worst(_N), drawn.typical(_N, _ranked(material)), drawn.order[:_N]

    def shown(places: Places) -> tuple[Example, ...]:
        return tuple(_example(material, drawn.pair(place)) for place in places.tolist())

    return ExamplesSection(
        head=head,
        sets=(
            ExampleSet(
                name="worst",
                caption=words.worst(len(worst), len(drawn.order)),
                examples=shown(worst),
            ),
            ExampleSet(
                name="typical",
                caption=words.typical(len(typical)),
                examples=shown(typical),
            ),
            ExampleSet(
                name="random",
                caption=words.drawn(len(some), material.results.spec.seed),
                examples=shown(some),
            ),
        ),
    )


def _ranked(material: Material) -> list[str]:
    """Return the groups from the largest gap."""
    return [
        group.id
        for verdict in VERDICT_ORDER
        for group in sorted_rows(material.results.groups)
        if group.verdict == verdict
    ]


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
