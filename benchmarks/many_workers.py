"""Ray workers on a target that waits for something else, as one behind a network does.

The real command is run. Each worker's target writes down when it began and ended each batch, so
the time in which workers were at work is known without asking the engine.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.many_sentences import write_probe

PAUSE = 0.25
SENTENCES, BATCH = 4_000, 10
TARGET = f'''
import os, time
from pathlib import Path

NOTES = Path(__file__).with_name(f"notes-{{os.getpid()}}.txt")

def classify(texts) -> list[str]:
    """Wait, and note when."""
    began = time.time()
    time.sleep({PAUSE})
    with NOTES.open("a") as notes:
        notes.write(f"{{began!r}} {{time.time()!r}}\\n")
    return ["Negative" if len(text) % 4 == 1 else "Positive" for text in texts]
'''


def measure(folder: Path, workers: int) -> dict[str, float]:
    """Run one audit with that many workers and return how busy they were.

    Returns
    -------
    dict
        ``wall``: seconds of the whole command; ``start``: until every worker had its first batch;
        ``rate``: batches a second from then to the last answer; ``efficiency``: that rate as a
        share of what workers that only ever sleep would reach.
    """
    here = folder / f"workers-{workers}"
    here.mkdir()
    write_probe(here / "set.yaml", SENTENCES)
    (here / "target.py").write_text(TARGET)
    began = time.time()
    done = subprocess.run(
        [Path(sys.executable).with_name("audit"), "run", "set.yaml", "-m",
         "python:target.py:classify", "--batch-size", str(BATCH), "--engine", "ray",
         "--workers", str(workers), "--worker-cpus", "0.1"],
        cwd=here, capture_output=True, text=True, check=False,
    )  # fmt: skip
    wall = time.time() - began
    if done.returncode not in {0, 1, 4}:  # pass, fail, too little data
        raise RuntimeError(done.stderr)
    notes = [
        [(float(a), float(b)) for a, b in map(str.split, path.read_text().splitlines())]
        for path in here.glob("notes-*.txt")
    ]
    if len(notes) != workers or sum(map(len, notes)) != SENTENCES // BATCH:
        raise RuntimeError(f"{len(notes)} workers answered {sum(map(len, notes))} batches")
    at_work = max(batches[0][0] for batches in notes)
    span = max(batches[-1][1] for batches in notes) - at_work
    answered = sum(max(0.0, b - max(a, at_work)) / (b - a) for batches in notes for a, b in batches)
    return {
        "wall": wall,
        "start": at_work - began,
        "rate": answered / span,
        "efficiency": answered / span * PAUSE / workers,
    }


def section(rows: list[dict[str, Any]]) -> list[str]:
    """Return the table."""
    lines = [
        f"`audit run --engine ray --workers N` of {SENTENCES:,} sentences in batches of {BATCH} "
        f"({SENTENCES // BATCH} batches), where each batch sleeps {PAUSE} s; every answer through "
        "the run log. The efficiency is the rate of batches from the moment when every worker has "
        f"its first one until the last answer, as a share of N / {PAUSE} s: starting the cluster "
        "and the workers is left out of it and stands in a column of its own. Wall time is the "
        "whole command, with start, statistics and report.", "",
        "| workers | until all are at work (s) | batches/s | efficiency | wall (s) |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    lines += [
        f"| {got['workers']} | {got['start']:.1f} | {got['rate']:.2f} | {got['efficiency']:.0%} "
        f"| {got['wall']:.1f} |"
        for got in rows
    ]
    return lines
