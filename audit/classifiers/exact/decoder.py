"""Logits of an encoder-decoder model after the beginnings of its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from audit.classifiers.exact.forward import Engine, Forward, Ids

_ROWS = 32
_TOKENS = 4096


class DecoderForward(Forward):
    """The decoder after an answer's beginning, with the encoder's reading of the prompt.

    A sequence is the number of a prompt followed by the tokens of a beginning. Prompts of one
    length are computed together, so that nothing is padded.

    Parameters
    ----------
    model : PreTrainedModel
        An encoder-decoder model in evaluation mode.
    name : str
        Its name, for messages.
    start : tuple of int
        What the decoder begins every answer with.
    """

    engine: Engine = "plain"

    def __init__(self, model: Any, name: str, start: Ids) -> None:
        super().__init__(model, name)
        self._budget = _TOKENS
        self._start = start
        self._prompts: Sequence[Ids] = ()

    def number(self, prompts: Sequence[Ids]) -> list[Ids]:
        """Take the prompts of the next run, and return the sequences that stand for them."""
        self._prompts = sorted(set(prompts))
        places = {prompt: place for place, prompt in enumerate(self._prompts)}
        return [(places[prompt],) for prompt in prompts]

    def _order(self, sequence: Ids) -> Any:
        return len(sequence), len(self._prompts[sequence[0]]), sequence

    def _next(self, waiting: Sequence[Ids]) -> tuple[int, Callable[[], torch.Tensor]]:
        alike = self._order(waiting[0])[:2]
        most = min(_ROWS, max(1, self._budget // max(1, alike[1])))
        rows = []
        for sequence in waiting[:most]:
            if self._order(sequence)[:2] != alike:
                break
            rows.append(sequence)
        return len(rows), lambda: self._logits(rows)

    @torch.inference_mode()
    def _logits(self, rows: Sequence[Ids]) -> torch.Tensor:
        """Logits after every row; a prompt that several rows share is read once."""
        device = self._model.device
        distinct = sorted({row[0] for row in rows})
        ids = torch.tensor([self._prompts[number] for number in distinct], device=device)
        seen = torch.ones_like(ids)
        states = self._model.get_encoder()(input_ids=ids, attention_mask=seen).last_hidden_state
        places = torch.tensor([distinct.index(row[0]) for row in rows], device=device)
        logits: torch.Tensor = self._model(
            encoder_outputs=(states[places],),
            attention_mask=seen[places],
            decoder_input_ids=torch.tensor([(*self._start, *row[1:]) for row in rows],
                                           device=device),
            use_cache=False,
        ).logits[:, -1]  # fmt: skip
        return logits
