"""``POST /v1/decide``: the guard for programs in any language."""

from __future__ import annotations

import hmac
import json
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from audit import __version__
from audit.oversight import Guard
from audit.oversight.adapters import decision_object
from audit.records import ReasonCode, Route
from audit.web.limits import BodyLimit

MOST_BYTES = 1_000_000


class DecideRequest(BaseModel):
    """A text to label."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="The text. Longer ones than the guard reads go to a person.")
    opt_out: bool = Field(False, description="The person asked for a person: no model is asked.")
    subject: str | None = Field(
        None, max_length=200, description="Whom the text is about, in your own words, for erasing."
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


def create_app(guard: Guard, *, token: str | None = None) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    guard : Guard
        What decides.
    token : str, optional
        What callers must send as ``Authorization: Bearer TOKEN``.

    Returns
    -------
    FastAPI
        With its OpenAPI schema at ``/openapi.json``.
    """
    app = FastAPI(
        title="audit guard",
        version=__version__,
        description="Routes texts to the classifier or to a person, by an override policy.",
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
    )
    app.add_middleware(BodyLimit, most_bytes=MOST_BYTES)

    def authorised(request: Request) -> None:
        given = request.headers.get("authorization", "")
        wanted = f"Bearer {token}"
        if token is not None and not hmac.compare_digest(given.encode(), wanted.encode()):
            raise HTTPException(
                401, "send the token as Authorization: Bearer", {"WWW-Authenticate": "Bearer"}
            )

    allowed = [Depends(authorised)]
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": Refusal} for status in (400, 401, 413)
    }

    @app.post("/v1/decide", dependencies=allowed, responses=refusals)
    def decide(request: DecideRequest) -> DecisionReply:
        """Label a text and say who decides.

        Whatever goes wrong, the answer is ``review`` with a reason; ``recorded`` says whether the
        decision is durably stored.
        """
        decision = guard.decide(request.text, opt_out=request.opt_out, subject=request.subject)
        return DecisionReply.model_validate(decision_object(decision))

    @app.get("/v1/health", dependencies=allowed, responses={401: {"model": Refusal}})
    def health() -> HealthReply:
        """Say by which audit the guard decides."""
        return HealthReply(
            status="ok",
            version=__version__,
            audit_id=guard.policy.run.id,
            expires=guard.policy.expires.isoformat(),
            edited_because=guard.edited_because,
        )

    @app.exception_handler(RequestValidationError)
    def refused(_: Request, error: RequestValidationError) -> Response:
        """Say what is wrong with a request, whatever characters it quotes."""
        body = json.dumps({"detail": jsonable_encoder(error.errors())})
        return Response(body, 422, media_type="application/json")

    @app.exception_handler(Exception)
    def failed(_: Request, error: Exception) -> JSONResponse:
        """Answer an error of the server itself without its inner words."""
        return JSONResponse({"detail": f"the server failed: {type(error).__name__}"}, 500)

    return app
