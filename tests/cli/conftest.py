"""The real command, in a fresh folder with no configuration above it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


class Outcome:
    """What a finished command left: exit status, standard output and standard error."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr


@pytest.fixture
def audit(tmp_path):
    """Run ``audit`` as a person would, in a process of its own."""

    def call(*arguments, cwd=tmp_path, env=None, timeout=120):
        done = subprocess.run(
            [Path(sys.executable).with_name("audit"), *map(str, arguments)],
            cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False,
            env={**os.environ, "AUDIT_PLAIN": "1", "HF_HUB_OFFLINE": "1", **(env or {})},
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Outcome(done)

    return call
