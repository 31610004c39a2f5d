"""``POST /v1/logs``: OpenTelemetry's own exporter sends events to a real server."""

import gzip
import json
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from sqlalchemy import func, select

from audit import Guard
from audit.monitor import build_dashboard, change_settings
from audit.monitor.otlp import MOST_BYTES
from audit.store.monitor_tables import COUNTS, DECISIONS, FOLLOWING
from audit.web import create_app
from tests.unit.oversight.test_guard import hearing, policy
from tests.web.pages import Browser

WORD = {"Authorization": "Bearer t0ken"}
NANOSECONDS = time.time_ns() - 3600 * 10**9


@pytest.fixture
def app(store):
    change_settings(store, unfavourable=("Negative",))
    return create_app(Guard(policy(), hearing), token="t0ken", store=store)


@contextmanager
def running(app):
    """Serve in a thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def record(name="audit.decision", **fields):
    """Return a log record in OTLP's JSON."""
    attributes = [
        {"key": f"audit.{key}", "value": {"stringValue": value}} for key, value in fields.items()
    ]
    return {
        "eventName": name,
        "timeUnixNano": str(NANOSECONDS),
        "attributes": attributes,
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
    }


def body(*records):
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_an_application_sends_its_decisions_with_the_sdk(app, store, compression):
    with running(app) as url:
        exporter = OTLPLogExporter(f"{url}/v1/logs", headers=WORD, compression=compression)
        provider = LoggerProvider(shutdown_on_exit=False)
        provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
        logger = provider.get_logger("shop")
        for number in (1, 2, 2):
            logger.emit(
                event_name="audit.decision",
                timestamp=NANOSECONDS,
                attributes={"audit.id": f"d{number}", "audit.groups": ["blind"],
                            "audit.label": "Negative", "audit.route": "review", "user": "Ana"},
            )  # fmt: skip
        logger.emit(event_name="audit.review", timestamp=NANOSECONDS + 10**9, attributes={
            "audit.id": "r1", "audit.decision_id": "d1", "audit.action": "override"})  # fmt: skip
        logger.emit(body="something else that the application logs", timestamp=NANOSECONDS)
        provider.shutdown()
    with store.reading() as connection:
        tables = (DECISIONS, FOLLOWING)
        rows = [connection.execute(select(func.count()).select_from(t)).scalar() for t in tables]
        counts = connection.execute(select(COUNTS)).mappings().all()
    assert rows == [2, 1]
    assert [(row["tags"], row["unfavourable"], row["overrides"]) for row in counts] == [
        ("blind", 2, 1)
    ]
    counters = build_dashboard(store).health.counters
    assert (counters["duplicates"], counters["rejected"]) == (1, 0)


def test_json_says_what_was_rejected(app, store):
    programs = Browser(app)
    sent = body(record(id="d1", label="Negative"), record(id="d2", text="I am Ana"), record("x"))
    reply = programs.post("/v1/logs", json=sent, headers=WORD)
    assert reply.status_code == 200
    assert reply.json()["partialSuccess"]["rejectedLogRecords"] == "1"
    assert "record 2: unknown field 'text'" in reply.json()["partialSuccess"]["errorMessage"]
    assert "Ana" not in reply.text
    again = programs.post("/v1/logs", json=body(record(id="d1", label="Negative")), headers=WORD)
    assert again.json() == {}
    assert build_dashboard(store).health.counters["duplicates"] == 1


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {"Content-Type": "application/json", "Authorization": "Bearer wrong"}, 401),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"[1]", {"Content-Type": "application/json"}, 400),
        (b'{"resourceLogs": 3}', {"Content-Type": "application/json"}, 400),
        (b"\xff\xff\xff", {"Content-Type": "application/x-protobuf"}, 400),
        (b"[" * 90_000, {"Content-Type": "application/json"}, 400),
        (b"x", {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}, 400),
        (b"x", {"Content-Type": "application/x-protobuf", "Content-Encoding": "br"}, 400),
        (
            gzip.compress(b"\0" * (MOST_BYTES + 1)),
            {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"},
            400,
        ),
        (
            gzip.compress(json.dumps(body(record(id="d1", label="Negative"))).encode())[:-9],
            {"Content-Type": "application/json", "Content-Encoding": "gzip"},
            400,
        ),
    ],
)
def test_what_is_no_request_is_refused(app, store, content, headers, status):
    reply = Browser(app).post("/v1/logs", content=content, headers=WORD | headers)
    assert reply.status_code == status, reply.text
    assert build_dashboard(store).groups == ()
