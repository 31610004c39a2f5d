"""Real small runs, made once and copied where a test changes them."""

import shutil

import pytest

from tests.small_runs import make_run


@pytest.fixture(scope="session")
def plain_run(tmp_path_factory):
    """A run without any gap."""
    return make_run(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def hurt_run(tmp_path_factory):
    """The same questions; every second house is Negative where "blind" is said."""
    return make_run(tmp_path_factory.mktemp("hurt"), {"blind": 2})


@pytest.fixture(scope="session")
def hurt_again(tmp_path_factory):
    """A second run with the same gap."""
    return make_run(tmp_path_factory.mktemp("again"), {"blind": 2})


@pytest.fixture
def copied(tmp_path):
    """Copy a run folder so that a test may change it."""

    def copy(run, name="copy"):
        return shutil.copytree(run, tmp_path / name)

    return copy
