"""The counts as arrays: by group and by day or week, and for everyone together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from audit.monitor.settings import Settings
from audit.store import Store
from audit.store.monitor_tables import COUNTED, COUNTS, SUMMED

COLUMNS = (*COUNTED, *SUMMED)
UNKNOWN = "?"
"""Tags of decisions of which nobody knows any more which groups they mention."""
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts by day; the first day is a Monday and the days are without gaps.

    Attributes
    ----------
    first : date
        Of the first day.
    groups : tuple of str
        In the order of the rows of ``by_group``.
    by_group : mapping of column to ndarray, shape (G, D)
        A decision that mentions two groups counts for both.
    known : mapping of column to ndarray, shape (D,)
        Everyone of whom it is known which groups are mentioned; minus a group: everyone else.
    nobody : mapping of column to ndarray, shape (D,)
        Of those known, the ones that mention none of the groups.
    total : mapping of column to ndarray, shape (D,)
        Everyone.
    undeclared : tuple of str
        Groups that were seen though others were declared; they are in no row.
    """

    first: date
    groups: tuple[str, ...]
    by_group: Mapping[str, Numbers]
    known: Mapping[str, Numbers]
    nobody: Mapping[str, Numbers]
    total: Mapping[str, Numbers]
    undeclared: tuple[str, ...] = ()

    @property
    def days(self) -> int:
        """How many days there are."""
        return len(self.total["decisions"])

    def weekly(self) -> Counts:
        """Return the same by week; a last week that is not over counts its days so far."""
        weeks = -(-self.days // 7)

        def summed(values: Numbers) -> Numbers:
            padding = [(0, 0)] * (values.ndim - 1) + [(0, weeks * 7 - self.days)]
            whole = np.pad(values, padding)
            return np.asarray(whole.reshape(*values.shape[:-1], weeks, 7).sum(axis=-1))

        return self._each(summed)

    def complete_weeks(self, today: date) -> Counts:
        """Return the weeks that ended before ``today``, by week."""
        days = max((today - self.first).days // 7 * 7, 0)
        return self._each(lambda values: values[..., :days]).weekly()

    def compared(self, cases: str, totals: tuple[str, ...]) -> Compared:
        """Return every group's cases and totals beside those of everyone else."""
        x, n = self.by_group[cases], sum(self.by_group[name] for name in totals)
        everyone = sum(self.known[name] for name in totals)
        return Compared(x, np.asarray(n), self.known[cases] - x, np.asarray(everyone - n))

    def _each(self, change: Callable[[Numbers], Numbers]) -> Counts:
        """Return the same with every array changed along its last axis."""

        def every(arrays: Mapping[str, Numbers]) -> dict[str, Numbers]:
            return {name: change(values) for name, values in arrays.items()}

        return replace(
            self,
            by_group=every(self.by_group),
            known=every(self.known),
            nobody=every(self.nobody),
            total=every(self.total),
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """Cases and totals of every group and of everyone else, shape (G, windows)."""

    cases: Numbers
    totals: Numbers
    rest_cases: Numbers
    rest_totals: Numbers

    def __iter__(self) -> Iterator[Numbers]:
        return iter((self.cases, self.totals, self.rest_cases, self.rest_totals))


def read_counts(store: Store, settings: Settings, *, until: date) -> Counts | None:
    """Read all counts up to a day.

    Parameters
    ----------
    store : Store
        Open.
    settings : Settings
        Its groups and their new names.
    until : date
        The last day.

    Returns
    -------
    Counts or None
        ``None`` before anything was counted.
    """
    query = select(COUNTS).where(COUNTS.c.day <= until.isoformat()).order_by(COUNTS.c.day)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    if not rows:
        return None
    start = date.fromisoformat(rows[0].day)
    first = start - timedelta(days=start.weekday())
    days = (until - first).days + 1
    values = np.array([[getattr(row, name) for name in COLUMNS] for row in rows], float)
    at = np.array([(date.fromisoformat(row.day) - first).days for row in rows])
    tags = [named_groups(row.tags, settings) for row in rows]
    seen = sorted({group for groups in tags if groups for group in groups})
    shown = tuple(sorted(settings.groups)) or tuple(seen)
    index = {group: place for place, group in enumerate(shown)}
    by_group = np.zeros((len(COLUMNS), len(shown), days))
    known, nobody, total = (np.zeros((len(COLUMNS), days)) for _ in range(3))
    for row, day, groups in zip(values, at, tags, strict=True):
        total[:, day] += row
        if groups is None:
            continue
        known[:, day] += row
        for group in groups & index.keys():
            by_group[:, index[group], day] += row
        if not groups & index.keys():
            nobody[:, day] += row
    return Counts(
        first,
        shown,
        dict(zip(COLUMNS, by_group, strict=True)),
        dict(zip(COLUMNS, known, strict=True)),
        dict(zip(COLUMNS, nobody, strict=True)),
        dict(zip(COLUMNS, total, strict=True)),
        tuple(group for group in seen if group not in index),
    )


def named_groups(tags: str, settings: Settings) -> frozenset[str] | None:
    """Return the groups of a row by their present names; ``None`` where nobody knows them.

    Examples
    --------
    >>> sorted(named_groups("blind|deaf", Settings(renamed={"deaf": "Deaf"})))
    ['Deaf', 'blind']
    """
    if tags == UNKNOWN:
        return None
    return frozenset(settings.current(name) for name in tags.split("|") if name)
