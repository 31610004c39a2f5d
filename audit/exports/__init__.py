"""Exports: the published forms of a run's results."""

from audit.exports.results import build_results, results_schema

__all__ = ["build_results", "results_schema"]
