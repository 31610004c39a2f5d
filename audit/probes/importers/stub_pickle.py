"""Reading the texts out of a CheckList suite without running anything that its pickle asks for.

A pickle names functions and calls them. Here every name resolves to one inert class, so calling it
makes an empty object; what is left is the data: lists, texts and attributes.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audit.errors import ConfigError
from audit.probes.importers.cases import SourceRow

MOST_BYTES = 1 << 30


class Inert(dict[Any, Any]):
    """Stands for every class and function of a pickle: it keeps what it is given, nothing else."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__()

    def __call__(self, *arguments: Any, **named: Any) -> Inert:
        """Make an empty object, whatever was to be called."""
        return Inert()

    def __setstate__(self, state: Any) -> None:
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            if isinstance(part, dict):
                self.update(part)

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def append(self, item: Any) -> None:
        """Keep an item of a list-like object."""
        self[len(self)] = item

    def extend(self, items: list[Any]) -> None:
        """Keep the items of a list-like object."""
        for item in items:
            self.append(item)

    def add(self, item: Any) -> None:
        """Keep an item of a set-like object."""
        self.append(item)


class _InertUnpickler(pickle.Unpickler):
    """Resolves no name: nothing that a pickle names is imported or called."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        return Inert

    def persistent_load(self, pid: Any, /) -> Any:
        return Inert()


def suite_rows(path: Path) -> Iterator[SourceRow]:
    """Yield the texts of a pickled CheckList suite.

    Yields
    ------
    SourceRow
        ``test``, ``capability``, ``case`` and ``version`` (0 = the original text) with ``text``
        and ``label``; ``row`` counts the texts.

    Raises
    ------
    ConfigError
        If it is no pickle, too large, or holds no suite.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ConfigError("the pickle is larger than 1 GB and is not read", where=path.name)
    try:
        with path.open("rb") as stream:
            suite = _InertUnpickler(stream).load()
    except Exception as error:  # a hostile pickle can raise anything
        raise ConfigError(
            f"the pickle cannot be read as data alone: {type(error).__name__}",
            where=path.name,
            hint="export the suite from CheckList as JSON lines: one object with test, case, "
            "version and text for every sentence",
        ) from error
    tests = suite.get("tests") if isinstance(suite, Mapping) else None
    if not isinstance(tests, Mapping):
        raise ConfigError("the pickle holds no CheckList suite", where=path.name)
    row = 0
    for name, test in tests.items():
        if not isinstance(test, Mapping):
            continue
        for case, texts in enumerate(_listed(test.get("data"))):
            for version, text in enumerate(_listed(texts)):
                if isinstance(text, str):
                    row += 1
                    cells = {
                        "test": str(name),
                        "capability": str(test.get("capability") or ""),
                        "case": str(case),
                        "version": str(version),
                        "text": text,
                        "label": _label(test.get("labels"), case),
                    }
                    yield SourceRow(path.name, row, cells)


def _listed(value: Any) -> list[Any]:
    """Return a list, also of a single text or a list-like stand-in."""
    if isinstance(value, Inert):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else [value]


def _label(labels: Any, case: int) -> str:
    """Return the expected label of a case, one for all or one each."""
    if isinstance(labels, list | tuple):
        labels = labels[case] if case < len(labels) else None
    return str(labels) if isinstance(labels, str | int | float) else ""
