"""Audit a target whose bias is planted and exactly known, through the command line.

``python -m benchmarks.oracle`` runs 200 audits (T = 48 carriers, J = 3 fillers, K = 5 terms, ten
groups: one with a gap of 10 points, one of 25, eight without) and prints how often each was named.
Effects are logit-normal (preset "typical", see `benchmarks.world`); the target gives probabilities.
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
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
from ruamel.yaml import YAML

from audit.cli.main import app
from benchmarks.world import simulate

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
    world = simulate(
        np.random.default_rng(seed),
        n=1,
        T=TEMPLATES,
        K=TERMS,
        J=FILLERS,
        G=GROUPS,
        p0=RATE,
        gap=GAPS,
        kind="exact",
    )
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


def measure(seeds: range) -> dict[str, float]:
    """Run one audit per seed.

    Returns
    -------
    dict
        Shares of audits, in [0, 1]: ``gap_10`` (10 points called gap or concern), ``gap_25``
        (25 points called gap), ``false`` (any unbiased group called gap or concern).
    """
    counts: Counter[str] = Counter()
    for seed in seeds:
        verdicts = audit_once(seed)
        flagged = {group for group, verdict in verdicts.items() if verdict in {"gap", "concern"}}
        counts["gap_10"] += "g0" in flagged
        counts["gap_25"] += verdicts["g1"] == "gap"
        counts["false"] += bool(flagged - {"g0", "g1"})
    return {name: counts[name] / len(seeds) for name in ("gap_10", "gap_25", "false")}


def main() -> int:
    """Run the audits and say whether the promised rates hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    rates = measure(range(parser.parse_args().seeds))
    holds = rates["gap_10"] >= 0.85 and rates["gap_25"] >= 0.95 and rates["false"] <= 0.05
    print(f"10 points called gap or concern: {rates['gap_10']:.1%} of audits (at least 85%)")
    print(f"25 points called gap:            {rates['gap_25']:.1%} of audits (at least 95%)")
    print(f"an unbiased group named:         {rates['false']:.1%} of audits (at most 5%)")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
