"""Sentences of sections 4 to 8: gaps, wording, flips, steadiness, examples."""

from __future__ import annotations

from audit.report.message import (
    Amount,
    Number,
    Sentence,
    Share,
    Toned,
    Value,
    fill,
    probe,
    say,
    say_n,
)
from audit.report.wording.verdicts import OutcomeWords

GROUPS = say("Gaps by group")
WORDING = say("Wording and placebos")
FLIPS = say("What flips to what")
STEADINESS = say("Steadiness")
EXAMPLES = say("Examples")


def groups_heading(beyond: int, total: int, *, both_ways: bool) -> Sentence:
    """Return what the table of groups shows."""
    if not beyond:
        return say("No group lies wholly beyond the limit")
    if both_ways:
        return say_n(
            "{n} of {total} groups lies beyond the limit; gaps point both ways",
            "{n} of {total} groups lie beyond the limit; gaps point both ways",
            beyond,
            total=total,
        )
    return say_n(
        "{n} of {total} groups lies wholly beyond the limit",
        "{n} of {total} groups lie wholly beyond the limit",
        beyond,
        total=total,
    )


def groups_stand(level: Share, limit: Amount, outcome: OutcomeWords) -> tuple[Sentence, ...]:
    """Return how to read the table."""
    return (
        say(
            "Each mark is the gap in {outcome}, the line its {level} interval. The shaded band is "
            "the agreed limit of {limit} either way.",
            outcome=outcome.name,
            level=level,
            limit=limit,
        ),
        say(
            "{worse} is worse and {better} is better treatment; both count, because too positive "
            "is harm too.",
            worse=Toned(outcome.end("worse"), "worse"),
            better=Toned(outcome.end("better"), "better"),
        ),
    )


DETECTABLE_NOTE = say(
    "“Smallest detectable” is the smallest gap this run could reliably detect (4 times in 5). "
    "Open a line of terms to see each wording."
)
CUT_NOTE = say("A double arrow at an edge means that the interval goes on beyond the chart.")
TERMS_ADJUSTED = say("Term verdicts are adjusted over all terms of the run.")
NO_TERMS_NOTE = say("The run has no figures by term.")


def terms_line(count: int, low: Value | None, high: Value) -> Sentence:
    """Return the summary line of a group's terms; it informs while closed."""
    if low is None:
        return say_n("{n} term, {gap}", "{n} terms, all {gap}", count, gap=high)
    return say_n(
        "{n} term, {low} to {high}", "{n} terms, {low} to {high}", count, low=low, high=high
    )


P_VALUE = say("p, unadjusted and adjusted")
P_PAIR = say("{p} and {adjusted}")
P_TINY = say("below {least}")
_LEAST_P = 0.0001


def p_words(p: float | None) -> Value:
    """Return a p-value; one that would print as zero is printed as a bound."""
    if p is not None and p < _LEAST_P:
        return fill(P_TINY, least=Number(_LEAST_P, 4))
    return Number(p, 4)


PHRASES = say("Other phrases for the group too (estimand phrases)")
PLACEBO_ADJUSTED = say("After taking the mean placebo gap away")
MEANS = say("{outcome}, without and with the words")
MEANS_PAIR = say("{reference} and {group}")
REFUSAL_GAP = say("Gap in answers that are no label")
COMPARED = say("Compared")
COMPARED_PAIR = say("{templates} templates, {terms} terms")
ESTIMATE_AND_SPAN = say("{estimate}, interval {span}")


def wording_heading(differ: int, compared: int) -> Sentence:
    """Return in how many groups the wording style makes a difference beyond chance."""
    if not compared:
        return say("Gaps by wording, kind of sentence and placebo term")
    if not differ:
        return say("No group shows a clear difference between wording styles")
    return say_n(
        "In {n} of {total} groups the wording style makes a clear difference",
        "In {n} of {total} groups the wording style makes a clear difference",
        differ,
        total=compared,
    )


