"""A PostgreSQL server of the test's own, by Debian's pg_virtualenv."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Server:
    """A running cluster; ``say`` runs a shell command in its environment."""

    def __init__(self, shell: subprocess.Popen[str]) -> None:
        self._shell = shell
        self.env = dict(
            line.split("=", 1) for line in self.say("env | grep ^PG") if line.startswith("PG")
        )
        self._databases = 0

    def say(self, command: str) -> list[str]:
        """Run a command and return what it prints."""
        self._shell.stdin.write(f"{command} 2>&1; echo :done:\n")
        self._shell.stdin.flush()
        lines = []
        for line in self._shell.stdout:
            if line.strip() == ":done:":
                return lines
            lines.append(line.rstrip("\n"))
        raise AssertionError(f"the server's shell ended: {lines}")

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        self._databases += 1
        name = f"audit_{self._databases}"
        self.say(f"createdb {name}")
        env = self.env
        return f"postgresql://{env['PGUSER']}:{env['PGPASSWORD']}@{env['PGHOST']}:{env['PGPORT']}/{name}"

    def restart(self) -> None:
        """Restart at once, breaking every connection."""
        said = self.say(f"pg_ctlcluster {self.env['PGVERSION']} regress restart -m immediate")
        assert not any("rror" in line for line in said), said


@contextmanager
def running_postgres() -> Iterator[Server]:
    """Start a cluster, and drop it at the end; skip the test where it is not installed."""
    if shutil.which("pg_virtualenv") is None:
        reason = "PostgreSQL is not installed (apt-get install postgresql postgresql-common)"
        if os.environ.get("AUDIT_REQUIRE_POSTGRES"):
            pytest.fail(reason)
        pytest.skip(reason)
    with Path(tempfile.gettempdir(), "audit-tests-postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two starting at once would choose the same port
        shell = subprocess.Popen(
            ["pg_virtualenv", "-t", "sh"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        server = Server(shell)
    try:
        yield server
    finally:
        shell.stdin.close()
        shell.wait(60)
        shell.stdout.close()
