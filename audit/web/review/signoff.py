"""Signing off the audit behind the policy: two people, and nobody their own run."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.errors import AuditError
from audit.pipeline.attachments import LOG, RESULTS, SIGNOFF, read_object
from audit.pipeline.signoff import Decision, Signature, sign
from audit.web.access import allow
from audit.web.accounts.accounts import Account
from audit.web.language import mark
from audit.web.pages import go_to, page
from audit.web.site import site_of

router = APIRouter(prefix="/sign-off")
Signer = Annotated[Account, allow("signer")]
Line = Annotated[str, Form(max_length=500)]
Words = Annotated[str, Form(max_length=10_000)]
SIGNED = mark("Signed. The report shows it.")
BAD_DATE = mark("Write the last day as YYYY-MM-DD.")
DECISIONS: dict[Decision, str] = {
    "approve": mark("Approve"),
    "approve_with_conditions": mark("Approve with conditions"),
    "reject": mark("Reject"),
}
VERDICTS = {
    "gap": mark("A gap beyond the agreed limit was found."),
    "concern": mark(
        "A gap was found; whether it is beyond the limit cannot be told from this run."
    ),
    "no_gap": mark("No gap beyond the limit was found in what was tested."),
    "not_enough_evidence": mark("Not enough evidence to say."),
}


@router.get("")
def show(request: Request, _: Signer, done: bool = False) -> Response:
    """Show what there is to sign, all results and what was not tested."""
    return _page(request, notice=SIGNED if done else None)


@router.post("")
def add(
    request: Request, person: Signer, *, decision: Annotated[Decision, Form()],
    conditions: Words = "", reason: Words = "", residual_risk: Words = "",
    risk_accepted_by: Line = "", oversight_plan: Words = "", expires: Line = "", author: Line = "",
) -> Response:  # fmt: skip
    """Sign as the person who is signed in."""
    folder = _folder(request)
    given = {"decision": decision, "conditions": conditions, "reason": reason,
             "residual_risk": residual_risk, "risk_accepted_by": risk_accepted_by,
             "oversight_plan": oversight_plan, "expires": expires, "author": author}  # fmt: skip
    if folder is None:
        return _page(request, 409)
    try:
        day = date.fromisoformat(expires.strip()) if expires.strip() else None
    except ValueError:
        return _page(request, 422, given=given, fault=BAD_DATE)
    signature = Signature(
        by=person.name, decision=decision, conditions=tuple(conditions.splitlines()),
        reason=reason, residual_risk=residual_risk, risk_accepted_by=risk_accepted_by,
        oversight_plan=oversight_plan, expires=day, author=author.strip() or None,
    )  # fmt: skip
    try:
        signed = sign(folder, signature)
    except AuditError as error:
        return _page(request, 409, given=given, fault=error.what)
    body = {"run": signed["record"]["run_id"], "record_sha256": signed["record_sha256"],
            "decision": decision, "by": person.id}  # fmt: skip
    site_of(request).store.note("signed_off", body)
    return go_to("/sign-off", done="1")


def _folder(request: Request) -> Path | None:
    """Return the run's folder, if the policy lies in one."""
    folder = site_of(request).run
    whole = folder is not None and (folder / LOG).is_file() and (folder / RESULTS).is_file()
    return folder if whole else None


def _page(
    request: Request, status: int = 200, *, given: dict[str, Any] | None = None, **context: Any
) -> Response:
    folder = _folder(request)
    return page(
        request, "review/sign_off.html", status, given=given or {},
        results=read_object(folder / RESULTS) if folder else None,
        signoff=read_object(folder / SIGNOFF) if folder else None,
        decisions=DECISIONS, verdicts=VERDICTS, **context,
    )  # fmt: skip
