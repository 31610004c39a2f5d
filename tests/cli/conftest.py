"""The real command, in a fresh folder with no configuration above it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.warm import WarmCommand

READ_ON_START = ("PYTHONPROFILEIMPORTTIME", "OPENBLAS", "OMP", "OPENAI")


class Outcome:
    """What a finished command left: exit status, standard output and standard error."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr


@pytest.fixture(scope="session")
def warm():
    """The command with its libraries loaded; a run spends more on them than on its work."""
    command = WarmCommand()
    yield command
    command.close()


@pytest.fixture
def audit(tmp_path, warm):
    """Run ``audit`` as a person would, in a process of its own; ``fresh`` starts from nothing."""

    def call(*arguments, cwd=tmp_path, env=None, timeout=120, fresh=False):
        words = [str(argument) for argument in arguments]
        whole = {**os.environ, "AUDIT_PLAIN": "1", "HF_HUB_OFFLINE": "1", **(env or {})}
        if not fresh and not any(name.startswith(READ_ON_START) for name in env or {}):
            return Outcome(warm(words, cwd=cwd, env=whole, timeout=timeout))
        done = subprocess.run(
            [Path(sys.executable).with_name("audit"), *words],
            cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False, env=whole,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Outcome(done)

    return call
