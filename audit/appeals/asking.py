"""What people send: an appeal, feedback, an opt-out. The same sent again is one and the same."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.appeals.filed import MOST_CHARACTERS, CannotFileError, Kind, Receipt
from audit.errors import StoreError
from audit.oversight.references import id_of, read_reference, reference_of
from audit.store import Filing, Filings, Store
from audit.store.opting import OPT_OUT, WITHDRAWN

MOST_ABOUT_ONE_DECISION = 5
MOST_TURNS = 20
"""How often somebody can opt out again by the code of one decision, after taking it back."""
MOST_UNNAMED_A_DAY = 1000
"""How much that names no decision is taken in a day; a flood of it must not fill the store."""


def appeal(store: Store, *, decision: str | None = None, text: str = "", form: str = "") -> Receipt:
    """Ask for a person to look at a decision again.

    Parameters
    ----------
    store : Store
        Open.
    decision : str, optional
        The decision's reference code, as typed.
    text : str
        Why, in the person's words; not needed where the decision is named.
    form : str
        Where no decision is named: random signs that the form was given out with, so that sending
        it twice is one appeal.

    Returns
    -------
    Receipt

    Raises
    ------
    CannotFileError
        If it cannot be taken; ``why`` says so.
    StoreError
        If it could not be written; then nothing was taken.

    Examples
    --------
    >>> receipt = appeal(store, decision="K7QM3X-...")  # doctest: +SKIP
    >>> status(store, receipt.reference).outcome  # doctest: +SKIP
    """
    return _file(store, "appeal", decision, text, form)


def give_feedback(
    store: Store, *, decision: str | None = None, text: str = "", form: str = ""
) -> Receipt:
    """Say something about a decision or about the system; as `appeal`, but a text is needed."""
    if not text.strip():
        raise CannotFileError("nothing_said")
    return _file(store, "feedback", decision, text, form)


def opt_out(store: Store, *, decision: str) -> Receipt:
    """Ask that a person, and no model, decides from now on about whom a decision is about.

    It stands at once where the caller of the guard named a subject; `Store.opted_out` and the guard
    honour it. Else it waits for a person of the organisation, as an appeal does.
    """
    filings = Filings(store)
    decision_id = named_decision(store, decision)
    subject = filings.pseudonym_of(decision_id)
    for turn in range(MOST_TURNS):
        reference = reference_of(filings.secret_for("opt_out", decision_id, str(turn)))
        if not any(each.kind == WITHDRAWN for each in filings.about(id_of(reference))):
            body = {"decision_id": decision_id, "standing": subject is not None}
            sent = _filing(filings, "opt_out", reference, subject, body)
            return _written(filings, sent, reference)
    raise CannotFileError("too_many")


def withdraw_opt_out(store: Store, reference: str) -> None:
    """Take an opt-out back, by its code; doing it twice is doing it once.

    Raises
    ------
    CannotFileError
        If the code is no opt-out's.
    """
    filings = Filings(store)
    found = filing_of(store, reference)
    if found.kind != OPT_OUT:
        raise CannotFileError("not_withdrawable")
    identity = id_of(f"withdrawal of {found.id}")
    if filings.get(identity) is not None:
        return
    body = {"filing": "opt_out", "filing_id": found.id, "action": "withdrawn", "label": None,
            "decision_id": found.body["decision_id"]}  # fmt: skip
    row = Filing(id=identity, time=now(), kind=WITHDRAWN, about=found.id, body=body)
    _added(filings, row)


def named_decision(store: Store, typed: str) -> str:
    """Return the id of the decision whose code was typed.

    Raises
    ------
    CannotFileError
        If it is no code, or none of a decision.
    """
    reference = read_reference(typed)
    if reference is None:
        raise CannotFileError("not_a_code")
    identity = id_of(reference)
    if store.decision(identity) is None:
        known = Filings(store).get(identity) is not None
        raise CannotFileError("not_a_decision" if known else "no_such_code")
    return identity


def filing_of(store: Store, typed: str) -> Filing:
    """Return what was sent, by the code given for it.

    Raises
    ------
    CannotFileError
        If it is no code, or nothing is known by it.
    """
    reference = read_reference(typed)
    if reference is None:
        raise CannotFileError("not_a_code")
    found = Filings(store).get(id_of(reference))
    if found is None or found.body["filing_id"] != found.id:
        raise CannotFileError("no_such_code")
    return found


def now() -> str:
    """Return the present time as it is written into rows."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _file(store: Store, kind: Kind, decision: str | None, text: str, form: str) -> Receipt:
    """Check, and write once."""
    words = _readable(text)
    if len(words) > MOST_CHARACTERS:
        raise CannotFileError("too_long")
    filings = Filings(store)
    if decision is not None and decision.strip():
        about, form = named_decision(store, decision), ""
    elif words:
        about = None
    else:
        raise CannotFileError("nothing_said")
    reference = reference_of(filings.secret_for(kind, about or "", words, form))
    sent = _filing(filings, kind, reference, about, {"decision_id": about})
    if words:
        sent = replace(sent, personal={"text": words})
    return _written(filings, sent, reference)


def _filing(
    filings: Filings, kind: Kind, reference: str, about: str | None, body: dict[str, Any]
) -> Filing:
    """Return the row of what was sent."""
    identity = id_of(reference)
    return Filing(
        id=identity, time=now(), kind=kind, about=about,
        body={"filing": kind, "filing_id": identity, "action": "filed", "label": None, **body},
        under=filings.key_for(identity, body["decision_id"]),
    )  # fmt: skip


def _written(filings: Filings, sent: Filing, reference: str) -> Receipt:
    """Write what was sent, unless the very same is there."""
    again = filings.get(sent.id) is not None
    if not again:
        _refuse_flood(filings, sent)
        again = not _added(filings, sent)
    return Receipt(reference=reference, filing_id=sent.id, again=again)


def _added(filings: Filings, row: Filing) -> bool:
    """Append a row; tell whether it was new. Somebody may have sent the same at the same moment."""
    try:
        filings.add(row)
    except StoreError:
        if filings.get(row.id) is None:
            raise
        return False
    return True


def _refuse_flood(filings: Filings, sent: Filing) -> None:
    """Refuse what nobody could answer: many about one decision, or too many about none."""
    if sent.body["decision_id"] is None:
        since = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="milliseconds")
        if filings.count_unnamed(sent.kind, since) >= MOST_UNNAMED_A_DAY:
            raise CannotFileError("too_many")
    elif sent.about is not None and sent.kind != OPT_OUT:
        there = [each for each in filings.about(sent.about) if each.kind == sent.kind]
        open_ones = [each for each in there if not filings.about(each.id)]
        if len(open_ones) >= MOST_ABOUT_ONE_DECISION:
            raise CannotFileError("too_many")


def _readable(text: str) -> str:
    """Return a text without signs that nobody sees or that hide others; line breaks stay."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return "".join(
        sign
        for sign in whole
        if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs", "Co", "Cn"}
    )
