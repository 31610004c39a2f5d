"""Vulnerabilities are found, or looked up and not found, or not looked up: never mixed up."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from release import vulnerabilities
from release.vulnerabilities import look_up

pytest.importorskip("pip_audit", reason="needs the extra release")
FOUND = {
    "vulns": [
        {
            "id": "GHSA-test-1", "aliases": ["CVE-2026-1"], "summary": "s", "details": "d",
            "modified": "2026-01-01T00:00:00Z", "published": "2026-01-01T00:00:00Z",
            "affected": [
                {"package": {"name": "small", "ecosystem": "PyPI"}, "versions": ["1.0"],
                 "ranges": [{"type": "ECOSYSTEM", "events": [
                     {"introduced": "0"}, {"fixed": "1.1"}]}]}
            ],
        }
    ]
}  # fmt: skip


@pytest.fixture
def lock(tmp_path):
    """A lock of one package."""
    path = tmp_path / "requirements.lock"
    path.write_text(f"small==1.0 --hash=sha256:{'0' * 64}\n")
    return path


@pytest.fixture
def database():
    """A server that answers as the database of vulnerabilities does, with what a test gives it."""

    class Handler(BaseHTTPRequestHandler):
        said: object = {}

        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps(self.said).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Handler.arguments = ("--osv-url", f"http://127.0.0.1:{server.server_address[1]}/v1/query")
    yield Handler
    server.shutdown()
    server.server_close()


def test_none_known_is_said_with_the_number_of_packages(lock, database):
    assert look_up(lock, database.arguments) == (
        0, "1 packages, no known vulnerability but 0 accepted",
    )  # fmt: skip


def test_one_that_is_known_is_named_unless_it_is_accepted(lock, database, monkeypatch):
    database.said = FOUND
    status, said = look_up(lock, database.arguments)
    assert status == 1
    assert said.startswith("small 1.0: ")
    assert "GHSA-test-1" in said or "CVE-2026-1" in said
    monkeypatch.setitem(vulnerabilities.ACCEPTED, "CVE-2026-1", "never called")
    assert look_up(lock, database.arguments)[0] == 0


def test_a_database_that_is_not_there_is_a_named_skip_and_never_clean(lock, monkeypatch):
    nowhere = ("--osv-url", "http://127.0.0.1:9/v1/query")
    status, said = look_up(lock, nowhere)
    assert status == 0
    assert said.startswith("SKIPPED: the database of vulnerabilities was not reached")
    monkeypatch.setenv("AUDIT_REQUIRE_ADVISORIES", "1")
    assert look_up(lock, nowhere)[0] == 1


def test_a_lock_that_cannot_be_read_is_no_skip(lock):
    lock.write_text("small==1.0\n")
    status, said = look_up(lock)
    assert status == 1
    assert said.startswith("vulnerabilities were not looked up")
