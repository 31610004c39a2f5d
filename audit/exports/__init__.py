"""Exports: the published forms of a run's results."""

from audit.exports.comparison import build_comparison
from audit.exports.results import build_results, results_schema

__all__ = ["build_comparison", "build_results", "results_schema"]
