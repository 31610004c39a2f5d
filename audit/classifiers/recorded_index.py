"""Which rows of a file answer a text, in a few dozen bytes a row: rows themselves are not kept."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.records import Request

Places = NDArray[np.int64]


class NameTable:
    """Texts that come again and again, each kept once under a number."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def code(self, name: str) -> int:
        """Return the number of a text, a new one at its first time."""
        return self._codes.setdefault(name, len(self._codes))

    def names(self) -> list[str]:
        """Return the texts by their numbers."""
        return list(self._codes)


@dataclass(frozen=True, slots=True)
class SameRepeat:
    """Two rows that are the same repeat of one text: their lines in the file."""

    line: int
    first: int


class RowIndex:
    """Finds the rows of a text by its id or by itself.

    Ids and texts are kept as 64-bit keys that are equal within this process for equal texts.
    """

    def __init__(self) -> None:
        self._ids, self._texts, self.lines = array("q"), array("q"), array("q")
        self._repeats = array("i")
        self._repeat_names = NameTable()

    def __len__(self) -> int:
        return len(self.lines)

    def add(self, line: int, identity: str | None, text: str | None, repeat: str | None) -> None:
        """Take the next row in."""
        self.lines.append(line)
        self._ids.append(_key(identity))
        self._texts.append(_key(text))
        self._repeats.append(self._repeat_names.code(repeat or ""))

    def sort(self, *, numbered: bool) -> SameRepeat | None:
        """Make the rows ready to be found; ``numbered``: by their repeats, which must differ.

        Returns
        -------
        SameRepeat or None
            The first two rows that are the same repeat of one text.
        """
        names = self._repeat_names.names()
        ranks = np.empty(len(names), dtype=np.int64)
        ranks[sorted(range(len(names)), key=lambda code: (len(names[code]), names[code]))] = (
            np.arange(len(names))
        )
        repeats = ranks[np.frombuffer(self._repeats, dtype=np.int32)]
        self._by_id = _Sorted(self._ids, repeats)
        self._by_text = _Sorted(self._texts, repeats)
        if not numbered:
            return None
        twice = [*self._by_id.repeated(repeats), *self._by_text.repeated(repeats)]
        pairs = [(self.lines[later], self.lines[first]) for first, later in twice]
        return SameRepeat(*min(pairs)) if pairs else None

    def find(self, requests: Sequence[Request]) -> list[Places]:
        """Return the rows of every request: those of its id, or else those of its text."""
        by_id = self._by_id.find([request.id for request in requests])
        by_text = self._by_text.find([request.text for request in requests])
        return [one if one.size else other for one, other in zip(by_id, by_text, strict=True)]

    def is_about(self, place: int, text: str) -> bool:
        """Tell whether a row has no text, or this one."""
        return self._texts[place] in {0, _key(text)}


class _Sorted:
    """Keys in their order, and the rows they came from."""

    def __init__(self, keys: array[int], repeats: Places) -> None:
        values = np.frombuffer(keys, dtype=np.int64)
        self._rows = np.lexsort((repeats, values))
        self._keys = values[self._rows]

    def find(self, names: Sequence[str]) -> list[Places]:
        keys = np.array([_key(name) for name in names], dtype=np.int64)
        lefts = np.searchsorted(self._keys, keys, side="left")
        rights = np.searchsorted(self._keys, keys, side="right")
        rights[keys == 0] = lefts[keys == 0]
        return [self._rows[left:right] for left, right in zip(lefts, rights, strict=True)]

    def repeated(self, repeats: Places) -> list[tuple[int, int]]:
        """Return pairs of rows with one key and one repeat."""
        ranks = repeats[self._rows]
        same = (self._keys[1:] == self._keys[:-1]) & (ranks[1:] == ranks[:-1])
        found = np.flatnonzero(same & (self._keys[1:] != 0))
        return [(int(self._rows[place]), int(self._rows[place + 1])) for place in found]


def _key(text: str | None) -> int:
    """Return the key of a text; 0 stands for none."""
    return (hash(text) or 1) if text else 0
