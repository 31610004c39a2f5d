"""What the organisation does: see what waits, and answer it once."""

from __future__ import annotations

from collections.abc import Iterator

from audit.appeals.asking import now
from audit.appeals.filed import KINDS, OUTCOMES, Outcome, Status
from audit.appeals.status import status_of
from audit.errors import RefusedError, StoreError
from audit.oversight.references import id_of
from audit.records import ReviewEvent
from audit.store import Filing, Filings, Store
from audit.store.filings import OUTCOME
from audit.store.outcomes import SETTLED, reviews_of
from audit.store.outcomes import outcome as outcome_of

MOST_REPLY = 4_000


def waiting(store: Store, *, answered: bool = False) -> Iterator[Status]:
    """Yield what was sent, oldest first: what waits, and with ``answered`` all of it.

    An opt-out that stands, or was withdrawn, waits for nobody.
    """
    filings = Filings(store)
    if answered:
        yield from (status_of(filings, row) for row in filings.sent())
        return
    for row in filings.unanswered():
        found = status_of(filings, row, answers=())
        if not found.standing:
            yield found


def find(store: Store, filing_id: str) -> Status:
    """Return where a filing stands, by its id (not its code, which only the person has).

    Raises
    ------
    RefusedError
        If there is none.
    """
    filings = Filings(store)
    return status_of(filings, _filing(filings, filing_id))


def resolve(
    store: Store,
    filing_id: str,
    outcome: Outcome,
    *,
    by: str,
    label: str | None = None,
    reply: str = "",
) -> Status:
    """Answer an appeal, feedback, or an opt-out that waits; the person sees it by their code.

    Parameters
    ----------
    store : Store
        Open.
    filing_id : str
        Its id.
    outcome : {'upheld', 'overturned', 'rejected'}
        ``overturned`` puts ``label`` in the place of the answer, so it needs a label, and a
        decision that was named. A decision that waits for a person, or is disputed, is settled by
        it: nobody has to review it any more.
    by : str
        Account of who answers. Nobody answers an appeal against their own review.
    label : str, optional
        The answer that counts instead.
    reply : str
        What the person is told; sealed as what they wrote is.

    Returns
    -------
    Status
        As the person sees it now.

    Raises
    ------
    RefusedError
        If it is answered already, or may not be answered so.
    StoreError
        If it could not be written; then nothing is answered.
    """
    filings = Filings(store)
    found = _filing(filings, filing_id)
    _check_answer(outcome, by, reply)
    if status_of(filings, found).outcome is not None:
        raise _answered(filings, found)
    if outcome == "overturned":
        _check_overturning(found, label)
    _check_independent(store, found, by)
    body = {
        "filing": found.kind, "filing_id": found.id, "decision_id": found.body["decision_id"],
        "action": outcome, "label": label if outcome == "overturned" else None, "by": by,
    }  # fmt: skip
    row = Filing(
        id=id_of(f"answer to {found.id}"), time=now(), kind=OUTCOME, about=found.id, body=body,
        personal={"reply": reply.strip()} if reply.strip() else None,
        under=found.under or filings.key_for(found.id, found.body["decision_id"]),
    )  # fmt: skip
    try:
        filings.add(row, _settling(store, row))
    except StoreError:
        if filings.get(row.id) is not None:
            raise _answered(filings, found) from None
        raise
    return status_of(filings, found)


def _settling(store: Store, answer: Filing) -> ReviewEvent | None:
    """Return the review that an overturning answer is, where one is still to be given."""
    decision = store.decision(str(answer.body["decision_id"]))
    if answer.body["action"] != "overturned" or decision is None:
        return None
    reviews = reviews_of(store, [decision.id]).get(decision.id, [])
    state = outcome_of(reviews).state
    if state in SETTLED or (not reviews and decision.route == "auto"):
        return None
    label = answer.body["label"]
    return ReviewEvent(
        id=id_of(f"review by {answer.id}"), time=answer.time, decision_id=decision.id,
        reviewer=answer.body["by"], label=label,
        action="keep" if label == decision.body["label"] else "override",
    )  # fmt: skip


def reviewers_of(store: Store, decision_id: str) -> frozenset[str]:
    """Return the accounts of those who reviewed a decision; they do not answer appeals about it."""
    return frozenset(
        each.reviewer for each in reviews_of(store, [decision_id]).get(decision_id, ())
    )


def erase(store: Store, filing_id: str) -> int:
    """Make what a person wrote, and the reply to it, unreadable; return how many keys are gone."""
    filings = Filings(store)
    return filings.erase(_filing(filings, filing_id))


def _filing(filings: Filings, filing_id: str) -> Filing:
    found = filings.get(filing_id)
    if found is None or found.kind not in KINDS:
        raise RefusedError(
            f"nothing that was sent has the id {filing_id}", hint="`audit feedback list` shows ids"
        )
    return found


def _check_answer(outcome: str, by: str, reply: str) -> None:
    """Refuse an answer that is none."""
    if outcome not in OUTCOMES:
        raise RefusedError(f"there is no outcome {outcome!r}", hint=f"one of {', '.join(OUTCOMES)}")
    if not by.strip():
        raise RefusedError("it must be known who answers", hint="name an account")
    if len(reply) > MOST_REPLY:
        raise RefusedError(f"the reply is longer than {MOST_REPLY:,} characters", hint="shorten it")


def _check_overturning(found: Filing, label: str | None) -> None:
    """Refuse to overturn what is no decision, or by no other answer."""
    if found.body["decision_id"] is None or found.kind == "opt_out":
        raise RefusedError(
            "no decision is named that could be overturned", hint="answer with upheld or rejected"
        )
    if not (label or "").strip():
        raise RefusedError("which answer counts instead is not said", hint="name a label")


def _check_independent(store: Store, found: Filing, by: str) -> None:
    """Let nobody answer an appeal against their own review."""
    decision_id = found.body["decision_id"]
    if found.kind != "appeal" or decision_id is None:
        return
    if by in reviewers_of(store, decision_id):
        raise RefusedError(
            "who decided this in review cannot answer the appeal", hint="ask somebody else"
        )


def _answered(filings: Filings, found: Filing) -> RefusedError:
    there = status_of(filings, found)
    return RefusedError(
        "this was answered already",
        hint=f"it was {there.outcome} at {there.answered}; the person can appeal again",
    )
