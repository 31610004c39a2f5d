"""What was sent, oldest first; one of it with the decision it is about; the answer."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, cast

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.appeals import Outcome, resolve, waiting
from audit.appeals.explaining import account_of_id
from audit.appeals.resolving import MOST_REPLY, erase, find, reviewers_of
from audit.errors import RefusedError
from audit.review.labelling import choices_of
from audit.review.masking import without_slurs
from audit.web.access import allow
from audit.web.accounts.accounts import Account
from audit.web.language import mark
from audit.web.pages import go_to, page
from audit.web.public import words
from audit.web.site import site_of

router = APIRouter(prefix="/appeals")
Answerer = Annotated[Account, allow("appeals", "lead")]
MOST_SHOWN = 200
_OVERTURNED = "overturned:"
DONE = {
    "answered": mark("Answered. The person sees it by their code."),
    "erased": mark("What was written is erased."),
}
STATES = {
    "upheld": mark("right, answer stays"),
    "overturned": mark("right, changed"),
    "rejected": mark("stays"),
}
HEADS = {
    "appeal": mark("Appeal"),
    "feedback": mark("Feedback"),
    "opt_out": mark("Wish for people, not the model"),
}


@router.get("")
def listed(
    request: Request, person: Answerer, everything: bool = False, done: str = ""
) -> Response:
    """Show what waits, and with ``everything`` also what is answered."""
    found = list(islice(waiting(site_of(request).store, answered=everything), MOST_SHOWN))
    return page(request, "appeals/list.html", found=found, everything=everything, heads=HEADS,
                states=STATES, most=MOST_SHOWN, notice=DONE.get(done))  # fmt: skip


@router.get("/{filing_id}")
def show(request: Request, person: Answerer, filing_id: str) -> Response:
    """Show one thing that was sent, and the decision it is about."""
    return _page(request, person, filing_id)


@router.post("/{filing_id}")
def answer(
    request: Request, person: Answerer, filing_id: str,
    choice: Annotated[str, Form(max_length=300)],
    reply: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:  # fmt: skip
    """Take the answer: every choice is one button of the same form."""
    outcome, label = choice, None
    if choice.startswith(_OVERTURNED):
        outcome, label = "overturned", choice.removeprefix(_OVERTURNED)
    site = site_of(request)
    if label is not None and label not in choices_of(site.guard.policy):
        raise RefusedError(mark("This is none of the answers that the system can give."))
    resolve(site.store, filing_id, cast("Outcome", outcome), by=person.id, label=label,
            reply=reply)  # fmt: skip
    return go_to("/appeals", done="answered")


@router.post("/{filing_id}/erase")
def erased(request: Request, person: Answerer, filing_id: str) -> Response:
    """Make what was written, and the reply to it, unreadable."""
    erase(site_of(request).store, filing_id)
    return go_to("/appeals", done="erased")


def _page(request: Request, person: Account, filing_id: str) -> Response:
    site = site_of(request)
    found = find(site.store, filing_id)
    decided = None if found.decision_id is None else site.store.decision(found.decision_id)
    told = None if decided is None else account_of_id(site.store, decided.id)
    text = None if decided is None else (decided.personal or {}).get("text")
    own = (
        found.kind == "appeal"
        and found.decision_id is not None
        and person.id in reviewers_of(site.store, found.decision_id)
    )
    return page(
        request, "appeals/one.html", found=found, head=HEADS[found.kind], told=told, text=text,
        masked=None if text is None else without_slurs(text),
        wrote=None if found.text is None else without_slurs(found.text),
        reasons=[] if told is None else words.reasons(told.reasons), own=own,
        outcome=None if found.outcome is None else words.OUTCOMES[found.outcome],
        choices=choices_of(site.guard.policy), most=MOST_REPLY,
        tongue=site.guard.policy.probe.language,
    )  # fmt: skip
