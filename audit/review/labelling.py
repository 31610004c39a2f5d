"""What people do with an item: label it blind, then decide, dispute, settle."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from audit.errors import RefusedError, StoreError
from audit.oversight import PolicyDocument
from audit.records import ReviewAction, ReviewEvent
from audit.review.claims import DONE, OWN, Claim, by_appeal, claim, hold, release
from audit.review.known import KnownItem, add_result, known_item
from audit.review.masking import without_slurs
from audit.store import Store
from audit.store.outcomes import RATINGS, SETTLED, StoredReview, outcome, reviews_of
from audit.store.store import utc_stamp

MOST_NOTE = 4000
DIFFERING = "second rating"
"""Stands as the reviewer of the dispute that two differing ratings open by themselves."""
_SCORES = ("unfavourable", "favourable")
Action = Literal["keep", "override", "escalate"]


@dataclass(frozen=True, slots=True)
class Item:
    """What a reviewer sees. Before the blind label nothing of the classifier's is in it.

    Parameters
    ----------
    token : str
        Names it in addresses.
    decision_id : str or None
        To look the text up elsewhere, where it was not kept.
    text, masked : str or None
        In full, and with slurs masked; ``None`` if it was not kept or is erased.
    choices : tuple of str
        The labels to choose from.
    blind : str or None
        The reviewer's own label; until it is given the rest is empty.
    answer : str or None
        The classifier's label or score.
    reasons : tuple of str
        Why it came to a person.
    explanation : str or None
        What was found by asking without the words that mention a group.
    earlier : tuple of StoredReview
        What others said, on disputed items.
    """

    token: str
    decision_id: str | None
    text: str | None
    masked: str | None
    choices: tuple[str, ...]
    blind: str | None
    answer: str | None = None
    reasons: tuple[str, ...] = ()
    explanation: str | None = None
    earlier: tuple[StoredReview, ...] = ()


def choices_of(policy: PolicyDocument) -> tuple[str, ...]:
    """Return the labels that a person may give; for scores the two ends."""
    task = policy.task
    return tuple(task.labels) if task is not None and task.kind == "labels" else _SCORES


def item(store: Store, token: str, account: str, choices: Sequence[str]) -> Item:
    """Return the item that ``account`` works on.

    Raises
    ------
    RefusedError
        If they do not hold it.
    """
    held = claim(store, token, account)
    if held.known is not None:
        return _known(held, _known_item(store, held), choices)
    found = store.decision(held.item)
    reviews = _reviews(store, held)
    if found is None:
        raise RefusedError(DONE)
    personal: Mapping[str, Any] = found.personal or {}
    text = personal.get("text")
    shown = Item(
        token, None if text else held.item, text, None if text is None else without_slurs(text),
        tuple(choices), held.blind,
    )  # fmt: skip
    if held.blind is None:
        return shown
    score = found.body["score"]
    answer = found.body["label"] or (None if score is None else f"{score:.3g}")
    explained = (personal.get("explanation") or {}).get("text")
    return Item(
        token, shown.decision_id, text, shown.masked, tuple(choices), held.blind, answer,
        tuple(found.body["reasons"]), explained,
        tuple(reviews) if outcome(reviews).state == "disputed" else (),
    )  # fmt: skip


def label_blind(store: Store, token: str, account: str, label: str, choices: Sequence[str]) -> None:
    """Write down what somebody thinks before they see the classifier's answer.

    Raises
    ------
    RefusedError
        If the label is none of the choices, or the item is not theirs.
    """
    if label not in choices:
        raise RefusedError("This label is none of the task's.")
    hold(store, token, account, blind=label)


def decide(
    store: Store,
    token: str,
    account: str,
    action: Action,
    *,
    label: str | None,
    choices: Sequence[str],
    note: str = "",
) -> ReviewEvent | None:
    """Record what somebody decided; return when it is on disk.

    Parameters
    ----------
    store : Store
        Open.
    token, account : str
        The lock, and who holds it.
    action : {'keep', 'override', 'escalate'}
        ``override`` puts ``label`` in the place of the classifier's.
    label : str or None
        One of ``choices``, for ``override``.
    choices : sequence of str
        The labels of the task.
    note : str
        Sealed in the store.

    Returns
    -------
    ReviewEvent or None
        ``None`` for a known item, of which only the queue's count is kept.

    Raises
    ------
    RefusedError
        If it is not theirs any more, they gave no blind label yet, or there is nothing to keep.
    StoreError
        If it could not be written; then nothing is.
    """
    if len(note) > MOST_NOTE:
        raise RefusedError("A note has at most 4,000 characters.")
    held = hold(store, token, account)  # so that nobody takes it while this is written
    if held.blind is None:
        raise RefusedError("First give your own label: the system's answer is shown after it.")
    if action == "override" and label not in choices:
        raise RefusedError("This label is none of the task's.")
    if held.known is not None:
        known = _known_item(store, held)
        add_result(store, known, action, known.shown if action == "keep" else label)
        release(store, token, account)
        return None
    made = _recorded(store, held, action, label, note)
    release(store, token, account)
    return made


def dispute(store: Store, decision_id: str, account: str, note: str) -> None:
    """Say that a settled review should be looked at again, by somebody else.

    Raises
    ------
    RefusedError
        If it is not settled, or no reason is given.
    """
    if not note.strip():
        raise RefusedError("Say why, so that whoever settles it knows.")
    if len(note) > MOST_NOTE:
        raise RefusedError("A note has at most 4,000 characters.")
    reviews = reviews_of(store, [decision_id]).get(decision_id, [])
    if outcome(reviews).state not in SETTLED:
        raise RefusedError("Only what was settled can be disputed.")
    store.add_review(_event(uuid.uuid4().hex, decision_id, account, "dispute", note=note.strip()))


def _recorded(
    store: Store, held: Claim, action: Action, label: str | None, note: str
) -> ReviewEvent:
    """Write the review, and the dispute that differing ratings open, in one commit."""
    found = store.decision(held.item)
    if found is None:
        raise RefusedError(DONE)
    reviews = _reviews(store, held)
    if any(each.id == held.token for each in reviews):  # sent twice, or the server was killed
        return _event(held.token, held.item, held.account, action, label=label)
    if any(each.reviewer == held.account for each in reviews):
        raise RefusedError(OWN)
    if action == "keep":
        label = found.body["label"]
        if label is None and found.body["score"] is None:
            raise RefusedError("The system gave no answer that could be kept.")
    elif action == "escalate":
        label = None
    mine = _event(
        held.token, held.item, held.account, action, label=label, note=note.strip(),
        blind=held.blind,
    )  # fmt: skip
    events = [mine]
    ratings = [each for each in reviews if each.action in RATINGS]
    settled = outcome(reviews).state in SETTLED
    if settled and action in RATINGS and any(each.label != label for each in ratings):
        events.append(_event(uuid.uuid4().hex, held.item, DIFFERING, "dispute"))
    try:
        store.add_review(*events)
    except StoreError:
        there = reviews_of(store, [held.item]).get(held.item, [])
        if not any(each.id == held.token for each in there):  # else another window was faster
            raise
    return mine


def _reviews(store: Store, held: Claim) -> list[StoredReview]:
    """Return what was said about an item; one that an appeal settled meanwhile is let go."""
    reviews = reviews_of(store, [held.item]).get(held.item, [])
    if by_appeal(reviews):
        release(store, held.token, held.account)
        raise RefusedError(DONE)
    return reviews


def _event(
    identity: str, decision_id: str, reviewer: str, action: ReviewAction, *,
    label: str | None = None, note: str = "", blind: str | None = None,
) -> ReviewEvent:  # fmt: skip
    return ReviewEvent(
        id=identity, time=utc_stamp(), decision_id=decision_id, reviewer=reviewer, action=action,
        label=label, note=note, blind=blind,
    )  # fmt: skip


def _known_item(store: Store, held: Claim) -> KnownItem:
    found = known_item(store, held.known or "")
    if found is None:
        raise RefusedError(DONE)
    return found


def _known(held: Claim, known: KnownItem, choices: Sequence[str]) -> Item:
    """Return a known item as any other one looks."""
    shown = Item(
        held.token, None, known.text, without_slurs(known.text), tuple(choices), held.blind
    )
    if held.blind is None:
        return shown
    return Item(
        held.token, None, known.text, shown.masked, tuple(choices), held.blind, known.shown,
        ("rule_applies",),
    )  # fmt: skip
