"""Sentences of sections 9 to 14: overrides, since last time, not tested, consulted, method, map."""

from __future__ import annotations

from audit.report.message import Day, Number, Sentence, Value, code, probe, say, say_n

OVERRIDES = say("For a person to decide")
SINCE = say("Since last time")
NOT_TESTED = say("Not tested")
CONSULTED = say("Who was consulted")
METHOD = say("Method and re-run")
MAP = say("Evidence map")


def overrides_heading(count: int) -> Sentence:
    """Return how many rules there are to decide on."""
    return say_n(
        "For a person to decide: {n} override rule",
        "For a person to decide: {n} override rules",
        count,
    )


NO_OVERRIDES_HEADING = say("For a person to decide: no override rule is recommended")
NO_OVERRIDES = say(
    "Rules are recommended for groups with a gap only. That none is recommended does not mean that "
    "nobody needs a way to a person."
)
OVERRIDES_STAND = say(
    "Each rule sends some answers to a person before they count. The figures come from templates "
    "held out when the rule was chosen. No rule is in force until someone accepts it."
)


WITHOUT_RULE = say("Without the rule")


def rule_sentence(group: str, label: Value, kind: str, threshold: float | None) -> Sentence:
    """Return a rule in words."""
    if kind == "counterfactual":
        return say(
            "Texts that mention the group {group}: a person decides when the answer is {label} and "
            "would be another without the words that mention the group.",
            group=probe(group),
            label=label,
        )
    if kind == "repeats":
        return say(
            "Texts that mention the group {group}: a person decides when the answer is {label} and "
            "repeats of it disagree.",
            group=probe(group),
            label=label,
        )
    if threshold is None or threshold >= 1:
        return say(
            "Texts that mention the group {group}: a person decides when the answer is {label}.",
            group=probe(group),
            label=label,
        )
    return say(
        "Texts that mention the group {group}: a person decides when the answer is {label} with "
        "less than {threshold} certainty.",
        group=probe(group),
        label=label,
        threshold=Number(threshold, 2),
    )


def candidate(kind: str, threshold: float | None, label: Value) -> Sentence:
    """Return a candidate rule, short enough for a table."""
    if kind == "counterfactual":
        return say("{label}, and another answer without the mention", label=label)
    if kind == "repeats":
        return say("{label}, and repeats disagree", label=label)
    if threshold == 0:
        return WITHOUT_RULE
    if threshold is None or threshold >= 1:
        return say("every {label}", label=label)
    return say("{label}, certainty below {threshold}", label=label, threshold=Number(threshold, 3))


def load_of_1000(per_1000: float) -> Sentence:
    """Return a load in a table."""
    return say("{n} of 1,000", n=Number(per_1000))


def total_load(per_1000: float, *, by_traffic: bool) -> Sentence:
    """Return the load of all rules together."""
    if by_traffic:
        return say(
            "Together the rules send {n} of 1,000 texts of the stated traffic to a person.",
            n=Number(per_1000, 1),
        )
    return say(
        "Together, with as many texts about each of these groups, the rules send {n} of 1,000 such "
        "texts to a person; audit report --traffic counts with your own shares.",
        n=Number(per_1000),
    )


RECOMMENDED = say("recommended")


def no_rule(group: str) -> Sentence:
    """Return that nothing a person decides mends this gap."""
    return say("No rule is recommended for the group {group}.", group=probe(group))


NOT_AVAILABLE = say("not available")
WHO = say("Who it catches")


def who(n_terms: int) -> Sentence:
    """Return who a rule catches."""
    return say_n(
        "Texts with the {n} wording tested or one of its forms: people of this group, and everybody"
        " who writes about them. The forms are in override-policy.yaml.",
        "Texts with one of the {n} wordings tested or their forms: people of this group, and "
        "everybody who writes about them. The forms are in override-policy.yaml.",
        n_terms,
    )


LOAD = say("Review load")


def load(per_1000: float) -> Sentence:
    """Return the load in words."""
    return say("{n} of 1,000 texts that mention this group", n=Number(per_1000))


LEFT: dict[str, Sentence] = {
    "human_right": say("Gap left, if the person is right"),
    "human_like_reference": say("Gap left, if the person answers as without the words"),
}
LEFT_OTHER = say("Gap left with the rule")
ILLUSTRATION = say("Illustration only: fewer than 20 templates, so these figures are not held out.")
LEFT_WITHIN = say("The whole interval lies within the limit on held-out templates.")
LEFT_UNCLEAR = say("What is left may still be beyond the limit.")

