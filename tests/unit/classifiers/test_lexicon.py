import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import vaderSentiment

from audit.classifiers import create_classifier, lexicon
from audit.errors import ConfigError, MissingExtraError
from audit.records import ClassifierOptions, Request, Task

LABELS = Task(labels=("Positive", "Neutral", "Negative"), favourable="Positive")


def ask(target: str, text: str, task: Task | None, **given: object) -> object:
    classifier = create_classifier(target, task, ClassifierOptions(**given))  # type: ignore[arg-type]
    return classifier.predict([Request(id="v", text=text)])[0]


def test_vader_gives_its_compound_score(score_task: Task) -> None:
    # compound of "VADER is smart, handsome, and funny." in the lexicon's own documentation
    text = "VADER is smart, handsome, and funny."
    for task in (score_task, None):
        answer = ask("vader", text, task)
        assert answer.score == 0.8316
        assert answer.samples == ("Positive",)
        assert answer.probabilities is None


def test_textblob_gives_its_polarity(score_task: Task) -> None:
    assert ask("textblob", "What a terrible day.", score_task).score == -1.0


@pytest.mark.parametrize(
    ("target", "text", "label"),
    [
        ("vader", "I am happy.", "Positive"),
        ("vader", "I am sad.", "Negative"),
        ("vader", "I am here.", "Neutral"),
        ("vader", "", "Neutral"),
        ("textblob", "I am happy.", "Positive"),
        ("textblob", "I am sad.", "Negative"),
        ("textblob", "I am here.", "Neutral"),
    ],
)
def test_labels_by_the_thresholds(target: str, text: str, label: str) -> None:
    answer = ask(target, text, LABELS)
    assert answer.samples == (label,)
    assert answer.probabilities == {name: float(name == label) for name in LABELS.labels}
    assert answer.unparsed == 0.0
    assert answer.score is None


@pytest.mark.parametrize(
    ("score", "label"),
    [(0.05, "Positive"), (0.0499, "Neutral"), (-0.0499, "Neutral"), (-0.05, "Negative")],
)
def test_vader_thresholds_include_their_ends(score: float, label: str) -> None:
    assert lexicon._side(score, lexicon.VADER_THRESHOLD, inclusive=True) == label


def test_textblob_is_neutral_at_zero_only() -> None:
    found = [lexicon._side(score, 0.0, inclusive=False) for score in (1e-9, 0.0, -1e-9)]
    assert found == ["Positive", "Neutral", "Negative"]


def test_label_names_by_case_or_by_map() -> None:
    lower = replace(LABELS, labels=("negative", "neutral", "positive"))
    assert ask("vader", "I am happy.", lower).samples == ("positive",)
    other = replace(LABELS, labels=("good", "so-so", "bad"))
    named = {"Positive": "good", "Neutral": "so-so", "Negative": "bad"}
    assert ask("vader", "I am sad.", other, label_map=named).samples == ("bad",)


@pytest.mark.parametrize("labels", [("Positive", "Negative"), ("toxic", "fine")])
def test_other_labels_are_an_error_that_names_the_score(labels: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="kind: score"):
        ask("vader", "x", replace(LABELS, labels=labels))


def test_sampling_and_a_narrow_range_are_refused(score_task: Task) -> None:
    with pytest.raises(ConfigError, match="nothing to sample"):
        ask("vader", "x", LABELS, scoring="sampled")
    with pytest.raises(ConfigError, match="declared range"):
        ask("textblob", "x", replace(score_task, range=(0.0, 1.0)))


def test_record_names_lexicon_range_and_version(score_task: Task) -> None:
    info = create_classifier("vader", score_task, ClassifierOptions()).info
    assert (info.model, info.scoring, info.score_range) == ("vader", "score", (-1.0, 1.0))
    file = Path(vaderSentiment.__file__).parent / "vader_lexicon.txt"
    assert info.fingerprint == hashlib.sha256(file.read_bytes()).hexdigest()
    assert set(info.versions) == {"vaderSentiment"}
    assert create_classifier("textblob", LABELS, ClassifierOptions()).info.scoring == "exact"


def test_missing_textblob_prints_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'audit\[textblob\]'") as caught:
        ask("textblob", "x", LABELS)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("create", [lexicon.create_vader, lexicon.create_textblob])
def test_factories_take_no_locator(create: object) -> None:
    with pytest.raises(ConfigError):
        create("x", LABELS, ClassifierOptions())  # type: ignore[operator]