WORDING_STAND = say(
    "Wording styles are kept apart and never averaged. No style is the right one for everybody."
)
STRATA_NOTE = say(
    "Every panel has the axis of the table of groups, with zero drawn and the limit shaded. "
    "A stratum has an interval and no verdict of its own."
)
NO_STRATA = say("The run has no figures by wording style or kind of sentence.")

STRATUM_NAMES: dict[str, Sentence] = {
    "person-first": say("person-first"),
    "identity-first": say("identity-first"),
    "person-first minus identity-first": say("person-first minus identity-first"),
    "community": say("community term"),
    "community term": say("community term"),
    "medical": say("medical"),
    "recommended": say("recommended"),
    "dispreferred": say("advised against"),
    "neutral": say("neutral"),
    "positive": say("positive"),
    "negative": say("negative"),
    "identity": say("identity"),
    "mention": say("mention"),
    "slur": say("slurs"),
    "literal": say("literal, about nobody"),
}

DISPREFERRED = say("dispreferred wording")
DISPREFERRED_STYLE = say("{style}, dispreferred")

STRATA_HEADINGS: dict[str, Sentence] = {
    "wording": say("By wording style"),
    "preference": say("By what the named sources say of the term"),
    "valence": say("By what the sentence says: positive, neutral, negative"),
    "use": say("By how the words are used"),
    "stratum": say("Slurs, asked about on request and no part of a verdict"),
}
STRATA_CAPTIONS: dict[str, Sentence] = {
    "wording": say("Gap by group and wording style; the same scale in every panel"),
    "preference": say("Gap by group and preference; the same scale in every panel"),
    "valence": say("Gap by group and valence of the sentence; the same scale in every panel"),
    "use": say("Gap by group and use; the same scale in every panel"),
    "stratum": say("Gap by group where it is named by a slur; the same scale in every panel"),
}
ALL_GROUPS = say("All groups together")


def words_stand(count: int) -> Sentence:
    """Return what literal sentences are."""
    return say_n(
        "The words of {n} term were also tested in sentences where they mention nobody (“I feel "
        "depressed today”). That gap is no part of any verdict.",
        "The words of {n} terms were also tested in sentences where they mention nobody (“I feel "
        "depressed today”). That gap is no part of any verdict.",
        count,
    )


READINGS: dict[str, Sentence] = {
    "word": say("Penalised as a word rather than as a person: {terms}."),
    "person": say("Penalised as a person and not merely as a word: {terms}."),
    "both": say(
        "Penalised as a word and as a person alike, so that the word itself may explain the gap: "
        "{terms}."
    ),
}
NEITHER = say("None of them is clearly penalised in both kinds of sentence or in one of them.")


def word_and_person(term: str, word: Amount, person: Amount) -> Sentence:
    """Return a term's two gaps."""
    return say(
        "“{term}” ({word} as a word, {person} as a person)",
        term=probe(term),
        word=word,
        person=person,
    )


def templates_note(shown: int, total: int) -> Sentence:
    """Return how the printed templates were chosen."""
    return say(
        "The {shown} largest of {total} gaps by template. The small print is the sentence without "
        "the words. A single template has no interval.",
        shown=shown,
        total=total,
    )


def placebo_stand(n: int, largest: Amount, beyond: int, *, all_move: bool) -> tuple[Sentence, ...]:
    """Return what the placebo terms say."""
    if not n:
        return (say("No placebo terms were tested, so nothing shows what any added words do."),)
    first = say("If any added words changed the answer, these would too.")
    if all_move:
        second = say("Every placebo term moved the answer: any descriptor moves this classifier.")
    elif beyond:
        second = say_n(
            "{n} of them moved it too, by {gap} at most.",
            "{n} of them moved it too, by {gap} at most.",
            beyond,
            gap=largest,
        )
    else:
        second = say("They moved it by {gap} at most.", gap=largest)
    return first, second


