"""The exact engine of one model: checked before the run, then asked batch by batch."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from audit.classifiers.exact.forward import Engine, Ids
from audit.classifiers.exact.precision import allowance, measured_error, widen
from audit.classifiers.exact.scorer import AnswerMasses, AnswerRule, ExactScorer
from audit.classifiers.exact.selfcheck import TOLERANCE, CheckResult, self_check
from audit.classifiers.exact.vocabulary import check_reachable, check_vocabulary, read_vocabulary

_SHORT_FORMAT_TOLERANCE = 0.1
_PILOT = 13


class ExactEngine:
    """Answer distributions of a model, by the fastest way that was checked.

    Parameters
    ----------
    model : PreTrainedModel
        A causal language model in evaluation mode.
    tokenizer : PreTrainedTokenizerBase
        Its tokenizer.
    rule : AnswerRule
        How answers come about and are read.
    samples : sequence of tuple of int
        Prompts like those of the run, for the checks; at least one.
    ends : sequence of int
        Tokens that end an answer.
    name : str
        Name of the model, for messages.
    dtype : torch.dtype, optional
        Format to compute in, where it is not the model's: the checks are made in the model's own
        first, and the difference is measured.

    Raises
    ------
    ClassifierError
        If the tokens' bytes cannot be read, a label cannot be written, the model's output is not
        a number, or the format is too short for this model.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        rule: AnswerRule,
        *,
        samples: Sequence[Ids],
        ends: Sequence[int],
        name: str,
        dtype: torch.dtype | None = None,
    ) -> None:
        size = model.config.get_text_config().vocab_size
        self._vocabulary = vocabulary = read_vocabulary(tokenizer, size, ends, name)
        check_vocabulary(vocabulary, tokenizer, samples[:4], name)
        self._scorer = ExactScorer(vocabulary, rule, name)
        check_reachable(vocabulary, self._scorer.decider, rule.labels, rule.max_new_tokens, name)
        self._model = model
        self._rule = rule
        self._name = name
        self._samples = tuple(samples)
        self._tolerance = TOLERANCE
        self._error: float | None = None
        self._wider = 0.0
        self._check = self_check(model, name, self._samples)
        # a few prompts show which beginnings of answers have to be followed
        self._scorer.score(self._check.forward, self._samples[1:_PILOT])
        if dtype is not None and dtype != model.dtype:
            self._shorten(dtype)

    @property
    def engine(self) -> Engine:
        """Which way of computing is used."""
        return self._check.forward.engine

    @property
    def eps(self) -> float:
        """Largest mass that may stay unresolved."""
        return self._rule.eps

    @property
    def dtype(self) -> str:
        """Number format of the model."""
        return str(self._model.dtype).removeprefix("torch.")

    @property
    def check(self) -> CheckResult:
        """What the last check found."""
        return self._check

    @property
    def precision_error(self) -> float | None:
        """Largest error of a log-probability in the short format; ``None`` where none is used."""
        return self._error

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the record."""
        if self._error is None:
            return (self._check.sentence,)
        return (
            self._check.sentence,
            f"Computed in {self.dtype}; its log-probabilities differed from those in float32 by up "
            f"to {self._error:.2g} on {len(self._samples)} made-up prompts; every interval is "
            f"widened as if the odds were wrong by {np.expm1(self._wider):.2%} either way.",
        )

    def at(self, temperatures: Sequence[float]) -> ExactEngine:
        """Return this engine with any number of other temperatures, at once and without a check.

        Parameters
        ----------
        temperatures : sequence of float
            Each gets its own column of the answer masses.
        """
        other = copy.copy(self)
        draws = replace(self._rule.draws, temperatures=tuple(temperatures))
        other._rule = replace(self._rule, draws=draws)
        other._scorer = ExactScorer(self._vocabulary, other._rule, self._name)
        return other

    def score(self, prompts: Sequence[Ids]) -> AnswerMasses:
        """Score prompts.

        Parameters
        ----------
        prompts : sequence of tuple of int
            Token ids. Prompts longer than any that was checked are checked first.

        Returns
        -------
        AnswerMasses
            One row for each prompt, in order.

        Raises
        ------
        ClassifierError
            If the model's output is not a number, or memory does not suffice for one prompt.
        """
        checked = self._check.longest
        if checked is not None and max(map(len, prompts), default=0) > checked:
            longest = sorted(set(prompts), key=len)[-2:]
            self._check = self_check(
                self._model, self._name, [*longest, *self._samples], self._tolerance
            )
        return widen(self._scorer.score(self._check.forward, prompts), self._wider)

    def _shorten(self, dtype: torch.dtype) -> None:
        """Convert the model and measure what that does to the probabilities."""
        reference = self._scorer.score(self._check.forward, self._samples)
        self._model.to(dtype)
        self._tolerance = _SHORT_FORMAT_TOLERANCE
        own = self._scorer.score(self._check.forward, self._samples)
        self._error = measured_error(reference, own)
        self._wider = allowance(self._error, str(dtype).removeprefix("torch."), self._name)
