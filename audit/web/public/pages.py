"""The pages: notice, decision, appeal, feedback, opt-out, status."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.appeals import (
    CannotFileError,
    Receipt,
    account_of,
    appeal,
    give_feedback,
    opt_out,
    status,
    withdraw_opt_out,
)
from audit.appeals.filed import MOST_CHARACTERS
from audit.oversight.references import read_reference
from audit.web.access import PUBLIC
from audit.web.language import language_of, mark
from audit.web.pages import go_to, page
from audit.web.public import words
from audit.web.public.notice import notice_of
from audit.web.rates import limited
from audit.web.site import site_of

router = APIRouter()
SENDING = limited("send", most=30, seconds=600)
LOOKING = limited("look", most=60, seconds=60)
WITHDRAWN = mark("Your opt-out is taken back.")
Text = Annotated[str, Form()]


@router.get("/notice", dependencies=[PUBLIC])
def notice(request: Request) -> Response:
    """Say what depends on the model, what was found, and how to get a person."""
    site = site_of(request)
    made = notice_of(site.guard, site.run, language_of(request))
    return page(request, "public/notice.html", about=made, purpose=site.purpose,
                contact=site.contact)  # fmt: skip


@router.get("/decision", dependencies=[PUBLIC])
def decision_form(request: Request) -> Response:
    """Ask for the code of a decision."""
    return _find(request, "/decision")


@router.post("/decision", dependencies=[PUBLIC, LOOKING])
def find_decision(request: Request, code: Text) -> Response:
    """Lead to a decision by its code."""
    return _to(request, "/decision", code)


@router.get("/decision/{code}", dependencies=[PUBLIC, LOOKING])
def decision(request: Request, code: str) -> Response:
    """Explain a decision."""
    site = site_of(request)
    try:
        told = account_of(site.store, code)
    except CannotFileError as error:
        return _find(request, "/decision", code, error)
    return page(
        request, "public/decision.html", code=read_reference(code), told=told,
        decided_by=words.DECIDED_BY[told.decided_by], reasons=words.reasons(told.reasons),
        tongue=site.guard.policy.probe.language,
    )  # fmt: skip


@router.get("/appeal", dependencies=[PUBLIC])
def appeal_form(request: Request, decision: str = "") -> Response:
    """Ask what the appeal is about."""
    return _form(request, "appeal", decision)


@router.post("/appeal", dependencies=[PUBLIC, SENDING])
def send_appeal(
    request: Request, decision: Text = "", text: Text = "", form: Text = ""
) -> Response:
    """Take an appeal."""
    return _take(request, "appeal", appeal, decision=decision, text=text, form=form)


@router.get("/feedback", dependencies=[PUBLIC])
def feedback_form(request: Request, decision: str = "") -> Response:
    """Ask what there is to say."""
    return _form(request, "feedback", decision)


@router.post("/feedback", dependencies=[PUBLIC, SENDING])
def send_feedback(
    request: Request, decision: Text = "", text: Text = "", form: Text = ""
) -> Response:
    """Take feedback."""
    return _take(request, "feedback", give_feedback, decision=decision, text=text, form=form)


@router.get("/opt-out", dependencies=[PUBLIC])
def opt_out_form(request: Request, decision: str = "") -> Response:
    """Ask about whom a person shall decide, by a decision's code."""
    return _form(request, "opt_out", decision)


@router.post("/opt-out", dependencies=[PUBLIC, SENDING])
def send_opt_out(request: Request, decision: Text = "") -> Response:
    """Take an opt-out."""
    return _take(request, "opt_out", opt_out, decision=decision)


@router.post("/opt-out/withdraw", dependencies=[PUBLIC, SENDING])
def withdraw(request: Request, code: Text) -> Response:
    """Take an opt-out back."""
    try:
        withdraw_opt_out(site_of(request).store, code)
    except CannotFileError as error:
        return _find(request, "/status", code, error)
    return go_to(f"/status/{read_reference(code)}", withdrawn="1")


@router.get("/status", dependencies=[PUBLIC])
def status_form(request: Request) -> Response:
    """Ask for the code of what was sent."""
    return _find(request, "/status")


@router.post("/status", dependencies=[PUBLIC, LOOKING])
def find_status(request: Request, code: Text) -> Response:
    """Lead to the status of what was sent, by its code."""
    return _to(request, "/status", code)


@router.get("/status/{code}", dependencies=[PUBLIC, LOOKING])
def show_status(
    request: Request, code: str, sent: bool = False, withdrawn: bool = False
) -> Response:
    """Say where something that was sent stands."""
    try:
        found = status(site_of(request).store, code)
    except CannotFileError as error:
        return _find(request, "/status", code, error)
    return page(
        request, "public/status.html", code=read_reference(code), found=found, sent=sent,
        kind=words.SENT[found.kind],
        outcome=None if found.outcome is None else words.OUTCOMES[found.outcome],
        notice=WITHDRAWN if withdrawn and found.withdrawn else None,
    )  # fmt: skip


def _find(
    request: Request, path: str, code: str = "", error: CannotFileError | None = None
) -> Response:
    """Ask for a code, and say what is wrong with the one that was given."""
    return page(
        request, "public/find.html", 200 if error is None else 404, action=path, code=code[:100],
        fault=None if error is None else words.WHY_NOT[error.why],
    )  # fmt: skip


def _to(request: Request, path: str, typed: str) -> Response:
    """Lead to the page of a code, which looks it up."""
    code = read_reference(typed)
    if code is None:
        return _find(request, path, typed, CannotFileError("not_a_code"))
    return go_to(f"{path}/{code}")


def _form(
    request: Request, kind: str, decision: str, *, text: str = "", form: str = "",
    error: CannotFileError | None = None,
) -> Response:  # fmt: skip
    """Show a form; what was typed stays in it."""
    return page(
        request, f"public/{kind}.html", 200 if error is None else 422, decision=decision[:100],
        text=text, form=form[:100] or secrets.token_hex(16), most=MOST_CHARACTERS,
        fault=None if error is None else words.WHY_NOT[error.why],
        at_code=error is not None and error.why in {"not_a_code", "no_such_code", "not_a_decision"},
    )  # fmt: skip


def _take(
    request: Request, kind: str, send: Callable[..., Receipt], *, decision: str, **given: Any
) -> Response:
    """Send, and lead to the status with the code; or show the form again and say why not."""
    try:
        receipt = send(site_of(request).store, decision=decision, **given)
    except CannotFileError as error:
        return _form(request, kind, decision, error=error, **given)
    return go_to(f"/status/{receipt.reference}", sent="1")
