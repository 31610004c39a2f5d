"""Sweeps: one audit at every number of examples, temperature and separator, and the curves."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from audit.pipeline.asking import ProgressCallback
from audit.pipeline.folders import new_run_folder, new_run_id, utc_now, write_atomically
from audit.pipeline.run import RunResult, run_audit
from audit.pipeline.run_options import RunOptions
from audit.pipeline.shots import most_orders
from audit.probes import load_probe_set
from audit.records import Prediction
from audit.report import render_sweep
from audit.runlog import RunLog, read_run

COLUMNS = (
    "shots", "temperature", "separator", "prompts", "run_id", "group", "estimate", "low", "high",
    "lowest", "highest", "verdict", "unparsed_rate", "fit",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What is varied; ``None`` stands for what the probe set or the options say."""

    shots: Sequence[int | None] = (None,)
    temperatures: Sequence[float | None] = (None,)
    separators: Sequence[str | None] = (None,)

    def points(self) -> Iterator[tuple[int | None, float | None, str | None]]:
        """Return every combination."""
        return product(self.shots, self.temperatures, self.separators)

    @property
    def size(self) -> int:
        """Number of combinations."""
        return len(self.shots) * len(self.temperatures) * len(self.separators)


def sweep(
    source: str | Path,
    model: str | None = None,
    *,
    grid: Grid,
    output: str | Path = "reports",
    options: RunOptions | None = None,
    watch: Callable[[int, int], ProgressCallback | None] = lambda done, of: None,
) -> Path:
    """Audit at every point of a grid and draw the curves.

    Parameters
    ----------
    source, model, output : str or Path
        As of `audit.pipeline.run_audit`.
    grid : Grid
        Numbers of examples, temperatures and separators.
    options : RunOptions, optional
        Of every run. Where K examples cannot be put in as many orders as asked for, all orders
        there are are tried.
    watch : callable
        Called with the number of the next run and of all; returns the progress of that run.

    Returns
    -------
    Path
        A folder with ``sweep.json``, ``sweep.csv``, ``index.html``, and the runs in ``runs``.

    Raises
    ------
    AuditError
        As `run_audit`; the runs before the one that failed are kept.
    """
    options = options or RunOptions()
    probe_set = load_probe_set(source)
    folder = new_run_folder(Path(output), new_run_id(f"sweep {probe_set.name}", utc_now()))
    points = []
    for number, (shots, temperature, separator) in enumerate(grid.points(), start=1):
        own = dataclasses.replace(options.shots, shots=shots, separator=separator)
        orders = min(own.orders, most_orders(probe_set.task, own))
        chosen = dataclasses.replace(
            options,
            shots=dataclasses.replace(own, orders=orders),
            sampling={**options.sampling, "temperature": temperature},
        )
        result = run_audit(
            source, model, output=folder / "runs", options=chosen, progress=watch(number, grid.size)
        )
        points.append(_point(result, read_run(result.folder)))
    found = {
        "schema_version": 1,
        "model": points[0]["model"],
        "probe_set": f"{probe_set.name} {probe_set.version}",
        "points": points,
    }
    write_atomically(folder / "sweep.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    write_atomically(folder / "sweep.csv", _table(points))
    write_atomically(folder / "index.html", render_sweep(found))
    return folder


def _point(result: RunResult, log: RunLog) -> dict[str, Any]:
    """Return what one run comes to."""
    results = result.results
    spec, task = results["spec"], results["spec"]["task"] or {}
    ranges = {row["group"]: row for row in results.get("shot_sensitivity", ())}
    groups = [
        {
            "group": group["id"],
            "label": group["label"],
            "verdict": group["verdict"],
            "estimate": group["estimate"],
            "low": (group["interval"] or {}).get("low"),
            "high": (group["interval"] or {}).get("high"),
            "lowest": ranges.get(group["id"], group).get("lowest", group["estimate"]),
            "highest": ranges.get(group["id"], group).get("highest", group["estimate"]),
        }
        for group in results["groups"]
    ]
    return {
        "model": spec["model"],
        "run_id": results["run_id"],
        "folder": f"runs/{result.folder.name}",
        "shots": len(task.get("shots", ())),
        "temperature": spec["temperature"],
        "separator": task.get("separator", ""),
        "prompts": spec["shot_orders"],
        "tolerance": results["limits"]["tolerance"],
        "unit": results["outcome"]["unit"],
        "unparsed_rate": results["overall"]["unparsed_rate"],
        "fit": fit(log, task) if task.get("kind") == "labels" else None,
        "groups": groups,
    }


def fit(log: RunLog, task: Mapping[str, Any]) -> float | None:
    """Return the share of answers to reference sentences that fit them.

    Parameters
    ----------
    log : RunLog
        A run of a labels task; its first prompt counts.
    task : mapping
        The task, as a log holds it.

    Returns
    -------
    float or None
        In [0, 1]: the mass on the sentence's gold label or, without one, on the favourable label
        of a positive sentence and on the unfavourable ones of a negative one. What is no label
        fits nothing. ``None`` without such sentences.
    """
    bad = set(task["unfavourable"]) or {
        label for label in task["labels"] if label != task["favourable"]
    }
    of_valence = {"positive": {task["favourable"]}, "negative": bad}
    shares = []
    for variant in log.variants:
        wanted = {variant.gold} if variant.gold else of_valence.get(variant.valence or "", set())
        if variant.role == "reference" and wanted and not variant.apart:
            shares.append(_mass(log.predictions[variant.id], wanted))
    return sum(shares) / len(shares) if shares else None


def _mass(answer: Prediction, wanted: set[str | None]) -> float:
    """Return the share of an answer that is on some labels."""
    if answer.probabilities is not None:
        return sum(mass for label, mass in answer.probabilities.items() if label in wanted)
    said = answer.samples
    return sum(label in wanted for label in said) / len(said) if said else 0.0


def _table(points: Sequence[Mapping[str, Any]]) -> str:
    """Write one row for each point and group."""
    lines = io.StringIO()
    writer = csv.DictWriter(lines, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for point in points:
        writer.writerows({**point, **group} for group in point["groups"])
    return lines.getvalue()
