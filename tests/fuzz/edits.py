"""Edits of good input: pieces of its bytes, and values of what it says."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

TOKENS = (
    b"", b"null", b"0", b"-1", b"1e999", b"NaN", b"true", b"[]", b"{}", b'""', b"\n", b",", b":",
    b'"', b"'", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b'"\\ud800"', b"&a *a", b"- ", b"<<: ",
    b"!!python/object:os.system", b"9" * 400, b"[" * 2000, b"{pre}", b"{" * 30, b"crc", b"0x1f",
)  # fmt: skip
_WORDS = ("", " ", "x", "en", "\ud800", "\u2028", "\x00", "{a}", "Positive", "blind", "2026-02-30")
_NUMBERS = (0, -1, 1, 2**31, 2**63, 10**400, 0.5, -0.0, 1e308, 5e-324)
_PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(_WORDS),
    st.sampled_from(_NUMBERS),
    st.text(max_size=8),
)
VALUES = st.recursive(
    _PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=4,
)
"""Anything that JSON can say."""
HOW = ("remove", "replace", "again")
Change = tuple[int, str, Any]
CHANGES = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from(HOW), VALUES),
    min_size=1,
    max_size=3,
)


def bytes_edited(seeds: tuple[bytes, ...], number: int) -> bytes:
    """Replace pieces of good input: edit ``number``, the same on every machine."""
    random = Random(number)
    data = random.choice(seeds)
    for _ in range(random.randint(1, 4)):
        token = (
            random.choice(TOKENS)
            if random.random() < 0.7
            else random.randbytes(random.randint(0, 8))
        )
        place = random.randint(0, len(data))
        data = data[:place] + token + data[place + random.randint(0, 40) :]
    return data


def values_mutated(name: str, data: bytes, number: int) -> bytes:
    """Edit a value of a document as ``number`` says; bytes where there is no document to edit."""
    random = Random(number)
    some = (*_WORDS, *_NUMBERS, None, True, [], {}, [None], {"x": 0})
    changes = [
        (random.randrange(10**6), random.choice(HOW), random.choice(some))
        for _ in range(random.randint(1, 3))
    ]
    try:
        return values_edited(name, data, changes)
    except (ValueError, TypeError, AttributeError, RecursionError, YAMLError):
        return bytes_edited((data,), number)


def values_edited(name: str, seed: bytes, changes: list[Change]) -> bytes:
    """Remove, replace or repeat values of a good document, and write it down again."""
    parse, write = FORMS[name]
    document = parse(seed)
    for place, what, value in changes:
        found = list(_places(document))
        if not found:
            break
        holder, key = found[place % len(found)]
        if what == "remove":
            del holder[key]
        elif what == "again" and isinstance(holder, list):
            holder.insert(key, holder[key])
        else:
            holder[key] = value
    return write(document)


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every value of a document, as what holds it and its key there."""
    keys = document if isinstance(document, dict) else range(len(document))
    for key in list(keys):
        yield document, key
        if isinstance(document[key], dict | list):
            yield from _places(document[key])


def _written(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _lines(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.splitlines()]


def _lines_written(document: list[Any]) -> bytes:
    return b"".join(_written(line) + b"\n" for line in document)


def _log_lines(data: bytes) -> list[Any]:
    """Lines of a log without their checksums, which the target makes good."""
    return [{k: v for k, v in line.items() if k != "crc"} for line in _lines(data)]


def _yaml(data: bytes) -> Any:
    return YAML(typ="safe").load(io.BytesIO(data))


FORMS: dict[str, tuple[Callable[[bytes], Any], Callable[[Any], bytes]]] = {
    "probe_yaml": (_yaml, _written),
    "run_log": (_log_lines, _lines_written),
    "recorded_file": (_lines, _lines_written),
    "http_answer": (json.loads, _written),
}
"""How the input of each target is read as a document, and written."""
