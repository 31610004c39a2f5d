"""Whatever comes from outside, the only error is an `AuditError`.

An input that ends in another one is saved in ``found/TARGET/``, where it is tried again by every
later run of the tests, and is committed with what mends it.
"""

import hashlib
import os
import secrets
import time
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.edits import CHANGES, FORMS, bytes_edited, values_edited
from tests.fuzz.targets import FOUND, TARGETS, seeds

SECONDS = float(os.environ.get("AUDIT_FUZZ_SECONDS", "4"))
"""Of each target; CI spends few, the scheduled job many (`make fuzz`)."""
FIRST = int(os.environ.get("AUDIT_FUZZ_FIRST", "0"))
"""Number of the first edit; -1 draws one. CI tries the same edits in the same order everywhere."""
KNOWN = sorted(FOUND.glob("*/*"))


def attempt(name, data, edit):
    """Try one input; save what ends in anything but an `AuditError`."""
    try:
        TARGETS[name](data)
    except Exception as error:
        path = FOUND / name / hashlib.sha256(data).hexdigest()[:12]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        raise AssertionError(
            f"{name}, {edit}: {error!r}; saved as found/{name}/{path.name}, which "
            "`pytest tests/fuzz` tries from now on"
        ) from error


@pytest.fixture
def first():
    """The number of the first edit."""
    return secrets.randbelow(2**40) if FIRST < 0 else FIRST


@pytest.mark.parametrize("path", KNOWN, ids=[f"{p.parent.name}-{p.name}" for p in KNOWN])
def test_what_was_found_once_stays_mended(path):
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_edited_bytes_end_in_no_other_error(name, first):
    start, end = seeds(name), time.monotonic() + SECONDS / 2
    for data in start:
        attempt(name, data, "the good input")
    for number in count(first):
        if time.monotonic() > end:
            break
        attempt(name, bytes_edited(start, number), f"edit {number}")
    assert number > first


@pytest.mark.parametrize("name", TARGETS)
def test_edited_values_end_in_no_other_error(name, first):
    end = time.monotonic() + SECONDS / 2
    start = [data for data in seeds(name) if readable(name, data)]
    for number in count(first):
        if time.monotonic() > end:
            break

        attack(name, start, number)
    assert number > first


def attack(name, start, number):
    """Try the documents that one seed gives."""

    @seed(number)
    @settings(
        max_examples=20, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.sampled_from(start), CHANGES)
    def edited(good, changes):
        attempt(name, values_edited(name, good, changes), f"seed {number}, {changes}")

    edited()


def readable(name, data):
    """Whether good input is a document."""
    try:
        return FORMS[name][0](data) is not None
    except ValueError:
        return False
