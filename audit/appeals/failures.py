"""Failures that people confirmed, as sentence pairs to ask the next model about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from audit.appeals.personal import without_personal
from audit.store import Store, events

CONFIRMED = frozenset({"upheld", "overturned"})
_NO_DECISIONS = 2**62
Source = Literal["appeal", "feedback", "opt_out", "review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A wrong answer that a person confirmed, without what is personal.

    Parameters
    ----------
    decision_id : str
        The decision that was wrong.
    source : str
        Who found it: ``appeal``, ``feedback`` or ``review``.
    text, reference_text : str
        The text, and the same without the words that mention the group, as the guard asked it.
    group, term : str
        The group, and those words.
    said : str
        The wrong answer.
    label : str
        The right one; empty where nobody said it.
    contains_personal_data : bool
        Always true: nobody can know that nothing personal is left.
    """

    decision_id: str
    source: Source
    text: str
    reference_text: str
    group: str
    term: str
    said: str
    label: str
    contains_personal_data: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A confirmed failure that cannot be asked about again, and why."""

    decision_id: str
    source: Source
    why: str


def confirmed_failures(store: Store) -> Iterator[Failure | Unusable]:
    """Yield what people confirmed as wrong: overrides in review, and appeals that were right.

    Parameters
    ----------
    store : Store
        Open. A decision comes once, by what was said about it last.

    Yields
    ------
    Failure or Unusable
        Texts are kept by a guard with ``keep_text`` only, until their key is deleted.
    """
    reviewed: dict[str, tuple[str, Source, str]] = {}
    answered: dict[str, tuple[str, Source, str]] = {}
    for event in events(store, after=_NO_DECISIONS):
        decision_id, action = event["decision_id"], event["action"]
        found = (event["time"], event["event"], event["label"] or "")
        if action == "override":
            reviewed[decision_id] = found
        elif action == "keep":  # the last review counts
            reviewed.pop(decision_id, None)
        elif action in CONFIRMED and decision_id is not None:
            answered[decision_id] = found
    for decision_id in reviewed | answered:
        both = [each[decision_id] for each in (answered, reviewed) if decision_id in each]
        # an answer that settled a review has its time, and stands first
        _, source, label = max(both, key=lambda each: each[0])
        yield _failure(store, decision_id, source, label)


def _failure(store: Store, decision_id: str, source: Source, label: str) -> Failure | Unusable:
    decision = store.decision(decision_id)
    if decision is None or decision.personal is None or not decision.personal.get("text"):
        return Unusable(decision_id=decision_id, source=source, why="the text was not kept")
    explanation = decision.personal["explanation"]
    if explanation is None:
        why = "the guard did not ask about the text without the mention"
        return Unusable(decision_id=decision_id, source=source, why=why)
    if not decision.groups:
        why = "which group it mentions is not known any more"
        return Unusable(decision_id=decision_id, source=source, why=why)
    words = explanation["words"]
    body = decision.body
    return Failure(
        decision_id=decision_id, source=source, group=decision.groups[0], term=", ".join(words),
        text=without_personal(decision.personal["text"], words),
        reference_text=without_personal(explanation["counterfactual_text"], words),
        said=str(body["label"] if body["label"] is not None else body["score"]), label=label,
    )  # fmt: skip
