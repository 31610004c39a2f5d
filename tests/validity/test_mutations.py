"""The checks would notice: bugs planted in the statistics, each caught by a check that is quick.

A bug replaces one line of a function; its code object is swapped in place, so that every module
that imported the function runs the bug.
"""

import importlib
import inspect
import textwrap
from dataclasses import dataclass

import pytest

from benchmarks.checks import every_check

CHECKS = {check.number: check for check in every_check()}


@dataclass(frozen=True)
class Bug:
    """One line of a function, what it becomes, and the check that must see it."""

    name: str
    function: str
    line: str
    becomes: str
    check: str


BUGS = (
    Bug(
        "wrong degrees of freedom",
        "intervals:listed_interval",
        "df = np.where(enough, n - 1, np.nan)",
        "df = np.where(enough, 5 * n - 1, np.nan)",
        "11",
    ),
    Bug(
        "population variance",
        "intervals:listed_variance",
        "plain = sum_squares / (count - 1) / count",
        "plain = sum_squares / count / count",
        "11",
    ),
    Bug(
        "repeats as rows",
        "intervals:listed_interval",
        "listed_variance(squares, n, np.asarray(h, float))",
        "listed_variance(5 * squares, 5 * n, np.asarray(h, float))",
        "1",
    ),
    Bug(
        "missing floor",
        "intervals:listed_variance",
        "return np.maximum(plain, floored)",
        "return plain",
        "12",
    ),
    Bug(
        "unpaired",
        "units:cells_of",
        "x = y - table.by_context(back)[table.pairs[0, used]]",
        "x = y - np.nanmean(table.by_context(back))",
        "44b",
    ),
    Bug(
        "flipped sign",
        "units:cells_of",
        "x = y - table.by_context(back)[table.pairs[0, used]]",
        "x = table.by_context(back)[table.pairs[0, used]] - y",
        "44b",
    ),
    Bug(
        "terms as fixed where they are random",
        "intervals:phrases_interval",
        "variance = np.maximum(np.maximum(v_t, v_k), v_t + v_k - v_i)",
        "variance = v_t",
        "44",
    ),
    Bug(
        "argsort used as rank",
        "multiplicity:_adjust",
        "adjusted[order] = np.clip(rule(ascending), ascending, 1.0)",
        "adjusted[member] = np.clip(rule(ascending), ascending, 1.0)[order]",
        "22c",
    ),
    Bug(
        "no maximum over the groups",
        "multiplicity:_step_down",
        "largest = np.maximum.accumulate(flipped[:, ::-1], axis=1)[:, ::-1]",
        "largest = flipped",
        "14",
    ),
    Bug(
        "the observed data are no flip",
        "multiplicity:_step_down",
        "p = at_least / total if full else (1 + at_least) / (1 + total)",
        "p = (at_least - 1) / total if full else at_least / total",
        "22",
    ),
    Bug(
        "pass on one side",
        "verdicts:decide",
        "if -tolerance <= low and high <= tolerance:",
        "if high <= tolerance:",
        "21",
    ),
    Bug(
        "fail on the near end",
        "verdicts:decide",
        'return "gap" if low > tolerance or high < -tolerance else "concern"',
        'return "gap" if high > tolerance or low < -tolerance else "concern"',
        "21",
    ),
    Bug(
        "flips by noise alone",
        "flips:pair_flips",
        "(((p - q) ** 2).sum(axis=1) - noise) / 2",
        "((p - q) ** 2).sum(axis=1) / 2",
        "42",
    ),
)


def function_of(place):
    """Return the module and the function that ``module:name`` stands for."""
    module, name = place.split(":")
    room = "audit" if module == "verdicts" else "audit.statistics"
    found = importlib.import_module(f"{room}.{module}")
    return found, getattr(found, name)


def plant(bug, monkeypatch):
    """Swap a function's code for its mutant's."""
    module, function = function_of(bug.function)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(bug.line) == 1, f"{bug.name}: the line is not there once"
    scope = dict(vars(module))
    mutant = "from __future__ import annotations\n" + source.replace(bug.line, bug.becomes)
    exec(compile(mutant, bug.name, "exec"), scope)  # noqa: S102 - our own source, a line changed
    monkeypatch.setattr(function, "__code__", scope[function.__name__].__code__)


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted_bug_is_caught(bug, monkeypatch):
    check = CHECKS[bug.check]
    plant(bug, monkeypatch)
    value = check.value()
    assert not check.accepts(value), f"{check.title}: {value:.4g} was accepted"


def test_there_are_at_least_ten_bugs():
    assert len({bug.name for bug in BUGS}) >= 10
