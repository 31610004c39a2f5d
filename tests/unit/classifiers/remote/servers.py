"""A real HTTP server on loopback that behaves as well or as badly as a test wants."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, str], bytes]


def answer(body: Any, status: int = 200, **headers: str) -> Reply:
    """Return a JSON answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": "application/json", **named}, json.dumps(body).encode()


class Service:
    """What was asked of a running server, and where it is."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.base = url.removesuffix("/classify") + "/v1"
        self.seen: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.at_once = 0
        self.most_at_once = 0


class DropError(Exception):
    """Close the connection without an answer."""


class StallError(Exception):
    """Send a byte now and then, and never the whole."""


class CutOffError(Exception):
    """Promise more bytes than are sent."""


@contextmanager
def serve(reply: Callable[[int, Any], Reply]) -> Iterator[Service]:
    """Serve ``reply(number of the request, body)`` on a free port until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null")
            with lock:
                number = len(service.seen)
                service.seen.append(body)
                service.paths.append(self.path)
                service.headers.append(dict(self.headers))
                service.at_once += 1
                service.most_at_once = max(service.most_at_once, service.at_once)
            try:
                self._answer(number, body)
            finally:
                with lock:
                    service.at_once -= 1

        def _answer(self, number: int, body: Any) -> None:
            try:
                status, headers, data = reply(number, body)
            except DropError:
                self.close_connection = True
                return
            except CutOffError:
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"label": "Pos')
                self.close_connection = True
                return
            except StallError:
                self.send_response(200)
                self.end_headers()
                for _ in range(40):
                    try:
                        self.wfile.write(b" ")
                        self.wfile.flush()
                    except OSError:
                        break
                    time.sleep(0.05)
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service = Service(f"http://127.0.0.1:{server.server_port}/classify")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
