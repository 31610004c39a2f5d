"""YAML read as plain data, with the line and column of every key and value.

Only mappings, lists and scalars come out: a tag is refused, so no object is ever built. Aliases
are followed within a budget, so a few lines cannot expand into gigabytes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import ConfigError, ProbeError, Problem
from audit.probes.wording import shortened

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

MAX_BYTES = 10_000_000
MAX_ALIASED_NODES = 10_000

Location = tuple[str | int, ...]
Mark = tuple[int, int]

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = {"str", "timestamp", "value", "merge"}
_SECRETS = ("key", "apikey", "token", "password", "secret", "credential", "credentials")
_QUOTES = 'put a text that contains {, }, :, # or a quote between double quotes (")'


@dataclass
class Document:
    """A probe file as plain data, with 1-based positions by location in the data."""

    name: str
    content: bytes
    data: dict[str, Any] = field(default_factory=dict)
    values: dict[Location, Mark] = field(default_factory=dict)
    keys: dict[Location, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(
        self, location: Location, message: str, hint: str | None = None, *, key: bool = False
    ) -> None:
        """Note a problem at the value (or the key) of ``location`` or its nearest parent."""
        marks = self.keys if key else self.values
        mark = marks.get(location)
        for length in range(len(location) - 1, -1, -1):
            if mark is not None:
                break
            mark = self.values.get(location[:length])
        self.add_at(mark or (1, 1), message, hint)

    def add_at(self, mark: Mark, message: str, hint: str | None = None) -> None:
        """Note a problem at a line and column."""
        line, column = mark
        self.problems.append(
            Problem(
                message=shortened(message),
                file=self.name,
                line=line,
                column=column,
                hint=shortened(hint) if hint else None,
            )
        )

    def line(self, location: Location) -> int:
        """Return the line of a value."""
        return self.values[location][0]


def read_document(path: Path) -> Document:
    """Read one YAML file.

    Raises
    ------
    ConfigError
        If the file cannot be read at all.
    ProbeError
        If it is too large, not UTF-8, or not a YAML mapping.
    """
    document = Document(name=str(path), content=_read_bytes(path))
    node = _compose(document)
    builder = _Builder(document)
    try:
        data = builder.build(node, ()) if node is not None else None
    except _TooMuchError as error:
        document.add_at(error.mark, str(error), "write the repeated part out, or shorten it")
        raise ProbeError(document.problems) from None
    except RecursionError:
        document.add((), "the file is nested too deeply", "a probe set needs five levels")
        raise ProbeError(document.problems) from None
    if not isinstance(data, dict):
        document.add((), "the file holds no mapping", "begin with `schema: 1` and `name: ...`")
        raise ProbeError(document.problems)
    document.data = data
    return document


def _read_bytes(path: Path) -> bytes:
    """Read a file within the size limit."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"cannot read the probe set: {error.strerror or error}",
            where=str(path),
            hint="give a YAML file or the name of a shipped set (audit probes list)",
        ) from error
    if len(content) > MAX_BYTES:
        raise ProbeError(
            [
                Problem(
                    message=f"the file is larger than {MAX_BYTES // 1_000_000} MB",
                    file=str(path),
                    hint="put large sets into a table and name it under `cases:`",
                )
            ]
        )
    return content


