"""How far people agree: Krippendorff's alpha and Gwet's AC1, with intervals.

Counted are blind labels only, given before anybody saw the classifier's answer, and only until an
item was disputed: who settles a dispute meets a selection of hard items.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import krippendorff
import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from audit.review.pools import read_pools
from audit.store import Store
from audit.store.outcomes import RATINGS, StoredReview, reviews_of
from audit.store.tables import TABLES

ENOUGH = 30
LEVEL = 0.95
_RESAMPLES = 2000
_SEED = 20261121
_PAGE = 500
Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient with its 95% interval; 1 is full agreement, 0 what chance gives."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree about some items.

    Parameters
    ----------
    by, name : str
        What was selected: ``all``, ``group``, ``pool`` or ``pools``, and which.
    items : int
        Items that two people labelled blind.
    same : int
        Those on which all labels are one.
    alpha, ac1 : Coefficient or None
        ``None`` below `ENOUGH` items, or where every label is the same: not enough to say.
    """

    by: str
    name: str
    items: int
    same: int
    alpha: Coefficient | None
    ac1: Coefficient | None


@dataclass(frozen=True, slots=True)
class Rated:
    """One item: its groups (none once their tag has expired), and label and pool of each rater."""

    groups: tuple[str, ...]
    labels: tuple[str, ...]
    pools: tuple[str, ...]


def agreement(store: Store) -> list[Agreement]:
    """Return agreement over all items, by group, within pools and between them.

    A label counts for the pool that its reviewer was in when they gave it.
    """
    return tabulated(list(rated_items(store)))


def tabulated(rated: Sequence[Rated]) -> list[Agreement]:
    """Return agreement over items, by group, within pools and between them."""
    groups = sorted({group for each in rated for group in each.groups})
    names = sorted({pool for each in rated for pool in each.pools if pool})
    found = [_agreement("all", "", [each.labels for each in rated])]
    found += [
        _agreement("group", group, [each.labels for each in rated if group in each.groups])
        for group in groups
    ]
    found += [
        _agreement("pool", name, [each.labels for each in rated if set(each.pools) == {name}])
        for name in names
    ]
    found += [
        _agreement("pools", f"{one} / {other}", [
            each.labels for each in rated if set(each.pools) == {one, other}
        ])
        for one, other in combinations(names, 2)
    ]  # fmt: skip
    return [found[0], *(each for each in found[1:] if each.items)]


def rated_items(store: Store) -> Iterable[Rated]:
    """Yield the items that at least two people labelled blind before any dispute."""
    pools = read_pools(store)
    table = TABLES["reviews"]
    from sqlalchemy import func, select

    query = (
        select(table.c.about).where(table.c.kind.in_(RATINGS)).group_by(table.c.about)
        .having(func.count() > 1)
    )  # fmt: skip
    with store.reading() as connection:
        ids = list(connection.execute(query).scalars())
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        for identity, reviews in reviews_of(store, page).items():
            blind = _undisputed(reviews)
            if len(blind) > 1:
                found = store.decision(identity)
                yield Rated(
                    (found.groups or ()) if found is not None else (),
                    tuple(str(each.blind) for each in blind),
                    tuple(pools.at(each.reviewer, each.time) for each in blind),
                )


def _undisputed(reviews: Sequence[StoredReview]) -> list[StoredReview]:
    """Return the ratings that came before the item was disputed."""
    before: list[StoredReview] = []
    for review in reviews:
        if review.action not in RATINGS:
            break
        if review.blind is not None:
            before.append(review)
    return before


def _agreement(by: str, name: str, labels: Sequence[Sequence[str]]) -> Agreement:
    same = sum(len(set(each)) == 1 for each in labels)
    if len(labels) < ENOUGH:
        return Agreement(by, name, len(labels), same, None, None)
    counts = counted(labels)
    return Agreement(by, name, len(labels), same, alpha(counts), ac1(counts))


def counted(labels: Sequence[Sequence[str]]) -> Counts:
    """Return how many people gave each label to each item, shape (items, labels)."""
    names = sorted({label for each in labels for label in each})
    return np.array([[each.count(name) for name in names] for each in labels], dtype=float)


def alpha(counts: Counts) -> Coefficient | None:
    """Krippendorff's alpha for nominal labels, with a percentile bootstrap over items.

    Parameters
    ----------
    counts : array, shape (items, labels)
        As `counted` gives it.

    Returns
    -------
    Coefficient or None
        ``None`` where every label is the same, so that chance cannot be told from agreement.

    Notes
    -----
    The estimate is that of the package ``krippendorff``; the bootstrap draws items with replacement
    (2,000 times, fixed seed) and drops draws with one label only. Hayes and Krippendorff (2007).
    """
    pairable = counts[counts.sum(axis=1) > 1]
    if len(pairable) == 0 or (pairable.sum(axis=0) > 0).sum() < 2:
        return None
    estimate = float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))
    rng = np.random.default_rng(_SEED)
    n = len(pairable)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=_RESAMPLES).astype(float)
    raters = pairable.sum(axis=1)
    agreeing = weights @ ((pairable * (pairable - 1)).sum(axis=1) / (raters - 1))
    totals = weights @ pairable
    whole = totals.sum(axis=1)
    chance = whole**2 - (totals**2).sum(axis=1)
    usable = chance > 0
    draws = 1 - (whole - 1)[usable] * (whole - agreeing)[usable] / chance[usable]
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Coefficient(estimate, float(low), float(high))


def ac1(counts: Counts) -> Coefficient | None:
    """Gwet's AC1 with the interval of its linearised variance.

    Parameters
    ----------
    counts : array, shape (items, labels)
        As `counted` gives it. Items with one rating count for how frequent labels are.

    Returns
    -------
    Coefficient or None
        ``None`` with fewer than two labels or two items that two people labelled.

    Notes
    -----
    Gwet (2008), "Computing inter-rater reliability and its variance in the presence of high
    agreement"; t interval with n - 1 degrees of freedom, clipped to [-1, 1].
    """
    n, labels = counts.shape
    raters = counts.sum(axis=1)
    several = raters > 1
    n_several = int(several.sum())
    if labels < 2 or n_several < 2:
        return None
    shares = counts / raters[:, None]
    frequent = shares.mean(axis=0)
    by_chance = float((frequent * (1 - frequent)).sum()) / (labels - 1)
    pairs = np.where(several, raters * (raters - 1), 1.0)
    agreed = np.where(several, (counts * (counts - 1)).sum(axis=1) / pairs, 0.0)
    estimate = (float(agreed.sum()) / n_several - by_chance) / (1 - by_chance)
    each = (n / n_several) * np.where(several, agreed - by_chance, 0.0) / (1 - by_chance)
    chance_of_each = (shares * (1 - frequent)).sum(axis=1) / (labels - 1)
    each = each - 2 * (1 - estimate) * (chance_of_each - by_chance) / (1 - by_chance)
    variance = float(((each - estimate) ** 2).sum()) / (n * (n - 1))
    half = float(student.ppf((1 + LEVEL) / 2, n - 1)) * math.sqrt(variance)
    return Coefficient(estimate, max(-1.0, estimate - half), min(1.0, estimate + half))


def as_object(found: Agreement) -> dict[str, Any]:
    """Return an agreement as JSON has it."""

    def written(value: Coefficient | None) -> dict[str, float] | None:
        return None if value is None else {
            "estimate": value.estimate, "low": value.low, "high": value.high,
        }  # fmt: skip

    return {"by": found.by, "name": found.name, "items": found.items, "same": found.same,
            "alpha": written(found.alpha), "ac1": written(found.ac1)}  # fmt: skip
