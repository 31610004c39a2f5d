"""Nobody can work out a hidden cell from everything that was ever published."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from sqlalchemy import insert

from audit.monitor import build_dashboard
from audit.monitor.counts import COLUMNS, Counts
from audit.monitor.staging import add_up
from audit.monitor.windows import measured, total_of, week_windows
from audit.store import open_store
from audit.store.monitor_tables import COUNTS

MONDAY = date(2026, 1, 5)
sizes = st.one_of(st.integers(0, 5), st.integers(0, 25), st.integers(15, 200))
weeks = st.integers(1, 3).flatmap(
    lambda groups: st.lists(
        st.lists(sizes, min_size=7, max_size=7), min_size=groups + 1, max_size=groups + 1
    )
)
"""Decisions of one to three groups, and of those who mention none, on seven days."""


def counts_of(numbers):
    """Counts of a week in which every decision mentions at most one group."""
    own = np.array(numbers[:-1], float)
    nobody = np.array(numbers[-1], float)
    named = ("decisions", "answered")

    def columns(values):
        empty = np.zeros_like(values)
        return {name: values if name in named else empty for name in COLUMNS}

    everyone = columns(own.sum(axis=0) + nobody)
    return Counts(MONDAY, tuple(f"g{n}" for n in range(len(own))), columns(own), everyone,
                  columns(nobody), everyone)  # fmt: skip


def possible(equations, values, target):
    """Return the smallest and largest value of a sum of cells that fits all that is known."""
    found = []
    for sign in (1, -1):
        solved = linprog(sign * target, A_eq=equations, b_eq=values, bounds=(0, 10_000))
        assert solved.status == 0, solved.message
        found.append(sign * solved.fun)
    return found


@settings(max_examples=20, deadline=None)
@given(weeks)
@example([[3, 30, 30, 30, 30, 30, 30], [30] * 7, [0] * 7])
@example([[2] * 7, [30] * 7, [0] * 7])
@example([[2] * 7, [30] * 7, [40] * 7])
@example([[100] * 7, [0] * 7])
def test_a_hidden_cell_cannot_be_worked_out(numbers):
    """Even who knows every shown cell exactly, and that nobody mentions two groups, cannot."""
    counts = counts_of(numbers)
    weekly = counts.weekly()
    shown, parts = week_windows(counts, measured(counts), measured(weekly), 0)
    cells = np.array(numbers, float)
    rows, days = cells.shape

    def cell(row, day=None):
        picked = np.zeros((rows, days))
        picked[row, slice(None) if day is None else day] = 1
        return picked.ravel()

    known, hidden = [], []
    if total_of(weekly, 0).decisions is not None:
        known.append(np.ones(rows * days))
    for row, group in enumerate(counts.groups):
        week = shown[group]["unfavourable"]
        (hidden if week.hidden else known).append(cell(row))
        for day in range(days):
            part = parts[day][group]["unfavourable"]
            (hidden if part.hidden else known).append(cell(row, day))
    if 0 < cells[-1].sum() < 20:
        hidden.append(cell(rows - 1))
    equations = np.array(known) if known else np.zeros((1, rows * days))
    values = equations @ cells.ravel()
    for target in hidden:
        low, high = possible(equations, values, target)
        assert high - low >= 1, (numbers, target.reshape(rows, days))


@settings(max_examples=60, deadline=None)
@given(weeks)
def test_what_is_shown_is_never_small_and_always_round(numbers):
    counts = counts_of(numbers)
    shown, parts = week_windows(counts, measured(counts), measured(counts.weekly()), 0)
    for table, own in [(shown, counts.weekly().by_group["answered"][:, 0]),
                       *zip(parts, counts.by_group["answered"].T, strict=True)]:  # fmt: skip
        for group, number in zip(counts.groups, own, strict=True):
            window = table[group]["unfavourable"]
            if window.hidden is None:
                assert number >= 20
                assert window.count % 10 == 0
                assert abs(window.count - number) <= 5
            else:
                assert window.count is window.value is window.gap is window.low is None


def test_what_comes_later_changes_no_published_table(tmp_path):
    """The difference of two tables would be the few that came late."""
    now = datetime(2026, 2, 4, tzinfo=UTC)
    with open_store(str(tmp_path / "audit.db")) as store:
        rows = [
            {"day": (MONDAY + timedelta(days=day)).isoformat(), "tags": tags, "decisions": size,
             "answered": size, "unfavourable": size // 5}
            for day in range(28) for tags, size in (("deaf", 30), ("blind", 2), ("", 90))
        ]  # fmt: skip
        with store.writing("monitor") as connection:
            connection.execute(insert(COUNTS), rows)
        before = build_dashboard(store, now=now)
        late = {"day": "2026-01-07", "tags": "deaf", "decisions": 3, "answered": 3}
        with store.writing("monitor") as connection:
            add_up(connection, COUNTS, [late])
        after = build_dashboard(store, now=now)
        later = build_dashboard(store, now=now + timedelta(days=7))
    assert [group.weeks for group in before.groups] == [group.weeks for group in after.groups]
    assert before.totals == after.totals
    for one, two in zip(before.groups, later.groups, strict=True):
        for measure, windows in one.weeks.items():
            complete = [window for window in windows if window.hidden != "not_over"]
            assert list(two.weeks[measure][: len(complete)]) == complete
