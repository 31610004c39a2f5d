"""``POST /v1/decide``: the guard for programs in any language."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from audit import __version__
from audit.oversight import Guard
from audit.oversight.adapters import decision_object
from audit.records import ReasonCode, Route
from audit.web.access import BEARER


class DecideRequest(BaseModel):
    """A text to label."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="The text. Longer ones than the guard reads go to a person.")
    opt_out: bool = Field(False, description="The person asked for a person: no model is asked.")
    subject: str | None = Field(
        None,
        max_length=200,
        description="Whom the text is about, in your own words: for erasing and standing opt-outs.",
    )


class ExplanationReply(BaseModel):
    """The answer without the words that mention a group, as the classifier gave it."""

    text: str
    words: list[str]
    counterfactual_text: str
    counterfactual_label: str | None
    counterfactual_score: float | None
    differs: bool


class DecisionReply(BaseModel):
    """An answer and who decides. ``review`` means that the label must not count by itself."""

    id: str
    time: str
    route: Route
    would_route: Route
    label: str | None
    score: float | None
    confidence: float | None
    reasons: list[ReasonCode]
    groups: list[str]
    explanation: ExplanationReply | None
    appeal_url: str | None
    audit_id: str
    policy_sha256: str
    shadow: bool
    recorded: bool
    reference: str | None


class Refusal(BaseModel):
    """Why a request was refused."""

    detail: str


class HealthReply(BaseModel):
    """Whether the guard answers, and by which audit."""

    status: str
    version: str
    audit_id: str
    expires: str
    edited_because: str | None


def _guard(request: Request) -> Guard:
    guard: Guard = request.app.state.guard
    return guard


GivenGuard = Annotated[Guard, Depends(_guard)]
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal} for status in (400, 401, 403, 413)
}
router = APIRouter(prefix="/v1", dependencies=[BEARER])


@router.post("/decide", responses=_REFUSALS)
def decide(request: DecideRequest, guard: GivenGuard) -> DecisionReply:
    """Label a text and say who decides.

    Whatever goes wrong, the answer is ``review`` with a reason; ``recorded`` says whether the
    decision is durably stored.
    """
    decision = guard.decide(request.text, opt_out=request.opt_out, subject=request.subject)
    return DecisionReply.model_validate(decision_object(decision))


@router.get("/health", responses={401: {"model": Refusal}})
def health(guard: GivenGuard) -> HealthReply:
    """Say by which audit the guard decides."""
    return HealthReply(
        status="ok",
        version=__version__,
        audit_id=guard.policy.run.id,
        expires=guard.policy.expires.isoformat(),
        edited_because=guard.edited_because,
    )
