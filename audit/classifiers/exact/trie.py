"""Packing token sequences as a trie: what they share stands in the block once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Block:
    """A trie of token sequences, written as one row of tokens.

    Sequences are added in lexicographic order, so that each shares its longest possible beginning
    with the one before it.

    Attributes
    ----------
    tokens : list of int
        Distinct nodes of the trie, parents before children.
    depths : list of int
        Number of tokens before each node within its sequence.
    ends : list of int
        For each sequence the place of its last token.
    """

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.depths: list[int] = []
        self.ends: list[int] = []
        self._parents: list[int] = []
        self._sequence: Sequence[int] = ()
        self._path: list[int] = []

    def cost(self, sequence: Sequence[int]) -> int:
        """Return how many tokens adding ``sequence`` would take."""
        return len(sequence) - common_length(self._sequence, sequence)

    def add(self, sequence: Sequence[int]) -> None:
        """Add a sequence that is not lexicographically before the last one."""
        shared = common_length(self._sequence, sequence)
        path = self._path[:shared]
        for depth in range(shared, len(sequence)):
            self._parents.append(path[-1] if path else -1)
            path.append(len(self.tokens))
            self.tokens.append(sequence[depth])
            self.depths.append(depth)
        self._sequence, self._path = sequence, path
        self.ends.append(path[-1])

    def ancestors(self) -> NDArray[np.bool_]:
        """Return which token sees which.

        Returns
        -------
        ndarray of shape (n_tokens, n_tokens)
            True in row i at the ancestors of token i and at i.
        """
        sees = np.eye(len(self.tokens), dtype=np.bool_)
        for place, parent in enumerate(self._parents):
            if parent >= 0:
                sees[place] |= sees[parent]
        return sees


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two sequences share at their beginning."""
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length
