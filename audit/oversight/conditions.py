"""When a rule of the policy holds for an answer."""

from __future__ import annotations

from audit.oversight.calls import Answer
from audit.oversight.policy_schema import PolicyRule


def is_due(rule: PolicyRule, answer: Answer) -> bool:
    """Tell whether a rule holds as far as the answer alone says.

    A part that cannot be checked counts as true: what is not known goes to a person.

    Parameters
    ----------
    rule : PolicyRule
        A rule with ``action: review``.
    answer : Answer
        What the classifier said about the text.
    """
    when = rule.when
    if when is None:
        return True
    if when.score_below is not None or when.score_above is not None:
        score = answer.score
        return (
            score is None
            or (when.score_below is not None and score < when.score_below)
            or (when.score_above is not None and score > when.score_above)
        )
    if when.predicted is not None and answer.label not in when.predicted:
        return False
    if when.confidence_below is not None and when.confidence_below < 1:
        sure = answer.confidence is not None and answer.confidence >= when.confidence_below
        if sure:
            return False
    return not (when.repeats_differ and answer.steady is True)


def needs_counterfactual(rule: PolicyRule) -> bool:
    """Tell whether a rule also asks for the answer without the mention."""
    return rule.when is not None and rule.when.counterfactual_differs
