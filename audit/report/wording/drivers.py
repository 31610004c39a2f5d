"""Sentences about what a gap hangs on: terms, words, a lexicon's entries, and gold labels."""

from __future__ import annotations

from audit.report.message import Amount, Listing, Number, Sentence, Share, Span, probe, say, say_n

WITHOUT_TERM = say("Gap without one of its terms")
LEXICON_HOLDS = say("Entries in the lexicon of {lexicon}")
AUC = say("AUC against the gold labels")


def explained_by_term(group: str, term: str, gap: Amount, span: Span) -> Sentence:
    """Return that one term carries a group's whole gap."""
    return say(
        "One term explains the whole gap of the group {group}: without “{term}” it is {gap} "
        "(interval {span}).",
        group=probe(group),
        term=probe(term),
        gap=gap,
        span=span,
    )


def explained_by_word(group: str, term: str, gap: Amount, span: Span) -> Sentence:
    """Return that one word, in several terms, carries a group's whole gap."""
    return say(
        "One word explains the whole gap of the group {group}: without the terms that have "
        "“{term}” it is {gap} (interval {span}).",
        group=probe(group),
        term=probe(term),
        gap=gap,
        span=span,
    )


def without(term: str, gap: Amount) -> Sentence:
    """Return the gap without one term."""
    return say("{gap} without “{term}”", gap=gap, term=probe(term))


def unknown_terms(count: int, total: int, lexicon: str, terms: Listing) -> Sentence:
    """Return which terms a lexicon does not know."""
    return say_n(
        "The lexicon of {lexicon} has no entry for {n} of {total} terms ({terms}). No gap because "
        "the word is unknown is not the same as equal treatment.",
        "The lexicon of {lexicon} has no entry for {n} of {total} terms ({terms}). No gap because "
        "the words are unknown is not the same as equal treatment.",
        count,
        total=total,
        lexicon=lexicon,
        terms=terms,
    )


def unknown_groups(count: int, lexicon: str) -> Sentence:
    """Return that a lexicon knows none of the words for some groups, for section 1."""
    return say_n(
        "The lexicon of {lexicon} knows none of the terms for {n} group: no gap there is not the "
        "same as equal treatment.",
        "The lexicon of {lexicon} knows none of the terms for {n} groups: no gap there is not the "
        "same as equal treatment.",
        count,
        lexicon=lexicon,
    )


def known_reference(lexicon: str, entries: Listing) -> Sentence:
    """Return that words of the reference have values of their own."""
    return say(
        "The lexicon of {lexicon} holds words of the reference too: {entries}. They are part of "
        "every gap.",
        lexicon=lexicon,
        entries=entries,
    )


def entry(word: str, value: float) -> Sentence:
    """Return one entry of a lexicon."""
    return say("{value} for “{word}”", value=Amount(value, "score"), word=probe(word))


def gold_rates(texts: int, positive: Listing, fped: Number, fned: Number) -> Sentence:
    """Return the summed differences of error rates over the gold labels."""
    return say_n(
        "Measured against the gold labels of {n} text, with {positive} as the bad end: the false "
        "positive rates of the groups differ from the overall rate by {fped} in sum (FPED), the "
        "false negative rates by {fned} (FNED).",
        "Measured against the gold labels of {n} texts, with {positive} as the bad end: the false "
        "positive rates of the groups differ from the overall rate by {fped} in sum (FPED), the "
        "false negative rates by {fned} (FNED).",
        texts,
        positive=positive,
        fped=fped,
        fned=fned,
    )


def gold_auc(inside: Share, bpsn: Share, bnsp: Share) -> Sentence:
    """Return the three AUCs of one group."""
    return say(
        "{inside} within the group, {bpsn} for its good texts against the bad ones of others, "
        "{bnsp} for its bad texts against the good ones of others",
        inside=inside,
        bpsn=bpsn,
        bnsp=bnsp,
    )
