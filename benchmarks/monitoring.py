"""Deployments watched for a year: false alarms of all measures and groups, and delays.

``python -m benchmarks.monitoring`` prints the tables of docs/monitoring.md. Counts are drawn, and
judged by `audit.monitor.evidence.every_evidence`, the function behind the dashboard: ten groups,
four measures each, everyone else five times as many as a group.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from audit.monitor.counts import COLUMNS, Counts
from audit.monitor.evidence import every_evidence

WEEKS, GROUPS, CHANGE = 52, 10, 26
MONDAY = date(2026, 1, 5)
RATES = {"unfavourable": 0.1, "overrides": 0.08, "upheld": 0.3, "unparsed": 0.02}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a deployment is like.

    Parameters
    ----------
    volume : int
        Decisions a week of every group.
    rise : float
        Added to the share of unfavourable answers of the first group after `CHANGE` weeks.
    icc : float
        Correlation of answers within a week.
    seasons : float
        Everyone's rates rise and fall by this share over the year.
    """

    volume: int = 200
    rise: float = 0.0
    icc: float = 0.0
    seasons: float = 0.0
    groups: int = GROUPS


def deployment(rng: np.random.Generator, world: World) -> Counts:
    """Draw the weekly counts of a deployment."""
    G, W = world.groups, WEEKS
    size = np.append(np.full(G, world.volume), 5 * world.volume)[:, None]
    season = 1 + world.seasons * np.sin(2 * np.pi * np.arange(W) / W)
    totals = {
        "answered": np.broadcast_to(size, (G + 1, W)),
        "reviews": rng.binomial(size, 0.15, (G + 1, W)),
        "appeals_decided": rng.binomial(size, 0.02, (G + 1, W)),
    }
    of = {"unfavourable": "answered", "overrides": "reviews", "upheld": "appeals_decided",
          "unparsed": "answered"}  # fmt: skip
    every = {name: np.zeros((G + 1, W)) for name in COLUMNS}
    every.update({name: values.astype(float) for name, values in totals.items()})
    for name, whole in of.items():
        p = np.broadcast_to(RATES[name] * season, (G + 1, W)).copy()
        if name == "unfavourable":
            p[0, CHANGE:] += world.rise
        if world.icc:
            b = 1 / world.icc - 1
            p = rng.beta(p * b, (1 - p) * b)
        every[name] = rng.binomial(totals[whole].astype(int), p).astype(float)
    by_group = {name: values[:G] for name, values in every.items()}
    everyone = {name: values.sum(axis=0) for name, values in every.items()}
    nobody = {name: values[G] for name, values in every.items()}
    return Counts(MONDAY, tuple(f"g{n}" for n in range(G)), by_group, everyone, nobody, everyone)


def alerts(counts: Counts) -> Iterator[tuple[int, int]]:
    """Yield (group, week) of the first Alert of every measure and group."""
    for found in every_evidence(counts, {}):
        for group, margins in enumerate(found.margin):
            above = np.flatnonzero(margins >= 0)
            if len(above):
                yield group, int(above[0])


def false_alarm_share(world: World, years: int, seed: int) -> float:
    """Return the share of deployments without a gap that see any Alert in a year."""
    rng = np.random.default_rng(seed)
    return float(np.mean([any(alerts(deployment(rng, world))) for _ in range(years)]))


@dataclass(frozen=True, slots=True)
class Found:
    """How a planted change was found: weeks, and shares of deployments."""

    median: float
    within_four: float
    week_within_two: float
    others: float


def found(world: World, years: int, seed: int) -> Found:
    """Return how soon the first group's change is found, and how often another alarms."""
    rng = np.random.default_rng(seed)
    delays, weeks, others = [], [], []
    for _ in range(years):
        counts = deployment(rng, world)
        unfavourable = every_evidence(counts, {})[0]
        above = np.flatnonzero(unfavourable.margin[0] >= 0)
        others.append(any(group != 0 or week < CHANGE for group, week in alerts(counts)))
        delays.append(above[0] - CHANGE + 1 if len(above) else np.inf)
        if len(above):
            weeks.append(abs(unfavourable.change(0, int(above[0])) - CHANGE) <= 2)
    late = np.array(delays, float)
    return Found(
        float(np.median(late)), float((late <= 4).mean()), float(np.mean(weeks)),
        float(np.mean(others)),
    )  # fmt: skip


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=400)
    years = parser.parse_args().years
    print("| world | deployments with any false Alert in a year |\n|---|---|")
    for name, world in WORLDS.items():
        print(f"| {name} | {100 * false_alarm_share(world, years, 1):.1f}% |", flush=True)
    print("\n| volume | rise | median delay | within 4 weeks | week within two | any other |")
    print("|---|---|---|---|---|---|")
    for volume in (50, 200, 1000):
        for rise in (0.05, 0.1, 0.15):
            got = found(World(volume=volume, rise=rise), years // 2, 2)
            print(f"| {volume} | {100 * rise:.0f} points | {got.median:g} weeks | "
                  f"{100 * got.within_four:.0f}% | {100 * got.week_within_two:.0f}% | "
                  f"{100 * got.others:.1f}% |", flush=True)  # fmt: skip


WORLDS = {
    "20 decisions a week and group": World(volume=20),
    "200 a week": World(volume=200),
    "1,000 a week": World(volume=1000),
    "200 a week, all rates rise and fall by half over the year": World(seasons=0.5),
    "200 a week, answers cluster within weeks (correlation .005)": World(icc=0.005),
    "200 a week, answers cluster within weeks (correlation .02)": World(icc=0.02),
}

if __name__ == "__main__":
    main()
