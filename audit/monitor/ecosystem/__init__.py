"""What other tools take: alert rules for Prometheus, a dashboard for Grafana."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

RECIPES = (
    "prometheus-alerts.yaml",
    "grafana-dashboard.json",
    "prometheus.yaml",
    "alertmanager.yaml",
)
"""The files, by name."""


def recipe(name: str) -> str:
    """Return the text of one of `RECIPES`."""
    return files("audit.monitor.ecosystem").joinpath(name).read_text("utf-8")


def write_recipes(folder: Path) -> list[Path]:
    """Write the files into a folder, and return where.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in RECIPES:
        path = folder / name
        path.write_text(recipe(name), encoding="utf-8")
        written.append(path)
    return written
