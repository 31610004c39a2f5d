"""Review loads: which rules are worth their load, and the load over all groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pareto(load: ArrayLike, residual: ArrayLike) -> NDArray[np.bool_]:
    """Mark the rules that no other rule beats in both load and absolute residual gap.

    Parameters
    ----------
    load, residual : array_like, shape (..., Q)
        Review load and residual gap of each rule.

    Returns
    -------
    ndarray of bool, shape (..., Q)
        True where no rule has a load and a |residual| at most as large, one of them smaller.
    """
    loads, gaps = np.asarray(load, float), np.abs(np.asarray(residual, float))
    no_worse = (loads[..., None, :] <= loads[..., :, None]) & (
        gaps[..., None, :] <= gaps[..., :, None]
    )
    better = (loads[..., None, :] < loads[..., :, None]) | (gaps[..., None, :] < gaps[..., :, None])
    return np.asarray(~(no_worse & better).any(axis=-1))


def total_load(loads: Sequence[float], shares: Sequence[float] | None = None) -> float:
    """Return the review load over all groups, weighted by their share of the traffic.

    Parameters
    ----------
    loads : sequence of float
        Share of each group's texts that is routed.
    shares : sequence of float, optional
        Share of each group in the texts that mention a group; equal where not given. They are
        scaled to sum to 1.

    Returns
    -------
    float
        A share of the texts that mention a group, in [0, 1]; never missing. By definition a
        weighted mean.

    Raises
    ------
    ValueError
        If the lengths differ, or the shares are negative or all zero.
    """
    weights = np.ones(len(loads)) if shares is None else np.asarray(shares, float)
    if weights.shape != (len(loads),) or not (weights >= 0).all() or not weights.sum() > 0:
        raise ValueError("shares must be one non-negative number for each load, not all zero")
    return float(np.average(np.asarray(loads, float), weights=weights))
