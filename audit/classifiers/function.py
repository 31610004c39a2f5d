"""``python:`` targets: a user's own function from texts to labels, scores or probabilities."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any, Literal, get_args, get_type_hints

from audit.classifiers.draws import most_likely
from audit.classifiers.function_source import FunctionSource, load_function
from audit.classifiers.kinds import declared_range, refuse_score
from audit.classifiers.numbers import check_masses, check_score
from audit.errors import ClassifierError, ConfigError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Scoring, Task
from audit.records.making import make_records

Gives = Literal["label", "score", "probabilities"]

_SCORING: dict[Gives, Scoring] = {
    "label": "sampled",
    "score": "score",
    "probabilities": "exact",
}
_WORDS: dict[Gives, str] = {
    "label": "a label",
    "score": "a score",
    "probabilities": "probabilities",
}
_RAW_LENGTH = 200
_REMEMBERED = 10_000
_Said = tuple[tuple[str | None, ...], float, tuple[str, ...]]
"""Samples, the share of them without a label, and what is no label."""


class FunctionClassifier:
    """Asks a user's function, a batch of texts at a time.

    What it returns (a label, a float, or ``{label: probability}``) is learned from its first
    batch and must stay the same. What the record expects before that is read off its return
    annotation; a function without one is asked about one text when it is loaded. A function that
    returns labels is asked ``repeats`` times only if it says that it is random, by the attribute
    ``audit_stochastic = True``. ``None`` in the place of a label is an answer without a label.

    Parameters
    ----------
    source : FunctionSource
        The function.
    task : Task or None
        ``None`` and ``kind='score'`` need floats; ``labels`` needs labels or probabilities.
    options : ClassifierOptions
        ``label_map`` renames the function's labels; ``score_range`` declares the range of floats.

    Raises
    ------
    ConfigError
        If floats have no declared range, or what the function returns does not fit the task.
    """

    def __init__(self, source: FunctionSource, task: Task | None, options: ClassifierOptions):
        self._source = source
        self._options = options
        self._task = task if task is not None and task.kind == "labels" else None
        self._range = None if self._task else declared_range(task, options, source.name)
        self._repeats = (
            options.sampling.repeats if getattr(source.call, "audit_stochastic", False) else 1
        )
        self._said: dict[tuple[str | None, ...], _Said] = {}
        self._gives: Gives | None = None
        self._expected: Gives = "label" if self._task else "score"
        expected = _annotated(source) or self._tried(task)
        if expected is not None:
            self._check_fits(expected)
            self._expected = expected
        self.batch_size = options.batch_size or 64

    @property
    def info(self) -> ClassifierInfo:
        """Identity; ``scoring`` is what was learned, or what is expected before the first batch."""
        return ClassifierInfo(
            model=self._source.name,
            scoring=_SCORING[self._gives or self._expected],
            fingerprint=self._source.sha256,
            score_range=self._range,
            settings={"calls_per_text": self._repeats, "seed": self._options.sampling.seed},
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Ask the function for every request, in order.

        Raises
        ------
        ClassifierError
            If the function raises, returns another number of answers, answers of several kinds,
            a number that is no score, or probabilities of labels that the task does not have.
        ConfigError
            If it returns floats for a task about labels, or labels for a task about a score.
        """
        if not requests:
            return []
        texts = [request.text for request in requests]
        first = self._ask(texts)
        kind = self._kind_of(first)
        if kind == "label":
            rounds = [first, *(self._more_labels(texts) for _ in range(self._repeats - 1))]
            said = list(map(self._from_labels, zip(*rounds, strict=True)))
            return make_records(Prediction, len(requests), {
                "id": [request.id for request in requests],
                "probabilities": repeat(None),
                "unparsed": [unparsed for _, unparsed, _ in said],
                "unresolved": repeat(0.0),
                "samples": [samples for samples, _, _ in said],
                "score": repeat(None),
                "raw": [raw for _, _, raw in said],
            })  # fmt: skip
        answer = self._from_score if kind == "score" else self._from_probabilities
        return [
            answer(request, value, self._item(place))
            for place, (request, value) in enumerate(zip(requests, first, strict=True))
        ]

    def _tried(self, task: Task | None) -> Gives | None:
        """Ask about one text what the function gives, so that a run's header can say it."""
        shots = task.shots if task is not None else ()
        try:
            answer = self._ask([shots[0].text if shots else "This is a sentence."])[0]
            return self._kind(answer, 0) if answer is not None else None
        except ClassifierError:
            # it may know the texts of the probe set only; the first batch will tell
            return None

    def _ask(self, texts: list[str]) -> list[Any]:
        """Call the function once and check that it answered every text."""
        source = self._source
        try:
            given = source.call(list(texts))
        except (Exception, SystemExit) as error:
            raise ClassifierError(
                f"the function raised {type(error).__name__}: {error}",
                where=source.place(error),
                hint=f"it got a list of {len(texts)} texts; call it yourself with a few",
            ) from error
        if isinstance(given, str | Mapping) or not hasattr(given, "__iter__"):
            raise ClassifierError(
                f"the function returned a single {type(given).__name__}",
                where=source.name,
                hint="it gets a list of texts and must return a list, one answer for each",
            )
        answers = list(given)
        if len(answers) != len(texts):
            raise ClassifierError(
                f"the function got {len(texts)} texts and returned {len(answers)} answers",
                where=source.name,
                hint="return one answer for every text, in the same order",
            )
        return answers

    def _more_labels(self, texts: list[str]) -> list[Any]:
        """Ask a random function once more; it still has to answer with labels."""
        answers = self._ask(texts)
        self._kind_of(answers)
        return answers

    def _kind_of(self, answers: Sequence[Any]) -> Gives:
        """Return what the answers are; they must all be that, in this batch and every other."""
        for place, answer in enumerate(answers):
            if self._gives == "label" and answer.__class__ is str:
                continue
            kind = self._kind(answer, place)
            if self._gives is None:
                self._check_fits(kind)
                self._gives = kind
            elif kind != self._gives:
                raise ClassifierError(
                    f"the answer is {_WORDS[kind]}, and answers before it were "
                    f"{_WORDS[self._gives]}",
                    where=self._item(place),
                    hint="return the same kind of answer for every text",
                )
        return self._gives or self._expected

    def _kind(self, answer: Any, place: int) -> Gives:
        """Return what one answer is."""
        if answer is None or isinstance(answer, str):
            return "label"
        if isinstance(answer, Mapping):
            return "probabilities"
        if isinstance(answer, numbers.Real) and not isinstance(answer, bool):
            return "score"
        raise ClassifierError(
            f"the answer is a {type(answer).__name__}",
            where=self._item(place),
            hint="return a label (str), a score (float) or {label: probability} for each text",
        )

    def _check_fits(self, kind: Gives) -> None:
        """Refuse floats for labels and labels for a score."""
        if self._task is not None:
            if kind == "score":
                refuse_score(self._task, self._source.name)
        elif kind != "score":
            raise ConfigError(
                f"{self._source.name} gives {_WORDS[kind]}, and no task asks for labels",
                where="task",
                hint="add task: {kind: labels, labels: [...], favourable: ...} to the probe set",
            )
        if self._options.scoring not in ("auto", _SCORING[kind]):
            raise ConfigError(
                f"{self._source.name} gives {_WORDS[kind]}",
                where=f"--scoring {self._options.scoring}",
                hint="leave --scoring out",
            )

    def _label(self, name: str | None) -> str | None:
        """Return the task's label for what the function said, or ``None``."""
        labels = self._task.labels if self._task else ()
        mapped = self._options.label_map.get(name, name) if name is not None else None
        return mapped if mapped in labels else None

    def _from_labels(self, answers: tuple[str | None, ...]) -> _Said:
        """Return samples, the share without a label, and what is no label."""
        known = self._said.get(answers)
        if known is not None:
            return known
        samples = tuple(self._label(answer) for answer in answers)
        raw = tuple(
            str(answer)[:_RAW_LENGTH]
            for answer, sample in zip(answers, samples, strict=True)
            if sample is None
        )
        made = samples, samples.count(None) / len(samples), raw
        if len(self._said) < _REMEMBERED:
            self._said[answers] = made
        return made

    def _from_score(self, request: Request, value: float, where: str) -> Prediction:
        """One score, in the declared range."""
        low, high = self._range or (-float("inf"), float("inf"))
        return Prediction(id=request.id, score=check_score(float(value), low, high, where))

    def _from_probabilities(
        self, request: Request, value: Mapping[Any, Any], where: str
    ) -> Prediction:
        """Masses of the labels; the shortfall is on no label."""
        labels = self._task.labels if self._task else ()
        masses = dict.fromkeys(labels, 0.0)
        for name, mass in value.items():
            label = self._label(name)
            if label is None:
                raise ClassifierError(
                    f"the answer gives a probability for {name!r}, which is no label of the task",
                    where=where,
                    hint=f"the labels are {', '.join(labels)}; --label-map renames others",
                )
            if not isinstance(mass, numbers.Real):
                raise ClassifierError(
                    f"the probability of {name!r} is {mass!r}, which is no number",
                    where=where,
                    hint="probabilities are numbers from 0 to 1",
                )
            masses[label] += float(mass)
        probabilities, unparsed = check_masses(masses, where)
        return Prediction(
            id=request.id,
            probabilities=probabilities,
            unparsed=unparsed,
            samples=(most_likely(probabilities, unparsed),),
        )

    def _item(self, place: int) -> str:
        """Name one answer of a batch, for messages."""
        return f"{self._source.name}, answer {place + 1} of its list"


def create(locator: str, task: Task | None, options: ClassifierOptions) -> FunctionClassifier:
    """Load ``python:package.module:function`` or ``python:FILE.py:function``.

    Raises
    ------
    ConfigError
        If the function is not there, or its answers cannot serve the task.
    ClassifierError
        If importing it raises.
    """
    return FunctionClassifier(load_function(locator), task, options)


def _annotated(source: FunctionSource) -> Gives | None:
    """Read what the function returns off its annotation, where it has a clear one."""
    try:
        hints = get_type_hints(source.call)
    except (NameError, TypeError, AttributeError):
        return None
    inner = get_args(hints.get("return"))
    if not inner:
        return None
    item = inner[0]
    if item is str:
        return "label"
    if item in (float, int):
        return "score"
    origin = getattr(item, "__origin__", item)
    is_mapping = isinstance(origin, type) and issubclass(origin, Mapping)
    return "probabilities" if is_mapping else None
