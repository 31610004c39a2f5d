"""Whatever comes from outside, the only error is an `AuditError`: hypothesis edits good input."""

import os
import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, seeds

SECONDS = float(os.environ.get("AUDIT_FUZZ_SECONDS", "4"))
"""Of each target; CI spends few, the scheduled job many (`make fuzz`)."""
TOKENS = [
    b"", b"null", b"0", b"-1", b"1e999", b"NaN", b"true", b"[]", b"{}", b'""', b"\n", b",", b":",
    b'"', b"'", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b'"\\ud800"', b"&a *a", b"- ", b"<<: ",
    b"!!python/object:os.system", b"9" * 400, b"[" * 2000, b"{pre}", b"{" * 30, b"crc", b"0x1f",
]  # fmt: skip
EDIT = st.tuples(
    st.floats(0, 1),
    st.integers(0, 40),
    st.one_of(st.sampled_from(TOKENS), st.binary(max_size=8)),
)


def edited(data, edits):
    """Replace pieces of good input."""
    for share, length, token in edits:
        place = int(share * len(data))
        data = data[:place] + token + data[place + length :]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_ends_in_anything_but_an_audit_error(name):
    target, start, tried = TARGETS[name], seeds(name), 0
    for data in start:
        target(data)
    end = time.monotonic() + SECONDS

    @settings(
        max_examples=100, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.sampled_from(start), st.lists(EDIT, min_size=1, max_size=4))
    def attack(data, edits):
        nonlocal tried
        if time.monotonic() < end:
            tried += 1
            target(edited(data, edits))

    while time.monotonic() < end:
        attack()
    assert tried
