"""Whole deployments, watched for a year: the false alarms and delays that the page promises.

`python -m benchmarks.monitoring` repeats this with many more; here a few, seeded.
"""

import numpy as np
import pytest

from benchmarks.monitoring import World, deployment, false_alarm_share, found

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "world",
    [World(), World(volume=20), World(icc=0.02)],
    ids=str,
)
def test_at_most_one_deployment_in_twenty_sees_a_false_alarm_in_a_year(world):
    assert false_alarm_share(world, 20, seed=1) <= 0.05


def test_ten_points_are_found_in_weeks_for_that_group_and_no_other():
    got = found(World(volume=200, rise=0.1), 20, seed=2)
    assert got.median <= 4
    assert got.week_within_two >= 0.9
    assert got.others <= 0.05


def test_a_weekly_test_would_be_seen_to_fail():
    rng = np.random.default_rng(1)
    for _ in range(5):
        x, n, y, m = deployment(rng, World()).compared("unfavourable", ("answered",))
        pooled = (x + y) / (n + m)
        z = (x / n - y / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        assert (np.abs(z) > 1.96).sum() > 5
