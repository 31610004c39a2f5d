"""Exact label probabilities of a causal model: forward passes in the place of sampling.

One padded batch of forward passes gives the distribution of the next token after each prompt;
labels of several tokens take one further pass for each beginning they have. What sampling does to
the distribution (temperature, then top-k, then top-p) is done here in the same order, in float64.
A label's probability is that of its canonical tokens; other spellings of it, and everything else,
are the mass on no label.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audit.errors import ClassifierError
from audit.records import Sampling

if TYPE_CHECKING:
    import torch

METHOD = "canonical tokens, padded forward"


@dataclass(frozen=True, slots=True)
class LabelScores:
    """Probabilities of the labels after each prompt.

    Parameters
    ----------
    probabilities : ndarray of shape (n_prompts, n_labels)
        Mass of each label, in [0, 1]; a row sums to at most 1.
    unparsed : ndarray of shape (n_prompts,)
        The rest of each row, in [0, 1].
    """

    probabilities: NDArray[np.float64]
    unparsed: NDArray[np.float64]


class LabelScorer:
    """Scores labels after prompts.

    Parameters
    ----------
    model : PreTrainedModel
        A causal language model in evaluation mode.
    labels : sequence of tuple of int
        Token ids of each label after a prompt; no two alike.
    sampling : Sampling
        ``temperature`` (0 means the most likely token), ``top_k``, ``top_p``.
    rows : int
        Prompts of one forward pass.
    """

    def __init__(
        self, model: Any, labels: Sequence[tuple[int, ...]], sampling: Sampling, rows: int
    ) -> None:
        self._model = model
        self._labels = tuple(labels)
        self._sampling = sampling
        self._rows = rows
        accepted = inspect.signature(model.forward).parameters
        self._keeps_logits = "logits_to_keep" in accepted
        self._takes_positions = "position_ids" in accepted
        self._beginnings = _beginnings(self._labels)

    def score(self, prompts: Sequence[Sequence[int]]) -> LabelScores:
        """Score every label after every prompt.

        Parameters
        ----------
        prompts : sequence of sequence of int
            Token ids. Equal prompts are computed once.

        Returns
        -------
        LabelScores
            One row for each prompt, in order.

        Raises
        ------
        ClassifierError
            If the model's output is not a number.
        """
        distinct = sorted({tuple(prompt) for prompt in prompts}, key=lambda ids: (len(ids), ids))
        log_p = np.full((len(distinct), len(self._labels)), 0.0)
        for beginning in self._beginnings:
            following = self._following([(*ids, *beginning) for ids in distinct], beginning)
            depth = len(beginning)
            for column, label in enumerate(self._labels):
                if len(label) > depth and label[:depth] == beginning:
                    log_p[:, column] += following[label[depth]]
        masses = self._without_longer(np.exp(log_p))
        place = {ids: row for row, ids in enumerate(distinct)}
        chosen = masses[[place[tuple(prompt)] for prompt in prompts]]
        return LabelScores(chosen, np.clip(1.0 - chosen.sum(axis=1), 0.0, 1.0))

    def _without_longer(self, masses: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take from a label the mass of longer labels whose tokens begin with its own."""
        out = masses.copy()
        for short, tokens in enumerate(self._labels):
            longer = [
                column
                for column, other in enumerate(self._labels)
                if len(other) > len(tokens) and other[: len(tokens)] == tokens
            ]
            # a longer label that begins with another longer one is already inside its mass
            direct = [
                column
                for column in longer
                if not any(
                    other != column
                    and len(self._labels[other]) < len(self._labels[column])
                    and self._labels[column][: len(self._labels[other])] == self._labels[other]
                    for other in longer
                )
            ]
            out[:, short] -= masses[:, direct].sum(axis=1)
        return np.clip(out, 0.0, 1.0)

    def _following(
        self, inputs: Sequence[tuple[int, ...]], beginning: tuple[int, ...]
    ) -> dict[int, NDArray[np.float64]]:
        """Return log p of each token that a label needs next, for every input, in order."""
        depth = len(beginning)
        wanted = sorted(
            {
                label[depth]
                for label in self._labels
                if len(label) > depth and label[:depth] == beginning
            }
        )
        parts = []
        for start in range(0, len(inputs), self._rows):
            logits = self._last_logits(inputs[start : start + self._rows])
            log_p = warped_log_softmax(logits, self._sampling)
            parts.append(log_p[:, wanted].cpu().numpy())
        joined = np.concatenate(parts) if parts else np.empty((0, len(wanted)))
        return {token: joined[:, column] for column, token in enumerate(wanted)}

    def _last_logits(self, inputs: Sequence[tuple[int, ...]]) -> torch.Tensor:
        """Return the float64 logits after the last token of each input."""
        import torch

        lengths = torch.tensor([len(ids) for ids in inputs])
        width = int(lengths.max())
        ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in inputs])
        mask = (torch.arange(width) < lengths[:, None]).long()
        device = self._model.device
        given: dict[str, Any] = {"input_ids": ids.to(device), "attention_mask": mask.to(device)}
        if self._takes_positions:
            # padding stands behind the text, so positions simply count
            given["position_ids"] = torch.arange(width, device=device).expand(len(inputs), -1)
        ends, which = torch.unique(lengths - 1, return_inverse=True)
        if self._keeps_logits:
            given["logits_to_keep"] = ends.to(device)
        with torch.inference_mode():
            logits = self._model(**given, use_cache=False).logits
            kept = which if self._keeps_logits else lengths - 1
            last: torch.Tensor = logits[torch.arange(len(inputs), device=device), kept.to(device)]
        if not bool(torch.isfinite(torch.logsumexp(last.float(), dim=-1)).all()):
            raise ClassifierError(
                "the model's output is not a number (NaN or infinite)",
                where=type(self._model).__name__,
                hint="check the weights; with --dtype float16 try bfloat16 or float32",
            )
        return last.cpu().double() if device.type == "mps" else last.double()


