"""``seq2seq:`` targets: a few-shot prompt read by an encoder, answered by a decoder."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from audit.classifiers.generation import Generator, decoder_start, end_tokens, sampled_prediction
from audit.classifiers.kinds import check_sampling, labels_task
from audit.classifiers.loading import LoadedModel, load_model, quiet
from audit.classifiers.prompt import FewShotPrompt
from audit.classifiers.tokens import check_length, lost_breaks
from audit.errors import ConfigError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Shot, Task

_ROWS = 32
_PROMPTS = 128


class Seq2SeqClassifier:
    """Scores what the decoder of a text-to-text model would answer, exactly or by sampling.

    Exact probabilities are over all ways in which tokens can spell a label, at the run's
    temperature, as for ``causal:`` targets; mass that spells no label is counted as such.

    Parameters
    ----------
    loaded : LoadedModel
        An encoder-decoder model.
    task : Task
        A labels task.
    options : ClassifierOptions
        ``scoring``, ``sampling``, ``batch_size``.

    Raises
    ------
    ConfigError
        If the labels need more tokens than are generated, or the sampling could not be done.
    ClassifierError
        If the tokenizer cannot write a label.
    """

    def __init__(self, loaded: LoadedModel, task: Task, options: ClassifierOptions) -> None:
        check_sampling(options.sampling)
        self._exact = options.scoring != "sampled"
        self.batch_size = options.batch_size or (_PROMPTS if self._exact else _ROWS)
        self._loaded = loaded
        self._task = task
        self._sampling = options.sampling
        self._prompt = FewShotPrompt(task)
        own: dict[str, Any] = {}
        if self._exact:
            with quiet():
                self._build_scorer()
            own = {"engine": "plain", "eps": self._rule.eps}
        else:
            self._generator = Generator(
                loaded.model, loaded.tokenizer, options.sampling, self._prompt.stops
            )
        sampling = options.sampling
        self.info = ClassifierInfo(
            model=loaded.name,
            scoring="exact" if self._exact else "sampled",
            revision=loaded.revision,
            fingerprint=loaded.fingerprint,
            prompt_sha256=self._prompt.sha256,
            versions=loaded.versions,
            settings={
                **loaded.settings,
                "temperature": sampling.temperature,
                "top_k": sampling.top_k,
                "top_p": sampling.top_p,
                "max_new_tokens": sampling.max_new_tokens,
                "repeats": sampling.repeats,
                "seed": sampling.seed,
                "stops": list(self._prompt.stops),
                "label_rule": task.label_rule,
                **own,
            },
            notes=lost_breaks(loaded.tokenizer),
        )

    def prompt(self, text: str) -> str:
        """Return the prompt for ``text``, exactly as sent."""
        return self._prompt.render(text)

    def with_shots(self, shots: Sequence[Shot]) -> Seq2SeqClassifier:
        """Return the same model with other examples in its prompt."""
        other = copy.copy(self)
        other._task = replace(self._task, shots=tuple(shots))
        other._prompt = FewShotPrompt(other._task)
        other.info = replace(self.info, prompt_sha256=other._prompt.sha256)
        return other

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Answer every request, in order.

        Raises
        ------
        ClassifierError
            If a prompt is longer than the model takes, or the output is not a number.
        """
        if not requests:
            return []
        prompts = self._encode([request.text for request in requests])
        check_length(prompts, 0, self._loaded.context, self._loaded.name)
        with quiet():
            return self._score(requests, prompts) if self._exact else self._draw(requests, prompts)

    def _score(
        self, requests: Sequence[Request], prompts: Sequence[Sequence[int]]
    ) -> list[Prediction]:
        """Compute exact probabilities."""
        from audit.classifiers.exact.answers import exact_predictions

        found = self._scorer.score(
            self._forward, self._forward.number([tuple(ids) for ids in prompts])
        )
        return exact_predictions(found, requests, self._task.labels, self._sampling)

    def _draw(
        self, requests: Sequence[Request], prompts: Sequence[Sequence[int]]
    ) -> list[Prediction]:
        """Generate the repeats."""
        texts = self._generator.sample(
            prompts, seed=self._sampling.seed, ids=[request.id for request in requests]
        )
        return [
            sampled_prediction(request.id, outputs, self._task, self._prompt.stops)
            for request, outputs in zip(requests, texts, strict=True)
        ]

    def _build_scorer(self) -> None:
        """Read the vocabulary, and check that the labels can be written in it."""
        from audit.classifiers.exact.decoder import DecoderForward
        from audit.classifiers.exact.masses import Draws
        from audit.classifiers.exact.scorer import AnswerRule, ExactScorer
        from audit.classifiers.exact.vocabulary import (
            check_reachable,
            check_vocabulary,
            read_vocabulary,
        )

        loaded, sampling = self._loaded, self._sampling
        self._rule = AnswerRule(
            labels=self._task.labels,
            rule=self._task.label_rule,
            stops=self._prompt.stops,
            max_new_tokens=sampling.max_new_tokens,
            draws=Draws(
                temperatures=(sampling.temperature,), top_k=sampling.top_k, top_p=sampling.top_p
            ),
        )
        size = loaded.model.get_output_embeddings().out_features
        ends = end_tokens(loaded.model, loaded.tokenizer)
        vocabulary = read_vocabulary(loaded.tokenizer, size, ends, loaded.name)
        written = loaded.tokenizer(list(self._task.labels), add_special_tokens=False)["input_ids"]
        check_vocabulary(vocabulary, loaded.tokenizer, written, loaded.name)
        self._scorer = ExactScorer(vocabulary, self._rule, loaded.name)
        check_reachable(
            vocabulary, self._scorer.decider, self._task.labels, sampling.max_new_tokens,
            loaded.name,
        )  # fmt: skip
        self._forward = DecoderForward(loaded.model, loaded.name, decoder_start(loaded.model))

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of the prompts of ``texts``, with the end that encoders expect."""
        found: list[list[int]] = self._loaded.tokenizer(
            [self._prompt.render(text) for text in texts],
            split_special_tokens=True,
            return_attention_mask=False,
        )["input_ids"]
        return found


def create(locator: str, task: Task | None, options: ClassifierOptions) -> Seq2SeqClassifier:
    """Load ``seq2seq:ID_OR_PATH``.

    Raises
    ------
    ConfigError
        If the task has no labels, or an option does not fit.
    ClassifierError
        If the model cannot be loaded or is no text-to-text model.
    """
    name = f"seq2seq:{locator}"
    found = labels_task(task, name)
    if options.scoring != "sampled" and options.dtype not in (None, "auto", "float32", "fp32"):
        raise ConfigError(
            f"exact probabilities of seq2seq targets are computed in float32, not {options.dtype}",
            where=f"--dtype {options.dtype}",
            hint="leave --dtype out, or use --scoring sampled",
        )
    if options.scoring != "sampled":
        options = replace(options, dtype="float32")
    return Seq2SeqClassifier(load_model("seq2seq", locator, "seq2seq", options), found, options)
