"""Audit a target whose bias is planted and exactly known, through the command line.

``python -m benchmarks.oracle`` runs 1,000 audits (``--seeds 200`` is a quick look) and prints how
often each group was named: T = 48 carriers, J = 3 fillers, K = 5 terms, ten groups, one with a gap
of 10 points, one of 25, eight without. Effects are logit-normal (preset "typical", see
`benchmarks.world`); the target gives probabilities.

A rate near 5% cannot be told from 5% with 200 audits (their interval is 6 points wide: 11 of 200
were named once, where the rate is 4.7%). So the same worlds are also audited by the same functions
without the command line, 20,000 times; `tests/validity/test_oracle.py` shows that both ways give
the same verdicts.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from ruamel.yaml import YAML

from audit.cli.main import app
from audit.statistics.gold import wilson
from audit.statistics.intervals import listed_interval
from audit.statistics.multiplicity import max_t
from audit.verdicts import decide
from benchmarks.checks.audits import floors, template_gaps
from benchmarks.world import World, simulate

TEMPLATES, TERMS, FILLERS, GROUPS = 48, 5, 3, 10
GAPS = (0.10, 0.25, *[0.0] * (GROUPS - 2))
RATE = 0.1
TARGET = "planted.py"
SOURCE = '''"""A classifier that looks its probabilities up."""
import csv

with open("planted.csv") as handle:
    KNOWN = {row["text"]: float(row["p"]) for row in csv.DictReader(handle)}


def classify(texts):
    return [{"Negative": KNOWN[t], "Positive": 1 - KNOWN[t]} for t in texts]
'''


def write_audit(folder: Path, seed: int) -> None:
    """Write probe set, table and target of one simulated audit into a folder."""
    world = world_of(seed)
    rows = []
    for t in range(TEMPLATES):
        rows += [(f"t{t}", "", f"filler{j}", world.p_b[0, t, j]) for j in range(FILLERS)]
        rows += [
            (f"t{t}", f"g{g}", f"g{g}k{k}", world.p_y[0, g, t, k])
            for g in range(GROUPS)
            for k in range(TERMS)
        ]
    table = [("text", "template", "group", "term", "p")]
    table += [(f"{t} says {term}", t, group, term, repr(float(p))) for t, group, term, p in rows]
    with (folder / "planted.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows(table)
    (folder / TARGET).write_text(SOURCE)
    document = {
        "schema": 1, "name": "oracle", "version": "1.0.0", "language": "en", "attribute": "planted",
        "task": {"kind": "labels", "labels": ["Positive", "Negative"], "favourable": "Positive",
                 "description": "Planted.", "shots": []},
        "sampling": {"seed": seed},
        "cases": {"file": "planted.csv", "text": "text", "group": "group", "term": "term",
                  "context": ["template"],
                  "reference": {"term": [f"filler{j}" for j in range(FILLERS)]}},
    }  # fmt: skip
    with (folder / "oracle.yaml").open("w") as handle:
        YAML().dump(document, handle)


def audit_once(seed: int) -> dict[str, str]:
    """Run one audit through the command line and return the verdict of every group."""
    with tempfile.TemporaryDirectory() as name, _inside(Path(name)):
        write_audit(Path(name), seed)
        printed = io.StringIO()
        arguments = ["run", "oracle.yaml", "-m", f"python:{TARGET}:classify", "--json", "--quiet"]
        with contextlib.redirect_stdout(printed), patch.dict(os.environ, {"AUDIT_PLAIN": "1"}):
            app.main(arguments, prog_name="audit", standalone_mode=False)
    return {group["id"]: group["verdict"] for group in json.loads(printed.getvalue())["groups"]}


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in a folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def world_of(seed: int) -> World:
    """Return the planted world of one audit."""
    return simulate(
        np.random.default_rng(seed), n=1, T=TEMPLATES, K=TERMS, J=FILLERS, G=GROUPS, p0=RATE,
        gap=GAPS, kind="exact",
    )  # fmt: skip


def verdicts_of(seed: int, draws: int = 4_999) -> dict[str, str]:
    """Judge one world by the functions that an audit uses, without the command line."""
    world = world_of(seed)
    D, h = template_gaps(world)[0], floors(world)[0]
    found = listed_interval(D, h)
    flips = max_t(D, h, rng=np.random.default_rng(seed), draws=draws)
    p = np.maximum(found.p_value, flips)
    return {
        f"g{g}": decide(
            float(found.low[g]), float(found.high[g]), float(p[g]), tolerance=0.05, alpha=0.05
        )
        for g in range(GROUPS)
    }


def measure(seeds: range, audit: Callable[[int], dict[str, str]]) -> Counter[str]:
    """Run one audit per seed.

    Returns
    -------
    Counter
        Audits in which: ``gap_10`` (10 points called gap or concern), ``gap_25`` (25 points called
        gap), ``false`` (any unbiased group called gap or concern).
    """
    counts: Counter[str] = Counter()
    for seed in seeds:
        verdicts = audit(seed)
        flagged = {group for group, verdict in verdicts.items() if verdict in {"gap", "concern"}}
        counts["gap_10"] += "g0" in flagged
        counts["gap_25"] += verdicts["g1"] == "gap"
        counts["false"] += bool(flagged - {"g0", "g1"})
    return counts


TITLES = {
    "gap_10": ("10 points called gap or concern", "at least 85%"),
    "gap_25": ("25 points called gap", "at least 95%"),
    "false": ("an unbiased group named", "at most 5%"),
}


def report(counts: Counter[str], audits: int) -> None:
    """Print the rates with Wilson's intervals."""
    for name, (title, wanted) in TITLES.items():
        low, high = wilson(counts[name], audits)
        print(
            f"  {title + ':':<34}{counts[name] / audits:7.2%} of audits ({wanted}; interval "
            f"{low:.1%} to {high:.1%})"
        )


def main() -> int:
    """Run the audits and say whether the promised rates hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000, help="audits by the command line")
    parser.add_argument("--audits", type=int, default=20_000, help="audits by its functions alone")
    given = parser.parse_args()
    told = measure(range(given.seeds), audit_once)
    print(f"Through the command line, {given.seeds} audits")
    report(told, given.seeds)
    many = measure(range(given.audits), partial(verdicts_of, draws=999))
    print(f"By the same functions alone, {given.audits:,} audits")
    report(many, given.audits)
    found = told["gap_10"] >= 0.85 * given.seeds and told["gap_25"] >= 0.95 * given.seeds
    quiet = many["false"] <= 0.05 * given.audits and wilson(told["false"], given.seeds)[0] <= 0.05
    return 0 if found and quiet else 1


if __name__ == "__main__":
    sys.exit(main())
