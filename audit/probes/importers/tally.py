"""Counting over more rows than fit in memory: keys are spilled to disk in parts of equal hash."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.uint64]
_MASK = (1 << 64) - 1
_PARTS = 32
_BATCH = 1 << 16


def key(*values: str) -> int:
    """Return a 64-bit key of some texts, equal within this process for equal texts."""
    return hash(values) & _MASK


class Spill:
    """Rows of 64-bit numbers on disk, given back in parts that share no first number.

    Memory is bounded by one batch while rows come in, and by one part of 32 when they are read.

    Parameters
    ----------
    width : int
        Numbers in a row.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._waiting: list[tuple[int, ...]] = []
        self._folder = tempfile.TemporaryDirectory(prefix="audit-import-")

    def __enter__(self) -> Spill:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    def add(self, *row: int) -> None:
        """Take a row in; its first number decides the part it comes back with."""
        self._waiting.append(row)
        if len(self._waiting) >= _BATCH:
            self._flush()

    def parts(self) -> Iterator[Rows]:
        """Yield the rows in parts, each in the order in which its rows came."""
        self._flush()
        for part in range(_PARTS):
            path = self._path(part)
            if path.exists():
                yield np.fromfile(path, dtype=np.uint64).reshape(-1, self._width)

    def _path(self, part: int) -> Path:
        return Path(self._folder.name) / str(part)

    def _flush(self) -> None:
        """Write the waiting rows to their parts."""
        if not self._waiting:
            return
        rows = np.array(self._waiting, dtype=np.uint64)
        self._waiting.clear()
        part = (rows[:, 0] % np.uint64(_PARTS)).astype(np.int64)
        for index in np.unique(part).tolist():
            with self._path(index).open("ab") as stream:
                rows[part == index].tofile(stream)
