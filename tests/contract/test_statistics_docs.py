"""Every public function of the statistics says shape, unit, sign, missing values and source."""

import importlib
import inspect
import pkgutil
import re

import pytest
from numpydoc.docscrape import FunctionDoc

import audit.statistics

MODULES = [
    importlib.import_module(f"audit.statistics.{found.name}")
    for found in pkgutil.iter_modules(audit.statistics.__path__)
]
FUNCTIONS = {
    f"{module.__name__.removeprefix('audit.statistics.')}.{name}": function
    for module in MODULES
    for name, function in vars(module).items()
    if inspect.isfunction(function)
    and function.__module__ == module.__name__
    and not name.startswith("_")
}
ARRAYS = re.compile(r"\b(Array|ArrayLike|NDArray|Codes)\b")
NUMBERS = re.compile(r"\b(float|Array|float64|Estimates)\b")
UNIT = re.compile(
    r"in \[|in \(|\(0, 1\)|at least|\bunit\b|fraction|points|probabilit|p-value|\bscale\b|"
    r"count|share|multiplier|natural log|whether|true where|per 1,000|of each|in weeks|evidence",
    re.IGNORECASE,
)
MISSING = re.compile(r"NaN|None|missing|infinite|empty|never|always")
SOURCE = re.compile(r"\b(18|19|20)\d\d\b|`|[Dd]efinition")
"""A publication's year, a place to see, or the word that the text itself is the definition."""


def annotation(function, name):
    """Return a parameter's or the result's annotation as text."""
    return str(function.__annotations__.get(name, ""))


def words(item):
    return " ".join([item.type, *item.desc])


@pytest.fixture(params=sorted(FUNCTIONS))
def documented(request):
    function = FUNCTIONS[request.param]
    return function, FunctionDoc(function)


def test_every_parameter_is_described(documented):
    function, doc = documented
    names = [name.strip(" *") for item in doc["Parameters"] for name in item.name.split(",")]
    assert names == list(inspect.signature(function).parameters)
    assert all(item.desc for item in doc["Parameters"])


def test_arrays_have_a_shape(documented):
    function, doc = documented
    for item in doc["Parameters"]:
        for name in item.name.split(","):
            if ARRAYS.search(annotation(function, name.strip())):
                assert "shape" in words(item) or "broadcast" in words(item), f"{name}: which?"


def test_results_have_a_unit_and_say_what_missing_looks_like(documented):
    function, doc = documented
    kind = annotation(function, "return")
    assert kind in {"None", ""} or doc["Returns"], "no Returns section"
    said = " ".join([words(item) for item in doc["Returns"]] + doc["Notes"])
    if NUMBERS.search(kind):
        assert UNIT.search(said), f"which unit or range? {said}"
        assert MISSING.search(said), f"what does a missing value look like? {said}"
    if ARRAYS.search(kind):
        assert "shape" in said, "which shape?"


def test_errors_are_named(documented):
    function, doc = documented
    tree = inspect.getsource(function)
    if re.search(r"^\s+raise \w", tree, re.MULTILINE):
        assert doc["Raises"], "it raises, and does not say when"


def test_formulas_have_a_source(documented):
    function, doc = documented
    if not NUMBERS.search(annotation(function, "return")):
        return
    said = " ".join([*doc["Summary"], *doc["Extended Summary"], *doc["Notes"]])
    said += " ".join(" ".join(item.desc) for item in doc["Returns"])
    assert SOURCE.search(said), "neither a publication, nor a definition, nor a place to see"


def test_the_functions_are_found():
    assert {"intervals.listed_interval", "multiplicity.max_t"} <= set(FUNCTIONS)
    assert len(FUNCTIONS) > 100
