"""The acceptance checks of the statistics; each exists once, for the tests and the published table.

A topic module holds ``CHECKS``, a tuple of `Check`. `tests/validity` asserts every one of them and
`benchmarks/validity.py` writes them to ``docs/validity.md``.
"""

import re
from importlib import import_module
from pkgutil import iter_modules

from benchmarks.checks.record import Check

__all__ = ["Check", "every_check"]


def every_check() -> tuple[Check, ...]:
    """Return the checks of all topic modules, by number."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    checks = [check for module in modules for check in getattr(module, "CHECKS", ())]
    return tuple(sorted(checks, key=lambda check: _order(check.number)))


def _order(number: str) -> tuple[int, str]:
    """Sort 9 before 10 and 10 before 10b."""
    digits = re.match(r"\d+", number)
    return (int(digits.group()) if digits else 0, number)