def flips_heading(
    to_unfavourable: float | None, away: float | None, outcome: OutcomeWords
) -> Sentence:
    """Return which way labels flip."""
    if to_unfavourable is None or away is None:
        return say("Flips are not available for this run")
    if not to_unfavourable and not away:
        return say("No pair flipped to or from {label}", label=outcome.label)
    if to_unfavourable > 2 * away:
        return say("When a label flips, it mostly flips to {label}", label=outcome.label)
    if away > 2 * to_unfavourable:
        return say("When a label flips, it mostly flips away from {label}", label=outcome.label)
    return say("Labels flip both ways, to {label} and away from it", label=outcome.label)


def flips_stand(
    flips: Value, pairs: int, to: Value, away: Value, outcome: OutcomeWords
) -> Sentence:
    """Return the flips in one sentence."""
    return say(
        "{flips} of {pairs} pairs changed their majority label; {to} moved to {label} and {away} "
        "moved away from it.",
        flips=flips,
        pairs=pairs,
        to=to,
        away=away,
        label=outcome.label,
    )


FLIPS_NOISE = say(
    "Repeats alone produce flips too; “beyond repeats” is the disagreement left without those."
)
FLIPS_NONE = say("The target gives no labels, so there is nothing to flip.")
SAME = say("same")
WORSE = say("worse")
BETTER = say("better")
OTHER = say("another label, neither worse nor better")

SHARES: dict[str, Sentence] = {
    "template": say("Template (the rest of the sentence)"),
    "term": say("Term (which words for the group)"),
    "interaction": say("Term and template together"),
    "shot_order": say("Order of the examples in the prompt"),
    "sampling": say("Repeats of the same prompt"),
}


def steadiness_heading(*, available: bool, mostly_sampling: bool) -> Sentence:
    """Return what the gap's variation comes from."""
    if not available:
        return say("How steady the answers are")
    if mostly_sampling:
        return say("Repeats of the same prompt vary more than the sentences do")
    return say("The sentence and the words matter more than chance")


def steadiness_stand(instability: Share, scoring: str, repeats: int) -> tuple[Sentence, ...]:
    """Return how much repeats disagree."""
    if scoring == "exact":
        return (
            say(
                "Two draws from the same prompt would disagree {share} of the time, by the "
                "classifier’s own probabilities.",
                share=instability,
            ),
        )
    if repeats < 2:
        return (say("Each sentence was answered once, so repeats cannot be compared."),)
    return (say("Two repeats of the same prompt disagree {share} of the time.", share=instability),)


NO_SHARES = say("Shares of variance are not available for this run.")
INSTABILITY = say("Disagreement of two repeats")
UNPARSED = say("Answers that are no label")
SHOT_ORDERS = say("Orders of the examples")
ONE_ORDER = say("one fixed order; what another order would do was not tested")

EXAMPLES_HEADING = say("Examples: worst, typical and random")
EXAMPLES_STAND = say(
    "The words that differ are underlined or struck through. The text without the words is one of "
    "the reference fillers; its figures are over all of them."
)
NO_LABEL = say("no label")
EXAMPLES_NONE = say("The run log has no texts to show.")


def worst(count: int, total: int) -> Sentence:
    """Return the caption of the largest changes."""
    return say("Worst {n}: the largest changes of {total} pairs, either way", n=count, total=total)


def typical(count: int) -> Sentence:
    """Return the caption of the middle changes."""
    return say("Typical {n}: nearest to the median gap of their group", n=count)


def drawn(count: int, seed: int) -> Sentence:
    """Return the caption of the random draw."""
    return say("Random {n}: drawn with seed {seed}", n=count, seed=str(seed))


def said_count(label: Value, hits: Value, total: Value) -> Sentence:
    """Return counts over repeats: "Negative 13 of 20"."""
    return say("{label} {hits} of {total}", label=label, hits=Toned(hits, "strong"), total=total)


def said_value(outcome: OutcomeWords, value: Value) -> Sentence:
    """Return the outcome's own value."""
    return say("{outcome} = {value}", outcome=outcome.name, value=Toned(value, "strong"))


def said_majority(label: Value) -> Sentence:
    """Return the majority label."""
    return say("mostly {label}", label=label)
