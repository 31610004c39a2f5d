"""Sampled answers: transformers' own ``generate``, with nothing left to its silent defaults."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from audit.classifiers.draws import request_seed
from audit.classifiers.labels import cut_at_stop, parse_label
from audit.errors import ClassifierError
from audit.records import Prediction, Sampling, Task

if TYPE_CHECKING:
    import torch

SEEDING = "torch seed of each batch from the run's seed and the ids in it"
_RAW_LENGTH = 200


class Generator:
    """Samples texts after prompts.

    Parameters
    ----------
    model : PreTrainedModel
        A causal or an encoder-decoder model in evaluation mode. Its own generation defaults (a
        repetition penalty, ``top_k=50``) are put aside; its end-of-sequence tokens are kept.
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
        from transformers import GenerationConfig

        self._model = model
        self._tokenizer = tokenizer
        self._sampling = sampling
        self._ends = end_tokens(model, tokenizer)
        self._start = decoder_start(model) if model.config.is_encoder_decoder else ()
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
            decoder_start_token_id=self._start[0] if self._start else None,
            max_new_tokens=sampling.max_new_tokens,
            eos_token_id=self._ends or None,
            pad_token_id=self._pad,
        )
        # generate fills what a configuration leaves open from the model's own
        model.generation_config = GenerationConfig(
            eos_token_id=self._ends or None, pad_token_id=self._pad
        )
        self._stopping = _stopping(tokenizer, stops)

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

        device = self._model.device
        tokens, mask = self._padded(prompts)
        begin = tokens.shape[1]
        given: dict[str, Any] = {}
        if self._start:
            begin = len(self._start)
            given["decoder_input_ids"] = torch.tensor([self._start] * len(prompts), device=device)
        devices = [device] if device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices), torch.inference_mode():
            torch.manual_seed(request_seed(seed, *ids))
            try:
                out = self._model.generate(
                    input_ids=tokens.to(device),
                    attention_mask=mask.to(device),
                    generation_config=self._config,
                    stopping_criteria=self._stopping,
                    **given,
                )
            except RuntimeError as error:
                if "probability tensor" not in str(error):
                    raise
                raise ClassifierError(
                    "the model's output is not a number (NaN or infinite)",
                    where=type(self._model).__name__,
                    hint="check the weights; with --dtype float16 try bfloat16 or float32",
                ) from error
        texts = [self._text(row) for row in out[:, begin:]]
        if self._greedy:
            return [[text] * self._sampling.repeats for text in texts]
        each = self._sampling.repeats
        return [texts[start : start + each] for start in range(0, len(texts), each)]

    def _padded(self, prompts: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return tokens and mask of one batch; answers follow a prompt, or a decoder's start."""
        import torch

        width = max(len(prompt) for prompt in prompts)
        rows, marks = [], []
        for prompt in prompts:
            fill = width - len(prompt)
            left, right = (0, fill) if self._start else (fill, 0)
            rows.append([*[self._pad] * left, *prompt, *[self._pad] * right])
            marks.append([*[0] * left, *[1] * len(prompt), *[0] * right])
        return torch.tensor(rows), torch.tensor(marks)

    def _text(self, row: torch.Tensor) -> str:
        """Decode one answer up to its end-of-sequence token."""
        tokens = row.tolist()
        for place, token in enumerate(tokens):
            if token in self._ends:
                tokens = tokens[:place]
                break
        return str(self._tokenizer.decode(tokens, clean_up_tokenization_spaces=False))


def sampled_prediction(
    request_id: str,
    outputs: Sequence[str],
    task: Task,
    stops: Sequence[str],
    spoken: Sequence[str] | None = None,
) -> Prediction:
    """Read the labels off one request's outputs, and keep what is no label.

    Parameters
    ----------
    request_id : str
        The request's id.
    outputs : sequence of str
        One text for each repeat, uncut.
    task : Task
        Its labels and the rule by which they are read.
    stops : sequence of str
        Where an answer ends.
    spoken : sequence of str, optional
        The labels as the model writes them, in the task's order; default: as they are.

    Returns
    -------
    Prediction
        One sample for each output; ``None`` marks an output that is no label.
    """
    own = dict(zip(spoken or task.labels, task.labels, strict=True))
    found = (parse_label(output, [*own], rule=task.label_rule, stops=stops) for output in outputs)
    samples = tuple(None if label is None else own[label] for label in found)
    return Prediction(
        id=request_id,
        samples=samples,
        unparsed=samples.count(None) / len(samples),
        raw=tuple(
            cut_at_stop(output, stops)[:_RAW_LENGTH]
            for output, sample in zip(outputs, samples, strict=True)
            if sample is None
        ),
    )


def _stopping(tokenizer: Any, stops: Sequence[str]) -> Any:
    """Return what ends generation; a stop that no token can spell is never generated."""
    from transformers import StoppingCriteriaList, StopStringCriteria

    criteria = StoppingCriteriaList()
    for stop in stops:
        with suppress(ValueError):
            criteria.append(StopStringCriteria(tokenizer, [stop]))
    return criteria


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """Return the tokens that end a text for this model."""
    own = getattr(model.generation_config, "eos_token_id", None)
    if own is None:
        own = tokenizer.eos_token_id
    if own is None:
        return []
    return list(own) if isinstance(own, list | tuple) else [int(own)]


def decoder_start(model: Any) -> tuple[int, ...]:
    """Return the tokens that ``generate`` puts before every answer of an encoder-decoder model."""
    given = model.generation_config
    start = given.decoder_start_token_id
    if start is None:
        start = model.config.decoder_start_token_id
    if start is None:
        start = model.config.bos_token_id
    forced = given.forced_bos_token_id
    return (int(start),) if forced is None else (int(start), int(forced))