def _compose(document: Document) -> Node | None:
    """Parse the file into a graph of nodes; nothing is constructed yet."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        text = document.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = document.content.count(b"\n", 0, error.start) + 1
        document.add_at(
            (line, 1),
            f"byte {error.start} (0x{document.content[error.start]:02x}) is not UTF-8",
            "save the file as UTF-8",
        )
        raise ProbeError(document.problems) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            node: Node | None = YAML(typ="safe", pure=True).compose(text)
            return node
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        document.add_at(place, f"not valid YAML: {error.problem or error.context}", _QUOTES)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.add_at(
            (line, 1),
            f"the control character U+{ord(text[error.position]):04X} is not allowed in YAML",
            "delete it",
        )
    except (YAMLError, ValueError) as error:
        document.add((), f"not valid YAML: {str(error).splitlines()[0]}", _QUOTES)
    except RecursionError:
        document.add((), "the file is nested too deeply", "a probe set needs five levels")
    raise ProbeError(document.problems)


class _TooMuchError(Exception):
    """Aliases that expand without end or without measure."""

    def __init__(self, message: str, mark: Mark) -> None:
        super().__init__(message)
        self.mark = mark


class _Builder:
    """Turns nodes into plain data and notes where each came from."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.seen: set[int] = set()
        self.open: set[int] = set()
        self.aliased = 0

    def build(self, node: Node, location: Location) -> Any:
        """Return the plain value of a node."""
        from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

        mark = _mark(node)
        self.document.values.setdefault(location, mark)
        self._count(node, mark)
        if isinstance(node, ScalarNode):
            return self._scalar(node, mark)
        kind = "map" if isinstance(node, MappingNode) else "seq"
        self._check_tag(node, {kind}, mark)
        self.open.add(id(node))
        value: Any
        if isinstance(node, MappingNode):
            value = {
                key: self.build(child, (*location, key))
                for key, child in self._items(node, location)
            }
        elif isinstance(node, SequenceNode):
            value = [self.build(child, (*location, i)) for i, child in enumerate(node.value)]
        self.open.discard(id(node))
        return value

    def _count(self, node: Node, mark: Mark) -> None:
        """Refuse aliases that contain themselves or expand beyond the budget."""
        if id(node) in self.open:
            raise _TooMuchError("an alias refers to the mapping or list that it stands in", mark)
        if id(node) in self.seen:
            self.aliased += 1
            if self.aliased > MAX_ALIASED_NODES:
                raise _TooMuchError(
                    f"aliases expand to more than {MAX_ALIASED_NODES:,} values", mark
                )
        self.seen.add(id(node))

    def _items(self, node: Node, location: Location) -> Iterator[tuple[str, Node]]:
        """Yield the entries of a mapping, naming repeated keys and credentials."""
        from ruamel.yaml.nodes import ScalarNode

        taken: dict[str, Mark] = {}
        for key_node, child in node.value:
            mark = _mark(key_node)
            if not isinstance(key_node, ScalarNode):
                self.document.add_at(mark, "a key must be plain text", None)
                continue
            key = str(key_node.value)
            if key in taken:
                self.document.add_at(
                    mark,
                    f"the key {key!r} was already given in line {taken[key][0]}",
                    "keep one of the two",
                )
                continue
            taken[key] = mark
            if key == "<<":
                self.document.add_at(
                    mark, "merge keys (<<) are no part of YAML 1.2", "write it out"
                )
                continue
            if _is_secret(key):
                self.document.add_at(
                    mark,
                    f"{key!r} looks like a credential",
                    "credentials come from the environment only; delete it here",
                )
                continue
            self.document.keys.setdefault((*location, key), mark)
            yield key, child

    def _scalar(self, node: Node, mark: Mark) -> Any:
        """Return the value of a scalar by the core schema of YAML 1.2."""
        text = str(node.value)
        tag = self._check_tag(node, {*_TEXT_TAGS, "null", "bool", "int", "float"}, mark)
        try:
            if tag == "null":
                return None
            if tag == "bool":
                return text.lower() == "true"
            if tag == "int":
                return _integer(text)
            if tag == "float":
                return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError:
            self.document.add_at(mark, f"{text[:40]!r} is not a number", "put text in quotes")
        return text

    def _check_tag(self, node: Node, allowed: set[str], mark: Mark) -> str:
        """Return the short name of a node's tag; any other tag is a problem."""
        tag = str(node.tag).removeprefix(_TAG)
        if tag not in allowed:
            self.document.add_at(mark, f"the YAML tag {node.tag} is not allowed", "delete the tag")
        return tag


def _integer(text: str) -> int:
    """Read an integer in decimal, octal (0o) or hexadecimal (0x)."""
    digits = text.replace("_", "").lower()
    based = digits.lstrip("+-")[:2] in {"0o", "0x", "0b"}
    return int(digits, 0) if based else int(digits)


def _is_secret(key: str) -> bool:
    """Tell whether a key names a credential, alone or as its last word (``api_key``)."""
    words = key.lower().replace("-", "_").split("_")
    return words[-1] in _SECRETS or words[0] in {"password", "secret", "credential", "credentials"}


def _mark(node: Node) -> Mark:
    """Return the 1-based line and column where a node begins."""
    return node.start_mark.line + 1, node.start_mark.column + 1
