"""``POST /v1/events``: decisions, reviews and appeals of other systems, for monitoring."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from audit.monitor.intake import Intake, Tally
from audit.web.access import BEARER
from audit.web.decide import Refusal
from audit.web.site import site_of

MOST_EVENTS = 1000


class EventsRequest(BaseModel):
    """Events, each as ``docs/monitoring.md`` describes."""

    model_config = ConfigDict(extra="forbid")

    events: Annotated[list[dict[str, Any]], Field(max_length=MOST_EVENTS)]


class EventsReply(BaseModel):
    """What became of them: counted now, counted before, left out and why."""

    taken: int
    duplicates: int
    rejected: int
    messages: list[str]


router = APIRouter(prefix="/v1", dependencies=[BEARER])


@router.post(
    "/events", responses={status: {"model": Refusal} for status in (400, 401, 403, 413, 503)}
)
def events(request: Request, given: EventsRequest) -> EventsReply:
    """Count events once each, by their ids; sending them again after an error does no harm.

    An answer means that all but the ``rejected`` are durably counted.
    """
    tally = Tally()
    numbered = ((f"event {number}", event) for number, event in enumerate(given.events, 1))
    Intake(site_of(request).store).take(numbered, tally)
    return EventsReply(
        taken=tally.taken,
        duplicates=tally.duplicates,
        rejected=tally.rejected,
        messages=tally.messages,
    )
