"""What became of a decision, for the person it is about: facts, which the pages put into words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from audit.appeals.asking import named_decision
from audit.store import Filings, Store
from audit.store.filings import OUTCOME
from audit.store.outcomes import SETTLED, outcome, reviews_of
from audit.store.stored import StoredDecision

DecidedBy = Literal["model", "person", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionAccount:
    """What a person may know about the decision they hold the code of.

    Parameters
    ----------
    id, time : str
        Of the decision; ISO 8601, UTC.
    said : str or None
        What the model said, as a label or a score.
    counts : str or None
        The answer that counts now; ``None`` while a person still has to give it.
    decided_by : {'model', 'person', 'waiting'}
        Who gave that answer.
    decided : str or None
        When a person did.
    changed : bool
        Whether a person put another answer in the place of the model's.
    reasons : tuple of str
        Reason codes of the guard.
    explanation : str or None
        What the model said without the words that mention a group, in the policy's language.
    erased : bool
        Whether the explanation was erased, or its time is over.
    subject_known : bool
        Whether an opt-out can stand for whom it is about.
    audit_id : str
        The audit by whose policy it was routed.
    """

    id: str
    time: str
    said: str | None
    counts: str | None
    decided_by: DecidedBy
    decided: str | None
    changed: bool
    reasons: tuple[str, ...]
    explanation: str | None
    erased: bool
    subject_known: bool
    audit_id: str


def account_of(store: Store, reference: str) -> DecisionAccount:
    """Return what became of a decision.

    Parameters
    ----------
    store : Store
        Open.
    reference : str
        The decision's code, as typed.

    Raises
    ------
    CannotFileError
        If it is no code, or no decision's.
    """
    return account_of_id(store, named_decision(store, reference))


def account_of_id(store: Store, decision_id: str) -> DecisionAccount:
    """Return the same by the decision's id, for those who answer appeals.

    Raises
    ------
    LookupError
        If there is no such decision.
    """
    decision = store.decision(decision_id)
    if decision is None:
        raise LookupError(decision_id)
    said = _answer(decision)
    last = max(_by_people(store, decision, said), default=None)
    waits = decision.route == "review" and last is None
    explained = (decision.personal or {}).get("explanation") if decision.personal else None
    return DecisionAccount(
        id=decision.id,
        time=decision.time,
        said=said,
        counts=None if waits else said if last is None else last[1],
        decided_by="waiting" if waits else "model" if last is None else "person",
        decided=None if last is None else last[0],
        changed=last is not None and last[1] != said,
        reasons=tuple(decision.body["reasons"]),
        explanation=None if explained is None else str(explained["text"]),
        erased=decision.owner is not None and decision.personal is None,
        subject_known=Filings(store).pseudonym_of(decision.id) is not None,
        audit_id=str(decision.body["audit_id"]),
    )


def _answer(decision: StoredDecision) -> str | None:
    label, score = decision.body["label"], decision.body["score"]
    return label if label is not None else None if score is None else f"{score:.3g}"


def _by_people(
    store: Store, decision: StoredDecision, said: str | None
) -> Iterator[tuple[str, str]]:
    """Yield the answers that people gave, with their times."""
    reviewed = outcome(reviews_of(store, [decision.id]).get(decision.id, []))
    answer = reviewed.label or (said if reviewed.state == "kept" else None)
    if reviewed.state in SETTLED and answer is not None and reviewed.time:
        yield reviewed.time, answer
    filings = Filings(store)
    for filed in filings.about(decision.id):
        for given in filings.about(filed.id):
            if given.kind == OUTCOME and given.body["action"] == "overturned":
                yield given.time, str(given.body["label"])
