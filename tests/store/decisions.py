"""Decisions to write."""

import uuid

from audit.records import Decision, Explanation

EXPLANATION = Explanation(
    text="Without the words “deaf” the answer would have been Positive.",
    words=("deaf",),
    counterfactual_text="A teacher came.",
    counterfactual_label="Positive",
    counterfactual_score=None,
    differs=True,
)


def decision(**changes):
    """A recorded review of a text about deaf people."""
    values = {
        "id": uuid.uuid4().hex, "time": "2026-06-01T10:00:00.000+00:00", "route": "review",
        "would_route": "review", "label": "Negative", "score": None, "confidence": 0.9,
        "reasons": ("rule_applies",), "groups": ("deaf",), "explanation": EXPLANATION,
        "appeal_url": None, "audit_id": "run-1", "policy_sha256": "ab", "shadow": False,
        "recorded": True,
    }  # fmt: skip
    return Decision(**(values | changes))
