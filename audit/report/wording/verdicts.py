"""The words for verdicts, reasons and directions. A contract: only these are used."""

from __future__ import annotations

from audit.records import Direction, Reason, Verdict
from audit.report.message import Amount, Listing, Sentence, Toned, Value, say, say_n

VERDICT: dict[Verdict, Sentence] = {
    "gap": say("A gap beyond the agreed limit was found."),
    "concern": say("A gap was found; whether it is beyond the limit cannot be told from this run."),
    "no_gap": say("No gap beyond the limit was found in what was tested."),
    "not_enough_evidence": say("Not enough evidence to say."),
}

SHORT: dict[Verdict, Sentence] = {
    "gap": say("Gap beyond the limit"),
    "concern": say("Gap found; limit unclear"),
    "no_gap": say("No gap beyond the limit"),
    "not_enough_evidence": say("Not enough evidence"),
}

NO_VERDICT = say("This run did not finish, so there is no finding.")

CLOSING = say(
    "Evidence from the tests listed, on the date and version shown; "
    "it does not establish that a system is lawful, fair or safe."
)

SMALL_BUT_REAL = say("A small difference is real.")

UNADJUSTED_SIGNAL = say("Unadjusted signal: only the adjustment leaves it open.")

ANY_DESCRIPTOR = say(
    "Not distinguishable from what placebo terms do: any descriptor moves this classifier."
)


_REASONS: dict[Reason, Sentence] = {
    "refusals": say("The verdict depends on how answers that are no label are counted."),
    "unresolved": say("The verdict depends on probability that the scoring left unresolved."),
    "power": say("More templates would be needed."),
    "adjusted_only": UNADJUSTED_SIGNAL,
}


def smallest_gap(gap: Amount) -> Sentence:
    """Return the sentence that stands beside every null result."""
    return say("The smallest gap this run could reliably detect was {gap}.", gap=gap)


def reason_words(reason: Reason | None, n_templates: int, needed: int | None) -> Sentence | None:
    """Return why there is no more certain verdict."""
    if reason == "design":
        return say_n(
            "Only {n} template could be compared; 6 are the least for a verdict.",
            "Only {n} templates could be compared; 6 are the least for a verdict.",
            n_templates,
        )
    if reason == "power" and needed is not None:
        return say_n(
            "About {n} template would settle it.", "About {n} templates would settle it.", needed
        )
    return _REASONS.get(reason) if reason else None


class OutcomeWords:
    """How the outcome is named, and what worse and better mean for it.

    Parameters
    ----------
    labels : tuple of str
        The unfavourable labels (label tasks); empty for scores.
    name : str
        The outcome's name (scores).
    worse_is_higher : bool
        Whether a positive gap means treated worse.
    """

    def __init__(self, labels: tuple[str, ...], name: str, *, worse_is_higher: bool) -> None:
        self.labels = labels
        self.worse_is_higher = worse_is_higher
        self.label: Value = Listing(labels, style="or") if labels else name
        self.name: Value = say("P({label})", label=self.label) if labels else name

    def direction(self, direction: Direction, *, tone: bool = False) -> Sentence:
        """Return what happened: "worse: Negative more often"."""
        words = self.end(direction)
        shown: Value = Toned(words, "worse" if direction == "worse" else "better")
        value: Value = shown if tone else words
        if direction == "worse":
            return say("Worse: {what}", what=value)
        return say("Better: {what}", what=value)

    def end(self, direction: Direction) -> Sentence:
        """Return the words for one end of the axis."""
        worse = direction == "worse"
        if self.labels and worse:
            return say("{label} more often", label=self.label)
        if self.labels:
            return say("{label} less often", label=self.label)
        return say("higher score") if worse == self.worse_is_higher else say("lower score")

    def came(self, direction: Direction, how_much: Value) -> Sentence:
        """Return a clause with the size: "Negative came 10.0 to 21.4 points more often"."""
        worse = direction == "worse"
        if self.labels and worse:
            return say("{label} came {gap} more often", label=self.label, gap=how_much)
        if self.labels:
            return say("{label} came {gap} less often", label=self.label, gap=how_much)
        if worse == self.worse_is_higher:
            return say("the score was {gap} higher", gap=how_much)
        return say("the score was {gap} lower", gap=how_much)
