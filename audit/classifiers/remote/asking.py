"""Asking a remote target many questions: several at once, patiently, within limits, never twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tenacity

from audit.classifiers.remote.cache import AnswerCache, key_of
from audit.classifiers.remote.limits import Budget, TokenBucket
from audit.errors import ProviderError
from audit.records import RemoteOptions

_ATTEMPTS = 6
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 60.0


class RetryLaterError(ProviderError):
    """The service asks to be asked again; ``after`` are the seconds it names, if it does."""

    def __init__(self, what: str, *, where: str, after: float | None = None) -> None:
        super().__init__(
            what,
            retryable=True,
            where=where,
            hint="the service is overloaded or down; repeat the command with --resume later",
        )
        self.after = after


class _StoppedError(ProviderError):
    """A question was not asked any more."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back, as JSON, and the tokens it cost where the service says so."""

    body: Any
    tokens_in: int = 0
    tokens_out: int = 0


class Asker:
    """Sends questions.

    Parameters
    ----------
    where : str
        Name of the target, for messages.
    options : RemoteOptions
        Concurrency, rates, budget, cache.
    wait_unit : float
        Seconds of the first wait before a second try; waits double, with jitter.
    """

    def __init__(self, where: str, options: RemoteOptions, wait_unit: float = _FIRST_WAIT) -> None:
        self._where = where
        self._at_once = options.concurrency
        self._requests = _bucket(options.requests_per_minute)
        self._tokens = _bucket(options.tokens_per_minute)
        self._cache = AnswerCache(Path(options.cache)) if options.cache else None
        self._unit = wait_unit
        self.budget = Budget(options.max_requests, options.max_cost, options.prices)

    def ask(
        self,
        questions: Sequence[Mapping[str, Any]],
        send: Callable[[Mapping[str, Any]], Answered],
        *,
        size: Callable[[Mapping[str, Any]], int],
        most: Callable[[Mapping[str, Any]], tuple[int, int]],
    ) -> list[Any]:
        """Ask every question and return the answers in order.

        Parameters
        ----------
        questions : sequence of mapping
            Everything that determines each answer, as JSON; its hash is the cache's key.
        send : callable
            Sends one; raises `ProviderError`, whose ``retryable`` says whether to try again.
        size : callable
            Tokens that a question is expected to cost, for the rate limit.
        most : callable
            Tokens that a question makes a service read and write at most, for the budget.

        Returns
        -------
        list
            The bodies of the answers.

        Raises
        ------
        ProviderError
            The first failure. What was answered until then is in the cache.
        """
        keys = [key_of(question) for question in questions]
        found: dict[str, Any] = {}
        if self._cache is not None:
            found = {key: body for key in keys if (body := self._cache.get(key)) is not None}
        todo = {key: q for key, q in zip(keys, questions, strict=True) if key not in found}
        stop = threading.Event()
        with ThreadPoolExecutor(self._at_once) as pool:
            running = {
                pool.submit(
                    self._one, key, question, send=send, size=size, most=most, stop=stop
                ): key
                for key, question in todo.items()
            }
            try:
                wait(running, return_when=FIRST_EXCEPTION)
            except BaseException:
                stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
            if stop.is_set():
                pool.shutdown(wait=True, cancel_futures=True)
        errors = [job.exception() for job in running if not job.cancelled()]
        for error in errors:
            if error is not None and not isinstance(error, _StoppedError):
                raise error
        found |= {key: job.result() for job, key in running.items()}
        return [found[key] for key in keys]

    def _one(
        self,
        key: str,
        question: Mapping[str, Any],
        *,
        send: Callable[[Mapping[str, Any]], Answered],
        size: Callable[[Mapping[str, Any]], int],
        most: Callable[[Mapping[str, Any]], tuple[int, int]],
        stop: threading.Event,
    ) -> Any:
        """Ask one question until it is answered or not worth asking again."""

        def attempt() -> Answered:
            if stop.is_set():
                raise _StoppedError("another question failed", retryable=False)
            with self.budget.request(self._where, most(question)) as reported:
                if self._requests is not None:
                    self._requests.take()
                if self._tokens is not None:
                    self._tokens.take(size(question))
                answered = send(question)
                reported(answered.tokens_in, answered.tokens_out)
            return answered

        def pause(seconds: float) -> None:
            stop.wait(seconds)

        patient = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, ProviderError) and error.retryable
            ),
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=self._wait,
            sleep=pause,
            reraise=True,
        )
        try:
            answered = patient(attempt)
        except BaseException:
            stop.set()
            raise
        if self._cache is not None:
            self._cache.put(key, answered.body)
        return answered.body

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds before the next try: what the service asks for, or longer each time."""
        error = state.outcome.exception() if state.outcome is not None else None
        after = getattr(error, "after", None)
        if after is not None:
            return float(min(after, _LONGEST_WAIT))
        backoff = tenacity.wait_random_exponential(multiplier=self._unit, max=_LONGEST_WAIT)
        return float(backoff(state))


def _bucket(per_minute: float | None) -> TokenBucket | None:
    return TokenBucket(per_minute) if per_minute else None
