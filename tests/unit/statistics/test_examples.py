import doctest
import importlib
import pkgutil

import pytest

import audit.statistics

MODULES = ["audit.verdicts"] + [
    f"audit.statistics.{found.name}" for found in pkgutil.iter_modules(audit.statistics.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_the_docstrings_run(name):
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0