SINCE_NONE = say("No earlier run was given to compare with, so nothing is said about change.")


def since_stand(run_id: str) -> Sentence:
    """Return which run this one is compared with."""
    return say(
        "Compared with run {run}. Each interval is that of the difference between the two runs.",
        run=code(run_id),
    )


CHANGES: dict[str, Sentence] = {
    "new": say("new"),
    "worse": say("worse"),
    "better": say("better"),
    "same": say("same"),
    "cannot_compare": say("cannot compare"),
}


def answers_changed(count: int) -> Sentence:
    """Return how many sentences of a term are answered differently."""
    return say_n(
        "{n} sentence is answered differently", "{n} sentences are answered differently", count
    )


NOT_TESTED_HEADING = say("Not tested, or not enough evidence")
NOT_TESTED_STAND = say("What is missing here is no evidence that there is no gap.")
PLACEBO_ITEM = say("{term} (placebo term)")


WHY_AND_WHAT = say("{what}: {why}")


def and_more(count: int) -> Sentence:
    """Return how many more there are."""
    return say_n("{n} more", "{n} more", count)


def many_not_tested(count: int) -> Sentence:
    """Return the name of several cells left out for one reason."""
    return say_n("{n} item", "{n} items", count)


CONSULTED_HEADING = say("Who was consulted")
CONSULTED_UNKNOWN = say("The probe set does not say whether anybody was consulted.")
CONSULTED_STAND = say("What the probe set says about itself, in its own words:")
CONSULTED_NAMES: dict[str, Sentence] = {
    "consultation": say("Consultation"),
    "authors": say("Written by"),
    "reviewers": say("Reviewed by"),
    "review_date": say("Last checked on"),
    "licence": say("Licence"),
    "justification": say("Why wordings that people advise against are tested"),
}
NO_REVIEWERS = say("nobody yet")
NOT_STATED = say("not stated")

METHOD_HEADING = say("Method, and how to run it again")
METHOD_STAND = say(
    "A group’s gap is the mean over templates of the difference between the sentences with and "
    "without the words. Its interval treats templates as the unit, so copies cannot make it look "
    "surer."
)
METHOD_NAMES: dict[str, Sentence] = {
    "interval": say("Interval"),
    "correction": say("Adjustment over groups"),
    "verdict": say("Verdict rule"),
    "estimand": say("Estimand"),
    "scoring": say("Scoring"),
    "probe_sha256": say("Probe set, SHA-256"),
    "prompt_sha256": say("Prompt, SHA-256"),
    "fingerprint": say("What was loaded, fingerprint"),
    "settings": say("Settings"),
    "versions": say("Versions"),
    "times": say("Started and finished"),
    "file": say("The same figures for machines"),
}
CORRECTIONS: dict[str, Sentence] = {
    "max_t": say("step-down max-T over template sign-flips (family-wise)"),
    "holm": say("Holm (family-wise)"),
    "bh": say("Benjamini-Hochberg (false discovery rate: exploratory)"),
    "none": say("none: verdicts are not adjusted for the number of groups"),
}
VERDICT_RULE = say(
    "the whole interval against the limit; a gap needs an adjusted p of at most 0.05 as well"
)
ESTIMANDS: dict[str, Sentence] = {
    "listed": say("these terms, templates like these"),
    "phrases": say("other phrases for the group too"),
    "census": say("exactly these prompts"),
}
SCORINGS: dict[str, Sentence] = {
    "exact": say("exact label probabilities; drawn labels are printed for people to read"),
    "sampled": say("labels drawn from the classifier"),
    "score": say("the classifier’s score"),
}
RESULTS_FILE = say("results.json beside this report, schema version 1")
FROM_TO = say("{start} and {end}")

MAP_NONE = say("The evidence map has no entries.")


def map_heading(day: str) -> Sentence:
    """Return the dated heading of the map."""
    return say("Evidence map, as of {day}", day=Day(day))


MAP_STAND = (
    say("Where parts of this report may help show something that a rule asks about."),
    say("An entry never says that a rule is met, and nothing here is legal advice."),
)
