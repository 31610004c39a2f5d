"""Sentences about the further figures of a run: rounds, parts, spread, gold labels, literature."""

from __future__ import annotations

from audit.report.message import Amount, Listing, Number, Sentence, Share, Value, probe, say, say_n

ROUND = say("Rounds")
SPREAD = say("Spread between its terms")
OTHER_OUTCOME = say("Gap in {label}")
GOLD = say("Against the gold labels")


def decided_in(look: int, looks: int, *, early: bool) -> Sentence:
    """Return which round decided a group."""
    if early:
        return say(
            "decided in round {round} of {looks} and asked no further; the estimate lies a little "
            "too far out",
            round=look,
            looks=looks,
        )
    return say("round {round} of {looks}", round=look, looks=looks)


def rounds_note(templates: Listing) -> Sentence:
    """Return how a sequential run was looked at."""
    return say(
        "This run was judged in rounds, after {templates} templates, by bounds that hold the error "
        "of the whole run (Lan-DeMets, O’Brien-Fleming type); intervals are those of the round.",
        templates=templates,
    )


def early_note(count: int, total: int) -> Sentence:
    """Return how many groups were decided early, and what that does."""
    return say_n(
        "{n} of {total} groups was decided before the last round and asked no further: its "
        "verdict holds, its estimate lies a little too far out.",
        "{n} of {total} groups were decided before the last round and asked no further: their "
        "verdicts hold, their estimates lie a little too far out.",
        count,
        total=total,
    )


def beyond_parts(parts: Listing) -> Sentence:
    """Return the name of an intersectional group's excess."""
    return say("Beyond the sum of its parts ({parts})", parts=parts)


def parts_note(total: int, differ: Listing | None) -> Sentence:
    """Return which intersectional groups are not the sum of their parts."""
    if differ is None:
        return say(
            "Of {total} groups made of several parts, none differs clearly from what its parts "
            "add up to.",
            total=total,
        )
    return say(
        "Of {total} groups made of several parts, these differ clearly from what their parts add "
        "up to: {groups}.",
        total=total,
        groups=differ,
    )


def excess_of(group: str, excess: Amount) -> Sentence:
    """Return a group with its excess."""
    return say("{group} ({gap})", group=probe(group), gap=excess)


def spread(sd: Value, p: Value) -> Sentence:
    """Return how much a group's terms differ, noise removed."""
    return say("{sd} (standard deviation; p of equal terms {p})", sd=sd, p=p)


def worst_note(group: str, gap: Amount) -> Sentence:
    """Return the group that is treated worst."""
    return say(
        "The gap furthest on the worse side is that of the group {group}: {gap}. The largest of "
        "several estimates lies a little too far out.",
        group=probe(group),
        gap=gap,
    )


def gold_facts(
    accuracy: Share, low: Share, high: Share, positive: Share, negative: Share
) -> Sentence:
    """Return a group's accuracy and error rates."""
    return say(
        "accuracy {accuracy} (interval {low} to {high}), false positive rate {positive}, false "
        "negative rate {negative}",
        accuracy=accuracy,
        low=low,
        high=high,
        positive=positive,
        negative=negative,
    )


TOKEN_GAP = say("Counterfactual token fairness gap: mean absolute difference")
SENSITIVITY = say("ScoreSens: mean difference by term")
DEVIATION = say("ScoreDev: standard deviation over the terms")
RANGE = say("ScoreRange: highest minus lowest term")
LABEL_DISTANCE = say("LabelDist for {label}: sentences that get or lose the label")
LITERATURE: dict[str, Sentence] = {
    "counterfactual token fairness gap": TOKEN_GAP,
    "ScoreSens": SENSITIVITY,
    "ScoreDev": DEVIATION,
    "ScoreRange": RANGE,
}
NO_FIGURE = say("no single figure")


def distance(value: float) -> Number:
    """Return a LabelDist, which has no unit."""
    return Number(value, 2)