def warped_log_softmax(logits: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Return the log-probabilities that sampling would draw the next token from.

    Parameters
    ----------
    logits : Tensor of shape (n, vocabulary), float64
        Raw logits.
    sampling : Sampling
        Applied in transformers' order: temperature, then top-k (ties stay), then top-p (the
        smallest set of tokens whose mass reaches ``top_p``). Temperature 0 puts all mass on the
        most likely token, the first where there is a tie.

    Returns
    -------
    Tensor of shape (n, vocabulary), float64
        Minus infinity where a token cannot be drawn.
    """
    import torch

    minus_infinity = float("-inf")
    if sampling.temperature == 0:
        chosen = torch.full_like(logits, minus_infinity)
        return chosen.scatter(-1, logits.argmax(dim=-1, keepdim=True), 0.0)
    scores = logits / sampling.temperature
    if 0 < sampling.top_k < scores.shape[-1]:
        smallest_kept = torch.topk(scores, sampling.top_k).values[:, -1:]
        scores = scores.masked_fill(scores < smallest_kept, minus_infinity)
    if sampling.top_p < 1:
        ascending, order = torch.sort(scores, dim=-1)
        out = ascending.softmax(dim=-1).cumsum(dim=-1) <= 1 - sampling.top_p
        out[:, -1] = False
        scores = scores.masked_fill(out.scatter(-1, order, out), minus_infinity)
    return torch.log_softmax(scores, dim=-1)


def check_causal(model: Any, prompt: Sequence[int], name: str) -> None:
    """Refuse a model whose output at one token changes with the token after it.

    Raises
    ------
    ClassifierError
        If it does: such a model (an encoder loaded as a decoder) completes no text.
    """
    import torch

    other = (prompt[-1] + 1) % model.config.get_text_config().vocab_size
    ids = torch.tensor([list(prompt), [*prompt[:-1], other]], device=model.device)
    with torch.inference_mode():
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[:, -2].float()
    if not torch.allclose(logits[0], logits[1], rtol=1e-3, atol=1e-3, equal_nan=True):
        raise ClassifierError(
            "the model looks at what follows a word, so it is no causal language model",
            where=name,
            hint="`audit models` says which scheme fits which kind of model",
        )


def _beginnings(labels: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Every proper beginning of a label, the empty one included, shortest first."""
    found = {label[:depth] for label in labels for depth in range(len(label))}
    return sorted(found, key=lambda ids: (len(ids), ids))
