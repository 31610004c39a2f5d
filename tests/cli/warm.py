"""The command without its start: each call is forked from a process that has its libraries."""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path

ROOMS = (
    "audit.pipeline", "audit.exports.junit", "audit.exports.tables", "audit.classifiers.lexicon",
    "audit.classifiers.function", "audit.classifiers.recorded", "audit.store", "audit.review",
    "audit.appeals", "audit.probes.lint", "audit.probes.importers", "inflect", "rich.progress",
    "vaderSentiment.vaderSentiment",
)  # fmt: skip


class WarmCommand:
    """A process that answers each call with a process of its own, which ends with the call."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                cwd=Path(__file__).parents[2], pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        self._socket = ours

    def __call__(self, arguments, *, cwd, env, timeout):
        """Run ``audit`` with these arguments; return as `subprocess.run` does."""
        job = {"arguments": arguments, "cwd": str(cwd), "env": env}
        with open(os.devnull) as nothing, _File() as out, _File() as err:
            files = [nothing.fileno(), out.fileno(), err.fileno()]
            socket.send_fds(self._socket, [json.dumps(job).encode()], files)
            self._socket.settimeout(timeout)
            answer = self._socket.recv(64)
            if not answer:
                raise RuntimeError(f"the warm command ended: {self._process.wait()}")
            return subprocess.CompletedProcess(arguments, int(answer), out.text(), err.text())

    def close(self) -> None:
        """End the process."""
        self._socket.close()
        self._process.wait()


class _File:
    """An unnamed file that another process writes to."""

    def __enter__(self):
        self._number = os.memfd_create("output")
        return self

    def __exit__(self, *_):
        os.close(self._number)

    def fileno(self):
        return self._number

    def text(self):
        os.lseek(self._number, 0, os.SEEK_SET)
        with open(self._number, encoding="utf-8", closefd=False) as stream:
            return stream.read()


def serve(connection: socket.socket) -> None:
    """Answer calls until the other side closes."""
    from audit.cli.main import COMMANDS

    for name in (*ROOMS, *(place.partition(":")[0] for place, _ in COMMANDS.values())):
        import_module(name)
    while True:
        data, files, _, _ = socket.recv_fds(connection, 2**20, 3)
        if not data:
            return
        child = os.fork()
        if child == 0:
            connection.close()
            run(json.loads(data), files)
        for file in files:
            os.close(file)
        _, status = os.waitpid(child, 0)
        connection.send(str(os.waitstatus_to_exitcode(status)).encode())


def run(job, files) -> None:
    """Be the command."""
    from audit.cli.main import main

    for target, file in enumerate(files):
        os.dup2(file, target)
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    _customise()
    sys.argv = ["audit", *job["arguments"]]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _customise() -> None:
    """Do what Python does on start with ``PYTHONPATH``."""
    sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.modules.pop("sitecustomize", None)
    with suppress(ModuleNotFoundError):
        import_module("sitecustomize")


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
