"""Many records at once, without what Python spends on one at a time."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import repeat
from typing import Any, TypeVar

Record = TypeVar("Record")


def make_records(
    kind: type[Record], count: int, columns: Mapping[str, Iterable[Any]]
) -> list[Record]:
    """Make frozen records with slots, column by column, in a fifth of the time.

    Parameters
    ----------
    kind : type
        A dataclass with slots and no ``__post_init__``.
    count : int
        How many.
    columns : mapping of str to iterable
        ``count`` values for every field.

    Examples
    --------
    >>> from audit.records import Request
    >>> make_records(Request, 2, {"id": ["a", "b"], "text": ["x", "y"]})[1]
    Request(id='b', text='y')
    """
    made = list(map(kind.__new__, repeat(kind, count)))
    for name, values in columns.items():
        deque(map(getattr(kind, name).__set__, made, values), maxlen=0)
    return made


@contextmanager
def without_collection() -> Iterator[None]:
    """Do not look for cycles among records: there are none, and looking costs more than making."""
    active = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if active:
            gc.enable()


@contextmanager
def records_stay() -> Iterator[None]:
    """Look for cycles among what is made from here on only; what exists now stays."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
