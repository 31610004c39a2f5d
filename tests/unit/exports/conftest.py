"""A real small run for the exports."""

import json

import pytest

from tests.small_runs import make_run


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A run with a planted gap and two groups."""
    return make_run(tmp_path_factory.mktemp("exported"), {"blind": 2})


@pytest.fixture(scope="session")
def results(run):
    """The run's ``results.json``."""
    return json.loads((run / "results.json").read_text())
