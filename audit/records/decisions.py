"""What is decided at run time: one routed answer, why, and what explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Route = Literal["auto", "review"]
ReasonCode = Literal[
    "no_rule_applies",
    "rule_applies",
    "counterfactual_differs",
    "repeats_differ",
    "opt_out",
    "stopped",
    "audit_expired",
    "clock_wrong",
    "policy_edited",
    "other_system",
    "classifier_error",
    "classifier_timeout",
    "no_label",
    "counterfactual_unavailable",
    "repeats_unavailable",
    "text_unusable",
    "text_too_long",
    "not_recorded",
    "guard_error",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer without the words that mention a group, as the classifier really gave it.

    Parameters
    ----------
    text : str
        One sentence for the affected person.
    words : tuple of str
        What was taken out, as it stood in the text.
    counterfactual_text : str
        The text that was asked about instead.
    counterfactual_label : str, optional
        The answer to it; ``None`` for scores.
    counterfactual_score : float, optional
        The score of it; ``None`` for labels.
    differs : bool
        Whether the answer is another.
    """

    text: str
    words: tuple[str, ...]
    counterfactual_text: str
    counterfactual_label: str | None
    counterfactual_score: float | None
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One answer and who decides: the classifier alone (``auto``) or a person (``review``).

    Parameters
    ----------
    id : str
        Random, unguessable, unique.
    time : str
        ISO 8601, UTC.
    route : {'auto', 'review'}
        In shadow mode ``auto`` wherever there is an answer.
    would_route : {'auto', 'review'}
        What the policy asks for; differs from ``route`` in shadow mode only.
    label, score, confidence : optional
        What the classifier said; confidence is the largest share among the labels, in [0, 1].
    reasons : tuple of str
        Reason codes, the first the decisive one.
    groups : tuple of str
        Audited groups that the text mentions.
    explanation : Explanation, optional
        Only where it was verified by asking the classifier.
    recorded : bool
        Whether the store has it, durably.
    reference : str, optional
        The code with which the affected person can ask about this decision. Only its hash, the id,
        is stored.
    """

    id: str
    time: str
    route: Route
    would_route: Route
    label: str | None
    score: float | None
    confidence: float | None
    reasons: tuple[ReasonCode, ...]
    groups: tuple[str, ...]
    explanation: Explanation | None
    appeal_url: str | None
    audit_id: str
    policy_sha256: str
    shadow: bool
    recorded: bool
    reference: str | None = None


ReviewAction = Literal["keep", "override", "escalate", "dispute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent:
    """What a person did about a decision.

    Parameters
    ----------
    id, time : str
        Unique; ISO 8601, UTC.
    decision_id : str
        The decision it is about.
    reviewer : str
        Account of the person.
    action : {'keep', 'override', 'escalate', 'dispute'}
        ``override`` puts ``label`` in the place of the classifier's.
    label : str, optional
        The person's own answer.
    note : str
        Free text; sealed in the store, since it may be personal.
    blind : str, optional
        The label the person gave before the classifier's was shown.
    """

    id: str
    time: str
    decision_id: str
    reviewer: str
    action: ReviewAction
    label: str | None = None
    note: str = ""
    blind: str | None = None
