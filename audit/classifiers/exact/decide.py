"""What the bytes generated so far settle: a label, no label, or nothing yet."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import Final, Literal

from audit.classifiers.labels import label_forms

NONE: Final = -1
UNDECIDED: Final = -2


@cache
def _spaces() -> tuple[bytes, ...]:
    """UTF-8 of every character that ``str.strip`` removes."""
    # most of a million characters are no space: they are dropped a thousand at a time
    blocks = (
        "".join(map(chr, range(start, start + 1024))) for start in range(0, sys.maxunicode, 1024)
    )
    mixed = (block for block in blocks if block.split() != [block])
    return tuple(one.encode() for block in mixed for one in block if one.isspace())


class Decider:
    r"""Read answers byte by byte, as `audit.classifiers.labels.parse_label` reads whole texts.

    A decision before the end of the answer holds for every way it can go on, so that the mass of
    all those continuations can be booked at once.

    Parameters
    ----------
    labels : sequence of str
        The task's labels, non-empty. Their composed and decomposed Unicode forms are the same.
    rule : {'starts_with', 'exact'}
        ``starts_with``: the answer, up to the first stop and without leading space, begins with
        the label literally ("Positively" begins with "Positive"); the longest label wins.
        ``exact``: it is the label and nothing else but space around it.
    stops : sequence of str
        Where an answer ends: a line break and the separator.

    Examples
    --------
    >>> decider = Decider(["Good", "Bad"], "starts_with", ["\n"])
    >>> decider(b" Go"), decider(b" Goods"), decider(b"\nGood")
    (-2, 0, -1)
    """

    def __init__(
        self, labels: Sequence[str], rule: Literal["starts_with", "exact"], stops: Sequence[str]
    ) -> None:
        self._rule = rule
        self._stops = tuple(stop.encode() for stop in stops)
        forms = [
            (form.encode(), number)
            for number, label in enumerate(labels)
            for form in label_forms(label)
        ]
        self._forms = sorted(forms, key=lambda form: (-len(form[0]), form))

    def __call__(self, data: bytes, *, finished: bool = False) -> int:
        """Decide on an answer.

        Parameters
        ----------
        data : bytes
            What was generated so far.
        finished : bool
            Whether nothing can follow.

        Returns
        -------
        int
            Number of the label, ``NONE``, or ``UNDECIDED``.
        """
        ends = [place for place in map(data.find, self._stops) if place >= 0]
        if ends:
            data, finished = data[: min(ends)], True
        if finished:
            return self._final(data)
        return self._starting(data) if self._rule == "starts_with" else self._exactly(data)

    def forms(self, number: int) -> tuple[bytes, ...]:
        """Return the ways to write label ``number``: composed and decomposed."""
        return tuple(form for form, label in self._forms if label == number)

    def state(self, data: bytes) -> bytes:
        """Return the shortest bytes from which an undecided answer goes on as from ``data``."""
        rest = _strip_left(data)
        return rest if not self._begun_stop(data, len(data) - len(rest)) else data

    def _final(self, data: bytes) -> int:
        """Read a finished answer."""
        rest = _strip_left(data)
        for form, number in self._forms:
            if rest.startswith(form) and (
                self._rule == "starts_with" or not _strip_left(rest[len(form) :])
            ):
                return number
        return NONE

    def _starting(self, data: bytes) -> int:
        """Read an unfinished answer that only has to begin with a label."""
        rest = _strip_left(data)
        if self._grows_to_label(rest):
            return UNDECIDED
        for form, number in self._forms:
            if rest.startswith(form):
                # a stop that has begun inside the label would cut it
                cut = self._begun_stop(data, len(data) - len(rest) + len(form))
                return UNDECIDED if cut else number
        return NONE

    def _exactly(self, data: bytes) -> int:
        """Read an unfinished answer that has to be a label and nothing else."""
        rest = _strip_left(data)
        if self._grows_to_label(rest):
            return UNDECIDED
        for form, _ in self._forms:
            if rest.startswith(form):
                tail = _strip_left(rest[len(form) :])
                if _grows_to_space(tail) or any(stop.startswith(tail) for stop in self._stops):
                    return UNDECIDED
        return NONE

    def _grows_to_label(self, rest: bytes) -> bool:
        """Whether more bytes can make ``rest`` a label that it is not yet."""
        return _grows_to_space(rest) or any(
            len(form) > len(rest) and form.startswith(rest) for form, _ in self._forms
        )

    def _begun_stop(self, data: bytes, before: int) -> bool:
        """Whether a stop has begun, but not ended, before the place ``before``."""
        return any(stop.startswith(data[place:]) for stop in self._stops for place in range(before))


def _strip_left(data: bytes) -> bytes:
    """Drop whole space characters at the beginning."""
    spaces = _spaces()
    while data.startswith(spaces):
        data = data[next(len(space) for space in spaces if data.startswith(space)) :]
    return data


def _grows_to_space(rest: bytes) -> bool:
    """Whether ``rest`` is empty or the first bytes of one space character."""
    return any(space.startswith(rest) for space in _spaces())
