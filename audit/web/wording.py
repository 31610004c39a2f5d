"""Reason codes of the guard in words."""

from audit.web.language import mark

REASONS: dict[str, str] = {
    "no_rule_applies": mark("No rule asks for a person."),
    "rule_applies": mark("A rule of the policy asks for a person."),
    "counterfactual_differs": mark("Without the words that mention a group the answer is another."),
    "repeats_differ": mark("Asked several times, the system does not always answer the same."),
    "opt_out": mark("The person asked for a person."),
    "stopped": mark("The classifier was stopped."),
    "audit_expired": mark("The audit is too old."),
    "clock_wrong": mark("The server's clock is wrong."),
    "policy_edited": mark("The policy was edited by hand."),
    "other_system": mark("The classifier is not the one that was audited."),
    "classifier_error": mark("The classifier failed."),
    "classifier_timeout": mark("The classifier did not answer in time."),
    "no_label": mark("The classifier gave no answer that could count."),
    "counterfactual_unavailable": mark("The answer without the mention could not be asked for."),
    "repeats_unavailable": mark("It is not known whether repeated answers agree."),
    "text_unusable": mark("The text could not be read."),
    "text_too_long": mark("The text was too long to be read by the system."),
    "not_recorded": mark("The decision could not be stored at first."),
    "guard_error": mark("The guard itself failed."),
}
"""Every `audit.records.ReasonCode`, as a message to translate."""
