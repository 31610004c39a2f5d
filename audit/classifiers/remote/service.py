"""``http:`` targets: any service that a file describes."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jmespath

from audit.classifiers.draws import most_likely
from audit.classifiers.kinds import declared_range, labels_task, refuse_score
from audit.classifiers.numbers import check_masses, check_score
from audit.classifiers.remote.asking import Answered, Asker
from audit.classifiers.remote.failures import Failures
from audit.classifiers.remote.secrets import Secrets, from_environment, secrets_of
from audit.classifiers.remote.service_file import (
    TEXT,
    TEXTS,
    HeaderFrom,
    ServiceFile,
    fill,
    read_service_file,
)
from audit.classifiers.remote.tokens import most_tokens_of, tokens_of
from audit.classifiers.remote.transport import Transport, check_url
from audit.errors import ProviderError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Scoring, Task

_ROUNDS = 2  # requests of each connection between two writes of the log
_RAW_LENGTH = 200


class ServiceClassifier:
    """Asks an HTTP service.

    Parameters
    ----------
    file : ServiceFile
        How it is asked.
    name : str
        Name of the target.
    task : Task or None
        As for every target.
    options : ClassifierOptions
        ``label_map``, ``score_range``, ``sampling``, ``remote``.
    sha256 : str
        Hash of the file.

    Raises
    ------
    ConfigError
        If a key is missing, the address is not safe, or the answer does not fit the task.
    """

    def __init__(
        self,
        file: ServiceFile,
        name: str,
        task: Task | None,
        options: ClassifierOptions,
        sha256: str,
    ) -> None:
        self._file, self._name, self._options = file, name, options
        headers, self._secrets = _headers(file, name)
        remote = options.remote
        check_url(file.url, allow_insecure=remote.allow_insecure, where=name)
        if remote.requests_per_minute is None:
            remote = replace(remote, requests_per_minute=file.requests_per_minute)
        failures = Failures(name, self._secrets, file.timeout or remote.timeout)
        self._transport = Transport(failures, headers)
        self._asker = Asker(name, remote)
        self._task: Task | None = None
        self._range: tuple[float, float] | None = None
        if file.response.score:
            if task is not None:
                refuse_score(task, name)
            self._range = declared_range(task, options, name)
        else:
            self._task = labels_task(task, name)
        repeats = file.random and file.response.label
        self._repeats = options.sampling.repeats if repeats else 1
        path = file.response.score or file.response.label or file.response.probabilities
        self._path = jmespath.compile(path)
        self._items = jmespath.compile(file.response.items) if file.response.items else None
        self.batch_size = options.batch_size or file.batch * remote.concurrency * _ROUNDS
        scoring: Scoring = "exact"
        if self._task is None or file.response.label:
            scoring = "score" if self._task is None else "sampled"
        self.info = ClassifierInfo(
            model=name,
            scoring=scoring,
            fingerprint=sha256,
            score_range=self._range,
            settings={
                "host": urlsplit(file.url).hostname,
                "calls_per_text": self._repeats,
                "label_map": dict(options.label_map),
            },
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Answer every request, in order.

        Raises
        ------
        ProviderError
            If the service fails, or its answer is not where the file says.
        ClassifierError
            If a number is no score, or probabilities are none.
        """
        if not requests:
            return []
        rounds = [self._round(requests, number) for number in range(self._repeats)]
        return [
            self._prediction(request, answers)
            for request, answers in zip(requests, zip(*rounds, strict=True), strict=True)
        ]

    def _round(self, requests: Sequence[Request], repeat: int) -> list[Any]:
        """Ask for every text once and return what stands at the answer's place."""
        size = self._file.batch
        parts = [requests[start : start + size] for start in range(0, len(requests), size)]
        questions = [
            {
                "service": self.info.fingerprint,
                "body": self._body([request.text for request in part]),
                "repeat": repeat,
            }
            for part in parts
        ]
        bodies = self._asker.ask(
            questions,
            self._send,
            size=lambda question: tokens_of(json.dumps(question["body"])),
            most=lambda question: (most_tokens_of(question["body"]), 0),
        )
        return [
            answer
            for part, body in zip(parts, bodies, strict=True)
            for answer in self._answers(part, body)
        ]

    def _body(self, texts: Sequence[str]) -> Any:
        if self._items is not None:
            return fill(self._file.body, TEXTS, list(texts))
        return fill(self._file.body, TEXT, texts[0])

    def _send(self, question: Mapping[str, Any]) -> Answered:
        """Send one body; an answer without the answer's place is refused before it is kept."""
        body = self._transport.send(self._file.method, self._file.url, question["body"])
        self._found(body)
        return Answered(body)

    def _found(self, body: Any) -> list[Any]:
        """Return what the answer's paths lead to, one for each text."""
        items = [body] if self._items is None else self._items.search(body)
        if not isinstance(items, list):
            raise self._misplaced("response.items", body)
        found = [self._path.search(item) for item in items]
        if any(value is None for value in found):
            raise self._misplaced("response", body)
        return found

    def _answers(self, part: Sequence[Request], body: Any) -> list[Any]:
        found = self._found(body)
        if len(found) != len(part):
            raise ProviderError(
                f"{len(part)} texts were sent and {len(found)} answers came back",
                retryable=False,
                where=self._name,
                hint="response.items must list one answer for each text, in order",
            )
        return found

    def _misplaced(self, key: str, body: Any) -> ProviderError:
        shown = self._secrets.scrub(str(body))[:_RAW_LENGTH]
        return ProviderError(
            f"the answer has nothing where {key} looks: {shown}",
            retryable=False,
            where=self._name,
            hint="correct the path in the file; `audit doctor --model` shows one answer",
        )

    def _prediction(self, request: Request, answers: Sequence[Any]) -> Prediction:
        """Read one text's answers."""
        if self._range is not None:
            value = answers[0]
            if isinstance(value, bool) or not isinstance(value, int | float):
                value = math.nan
            score = check_score(float(value), *self._range, where=self._name)
            return Prediction(id=request.id, score=score)
        if self._file.response.probabilities:
            return self._from_masses(request, answers[0])
        samples = tuple(self._label(answer) for answer in answers)
        return Prediction(
            id=request.id,
            samples=samples,
            unparsed=samples.count(None) / len(samples),
            raw=tuple(
                self._secrets.scrub(str(answer))[:_RAW_LENGTH]
                for answer, sample in zip(answers, samples, strict=True)
                if sample is None
            ),
        )

    def _label(self, answer: Any) -> str | None:
        """Return the task's label that the service named; anything else is no label."""
        name = self._options.label_map.get(str(answer), answer)
        labels = self._task.labels if self._task else ()
        return name if isinstance(name, str) and name in labels else None

    def _from_masses(self, request: Request, given: Any) -> Prediction:
        """Read masses; those of labels that the task does not have are on no label."""
        pairs = _pairs(given)
        if pairs is None:
            raise self._misplaced("response.probabilities", given)
        masses = dict.fromkeys(self._task.labels if self._task else (), 0.0)
        check_masses({str(place): mass for place, (_, mass) in enumerate(pairs)}, self._name)
        for name, mass in pairs:
            label = self._label(name)
            if label is not None:
                masses[label] += mass
        probabilities, unparsed = check_masses(masses, self._name)
        return Prediction(
            id=request.id,
            probabilities=probabilities,
            unparsed=unparsed,
            samples=(most_likely(probabilities, unparsed),),
        )


