"""The pairs of a run, read once: what examples are chosen by, and a sentence of each template."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audit.records import PairGap

Places = NDArray[np.int64]


class DrawnPairs:
    """The groups' measured pairs, in an order drawn with a seed, the same on every machine.

    Of a million pairs only numbers are kept.

    Attributes
    ----------
    order : ndarray of int
        Places of the pairs in the order drawn; `pair` returns one.
    sentences : dict of str to str
        By template, the first of its sentences without the words, in alphabetical order.
    """

    def __init__(self, pairs: Sequence[PairGap], seed: int) -> None:
        self._pairs = pairs
        self.sentences: dict[str, str] = {}
        self._names: dict[str, int] = {}
        at, estimates, groups, draws = array("q"), array("d"), array("q"), array("Q")
        for place, gap in enumerate(pairs):
            pair, text = gap.pair, gap.reference_text
            if text and text < self.sentences.get(pair.unit, chr(0x10FFFF)):
                self.sentences[pair.unit] = text
            if pair.role == "group" and gap.estimate is not None and gap.text:
                at.append(place)
                estimates.append(gap.estimate)
                groups.append(self._names.setdefault(pair.group or "", len(self._names)))
                draws.append(_draw(gap, seed))
        self._at, self._estimates = np.array(at, dtype=np.int64), np.array(estimates, dtype=float)
        self._groups = np.array(groups, dtype=np.int64)
        self.order: Places = np.argsort(np.array(draws, dtype=np.uint64), kind="stable")

    def pair(self, place: int) -> PairGap:
        """Return the pair at a place."""
        return self._pairs[int(self._at[place])]

    def worst(self, count: int) -> Places:
        """Return the largest changes in either direction."""
        return _least(self.order, -np.abs(self._estimates), count)

    def typical(self, count: int, ranked: Sequence[str]) -> Places:
        """Return the pairs nearest to their group's median, group by group as they are ranked."""
        nearest = [
            self._nearest(self._names[group], count)
            for group in dict.fromkeys([*ranked, *self._names])
            if group in self._names
        ]
        chosen = [
            places[depth] for depth in range(count) for places in nearest if depth < len(places)
        ]
        return np.array(chosen[:count], dtype=np.int64)

    def _nearest(self, group: int, count: int) -> Places:
        """Return the pairs of one group that are nearest to its median."""
        places = self.order[self._groups[self.order] == group]
        away = np.abs(self._estimates - np.median(self._estimates[places]))
        return _least(places, away, count)


def _least(places: Places, values: NDArray[np.float64], count: int) -> Places:
    """Return the places with the least values; what differs by rounding stays in order."""
    rounded = np.round(values[places], 9)
    return np.asarray(places[np.argsort(rounded, kind="stable")[:count]])


def _draw(gap: PairGap, seed: int) -> int:
    """Return the pair's number in the draw."""
    key = f"{seed}\x1f{gap.pair.context}\x1f{gap.pair.group}\x1f{gap.pair.term}"
    return int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8])
