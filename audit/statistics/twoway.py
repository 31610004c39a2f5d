"""The two-way split of template x term differences, with missing cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from audit.statistics.validation import Array, checked


@dataclass(frozen=True, slots=True)
class TwoWay:
    """Row means, the variance parts V_K and V_I, and the residual mean square.

    ``usable`` where they exist; the mean square is T K V_I where no cell is missing.
    """

    row_means: Array
    term: Array
    interaction: Array
    terms: NDArray[np.int64]
    residual_df: NDArray[np.int64]
    usable: NDArray[np.bool_]
    mean_square: Array


def two_way(X: Array) -> TwoWay:
    """Split template x term differences, with missing cells.

    Parameters
    ----------
    X : ndarray, shape (..., T, K)
        Cell differences, counterfactual minus reference, in [-1, 1]; NaN = missing.

    Returns
    -------
    TwoWay
        V_K, V_I and the residual mean square, squared fractions of shape (...), and the row means,
        of shape (..., T) with NaN for an empty row; meaningless where ``usable`` is false.

    Notes
    -----
    Two-way clustering (Cameron, Gelbach & Miller 2011); with missing cells the weights and the
    least-squares residuals that `audit.statistics.intervals.phrases_interval` states.
    """
    present = ~np.isnan(X)
    in_row, in_column = present.sum(axis=-1), present.sum(axis=-2)
    t, k, n = (in_row > 0).sum(axis=-1), (in_column > 0).sum(axis=-1), in_row.sum(axis=-1)
    filled = np.where(present, X, 0.0)
    row_sums = filled.sum(axis=-1)
    row_means = np.where(in_row > 0, row_sums / np.maximum(in_row, 1), np.nan)
    gap = np.where(t > 0, np.nansum(row_means, axis=-1) / np.maximum(t, 1), 0.0)
    weights = present / (np.maximum(in_row, 1) * np.maximum(t, 1)[..., None])[..., None]
    by_term = (weights * (filled - gap[..., None, None])).sum(axis=-2)
    v_k = k / np.maximum(k - 1, 1) * (by_term**2).sum(axis=-1)

    # Rows are eliminated; what is left is one small symmetric system for the term effects.
    centred = np.where(present, filled - np.nan_to_num(row_means)[..., None], 0.0)
    share = present / np.maximum(in_row, 1)[..., None]
    links = np.swapaxes(present.astype(float), -1, -2) @ share
    system = np.einsum("...k,kl->...kl", in_column.astype(float), np.eye(X.shape[-1])) - links
    inverse = np.linalg.pinv(system, rcond=1e-10, hermitian=True)
    rank = np.rint(np.einsum("...kl,...lk->...", inverse, system)).astype(np.int64)
    effects = (inverse @ centred.sum(axis=-2)[..., None])[..., 0]
    fitted = effects[..., None, :] - (share @ effects[..., None])
    residual = np.where(present, centred - fitted, 0.0)
    residual_df = n - t - rank
    degrees = np.maximum(residual_df, 1)
    v_i = n / degrees * (weights**2 * residual**2).sum(axis=-1).sum(axis=-1)
    usable = (t >= 2) & (k >= 2) & (residual_df >= 1)
    mean_square = (residual**2).sum(axis=-1).sum(axis=-1) / degrees
    return TwoWay(row_means, v_k, v_i, k, residual_df, usable, mean_square)


def term_spread(X: ArrayLike) -> tuple[Array, Array, Array]:
    """Estimate how much a group's terms differ from one another.

    Parameters
    ----------
    X : array_like, shape (..., T, K)
        Cell differences; NaN marks a missing cell.

    Returns
    -------
    sd : ndarray, shape (...)
        ``sqrt(max(0, K (V_K - V_I)))``, in [0, 1]: true spread of the terms' gaps.
    F : ndarray, shape (...)
        V_K / V_I; infinite where the terms differ and there is no interaction.
    p_value : ndarray, shape (...)
        Of equal terms, F distribution with K - 1 and the interaction's degrees of freedom.
        All three are NaN where interval (b) does not exist, F and p also where nothing varies.
        The F test of a two-way table (`two_way` states the variances).

    Raises
    ------
    ValueError
        If a value is infinite or outside [-1, 1].
    """
    parts = two_way(checked(X, "X", low=-1.0, high=1.0))
    k = parts.terms.astype(float)
    tiny = 1e-24
    spread = k * (parts.term - parts.interaction)
    sd = np.sqrt(np.where(spread > tiny, spread, 0.0))
    seen = parts.interaction > tiny
    ratio = parts.term / np.where(seen, parts.interaction, 1.0)
    f = np.where(seen, ratio, np.where(parts.term > tiny, np.inf, np.nan))
    p = special.fdtrc(np.maximum(k - 1, 1), np.maximum(parts.residual_df, 1), f)
    missing = ~parts.usable
    return (
        np.where(missing, np.nan, sd),
        np.where(missing, np.nan, f),
        np.where(missing, np.nan, p),
    )