def create(locator: str, task: Task | None, options: ClassifierOptions) -> ServiceClassifier:
    """Load ``http:FILE.yaml``.

    Raises
    ------
    ConfigError
        If the file is wrong, a key is missing, or the task does not fit.
    """
    path = Path(locator)
    file = read_service_file(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return ServiceClassifier(file, f"http:{path.name}", task, options, digest)


def _headers(file: ServiceFile, where: str) -> tuple[dict[str, str], Secrets]:
    """Fill the headers from the environment."""
    headers, keys = {}, []
    for name, given in file.headers.items():
        if isinstance(given, HeaderFrom):
            key = from_environment(given.env, where=where)
            headers[name] = f"{given.prefix}{key}"
            keys.append(key)
        else:
            headers[name] = given
    return headers, secrets_of(keys)


def _pairs(given: Any) -> list[tuple[str, float]] | None:
    """Return (label, mass) pairs of an object, or of a list of objects with label and score."""
    if isinstance(given, Mapping):
        found = list(given.items())
    elif isinstance(given, list) and all(isinstance(item, Mapping) for item in given):
        found = [(item.get("label"), item.get("score", item.get("probability"))) for item in given]
    else:
        return None
    if any(isinstance(m, bool) or not isinstance(m, int | float) for _, m in found) or not found:
        return None
    return [(str(name), float(mass)) for name, mass in found]
