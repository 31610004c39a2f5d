"""The human decision of section 2, once people have signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.report.inert import inert
from audit.report.message import Day, code
from audit.report.parts import Fact, SignedDecision
from audit.report.wording import signoff as words

_LIMIT = 1000
_ENOUGH = 2
_BY_WEIGHT = ("reject", "approve_with_conditions", "approve")


def signed_decision(signoff: Mapping[str, Any] | None) -> SignedDecision | None:
    """Return the decision that was signed, or ``None`` where nobody has signed."""
    if signoff is None or not signoff["signatures"]:
        return None
    record, signatures = signoff["record"], signoff["signatures"]
    given = {each["decision"] for each in signatures}
    decision = next(name for name in _BY_WEIGHT if name in given)
    lead = words.DECISIONS[decision]
    if len(signatures) < _ENOUGH and decision != "reject":
        lead = words.WAITING
    facts = [
        Fact(
            name=words.SIGNATURE,
            value=words.signature(
                _plain(each["name"]),
                _plain(each["role"]),
                each["time"],
                words.OWN_DECISIONS[each["decision"]],
            ),
        )
        for each in signatures
    ]
    for each in signatures:
        facts += [Fact(name=words.CONDITION, value=_plain(text)) for text in each["conditions"]]
        if each["reason"]:
            facts.append(Fact(name=words.REASON, value=_plain(each["reason"])))
    told = (
        (words.RESIDUAL_RISK, record["residual_risk"]),
        (words.RISK_OWNER, record["risk_accepted_by"]),
        (words.OVERSIGHT, record["oversight_plan"]),
    )
    facts += [Fact(name=name, value=_plain(text)) for name, text in told if text]
    facts += [
        Fact(name=words.EXPIRES, value=Day(record["expires"])),
        Fact(name=words.AUTHOR, value=_plain(record["run_author"])),
        Fact(name=words.RECORD, value=code(_plain(signoff["record_sha256"]))),
    ]
    return SignedDecision(lead=lead, facts=tuple(facts))


def _plain(text: str | None) -> str:
    return inert(text or "", limit=_LIMIT)
