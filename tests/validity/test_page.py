"""The published page says what was measured, what failed and what was not run."""

import pytest

from benchmarks.checks import Check
from benchmarks.checks.record import SEED
from benchmarks.validity import main, measure, page


def check(number, value, low=0, high=5, **more):
    """A check with a known value."""
    return Check(number, f"title {number}", lambda _: value, low, high, **more)


def test_rows_and_summary(capsys):
    rows = measure([check("1", 4.25), check("27b", 9.0), check("38", 3.0, 1, must_fail=True)], 0)
    text = page(rows, 0)
    assert f"3 rows, 2 inside their range, 0 seconds, seed {SEED}. Outside: 27b." in text
    assert "Not run: 2, 3," in text
    assert "| 1 | title 1 | 4.25% | at most 5% | yes | 0.0 |" in text
    assert "| 27b | title 27b | 9% | at most 5% | **NO** | 0.0 |" in text
    assert "| 38 | **naive** title 38 | 3% | 1 to 5% | yes | 0.0 |" in text
    assert capsys.readouterr().out.count("\n") == 3


def test_other_seeds_are_counted():
    noisy = Check("1", "noise", lambda rng: rng.normal(), -1e9, 0, "points")
    (row,) = measure([noisy], 20)
    assert len(set(row.others)) == 20
    inside = sum(value <= 0 for value in row.others)
    assert row.cells()[-1].startswith(f"{inside}/20 (")
    assert "inside with 20 other seeds" in page([row], 20)


def test_exact_values_and_small_numbers():
    (row,) = measure([check("22", 2.0, 2, 2, unit="")], 0)
    assert row.cells()[3] == "exactly 2"
    (row,) = measure([check("11", 1.1e-16, 0, 1e-12, unit="")], 0)
    assert row.cells()[2] == "1.10e-16"


def test_nothing_measured_is_not_accepted():
    (row,) = measure([check("1", float("nan"))], 0)
    assert not row.passed


def test_command_prints_some_without_writing(tmp_path, capsys):
    target = tmp_path / "validity.md"
    assert main(["--only", "27", "--output", str(target)]) == 0
    assert not target.exists()
    assert "Lan-DeMets" in capsys.readouterr().out


@pytest.mark.parametrize("bar", ["a | b"])
def test_bars_in_titles_do_not_break_the_table(bar):
    (row,) = measure([Check("1", bar, lambda _: 1.0, 0, 5)], 0)
    assert r"a \| b" in page([row], 0)
