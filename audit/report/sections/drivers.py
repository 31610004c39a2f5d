"""What a gap hangs on, for sections 1 and 4: terms, words, lexicon entries, gold labels."""

from __future__ import annotations

from collections.abc import Sequence

from audit.report.inert import inert
from audit.report.message import Listing, Number, Sentence, Share, Span, fill
from audit.report.parts import Fact
from audit.report.results import GapData
from audit.report.sections.material import LABEL_LIMIT, Material, called
from audit.report.tables import DriverData, ExplanationData, VocabularyTermData
from audit.report.wording import drivers as words

_MOST_TERMS = 12
_TERM_LIMIT = 60


def explanation(material: Material) -> Sentence | None:
    """Return the sentence of section 1: the largest called gap that one term or word explains."""
    found = material.results.drivers
    if found is None:
        return None
    sizes = {
        group.id: abs(group.estimate)
        for group in material.results.groups
        if called(group) and group.estimate is not None
    }
    explained = [row for row in found.groups if row.explained_by and row.group in sizes]
    if not explained:
        return None
    row = max(explained, key=lambda each: sizes[each.group])
    entry = row.explained_by
    if entry is None or entry.interval_without is None:
        return None
    write = words.explained_by_word if entry.kind == "word" else words.explained_by_term
    low, high = entry.interval_without.low, entry.interval_without.high
    return write(
        material.group_label(row.group),
        inert(entry.text, limit=_TERM_LIMIT),
        material.amount(entry.estimate_without),
        Span(low, high, material.unit),
    )


def notes(material: Material) -> list[Sentence]:
    """Return the notes of section 4."""
    control = reference_words(material)
    return [*((control,) if control else ()), *_unknown(material), *_gold(material)]


def ignorance(material: Material) -> Sentence | None:
    """Return the sentence of section 1 on groups without a gap of whom a lexicon knows no word."""
    found = material.results.drivers
    if found is None or found.vocabulary is None:
        return None
    vocabulary = found.vocabulary
    known = {row.group for row in vocabulary.known}
    silent = {row.group for row in vocabulary.unknown} - known
    count = sum(group.id in silent and not called(group) for group in material.results.groups)
    if not count:
        return None
    return words.unknown_groups(count, inert(vocabulary.lexicon, limit=LABEL_LIMIT))


def facts(material: Material, gap: GapData) -> list[Fact]:
    """Return what one group's gap hangs on, and how its answers compare with the gold labels."""
    return [*_carried(material, gap), *_known(material, gap), *_gold_auc(material, gap)]


def _carried(material: Material, gap: GapData) -> list[Fact]:
    """Return what is left of a called gap without its most influential terms."""
    found = material.results.drivers
    if found is None or not called(gap):
        return []
    rows = [row for row in found.groups if row.group == gap.id and row.terms]
    return [Fact(name=words.WITHOUT_TERM, value=_listing(material, row)) for row in rows]


def _listing(material: Material, row: DriverData) -> Listing:
    return Listing(tuple(_without(material, entry) for entry in row.terms[:3]))


def _without(material: Material, entry: ExplanationData) -> Sentence:
    return words.without(
        inert(entry.text, limit=_TERM_LIMIT), material.amount(entry.estimate_without)
    )


def reference_words(material: Material) -> Sentence | None:
    """Return that a lexicon has values for words of the reference, which every gap then holds."""
    found = material.results.drivers
    if found is None or found.vocabulary is None or not found.vocabulary.reference:
        return None
    lexicon = inert(found.vocabulary.lexicon, limit=LABEL_LIMIT)
    return words.known_reference(lexicon, _entries(found.vocabulary.reference))


def _known(material: Material, gap: GapData) -> list[Fact]:
    """Return the entries that a lexicon has for the terms of a called gap."""
    found = material.results.drivers
    if found is None or found.vocabulary is None or not called(gap):
        return []
    rows = [row for row in found.vocabulary.known if row.group == gap.id]
    lexicon = inert(found.vocabulary.lexicon, limit=LABEL_LIMIT)
    name = fill(words.LEXICON_HOLDS, lexicon=lexicon)
    return [Fact(name=name, value=_entries(rows))] if rows else []


def _entries(rows: Sequence[VocabularyTermData]) -> Listing:
    """Return the entries of several terms, each word once."""
    entries = {word: value for row in rows for word, value in row.entries.items()}
    strongest = sorted(entries, key=lambda word: -abs(entries[word]))[:_MOST_TERMS]
    return Listing(
        tuple(words.entry(inert(word, limit=_TERM_LIMIT), entries[word]) for word in strongest)
    )


def _unknown(material: Material) -> list[Sentence]:
    """Return which terms the lexicon does not know."""
    found = material.results.drivers
    if found is None or found.vocabulary is None or not found.vocabulary.unknown:
        return []
    vocabulary = found.vocabulary
    shown = [inert(term.text, limit=_TERM_LIMIT) for term in vocabulary.unknown[:_MOST_TERMS]]
    if len(vocabulary.unknown) > _MOST_TERMS:
        shown.append("…")
    total = len(vocabulary.unknown) + len(vocabulary.known)
    return [
        words.unknown_terms(
            len(vocabulary.unknown),
            total,
            inert(vocabulary.lexicon, limit=LABEL_LIMIT),
            Listing(tuple(shown)),
        )
    ]


def _gold(material: Material) -> list[Sentence]:
    """Return what the gold labels say."""
    gold = material.results.gold
    if gold is None:
        return []
    positive = Listing(tuple(inert(label, limit=_TERM_LIMIT) for label in gold.positive))
    if gold.fped is None or gold.fned is None:
        return []
    return [words.gold_rates(gold.n_texts, positive, Number(gold.fped, 3), Number(gold.fned, 3))]


def _gold_auc(material: Material, gap: GapData) -> list[Fact]:
    """Return a group's three AUCs."""
    gold = material.results.gold
    return [
        Fact(
            name=words.AUC,
            value=words.gold_auc(
                Share(row.subgroup_auc, 1), Share(row.bpsn_auc, 1), Share(row.bnsp_auc, 1)
            ),
        )
        for row in (gold.groups if gold is not None else ())
        if row.group == gap.id and row.subgroup_auc is not None
    ]
