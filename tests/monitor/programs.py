"""Programs of the Prometheus project; where they are missing the tests are skipped by name."""

import os
import shutil

import pytest


def program(name: str) -> str:
    """Return the path of ``prometheus`` or ``promtool``."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("AUDIT_REQUIRE_PROMETHEUS"):
            raise AssertionError(f"{name} is not installed (Debian: prometheus)")
        pytest.skip(f"{name} is not installed (Debian: prometheus)")
    return found
