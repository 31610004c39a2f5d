"""What is fuzzed: each takes bytes from outside, and may end in an `AuditError` only."""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from audit.classifiers.recorded import create
from audit.classifiers.remote import service
from audit.classifiers.remote.asking import Asker
from audit.errors import AuditError
from audit.pipeline import conclude
from audit.probes import expand, load_probe_set
from audit.records import ClassifierOptions, RemoteOptions, Request, Task
from audit.runlog import read_run
from tests.small_runs import write_probe

TASK = Task(labels=("Positive", "Negative"), favourable="Positive", unfavourable=("Negative",))
LOGS = Path(__file__).with_name("seeds") / "run_log"
"""Logs of short runs: labels, several prompts, rounds, and a lexicon that scores."""
SHORT = (
    b"schema: 1\nname: x\nlanguage: en\n",
    b"schema: 1\nname: x\nversion: '1'\nlanguage: en\nattribute: age\n"
    b"cases: {file: probe.yaml, text: t, group: g, term: m, context: c, reference: {g: [r]}}\n",
)
FOUND = Path(__file__).with_name("found")
"""Inputs that once ended in another error, by target."""
REQUESTS = [Request(id=f"v{number}", text=f"text {number}") for number in range(2)]


@cache
def folder() -> Path:
    """A folder of this process, in memory where there is one."""
    memory = Path("/dev/shm")  # noqa: S108  # mkdtemp makes a name of its own in it
    return Path(tempfile.mkdtemp(prefix="audit-fuzz-", dir=memory if memory.is_dir() else None))


def probe_yaml(data: bytes) -> None:
    """A probe file that somebody wrote."""
    path = folder() / "probe.yaml"
    path.write_bytes(data)
    with suppress(AuditError):
        expand(load_probe_set(path))


def run_log(data: bytes) -> None:
    """A log that somebody sent, read as it is and with its checksums made good."""
    for content in (data, resealed(data)):
        path = folder() / "sent" / "run.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        with suppress(AuditError):
            concluded = conclude(read_run(path))
            if zlib.crc32(content) % 4 == 0:  # pages take longer than everything before them
                for text in concluded.files().values():
                    text.encode()


def recorded_file(data: bytes) -> None:
    """Predictions that somebody recorded, as each kind of file."""
    for name in ("recorded.csv", "recorded.jsonl"):
        path = folder() / name
        path.write_bytes(data)
        with suppress(AuditError):
            create(str(path), TASK, ClassifierOptions()).predict(REQUESTS)


def http_answer(data: bytes) -> None:
    """What a service answers, where it should give a label, a score, or probabilities."""
    with answering(data) as targets:
        for target in targets:
            with suppress(AuditError):
                target.predict(REQUESTS[:1])  # type: ignore[attr-defined]


TARGETS: dict[str, Callable[[bytes], None]] = {
    function.__name__: function for function in (probe_yaml, run_log, recorded_file, http_answer)
}


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    """Good input to start from."""
    if name == "run_log":
        return tuple(path.read_bytes() for path in sorted(LOGS.glob("*.jsonl")))
    if name == "probe_yaml":
        with tempfile.TemporaryDirectory() as made:
            return (write_probe(Path(made), templates=2).read_bytes(), *SHORT)
    if name == "recorded_file":
        return (
            b'{"id":"v0","text":"text 0","prob":{"Positive":0.5,"Negative":0.5}}\n'
            b'{"id":"v1","text":"text 1","label":"Negative"}\n',
            b"id,text,label\nv0,text 0,Positive\nv1,text 1,Negative\n",
        )
    return (
        b'{"label":"Positive","score":0.5,"p":{"Positive":0.25,"Negative":0.75}}',
        b'[{"p":[0.25,0.75]}]',
        b"[[1]]",
    )


def resealed(data: bytes) -> bytes:
    """Give every line the checksum it should have, and the footer its hash."""
    lines = []
    digest = hashlib.sha256()
    for line in data.split(b"\n")[:-1]:
        body = line[18:] if line.startswith(b'{"crc":"') else line[1:]
        with suppress(ValueError, TypeError, AttributeError, RecursionError):
            record = json.loads(b"{" + body)
            if record.get("type") == "footer":
                record["sha256"] = digest.hexdigest()
                body = json.dumps(record).encode()[1:]
        lines.append(b'{"crc":"%08x",%s\n' % (zlib.crc32(body), body))
        digest.update(lines[-1])
    return b"".join(lines)


class _Handler(BaseHTTPRequestHandler):
    """Answers everything with the same bytes."""

    said = b""
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(self.said)))
        self.end_headers()
        self.wfile.write(self.said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@cache
def _service() -> list[object]:
    """Start a server, and make one target for each kind of answer."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    targets = []
    Asker.__init__.__defaults__ = (1e-5,)  # a second try comes soon; nothing else is changed
    score = Task(kind="score", range=(0, 1), favourable_end="high")
    kinds = {"label": TASK, "score": score, "probabilities": TASK}
    for kind, task in kinds.items():
        path = folder() / f"{kind}.yaml"
        field = "p" if kind == "probabilities" else kind
        path.write_text(
            f"url: http://127.0.0.1:{server.server_address[1]}/\n"
            f"body: {{inputs: '{{text}}'}}\nresponse: {{{kind}: {field}}}\n"
        )
        options = ClassifierOptions(remote=RemoteOptions(timeout=5, concurrency=1))
        targets.append(service.create(str(path), task, options))
    return targets


@contextmanager
def answering(data: bytes) -> Iterator[list[object]]:
    """Let the service answer with ``data``."""
    targets = _service()
    _Handler.said = data
    yield targets
