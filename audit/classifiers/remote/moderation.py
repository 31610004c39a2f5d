"""``moderation:`` targets: an OpenAI-style moderation endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from audit.classifiers.kinds import declared_range, labels_task, refuse_sampling
from audit.classifiers.match_labels import match_labels
from audit.classifiers.numbers import check_score
from audit.classifiers.remote.asking import Answered, Asker
from audit.classifiers.remote.estimate import MODERATED_AT_ONCE
from audit.classifiers.remote.openai_client import OpenAIService
from audit.classifiers.remote.tokens import most_tokens_of, tokens_of
from audit.errors import ConfigError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Task

FLAGGED, PASSED = "flagged", "not flagged"
RANGE = (0.0, 1.0)
_ROUNDS = 2


class ModerationClassifier:
    """Asks whether texts are flagged, and how high a category scores.

    The service always gives one answer, so each text is asked about once.

    Parameters
    ----------
    service : OpenAIService
        The server.
    model : str
        Name of the model there.
    name : str
        Name of the target.
    task : Task or None
        With a labels task the outcome is whether a text is flagged; ``label_map`` says which of
        the task's labels ``flagged`` and ``not flagged`` stand for. With a score task of range
        0 to 1 it is the score.
    options : ClassifierOptions
        ``label_map``, ``remote.category`` (default: the highest score of all categories).

    Raises
    ------
    ConfigError
        If the task or the labels do not fit.
    """

    def __init__(
        self,
        service: OpenAIService,
        model: str,
        name: str,
        task: Task | None,
        options: ClassifierOptions,
    ) -> None:
        refuse_sampling(options, name)
        self._service, self._model, self._name = service, model, name
        self._category = options.remote.category
        self._asker = Asker(name, options.remote)
        self._labels: tuple[str, ...] = ()
        self._label_of: dict[str, str] = {}
        if task is None or task.kind == "labels":
            self._labels = labels_task(task, name).labels
            self._label_of = match_labels(
                (FLAGGED, PASSED), self._labels, options.label_map, target=name
            )
        else:
            low, high = declared_range(task, options, name)
            if not low <= RANGE[0] < RANGE[1] <= high:
                raise ConfigError(
                    f"{name} scores lie in [0, 1], and the declared range is [{low:g}, {high:g}]",
                    where="task.range",
                    hint="write range: [0, 1], and favourable: low",
                )
        self.batch_size = (
            options.batch_size or MODERATED_AT_ONCE * options.remote.concurrency * _ROUNDS
        )
        self.info = ClassifierInfo(
            model=name,
            scoring="exact" if self._labels else "score",
            score_range=None if self._labels else RANGE,
            versions=service.versions,
            settings={
                "host": service.host,
                "category": self._category,
                "label_map": dict(options.label_map),
            },
            notes=(
                "The outcome is whether the service flags a text."
                if self._labels
                else f"The score is that of {self._category or 'the highest category'}.",
            ),
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Answer every request, in order.

        Raises
        ------
        ProviderError
            If the service fails, or its answer is no moderation.
        """
        parts = [
            requests[start : start + MODERATED_AT_ONCE]
            for start in range(0, len(requests), MODERATED_AT_ONCE)
        ]
        questions = [
            {
                "url": self._service.url,
                "body": {"model": self._model, "input": [request.text for request in part]},
            }
            for part in parts
        ]
        answers = self._asker.ask(
            questions,
            self._send,
            size=lambda question: sum(map(tokens_of, question["body"]["input"])),
            most=lambda question: (most_tokens_of(question["body"]), 0),
        )
        return [
            self._prediction(request, result)
            for part, results in zip(parts, answers, strict=True)
            for request, result in zip(part, results, strict=True)
        ]

    def _send(self, question: Mapping[str, Any]) -> Answered:
        """Send one body; an answer that does not fit is refused before it is kept."""
        answered = self._service.ask("moderations", question["body"])
        results = answered.body.get("results")
        failures = self._service.failures
        if not isinstance(results, list) or not all(map(_is_result, results)):
            raise failures.misplaced("results with flagged and category_scores", answered.body)
        asked = len(question["body"]["input"])
        if len(results) != asked:
            raise failures.lasting(
                f"{asked} texts were sent and {len(results)} answers came back",
                "this service does not take several texts at once; use http:FILE.yaml",
            )
        kept = [{key: one[key] for key in ("flagged", "category_scores")} for one in results]
        return replace(answered, body=kept)

    def _prediction(self, request: Request, result: Mapping[str, Any]) -> Prediction:
        """Read one text's result."""
        own = FLAGGED if result["flagged"] else PASSED
        if self._labels:
            label = self._label_of[own]
            return Prediction(
                id=request.id,
                probabilities={name: float(name == label) for name in self._labels},
                unparsed=0.0,
                samples=(label,),
            )
        score = check_score(self._score(result["category_scores"]), *RANGE, where=self._name)
        return Prediction(id=request.id, score=score, samples=(own,))

    def _score(self, scores: Mapping[str, Any]) -> float:
        """Return the wanted category's score."""
        chosen = max(scores.values()) if self._category is None else scores.get(self._category)
        if chosen is None:
            named = ", ".join(sorted(map(str, scores)))
            raise self._service.failures.lasting(
                f"the service has no category {self._category!r}",
                "its categories are " + self._service.failures.secrets.scrub(named),
            )
        return float(chosen)


def _is_result(found: Any) -> bool:
    """Whether a text's result has what is read of it."""
    if not isinstance(found, Mapping) or not isinstance(found.get("flagged"), bool):
        return False
    scores = found.get("category_scores")
    return (
        isinstance(scores, Mapping)
        and bool(scores)
        and all(isinstance(s, int | float) and not isinstance(s, bool) for s in scores.values())
    )


def create(locator: str, task: Task | None, options: ClassifierOptions) -> ModerationClassifier:
    """Load ``moderation:MODEL``.

    Raises
    ------
    ConfigError
        If the key is missing, the address is not safe, or the task does not fit.
    """
    shown = PurePath(locator).name if PurePath(locator).is_absolute() else locator
    name = f"moderation:{shown}"
    service = OpenAIService(name, options.remote)
    return ModerationClassifier(service, locator, name, task, options)
