"""Sentences of a sign-off, printed beside the machine verdict."""

from __future__ import annotations

from audit.report.message import Day, Sentence, Value, say

DECISIONS: dict[str, Sentence] = {
    "approve": say("Approved by two people."),
    "approve_with_conditions": say("Approved by two people, with conditions."),
    "reject": say("Rejected."),
}
WAITING = say("Signed by one person; a second signature is missing.")

SIGNATURE = say("Signed")
CONDITION = say("Condition")
REASON = say("Reason")
RESIDUAL_RISK = say("Residual risk")
RISK_OWNER = say("Accepted by")
OVERSIGHT = say("Oversight plan")
EXPIRES = say("Expires on")
AUTHOR = say("Run made by")
RECORD = say("Record, SHA-256")
OWN_DECISIONS: dict[str, Sentence] = {
    "approve": say("approve"),
    "approve_with_conditions": say("approve with conditions"),
    "reject": say("reject"),
}


def signature(name: str, role: str, day: str, decision: Value) -> Sentence:
    """Return who signed, when, and for what."""
    if not role:
        return say("{name}, {day}: {decision}", name=name, day=Day(day), decision=decision)
    return say(
        "{name} ({role}), {day}: {decision}",
        name=name,
        role=role,
        day=Day(day),
        decision=decision,
    )
