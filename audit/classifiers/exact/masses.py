"""From logits to the probabilities that sampling would use, for the few tokens that matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from audit.errors import ClassifierError

_LEAST_EXPONENT = -87.0
_ROWS = 8  # logits of eight prompts stay in the second-level cache between the passes over them


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """How the next token is drawn, at any number of temperatures.

    Parameters
    ----------
    temperatures : tuple of float
        0 means the most likely token, the first where there is a tie.
    top_k : int
        Number of likeliest tokens kept, with ties; 0 keeps all.
    top_p : float
        Mass of the smallest set of tokens kept; 1 keeps all.
    """

    temperatures: tuple[float, ...]
    top_k: int = 0
    top_p: float = 1.0


def token_masses(
    logits: torch.Tensor, ids: NDArray[np.int64], draws: Draws, where: str
) -> NDArray[np.float64]:
    """Return the probability of drawing each of some tokens.

    Parameters
    ----------
    logits : Tensor of shape (n, vocabulary)
        In any float format; the sums are taken in float32 or better.
    ids : ndarray of shape (m,)
        The tokens.
    draws : Draws
        Temperature first, then top-k, then top-p, as ``generate`` applies them.
    where : str
        Name of the model, for the message.

    Returns
    -------
    ndarray of shape (n, n_temperatures, m)
        Probabilities in [0, 1].

    Raises
    ------
    ClassifierError
        If the logits are NaN or infinite.
    """
    chosen = torch.from_numpy(ids).to(logits.device)
    out = np.empty((len(logits), len(draws.temperatures), len(ids)))
    truncates = draws.top_k > 0 or draws.top_p < 1
    buffer = torch.empty((_ROWS, logits.shape[-1]), dtype=torch.float32, device=logits.device)
    for start in range(0, len(logits), _ROWS):
        rows = logits[start : start + _ROWS].float()
        top = rows.amax(dim=-1, keepdim=True)
        _check_finite(top, where)
        for place, temperature in enumerate(draws.temperatures):
            if temperature == 0:
                masses = (rows.argmax(dim=-1, keepdim=True) == chosen).double()
            elif truncates:
                masses = _truncated(rows, temperature, draws)[:, chosen]
            else:
                scaled = torch.sub(rows, top, out=buffer[: len(rows)]).mul_(1 / temperature)
                kept = scaled[:, chosen].double().exp()
                # below, float32 has denormal numbers only: nothing beside the top's 1, and slow
                total = scaled.clamp_(min=_LEAST_EXPONENT).exp_().sum(dim=-1, keepdim=True).double()
                _check_finite(total, where)
                masses = kept / total
            out[start : start + len(rows), place] = masses.cpu().numpy()
    return out


def _truncated(rows: torch.Tensor, temperature: float, draws: Draws) -> torch.Tensor:
    """Probabilities after transformers' own warpers, in its order."""
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    no_ids: Any = None  # the warpers look at the scores alone
    scores = TemperatureLogitsWarper(temperature)(no_ids, rows)
    if draws.top_k > 0:
        scores = TopKLogitsWarper(min(draws.top_k, rows.shape[-1]))(no_ids, scores)
    if draws.top_p < 1:
        scores = TopPLogitsWarper(draws.top_p)(no_ids, scores)
    return torch.softmax(scores.double(), dim=-1)


def _check_finite(values: torch.Tensor, where: str) -> None:
    """Refuse sums that are not numbers."""
    if not bool(torch.isfinite(values).all()):
        raise ClassifierError(
            "the model's output is not a number (NaN or infinite)",
            where=where,
            hint="check the weights; with --dtype float16 try bfloat16 or float32",
        )


def by_outcome(
    masses: NDArray[np.float64], outcomes: NDArray[np.int64], kinds: Sequence[int]
) -> NDArray[np.float64]:
    """Sum token masses by what the tokens settle.

    Parameters
    ----------
    masses : ndarray of shape (n, n_temperatures, m)
        Masses of the tokens.
    outcomes : ndarray of shape (m,)
        What each settles.
    kinds : sequence of int
        The outcomes to sum for.

    Returns
    -------
    ndarray of shape (n, n_temperatures, n_kinds)
        Sums, in the order of ``kinds``.
    """
    belongs = outcomes[:, None] == np.asarray(kinds)[None, :]
    sums: NDArray[np.float64] = masses @ belongs.astype(np.float64)
    return sums
