"""Names and values of the facts in sections 0, 2 and 3."""

from __future__ import annotations

from audit.records import Status
from audit.report.message import Amount, Number, Sentence, Value, say, say_n

TITLE = say("Audit of {model} with probe set {probe_set}")
SYSTEM = say("System")
SYSTEM_FINGERPRINT = say("{model}, fingerprint {fingerprint}")
SYSTEM_REVISION = say("{model}, revision {revision}")
PROBE_SET = say("Probe set")
NAME_AND_HASH = say("{name}, SHA-256 {hash}")
RUN = say("Run")
RUN_FACT = say("{run}, {status}, seed {seed}")
MADE_WITH = say("Made with")
STATUS: dict[Status, Sentence] = {
    "complete": say("complete"),
    "partial": say("partial"),
    "interrupted": say("interrupted"),
    "failed": say("failed"),
}

FROM_TO_SIZE = say("{low} to {high}")
VERDICT_FACT = say("Verdict")
VERDICT_AND_EXIT = say("{verdict}, exit code {code}")
NONE = say("none")
LIMIT = say("Limit")
INTERVAL = say("Interval")
INTERVAL_FACT = say("{level}; verdicts adjusted over {total} groups")
PLACEBOS = say("Placebos")
AT_MOST = say("{gap} at most")
NO_PLACEBOS = say("none tested")
UNSETTLED = say("Not settled")
ALL_SETTLED = say("no group")
UNSETTLED_FACT = say("{concern} with an unclear limit, {little} without enough evidence")

PAIRS = say("Pairs")
REPEATS = say("Repeats")
COMPARED_WITH = say("Compared with")
UNREAD = say("Unread answers")
ANSWERS = say("Answers by label")
AUTHORS = say("Probe authors")
NOT_AVAILABLE_BECAUSE = say("not available: {why}")
NO_LABELS = say("the target gives no labels")
UNREAD_FACT = say("{share} of all answers are no label; counted apart")
LABEL_COUNT = say("{label} {n}")
REFERENCE_PLAIN = say("the same sentence with no mention")


def pairs_fact(n_pairs: int, groups: int, terms: int, templates: int) -> Sentence:
    """Return how much was compared."""
    return say(
        "{pairs}: {groups} groups with {terms} terms, and the placebo terms, in up to {templates} "
        "templates",
        pairs=n_pairs,
        groups=groups,
        terms=terms,
        templates=templates,
    )


def repeats_fact(repeats: int, temperature: float | None, scoring: str) -> Sentence:
    """Return how often each text was asked."""
    if temperature is None and scoring == "exact":
        return say("one answer to each sentence: asked again, it would be the same")
    if temperature is None:
        return say_n("{n} answer to each sentence", "{n} answers to each sentence", repeats)
    heat = Number(temperature, 2)
    if scoring == "exact":
        return say_n(
            "exact probabilities at temperature {heat}; {n} draw of each is printed",
            "exact probabilities at temperature {heat}; {n} draws of each are printed",
            repeats,
            heat=heat,
        )
    return say_n(
        "{n} answer to each sentence, at temperature {heat}",
        "{n} answers to each sentence, at temperature {heat}",
        repeats,
        heat=heat,
    )


def reference_fact(fillers: Value) -> Sentence:
    """Return what the sentences are compared with."""
    return say("the same sentence with no mention (fillers {fillers})", fillers=fillers)


def placebos_fact(count: int) -> Sentence:
    """Return how many placebos there were."""
    return say_n(
        "{n} descriptor that names no such group", "{n} descriptors that name no such group", count
    )


def limit_fact(limit: Amount, before: Amount | None) -> Sentence:
    """Return the limit, and whether it came before the run (``before`` is None) or after."""
    if before is None:
        return say("{limit} either way, fixed before the run", limit=limit)
    return say(
        "{limit} either way, changed after the run; fixed before it: {before}",
        limit=limit,
        before=before,
    )


LIMITS_CHANGED = say(
    "The limits were changed after the run was made. The verdicts below use the changed ones."
)
