"""The lexicon classifiers: VADER and TextBlob, as a score or as labels by fixed thresholds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from audit.classifiers.kinds import refuse_sampling
from audit.classifiers.match_labels import match_labels
from audit.errors import ConfigError, MissingExtraError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Task

SCORE_RANGE = (-1.0, 1.0)
NAMES = ("Positive", "Neutral", "Negative")
VADER_THRESHOLD = 0.05
_PUNCTUATION = ".,:;!?\"'()[]"


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """One lexicon: its package, the file that decides, and its score of a text."""

    name: str
    package: str
    file: str
    score: Callable[[str], float]
    label: Callable[[float], str]
    thresholds: str
    entry: Callable[[str], float | None]


class LexiconClassifier:
    """Scores texts by a lexicon; a label is the score's side of the thresholds.

    Parameters
    ----------
    lexicon : _Lexicon
        Where scores come from.
    task : Task or None
        ``None`` and ``kind='score'`` give the raw score in [-1, 1], beside the label; ``labels``
        gives all mass to one label.
    options : ClassifierOptions
        ``label_map`` where the task's labels have other names.

    Raises
    ------
    ConfigError
        If the task's labels are not Positive, Neutral and Negative, its range does not hold
        [-1, 1], or sampling was asked for.
    """

    batch_size = 256

    def __init__(self, lexicon: _Lexicon, task: Task | None, options: ClassifierOptions) -> None:
        refuse_sampling(options, lexicon.name)
        self._lexicon = lexicon
        self._labels: tuple[str, ...] = ()
        self._names = dict(zip(NAMES, NAMES, strict=True))
        if task is not None and task.kind == "labels":
            self._labels = task.labels
            self._names = match_labels(
                NAMES,
                task.labels,
                options.label_map,
                target=lexicon.name,
                ignore_case=True,
                hint="use these three labels, or task: {kind: score, range: [-1, 1], "
                "favourable: high}",
            )
        else:
            _check_range(lexicon.name, task, options)
        self.info = ClassifierInfo(
            model=lexicon.name,
            scoring="exact" if self._labels else "score",
            fingerprint=_file_sha256(lexicon.package, lexicon.file),
            score_range=SCORE_RANGE,
            versions={lexicon.package: version(lexicon.package)},
            settings={"thresholds": lexicon.thresholds},
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Answer every request, in order."""
        return [self._predict(request) for request in requests]

    def knows(self, terms: Sequence[str]) -> dict[str, dict[str, float]]:
        """Return the lexicon's own entries for the words of each term.

        Parameters
        ----------
        terms : sequence of str
            Terms of a probe set.

        Returns
        -------
        dict of term to (dict of word to entry)
            The entry's value in the lexicon's own unit. A term without any entry moves the score
            by its length and place at most: no gap then says that the word is unknown.
        """
        return {
            term: {
                word: value
                for word in dict.fromkeys(_words(term))
                if (value := self._lexicon.entry(word)) is not None
            }
            for term in terms
        }

    def _predict(self, request: Request) -> Prediction:
        """One text's score, or all mass on the label its score falls to."""
        score = self._lexicon.score(request.text)
        label = self._names[self._lexicon.label(score)]
        if not self._labels:
            return Prediction(id=request.id, score=score, samples=(label,))
        return Prediction(
            id=request.id,
            probabilities={name: float(name == label) for name in self._labels},
            unparsed=0.0,
            samples=(label,),
        )


def create_vader(locator: str, task: Task | None, options: ClassifierOptions) -> LexiconClassifier:
    """Load VADER: the compound score, labels at its published thresholds of 0.05 and -0.05.

    Raises
    ------
    ConfigError
        If the task does not fit; see `LexiconClassifier`.
    """
    _refuse_locator("vader", locator)
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    return LexiconClassifier(
        _Lexicon(
            "vader",
            "vaderSentiment",
            "vader_lexicon.txt",
            lambda text: float(analyser.polarity_scores(text)["compound"]),
            lambda score: _side(score, VADER_THRESHOLD, inclusive=True),
            "Positive at 0.05 or more, Negative at -0.05 or less",
            analyser.lexicon.get,
        ),
        task,
        options,
    )


def create_textblob(
    locator: str, task: Task | None, options: ClassifierOptions
) -> LexiconClassifier:
    """Load TextBlob: the polarity, labels by its sign.

    Raises
    ------
    MissingExtraError
        If textblob is not installed.
    ConfigError
        If the task does not fit; see `LexiconClassifier`.
    """
    _refuse_locator("textblob", locator)
    if find_spec("textblob") is None:
        raise MissingExtraError("textblob", "textblob", "textblob")
    from textblob import TextBlob

    return LexiconClassifier(
        _Lexicon(
            "textblob",
            "textblob",
            "en/en-sentiment.xml",
            lambda text: float(TextBlob(text).sentiment.polarity),
            lambda score: _side(score, 0.0, inclusive=False),
            "Positive above 0, Negative below 0",
            _textblob_entry,
        ),
        task,
        options,
    )


def _textblob_entry(word: str) -> float | None:
    """Return the polarity that TextBlob's lexicon has for a word."""
    from textblob.en import sentiment

    if not sentiment:
        sentiment.load()
    found = sentiment.get(word)
    return None if found is None else float(found[None][0])


def _words(term: str) -> list[str]:
    """Split a term as the lexicons do: at spaces, without punctuation at the edges."""
    return [word for part in term.lower().split() if (word := part.strip(_PUNCTUATION))]


def _side(score: float, threshold: float, *, inclusive: bool) -> str:
    """Return which of the three labels a score falls to."""
    if score > threshold or (inclusive and score == threshold):
        return "Positive"
    if score < -threshold or (inclusive and score == -threshold):
        return "Negative"
    return "Neutral"


def _refuse_locator(name: str, locator: str) -> None:
    """Refuse ``vader:something``."""
    if locator:
        raise ConfigError(
            f"{name} takes nothing after its name",
            where=f"--model {name}:{locator}",
            hint=f"write --model {name}",
        )


def _check_range(name: str, task: Task | None, options: ClassifierOptions) -> None:
    """Refuse a declared range that the lexicon's scores would leave."""
    declared = options.score_range or (task.range if task is not None else None)
    if declared is not None and not (
        declared[0] <= SCORE_RANGE[0] and SCORE_RANGE[1] <= declared[1]
    ):
        raise ConfigError(
            f"{name} scores lie in [-1, 1], and the declared range is "
            f"[{declared[0]:g}, {declared[1]:g}]",
            where="task.range",
            hint="write range: [-1, 1]",
        )


def _file_sha256(package: str, file: str) -> str | None:
    """Hash the lexicon's own file, found without importing the package again."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    return hashlib.sha256((Path(spec.origin).parent / file).read_bytes()).hexdigest()
