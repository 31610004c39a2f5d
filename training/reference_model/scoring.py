"""Scores prompts with the saved files, the way an auditor does: through transformers alone."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache

from training.reference_model.generator import LABELS
from training.reference_model.prompts import Format

Shots = Sequence[tuple[str, str]]


class Scorer:
    """Label probabilities of the shipped model.

    Parameters
    ----------
    folder : pathlib.Path
        Weights and tokenizer.
    """

    def __init__(self, folder: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder).eval()
        self.label_ids = [self.tokenizer(f" {label}")["input_ids"][0] for label in LABELS]

    def logits(
        self, texts: Sequence[str], shots: Shots, form: Format, batch: int = 128
    ) -> NDArray[np.float64]:
        """Next-token logits, shape (texts, 4): the three labels, then log-sum-exp of the rest.

        Parameters
        ----------
        texts : sequence of str
            Texts to label.
        shots, form
            The few-shot prompt around each text; what is before the text is computed once.
        batch : int
            Texts in one forward pass.
        """
        head = self.tokenizer(prompt_head(shots, form))["input_ids"]
        encoded = [self.tokenizer(form.item(text))["input_ids"] for text in texts]
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
        result = np.zeros((len(encoded), 4))
        with torch.no_grad():
            for start in range(0, len(order), batch):
                rows = order[start : start + batch]
                result[rows] = self._forward(head, [encoded[i] for i in rows])
        return result

    def _forward(self, head: list[int], items: list[list[int]]) -> NDArray[np.float64]:
        """Logits of one batch of items after the same head."""
        transformer, cache = self.model.transformer, DynamicCache(config=self.model.config)
        if head:
            transformer(input_ids=torch.tensor([head]), past_key_values=cache, use_cache=True)
            cache.batch_repeat_interleave(len(items))
        tokens = torch.zeros(len(items), max(map(len, items)), dtype=torch.long)
        for row, ids in enumerate(items):
            tokens[row, : len(ids)] = torch.tensor(ids)
        hidden = transformer(input_ids=tokens, past_key_values=cache).last_hidden_state
        ends = torch.tensor([len(ids) - 1 for ids in items])
        last = self.model.lm_head(hidden[torch.arange(len(items)), ends]).double()
        others = torch.ones(last.shape[1], dtype=torch.bool)
        others[self.label_ids] = False
        rest = torch.logsumexp(last[:, others], -1, keepdim=True)
        return np.asarray(torch.cat([last[:, self.label_ids], rest], 1).numpy())


def no_label_mass(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Upper bound of the probability of no label, at a temperature of 1 or less, shape (n,)."""
    scaled = logits / temperature
    weights = np.exp(scaled - scaled.max(1, keepdims=True))
    return np.asarray(weights[:, 3] / weights.sum(1))


def probabilities(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Label probabilities (n, 3) at a temperature, renormalised over the labels."""
    scaled = logits[:, :3] / temperature
    weights = np.exp(scaled - scaled.max(1, keepdims=True))
    return np.asarray(weights / weights.sum(1, keepdims=True))


def prompt_head(shots: Shots, form: Format) -> str:
    """Write what stands before the text: the description and the shots."""
    head = f"{form.description}{form.between()}" if form.description else ""
    return head + "".join(f"{form.item(t)} {label}{form.between()}" for t, label in shots)


def shares(hits: int, total: int) -> tuple[float, float, float]:
    """Share with its 95% Wilson interval."""
    z = 1.959964
    p = hits / total
    centre = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2)) / (1 + z * z / total)
    return p, centre - half, centre + half
