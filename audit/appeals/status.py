"""Where something that was sent stands, by its code."""

from __future__ import annotations

from collections.abc import Sequence

from audit.appeals.asking import filing_of
from audit.appeals.filed import Status
from audit.store import Filing, Filings, Store
from audit.store.filings import OUTCOME
from audit.store.opting import OPT_OUT, WITHDRAWN


def status(store: Store, reference: str) -> Status:
    """Return where an appeal, feedback or opt-out stands.

    Parameters
    ----------
    store : Store
        Open.
    reference : str
        The code from its receipt, as typed.

    Raises
    ------
    CannotFileError
        If it is no code, or nothing is known by it.
    """
    return status_of(Filings(store), filing_of(store, reference))


def status_of(filings: Filings, found: Filing, answers: Sequence[Filing] | None = None) -> Status:
    """Return where a filing stands; ``answers`` to it are looked up unless they are given."""
    answers = filings.about(found.id) if answers is None else answers
    outcome = next((each for each in answers if each.kind == OUTCOME), None)
    withdrawn = any(each.kind == WITHDRAWN for each in answers)
    replied = outcome.personal if outcome is not None else None
    return Status(
        filing_id=found.id,
        kind=found.body["filing"],
        received=found.time,
        decision_id=found.body["decision_id"],
        text=None if found.personal is None else str(found.personal["text"]),
        erased=bool(found.under) and found.personal is None,
        outcome=None if outcome is None else outcome.body["action"],
        answered=None if outcome is None else outcome.time,
        label=None if outcome is None else outcome.body["label"],
        reply=None if replied is None else str(replied["reply"]),
        standing=found.kind == OPT_OUT and bool(found.body["standing"]) and not withdrawn,
        withdrawn=withdrawn,
    )
