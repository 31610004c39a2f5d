"""``POST /v1/logs``: events from OpenTelemetry, as its exporters and its collector send them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from audit.errors import MissingExtraError
from audit.monitor.intake import Intake, Tally
from audit.monitor.otlp import JSON, PROTOBUF, OtlpError, events_of, read_request
from audit.store import Store
from audit.web.access import BEARER
from audit.web.decide import Refusal
from audit.web.site import site_of

if TYPE_CHECKING:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

PATH = "/v1/logs"
router = APIRouter(dependencies=[BEARER])


@router.post(
    PATH,
    response_class=Response,
    responses={status: {"model": Refusal} for status in (400, 401, 403, 413, 415, 501, 503)},
)
async def logs(request: Request) -> Response:
    """Count the events among the log records of an OTLP/HTTP request, once each, by their ids.

    Records with another event name are passed over. What could not be read is told as OTLP's
    partial success; sending all again after an error does no harm.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {PROTOBUF, JSON}:
        raise HTTPException(415, f"send {PROTOBUF} or {JSON}")
    encoding = request.headers.get("content-encoding", "").strip().lower()
    try:
        sent = read_request(await request.body(), kind, encoding)
    except OtlpError as error:
        raise HTTPException(400, error.what) from error
    except MissingExtraError as error:
        raise HTTPException(501, str(error)) from error
    tally = await run_in_threadpool(_take, site_of(request).store, sent)
    return _reply(kind, tally)


def _take(store: Store, sent: ExportLogsServiceRequest) -> Tally:
    """Count the events."""
    tally = Tally()
    Intake(store).take(events_of(sent), tally)
    return tally


def _reply(kind: str, tally: Tally) -> Response:
    """Say what was rejected, in the form that the request had."""
    from google.protobuf import json_format
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

    reply = ExportLogsServiceResponse()
    if tally.rejected:
        reply.partial_success.rejected_log_records = tally.rejected
        reply.partial_success.error_message = "; ".join(tally.messages)
    if kind == JSON:
        return Response(json_format.MessageToJson(reply), media_type=JSON)
    return Response(reply.SerializeToString(), media_type=PROTOBUF)
