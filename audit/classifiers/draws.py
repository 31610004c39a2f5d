"""Repeated answers drawn from exact probabilities, the same whatever the batch or order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np


def request_seed(seed: int, *parts: str) -> int:
    """Return a number that depends on ``seed`` and ``parts`` only, in [0, 2**63)."""
    digest = hashlib.sha256("\x1f".join([str(seed), *parts]).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def draw_labels(
    probabilities: Mapping[str, float], repeats: int, *, seed: int, request_id: str
) -> tuple[str | None, ...]:
    """Draw ``repeats`` answers; the mass that is on no label is drawn as ``None``.

    Parameters
    ----------
    probabilities : mapping of str to float
        Mass of each label; their sum is at most 1 (up to rounding).
    repeats : int
        Number of independent draws.
    seed : int
        Seed of the run.
    request_id : str
        Id of the request. Draws depend on it and on ``seed``, on nothing else.

    Returns
    -------
    tuple of (str or None)
        ``repeats`` answers.
    """
    outcomes: list[str | None] = [*probabilities, None]
    edges = np.cumsum(np.fromiter(probabilities.values(), dtype=np.float64))
    generator = np.random.default_rng(request_seed(seed, request_id))
    places = np.searchsorted(edges, generator.random(repeats), side="right")
    return tuple(outcomes[place] for place in places)


def most_likely(probabilities: Mapping[str, float], unparsed: float) -> str | None:
    """Return the label with most mass, or ``None`` where no label has more than ``unparsed``."""
    label = max(probabilities, key=lambda name: probabilities[name])
    return label if probabilities[label] >= unparsed else None
