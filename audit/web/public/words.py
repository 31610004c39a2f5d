"""What codes mean, in plain words. Every sentence is marked for the catalogues."""

from __future__ import annotations

from audit.appeals import Why
from audit.web.language import mark

WHY_NOT: dict[Why, str] = {
    "not_a_code": mark(
        "This is no code. Look for a typing error: a code has 18 letters and digits."
    ),
    "no_such_code": mark("We know no such code. Compare it with the one you were given."),
    "not_a_decision": mark(
        "This is the code of something you sent. Use the code that came with the decision."
    ),
    "nothing_said": mark("Write a few words, or give the code of a decision."),
    "too_long": mark("Your text is too long. It may have 4,000 characters."),
    "too_many": mark("Too many requests are waiting for an answer. Please try again tomorrow."),
    "not_withdrawable": mark("This is no code of an opt-out."),
}

_BY_RULE = mark(
    "A rule sends texts like this to a person: the model was found to treat people unequally there."
)
_NO_ANSWER = mark("The model gave no answer that could be used.")
_NOT_READ = mark("The text could not be read by the model.")
_FAILED = mark("Something failed on our side. Then a person decides.")
_OLD_AUDIT = mark("The last test of the model does not hold any more. Then a person decides.")

REASONS: dict[str, str] = {
    "no_rule_applies": mark("No rule asked for a person. So the model's answer counted."),
    "rule_applies": _BY_RULE,
    "counterfactual_differs": mark(
        "Without the words about a group of people the model would have answered otherwise."
    ),
    "repeats_differ": mark("Asked again, the model answered otherwise."),
    "opt_out": mark("You asked for a person. The model was not asked."),
    "stopped": mark("The model was switched off. Then a person decides."),
    "audit_expired": _OLD_AUDIT,
    "other_system": _OLD_AUDIT,
    "clock_wrong": _FAILED,
    "classifier_error": _NO_ANSWER,
    "classifier_timeout": _NO_ANSWER,
    "no_label": _NO_ANSWER,
    "counterfactual_unavailable": mark(
        "The model could not be asked without the words about a group of people."
    ),
    "repeats_unavailable": mark("The model could not be asked again."),
    "text_unusable": _NOT_READ,
    "text_too_long": mark("The text was too long for the model."),
    "not_recorded": _FAILED,
    "guard_error": _FAILED,
    "policy_edited": mark("The rules were changed by hand after the test."),
}

SENT = {
    "appeal": mark("Appeal"),
    "feedback": mark("Feedback"),
    "opt_out": mark("Opt-out"),
}
"""What was sent."""

OUTCOMES = {
    "upheld": mark("You were right. The answer could not be changed, or did not need to be."),
    "overturned": mark("You were right. Another answer counts now."),
    "rejected": mark("A person looked at it again. The decision stays as it was."),
}

DECIDED_BY = {
    "model": mark("The model alone"),
    "person": mark("A person"),
    "waiting": mark("A person still has to decide"),
}


def reasons(codes: tuple[str, ...]) -> list[str]:
    """Return the sentences for reason codes, each once, in order."""
    return list(dict.fromkeys(REASONS.get(code, _FAILED) for code in codes))
