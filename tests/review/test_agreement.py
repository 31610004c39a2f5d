"""Agreement against published tables, and where it says nothing."""

import time

import numpy as np
import pytest
from alembic import command
from sqlalchemy import create_engine, text

from audit.review.agreement import Rated, ac1, agreement, alpha, counted, tabulated
from audit.review.pools import join_pool, read_pools
from audit.store import open_store
from audit.store.engine import store_url
from audit.store.open import alembic_config
from audit.store.store import utc_stamp
from tests.review.items import never_twice, review, waiting

# Gwet, Handbook of Inter-Rater Reliability, 4th edition, p. 120: 4 raters, 12 subjects; the results
# are those that the vignette of the R package irrCAC 1.0 prints for it (cac.raw4raters).
FOUR = ("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .")  # fmt: skip
# The same vignette, cont3x3abstractors: 100 women, two abstractors.
ABSTRACTORS = (
    [("E", "E")] * 13 + [("A", "A")] * 20 + [("A", "N")] * 7 + [("N", "A")] * 4
    + [("N", "N")] * 56
)  # fmt: skip


def four_raters():
    """The labels of each subject."""
    rows = [row.split() for row in FOUR]
    return [[row[n] for row in rows if row[n] != "."] for n in range(12)]


class TestPublishedTables:
    def test_four_raters_with_missing_ratings(self):
        counts = counted(four_raters())
        assert alpha(counts).estimate == pytest.approx(0.743, abs=5e-4)
        found = ac1(counts)
        assert found.estimate == pytest.approx(0.775, abs=5e-4)
        assert (found.low, found.high) == (pytest.approx(0.461, abs=5e-4), 1.0)

    def test_two_abstractors(self):
        counts = counted(ABSTRACTORS)
        found = ac1(counts)
        assert found.estimate == pytest.approx(0.8493305, abs=5e-8)
        # The vignette divides by n in the contingency form, as here by n - 1: 0.764 to 0.935.
        half = (found.high - found.low) / 2
        assert half / 1.984217 == pytest.approx(0.04321747 * np.sqrt(100 / 99), abs=5e-7)
        found = alpha(counts)
        assert found.estimate == pytest.approx(0.7972585, abs=5e-8)
        assert (found.low, found.high) == (
            pytest.approx(0.680, abs=0.02), pytest.approx(0.914, abs=0.02),
        )  # fmt: skip


def test_the_draws_of_the_bootstrap_are_alphas():
    """One draw that takes every item once is the package's own estimate."""
    rng = np.random.default_rng(3)
    labels = [tuple(rng.choice(["a", "b"], 2)) for _ in range(40)]
    found = alpha(counted(labels))
    assert found.low < found.estimate < found.high
    assert found.low < 0 < found.high  # labels at random


def test_intervals_cover():
    """Two people who agree by a planted chance: the 95% intervals hold it about as often."""
    rng = np.random.default_rng(1)
    truth = {"alpha": 0.6, "ac1": 0.6}  # both labels equally frequent: 2 * 0.8 - 1
    inside = dict.fromkeys(truth, 0)
    for _ in range(200):
        first = rng.random(80) < 0.5
        second = np.where(rng.random(80) < 0.8, first, ~first)
        counts = counted([(str(a), str(b)) for a, b in zip(first, second, strict=True)])
        for name, found in (("alpha", alpha(counts)), ("ac1", ac1(counts))):
            inside[name] += found.low <= truth[name] <= found.high
    assert 180 <= inside["alpha"] <= 200
    assert 180 <= inside["ac1"] <= 200


class TestTable:
    def test_below_thirty_is_not_enough(self):
        rated = [Rated(("deaf",), ("a", "b"), ("", ""))] * 29
        (whole, group) = tabulated(rated)
        assert (whole.items, whole.same, whole.alpha, whole.ac1) == (29, 0, None, None)
        assert group.name == "deaf"
        assert tabulated([*rated, rated[0]])[0].ac1 is not None

    def test_one_label_only_says_nothing(self):
        (found,) = tabulated([Rated((), ("a", "a"), ("", ""))] * 40)
        assert (found.same, found.alpha, found.ac1) == (40, None, None)

    def test_by_group_and_pool(self):
        rated = (
            [Rated(("deaf",), ("a", "a"), ("lived", "lived"))] * 30
            + [Rated(("deaf", "blind"), ("a", "b"), ("lived", "staff"))] * 30
            + [Rated((), ("b", "b"), ("staff", "staff"))] * 29
        )
        found = {(each.by, each.name): each for each in tabulated(rated)}
        assert found["group", "deaf"].items == 60
        assert found["group", "blind"].same == 0
        assert found["pool", "lived"].items == 30
        assert found["pools", "lived / staff"].alpha.estimate < 0.1
        assert found["pool", "staff"].alpha is None


def test_counted_are_blind_labels_of_two_people_before_any_dispute(store):
    never_twice(store, 1)
    waiting(store, 3)
    for _ in range(3):
        review(store, "bo", "keep", blind="Positive")
    for _ in range(2):
        review(store, "ana", "keep", blind="Negative")
    join(store, "bo", "x")
    join(store, "ana", "y")
    (found, group, pools) = agreement(store)
    assert (found.items, found.same) == (2, 0)  # they differ blind, though both kept the answer
    assert (group.name, pools.name) == ("deaf", "x / y")


def join(store, account, pool, since="2026-01-01"):
    """Put somebody into a pool."""
    with store.writing("state") as connection:
        join_pool(connection, account, pool, since)


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_the_pool_at_the_time_of_the_review_counts(store):
    never_twice(store, 1)
    join(store, "bo", "staff")
    join(store, "ana", "lived")

    def both():
        waiting(store)
        review(store, "bo")
        review(store, "ana")

    def by_pools():
        return {each.name: each.items for each in agreement(store) if each.by.startswith("pool")}

    both()
    assert by_pools() == {"lived / staff": 1}
    time.sleep(0.002)  # times have milliseconds
    join(store, "bo", "lived", utc_stamp())
    assert by_pools() == {"lived / staff": 1}
    both()
    assert by_pools() == {"lived / staff": 1, "lived": 1}
    join(store, "ana", "", utc_stamp())
    assert by_pools() == {"lived / staff": 1, "lived": 1}


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_a_store_of_before_knows_the_present_pools(url):
    engine = create_engine(store_url(url))
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0004")
        connection.execute(
            text(
                "INSERT INTO accounts (id, name, roles, pool, active, created) "
                "VALUES ('bo', 'Bo', '[]', 'staff', TRUE, '2026-01-01')"
            )
        )
        connection.execute(
            text("INSERT INTO keys (id, secret, created) VALUES ('store', :secret, '2026')"),
            {"secret": b"x" * 32},
        )
    engine.dispose()
    with open_store(url) as store:
        assert read_pools(store).at("bo", "2026-02-01") == "staff"
