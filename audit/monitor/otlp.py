"""Events as OpenTelemetry log records: OTLP requests read into what `Intake` takes.

A record counts where its event name is ``audit.decision``, ``audit.review`` and so on; the fields
are its attributes ``audit.id``, ``audit.groups`` and so on. Whatever else an application logs is
passed over and never read.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from audit.errors import AuditError, MissingExtraError
from audit.monitor.events import known_kinds

if TYPE_CHECKING:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

PROTOBUF, JSON = "application/x-protobuf", "application/json"
MOST_BYTES = 10_000_000
"""Of a request that was compressed, once unpacked."""
_PREFIX = "audit."
_IDS = ("traceId", "spanId")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OtlpError(AuditError):
    """A request that is no OTLP log request."""


def read_request(body: bytes, kind: str, encoding: str = "") -> ExportLogsServiceRequest:
    """Read the body of an OTLP/HTTP request.

    Parameters
    ----------
    body : bytes
        As sent.
    kind : str
        `PROTOBUF` or `JSON`.
    encoding : str
        ``gzip``, or empty.

    Raises
    ------
    OtlpError
        If it cannot be read, or is larger than `MOST_BYTES` unpacked.
    MissingExtraError
        If the extra ``otel`` is not installed.
    """
    try:
        from google.protobuf import json_format
        from google.protobuf.message import DecodeError
        from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
    except ImportError as error:
        raise MissingExtraError("OpenTelemetry events", "otel", "opentelemetry-proto") from error
    if encoding:
        body = _unpacked(body, encoding)
    request = logs_service_pb2.ExportLogsServiceRequest()
    try:
        if kind == PROTOBUF:
            request.ParseFromString(body)
        else:
            json_format.ParseDict(
                _without_ids(json.loads(body)), request, ignore_unknown_fields=True
            )
    except (DecodeError, json_format.ParseError, ValueError, RecursionError) as error:
        raise OtlpError("the body is no OTLP request for logs") from error
    return request


def _unpacked(body: bytes, encoding: str) -> bytes:
    """Unpack a compressed body, as far as it may go."""
    if encoding != "gzip":
        raise OtlpError("only gzip is read as Content-Encoding")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(body, MOST_BYTES)
    except zlib.error as error:
        raise OtlpError("the body is not gzip, as its header says") from error
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise OtlpError(f"the body is cut off, or larger than {MOST_BYTES:,} bytes unpacked")
    return body


def _without_ids(value: Any) -> Any:
    """Leave out trace ids: OTLP writes them in JSON otherwise than protobuf does."""
    if isinstance(value, dict):
        return {key: _without_ids(item) for key, item in value.items() if key not in _IDS}
    if isinstance(value, list):
        return [_without_ids(item) for item in value]
    return value


def events_of(request: ExportLogsServiceRequest) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where each event stands and what it says, in order; other records are passed over."""
    kinds = {_PREFIX + kind: kind for kind in known_kinds()}
    records = (
        record
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    )
    for number, record in enumerate(records, 1):
        if (kind := kinds.get(record.event_name)) is not None:
            yield f"record {number}", {"event": kind, **_time(record), **_fields(record)}


def _fields(record: LogRecord) -> dict[str, Any]:
    """Return the attributes that belong to the event."""
    return {
        pair.key.removeprefix(_PREFIX): _plain(pair.value)
        for pair in record.attributes
        if pair.key.startswith(_PREFIX)
    }


def _time(record: LogRecord) -> dict[str, str]:
    """Return when it happened, or else when it was seen."""
    nanoseconds = record.time_unix_nano or record.observed_time_unix_nano
    if not nanoseconds:
        return {}
    return {"time": (_EPOCH + timedelta(microseconds=nanoseconds // 1000)).isoformat()}


def _plain(value: AnyValue) -> Any:
    """Return a value as JSON has it; bytes and maps have no place in an event."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    if kind in {"string_value", "bool_value", "int_value", "double_value"}:
        return getattr(value, kind)
    return None
