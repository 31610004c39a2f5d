"""The words of this room: what was sent, its receipt, its outcome, its status, why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from audit.errors import RefusedError

Kind = Literal["appeal", "feedback", "opt_out"]
Outcome = Literal["upheld", "overturned", "rejected"]
"""``overturned``: another answer counts now. ``upheld``: the person was right, and the answer stays
as it is or cannot be changed. ``rejected``: it was looked at, and stays."""
Why = Literal[
    "not_a_code", "no_such_code", "not_a_decision", "nothing_said", "too_long", "too_many",
    "not_withdrawable",
]  # fmt: skip

KINDS: tuple[Kind, ...] = get_args(Kind)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
MOST_CHARACTERS = 4_000

_WHY: dict[Why, tuple[str, str]] = {
    "not_a_code": (
        "this is no reference code",
        "look for a typing error: a code has 18 letters and digits",
    ),
    "no_such_code": ("nothing is known by this code", "compare it with the one you were given"),
    "not_a_decision": (
        "this code belongs to no decision",
        "take the code that came with the decision",
    ),
    "nothing_said": ("nothing is said, and no decision is named", "write what it is about"),
    "too_long": (f"the text is longer than {MOST_CHARACTERS:,} characters", "shorten it"),
    "too_many": ("too many are waiting for an answer", "try again later, or ask a person"),
    "not_withdrawable": ("there is no opt-out to withdraw", "take the code of the opt-out"),
}


class CannotFileError(RefusedError):
    """What a person sent cannot be taken; ``why`` is the code of the reason."""

    exit_code = 2

    def __init__(self, why: Why) -> None:
        what, hint = _WHY[why]
        super().__init__(what, hint=hint)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a person gets for what they sent.

    Parameters
    ----------
    reference : str
        The code to ask with; given here and nowhere else.
    filing_id : str
        Its id in the store.
    again : bool
        Whether the very same was sent before; then nothing was added.
    """

    reference: str
    filing_id: str
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where something that was sent stands.

    Parameters
    ----------
    filing_id, kind, received : str
        What was sent, and when (ISO 8601, UTC).
    decision_id : str or None
        The decision it is about.
    text : str or None
        What the person wrote; ``None`` where nothing was, or once erased.
    erased : bool
        Whether what they wrote was erased.
    outcome : str or None
        ``None`` while nobody has answered.
    answered : str or None
        When.
    label : str or None
        The answer that counts instead, where the decision was overturned.
    reply : str or None
        What the person who answered wrote to them.
    standing : bool
        Of an opt-out: whether a person decides from now on.
    withdrawn : bool
        Of an opt-out: whether it was taken back.
    """

    filing_id: str
    kind: Kind
    received: str
    decision_id: str | None
    text: str | None
    erased: bool
    outcome: Outcome | None = None
    answered: str | None = None
    label: str | None = None
    reply: str | None = None
    standing: bool = False
    withdrawn: bool = False
