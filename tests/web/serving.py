"""A real server in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx


class Served:
    """A running ``audit serve``."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.client = httpx.Client(base_url=url, timeout=120)
        self.url = url
        self.said: list[str] = []

    def decide(self, text: str, **more: object) -> dict[str, object]:
        """Ask about a text."""
        reply = self.client.post("/v1/decide", json={"text": text, **more})
        assert reply.status_code == 200, reply.text
        return reply.json()


@contextmanager
def serving(*arguments: object, cwd: Path, env: dict[str, str] | None = None) -> Iterator[Served]:
    """Start ``audit serve`` on a free port and end it after the test."""
    command = [Path(sys.executable).with_name("audit"), "serve", *map(str, arguments)]
    process = subprocess.Popen(
        [*command, "--port", "0"], cwd=cwd, text=True, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, env={**os.environ, **(env or {})},
    )  # fmt: skip
    said = []
    try:
        for line in process.stderr:
            said.append(line)
            found = re.search(r"Serving at (http://\S+)/v1/decide", line)
            if found:
                break
        else:
            raise AssertionError("".join(said))
        served = Served(process, found[1])
        served.said = said
        try:
            yield served
        finally:
            served.client.close()
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)
        process.stderr.close()
