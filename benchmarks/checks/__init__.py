"""The acceptance checks of the statistics; each exists once, for the tests and the published table.

A topic module holds ``CHECKS``, a tuple of `Check`. `tests/validity` asserts every one of them and
`benchmarks/validity.py` writes them to ``docs/validity.md``.
"""

from benchmarks.checks.record import Check

__all__ = ["Check"]
