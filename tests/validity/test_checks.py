"""Every acceptance check lies in its range; the same checks make docs/validity.md."""

import pytest

from benchmarks.checks import every_check


@pytest.mark.slow
@pytest.mark.parametrize("check", every_check(), ids=lambda check: check.number)
def test_value_is_accepted(check):
    value = check.value()
    assert check.accepts(value), f"{check.title}: {value:.4g} not in [{check.low}, {check.high}]"


def test_numbers_are_unique():
    numbers = [check.number for check in every_check()]
    assert len(numbers) == len(set(numbers))
