"""Sampled answers: transformers' own ``generate``, with nothing left to its silent defaults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from audit.classifiers.draws import request_seed
from audit.errors import ClassifierError
from audit.records import Sampling

if TYPE_CHECKING:
    import torch

SEEDING = "torch seed of each batch from the run's seed and the ids in it"


class Generator:
    """Samples texts after prompts.

    Parameters
    ----------
    model : PreTrainedModel
        A causal language model in evaluation mode. Its own generation defaults (a repetition
        penalty, ``top_k=50``) are put aside; its end-of-sequence tokens are kept.
    tokenizer : PreTrainedTokenizer
        Its tokenizer.
    sampling : Sampling
        Temperature 0 generates greedily, once, and repeats that answer.
    stops : sequence of str
        Where an answer ends.
    """

    def __init__(
        self, model: Any, tokenizer: Any, sampling: Sampling, stops: Sequence[str]
    ) -> None:
        from transformers import GenerationConfig, StoppingCriteriaList, StopStringCriteria

        self._model = model
        self._tokenizer = tokenizer
        self._sampling = sampling
        self._ends = end_tokens(model, tokenizer)
        self._greedy = sampling.temperature == 0
        pad = tokenizer.pad_token_id
        self._pad = pad if pad is not None else (self._ends[0] if self._ends else 0)
        draws: dict[str, Any] = {
            "do_sample": True,
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "top_p": sampling.top_p,
            "num_return_sequences": sampling.repeats,
        }
        self._config = GenerationConfig(
            **({"do_sample": False} if self._greedy else draws),
            max_new_tokens=sampling.max_new_tokens,
            eos_token_id=self._ends or None,
            pad_token_id=self._pad,
        )
        # generate fills what a configuration leaves open from the model's own
        model.generation_config = GenerationConfig(
            eos_token_id=self._ends or None, pad_token_id=self._pad
        )
        self._stopping = StoppingCriteriaList([StopStringCriteria(tokenizer, list(stops))])

    def sample(
        self, prompts: Sequence[Sequence[int]], *, seed: int, ids: Sequence[str]
    ) -> list[list[str]]:
        """Generate ``repeats`` texts after every prompt.

        Parameters
        ----------
        prompts : sequence of sequence of int
            Token ids of one batch.
        seed : int
            Seed of the run.
        ids : sequence of str
            Ids of the requests; with ``seed`` they seed the batch.

        Returns
        -------
        list of list of str
            For each prompt its ``repeats`` texts, uncut.

        Raises
        ------
        ClassifierError
            If the model's output is not a number.
        """
        import torch

        width = max(len(prompt) for prompt in prompts)
        tokens = torch.tensor([[*[self._pad] * (width - len(row)), *row] for row in prompts])
        lengths = torch.tensor([len(row) for row in prompts])
        mask = (torch.arange(width) >= width - lengths[:, None]).long()
        device = self._model.device
        devices = [device] if device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices), torch.inference_mode():
            torch.manual_seed(request_seed(seed, *ids))
            try:
                out = self._model.generate(
                    input_ids=tokens.to(device),
                    attention_mask=mask.to(device),
                    generation_config=self._config,
                    stopping_criteria=self._stopping,
                )
            except RuntimeError as error:
                if "probability tensor" not in str(error):
                    raise
                raise ClassifierError(
                    "the model's output is not a number (NaN or infinite)",
                    where=type(self._model).__name__,
                    hint="check the weights; with --dtype float16 try bfloat16 or float32",
                ) from error
        texts = [self._text(row) for row in out[:, width:]]
        if self._greedy:
            return [[text] * self._sampling.repeats for text in texts]
        each = self._sampling.repeats
        return [texts[start : start + each] for start in range(0, len(texts), each)]

    def _text(self, row: torch.Tensor) -> str:
        """Decode one answer up to its end-of-sequence token."""
        tokens = row.tolist()
        for place, token in enumerate(tokens):
            if token in self._ends:
                tokens = tokens[:place]
                break
        return str(self._tokenizer.decode(tokens, clean_up_tokenization_spaces=False))


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """Return the tokens that end a text for this model."""
    own = getattr(model.generation_config, "eos_token_id", None)
    if own is None:
        own = tokenizer.eos_token_id
    if own is None:
        return []
    return list(own) if isinstance(own, list | tuple) else [int(own)]
