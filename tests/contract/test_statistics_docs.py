"""Every public function of the statistics says shape, unit, sign, missing values and source."""

import importlib
import inspect
import pkgutil
import re
import typing

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
NUMBERS = re.compile(r"\b(float|int|Array|ArrayLike|NDArray|Estimates|Codes)\b")
ARRAYS = re.compile(r"\b(Array|ArrayLike|NDArray|Codes)\b")
UNIT = re.compile(
    r"in \[|in \(|at least|unit\b|fraction|points|probabilit|p-value|\bscale\b|count|number of|"
    r"repeats|templates|weeks?\b|codes?\b|positive|multiplier|share|natural log|levels?\b|"
    r"degrees of freedom|0 or 1|true where|dimensionless|whether",
    re.IGNORECASE,
)
MISSING = re.compile(r"NaN|None|never missing|missing|infinite|empty|always a number|as .?`")
SOURCE = re.compile(r"\b(18|19|20)\d\d\b|see `|\bas `|`docs/|of `|in `|section \d|[Dd]efinition")


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
    names = [name.strip() for item in doc["Parameters"] for name in item.name.split(",")]
    assert names == list(inspect.signature(function).parameters)
    assert all(item.desc for item in doc["Parameters"])


def test_arrays_have_a_shape_and_numbers_a_unit(documented):
    function, doc = documented
    for item in doc["Parameters"]:
        said = words(item)
        for name in item.name.split(","):
            kind = annotation(function, name.strip())
            if ARRAYS.search(kind):
                assert "shape" in said or "broadcast" in said, f"{item.name}: which shape?"
            if NUMBERS.search(kind) and "Mapping" not in kind:
                assert UNIT.search(said), f"{item.name}: which unit or range? {said}"


def test_results_have_a_unit_and_say_what_missing_looks_like(documented):
    function, doc = documented
    kind = annotation(function, "return")
    if kind == "None":
        return
    assert doc["Returns"], "no Returns section"
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


def test_annotations_are_there_to_be_checked():
    assert len(FUNCTIONS) > 100
    assert all(typing.get_type_hints(f) is not None for f in list(FUNCTIONS.values())[:1])
