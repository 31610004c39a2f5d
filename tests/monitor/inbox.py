"""A receiver of webhooks on this machine."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Inbox:
    """A receiver: answers with the statuses given, then 204; keeps what it got."""

    def __init__(self):
        self.got = []
        self.statuses = []
        self.answers_after = 0.0
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                inbox.got.append((dict(self.headers.items()), body))
                time.sleep(inbox.answers_after)
                status = inbox.statuses.pop(0) if inbox.statuses else 204
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("location", f"{inbox.url}/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        """Listen no more."""
        self.server.shutdown()
        self.server.server_close()
