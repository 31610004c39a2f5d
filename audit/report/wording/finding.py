"""Sentences of sections 0 to 3: identity, finding, decision, what was tested."""

from __future__ import annotations

from audit.records import Direction
from audit.report.message import Amount, Day, Sentence, Value, say, say_n
from audit.report.wording.verdicts import OutcomeWords

_LEAST = 0.0005  # prints as 0.0 points or 0.000

DEMONSTRATION = say(
    "This run demonstrates the instrument and says nothing about a deployed system."
)

FINDING = say("The finding")
DECISION = say("Verdict and decision")
TESTED = say("What was tested")

WITHOUT_PROMPT = say("This target takes the sentence itself; there is no prompt to show.")


def banner(status: str, *, quick: bool, limit: int | None) -> tuple[Sentence, ...]:
    """Return what must be read before anything else."""
    found = []
    if status == "partial":
        found.append(
            say("This run is partial: some texts have no answer. Read every figure with that.")
        )
    if status in {"interrupted", "failed"}:
        found.append(say("This run did not finish. It can be resumed; its figures are no finding."))
    if quick:
        found.append(
            say(
                "This was a quick run over a part of the probe set. It can only say that there is "
                "not enough evidence."
            )
        )
    elif limit is not None:
        found.append(
            say_n("This run was cut off at {n} pair.", "This run was cut off at {n} pairs.", limit)
        )
    return tuple(found)


def kicker(day: str) -> Sentence:
    """Return the line above the title."""
    return say("Audit report, {day}", day=Day(day))


def heading(model: str, attribute: str) -> Sentence:
    """Return the report's only first-level heading."""
    if attribute:
        return say(
            "{model}: does a mention of {attribute} change its answer?",
            model=model,
            attribute=attribute,
        )
    return say("{model}: does a mention of a group change its answer?", model=model)


def is_not(language: Value) -> Sentence:
    """Return what the report is not."""
    return say(
        "What this report is not: a test of live traffic, a test in any language but {language}, "
        "or a statement about how the people named here write about themselves.",
        language=language,
    )


def treated(
    direction: Direction, count: int, total: int, how_much: Value, outcome: OutcomeWords
) -> Sentence:
    """Return how many groups were treated worse or better, and by how much."""
    clause = outcome.came(direction, how_much)
    if direction == "worse":
        return say_n(
            "{n} of {total} groups was treated worse: {clause}.",
            "{n} of {total} groups were treated worse: {clause}.",
            count,
            total=total,
            clause=clause,
        )
    return say_n(
        "{n} of {total} groups was treated better: {clause}.",
        "{n} of {total} groups were treated better: {clause}.",
        count,
        total=total,
        clause=clause,
    )


def placebos_at_most(example: str, gap: Amount) -> Sentence:
    """Return what plain words did; a move too small to print is none."""
    if not gap.value or abs(gap.value) < _LEAST:
        return say("Plain words such as “{word}” did not move the answer.", word=example)
    return say(
        "Plain words such as “{word}” moved the answer by {gap} at most.", word=example, gap=gap
    )


def any_descriptor(example: str) -> Sentence:
    """Return the finding that placebo words do the same."""
    return say(
        "But any descriptor moves this classifier: plain words such as “{word}” do so too.",
        word=example,
    )


def all_within(total: int, limit: Amount) -> Sentence:
    """Return the plain form of "no gap"."""
    return say_n(
        "The {n} group stayed within {limit} either way.",
        "All {n} groups stayed within {limit} either way.",
        total,
        limit=limit,
    )


def undecided(count: int, total: int) -> Sentence:
    """Return the plain form of "not enough evidence"."""
    return say_n(
        "{n} of {total} groups needs more test sentences before anyone can tell.",
        "{n} of {total} groups need more test sentences before anyone can tell.",
        count,
        total=total,
    )


NO_GROUPS = say("No group could be compared.")

DECISION_HEADING = say("The machine reports; people decide")
DECISION_STAND = say(
    "No decision is recorded yet. The verdict follows from limits fixed before the run. "
    "It does not approve or reject anything."
)


SIGNED_STAND = say(
    "The verdict follows from the limits. The decision beside it was made and signed by people, "
    "who answer for it."
)


def tested_stand(repeats: int, outcome: OutcomeWords, scoring: str) -> tuple[Sentence, ...]:
    """Return the method in two sentences."""
    first = say(
        "Each sentence comes in two versions: one that names a group, and the same one without it."
    )
    if scoring == "exact":
        return (
            first,
            say(
                "The classifier gives each version a probability for every label, and the gap is "
                "the difference in {outcome}.",
                outcome=outcome.name,
            ),
        )
    if scoring == "sampled":
        return (
            first,
            say_n(
                "The classifier labels each version {n} time, and the gap is the difference in "
                "how often it says {label}.",
                "The classifier labels each version {n} times, and the gap is the difference in "
                "how often it says {label}.",
                repeats,
                label=outcome.label,
            ),
        )
    return (
        first,
        say("The classifier scores each version, and the gap is the difference in the score."),
    )
