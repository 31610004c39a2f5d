import hashlib
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.classifiers import create_classifier
from audit.errors import AuditError, ClassifierError, ConfigError
from audit.protocols import Classifier
from audit.records import ClassifierOptions, Request, Sampling, Task

REQUESTS = [Request(id=f"v{number}", text=f"text {number}") for number in range(4)]


@pytest.fixture(autouse=True)
def _imports_restored() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith(("audited_", "my_target", "neighbour")):
            del sys.modules[name]


class Target:
    """Writes a file with a function ``f`` and loads it."""

    def __init__(self, folder: Path, task: Task) -> None:
        self.file = folder / "target.py"
        self.task: Task | None = task

    def load(self, code: str, **given: object) -> Classifier:
        self.file.write_text(textwrap.dedent(code), encoding="utf-8")
        options = ClassifierOptions(**given)  # type: ignore[arg-type]
        return create_classifier(f"python:{self.file}:f", self.task, options)

    def fails(self, code: str, **given: object) -> AuditError:
        with pytest.raises(AuditError) as caught:
            self.load(code, **given).predict(REQUESTS)
        assert caught.value.hint
        assert str(self.file.parent) not in str(caught.value)
        return caught.value


@pytest.fixture
def target(tmp_path: Path, task: Task) -> Target:
    return Target(tmp_path, task)


def test_labels_are_one_sample_each(target: Target) -> None:
    classifier = target.load("def f(texts): return ['Negative'] * len(texts)")
    answers = classifier.predict(REQUESTS)
    assert [answer.id for answer in answers] == ["v0", "v1", "v2", "v3"]
    assert {answer.samples for answer in answers} == {("Negative",)}
    assert answers[0].unparsed == 0.0
    assert answers[0].probabilities is None
    assert classifier.info.scoring == "sampled"


def test_what_is_no_label_is_counted_and_kept(target: Target) -> None:
    answers = target.load(
        "def f(texts): return ['positive', 'I cannot judge ' + 'x' * 500, None, 'Positive']"
    ).predict(REQUESTS)
    assert [answer.samples for answer in answers] == [(None,), (None,), (None,), ("Positive",)]
    assert [answer.unparsed for answer in answers] == [1.0, 1.0, 1.0, 0.0]
    assert answers[0].raw == ("positive",)
    assert len(answers[1].raw[0]) == 200
    assert answers[3].raw == ()


def test_probabilities_with_the_shortfall_on_no_label(target: Target) -> None:
    classifier = target.load(
        "def f(texts): return [{'Negative': 0.5, 'Positive': 0.25} for _ in texts]"
    )
    answer = classifier.predict(REQUESTS)[0]
    assert answer.probabilities == {"Positive": 0.25, "Neutral": 0.0, "Negative": 0.5}
    assert answer.unparsed == 0.25
    assert answer.samples == ("Negative",)
    assert classifier.info.scoring == "exact"


def test_numpy_answers_are_welcome(target: Target, score_task: Task) -> None:
    target.task = score_task
    answers = target.load(
        """
        import numpy as np
        def f(texts): return np.linspace(-1, 1, len(texts), dtype=np.float32)
        """
    ).predict(REQUESTS)
    assert [answer.score for answer in answers] == pytest.approx([-1, -1 / 3, 1 / 3, 1])


def test_scores_need_no_task_but_a_range(target: Target) -> None:
    target.task = None
    code = "def f(texts): return [5 for _ in texts]"
    classifier = target.load(code, score_range=(0.0, 10.0))
    assert classifier.predict(REQUESTS)[0].score == 5.0
    assert classifier.info.score_range == (0.0, 10.0)
    assert isinstance(target.fails(code), ConfigError)
    assert isinstance(target.fails(code, score_range=(1.0, 1.0)), ConfigError)


def test_only_a_function_that_says_it_is_random_is_asked_again(target: Target) -> None:
    code = """
        import itertools
        calls = itertools.count()
        def f(texts) -> list[str]:
            return [['Positive', 'Negative', 'no'][next(calls) // 4 % 3] for _ in texts]
        """
    sampling = Sampling(repeats=4)
    assert target.load(code, sampling=sampling).predict(REQUESTS)[0].samples == ("Positive",)
    random = target.load(code + "f.audit_stochastic = True\n", sampling=sampling)
    first = random.predict(REQUESTS)[0]
    assert first.samples == ("Positive", "Negative", None, "Positive")
    assert first.unparsed == 0.25
    assert first.raw == ("no",)


def test_label_map_renames_the_functions_labels(target: Target) -> None:
    answers = target.load(
        "def f(texts): return [{'pos': 0.75, 'neg': 0.25} for _ in texts]",
        label_map={"pos": "Positive", "neg": "Negative"},
    ).predict(REQUESTS)
    assert answers[0].probabilities == {"Positive": 0.75, "Neutral": 0.0, "Negative": 0.25}


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("def f(texts): raise KeyError('gone')", "KeyError: 'gone'"),
        ("def f(texts): return 1 / 0", "division by zero"),
        ("def f(texts): raise SystemExit(0)", "SystemExit"),
        ("def f(texts): return ['Positive']", "4 texts and returned 1 answers"),
        ("def f(texts): return ['Positive'] * 5", "4 texts and returned 5 answers"),
        ("def f(texts): return 'Positive'", "a single str"),
        ("def f(texts): return {'Positive': 1.0}", "a single dict"),
        ("def f(texts): return None", "a single NoneType"),
        ("def f(texts): return [True] * 4", "is a bool"),
        ("def f(texts): return [['Positive']] * 4", "is a list"),
        ("def f(texts): return ['Positive', 'Positive', {'Positive': 1.0}, 'x']", "answers before"),
        ("def f(texts): return [{'Positive': 0.8, 'Negative': 0.8}] * 4", "sum to 1.6"),
        ("def f(texts): return [{'Positive': -0.1}] * 4", "-0.1"),
        ("def f(texts): return [{'Positive': float('nan')}] * 4", "nan"),
        ("def f(texts): return [{'Positive': 'high'}] * 4", "'high'"),
        ("def f(texts): return [{'Other': 0.1}] * 4", "'Other'"),
        ("def f(texts): return [{'Positive': 1.00001}] * 4", "more than 1"),
    ],
)
def test_answers_that_are_no_predictions(target: Target, code: str, what: str) -> None:
    error = target.fails(code)
    assert isinstance(error, ClassifierError)
    assert what in str(error)
    assert "target.py" in str(error)
    assert error.exit_code == 3


@pytest.mark.parametrize(
    ("value", "what"),
    [("float('nan')", "nan"), ("float('-inf')", "-inf"), ("1.5", "outside"), ("-2", "outside")],
)
def test_scores_that_are_no_scores(target: Target, score_task: Task, value: str, what: str) -> None:
    target.task = score_task
    error = target.fails(f"def f(texts): return [0.0, 0.0, {value}, 0.0]")
    assert isinstance(error, ClassifierError)
    assert what in str(error)
    assert "answer 3" in str(error)


def test_rounding_of_a_sum_is_forgiven(target: Target) -> None:
    code = "def f(texts): return [{'Positive': 0.5, 'Negative': 0.5000005}] * 4"
    assert target.load(code).predict(REQUESTS)[0].unparsed == 0.0


def test_raising_names_file_and_line(target: Target) -> None:
    error = target.fails("def g(x):\n    return x[99]\n\ndef f(texts):\n    return g(texts)\n")
    assert "python:target.py:f, line 2" in str(error)


def test_kind_must_stay_the_same_over_batches(target: Target) -> None:
    classifier = target.load(
        "def f(t): return ['Positive'] if len(t) == 1 else [{'Positive': 1.0} for _ in t]"
    )
    classifier.predict(REQUESTS[:1])
    with pytest.raises(ClassifierError, match="answers before"):
        classifier.predict(REQUESTS)


def test_no_texts_ask_nothing(target: Target) -> None:
    assert target.load("def f(texts): raise RuntimeError").predict([]) == []


def test_floats_for_a_labels_task_name_the_score_kind(target: Target) -> None:
    for code in (
        "def f(texts): return [0.5 for _ in texts]",
        "def f(texts: list[str]) -> list[float]: return [0.5 for _ in texts]",
    ):
        error = target.fails(code)
        assert isinstance(error, ConfigError)
        assert "kind: score" in str(error)


def test_labels_for_a_score_task(target: Target, score_task: Task) -> None:
    target.task = score_task
    for answer in ("'Positive'", "{'Positive': 1.0}"):
        assert isinstance(target.fails(f"def f(texts): return [{answer}] * 4"), ConfigError)


def test_annotation_tells_the_scoring_before_the_first_batch(target: Target) -> None:
    expected = {
        "list[str]": "sampled",
        "list[dict[str, float]]": "exact",
        "list['str']": "sampled",
        "list": "exact",  # says nothing, so one text is tried
    }
    for annotation, scoring in expected.items():
        code = f"def f(texts: list) -> {annotation}: return [{{'Positive': 1.0}} for _ in texts]"
        classifier = target.load(code)
        assert classifier.info.scoring == scoring
        classifier.predict(REQUESTS)
        assert classifier.info.scoring == "exact"


def test_a_function_that_knows_the_probe_set_only_is_not_tried_in_vain(target: Target) -> None:
    code = """
        SEEN = {f'text {n}': {'Positive': 1.0} for n in range(4)}
        def f(texts): return [SEEN[text] for text in texts]
        def g(texts): return [SEEN.get(text) for text in texts]
        """
    for content in (code, code.replace("def f", "def h").replace("def g", "def f")):
        classifier = target.load(content)
        assert classifier.info.scoring == "sampled"  # the guess, until the first batch
        assert classifier.predict(REQUESTS)[0].probabilities is not None
        assert classifier.info.scoring == "exact"


def test_asked_scoring_must_be_what_the_function_gives(target: Target) -> None:
    code = "def f(texts): return ['Positive' for _ in texts]"
    assert target.load(code, scoring="sampled").predict(REQUESTS)[0].samples == ("Positive",)
    assert isinstance(target.fails(code, scoring="exact"), ConfigError)


def test_record_holds_the_files_hash_and_no_path(target: Target) -> None:
    info = target.load("def f(texts): return ['Positive' for _ in texts]").info
    assert info.model == "python:target.py:f"
    assert info.fingerprint == hashlib.sha256(target.file.read_bytes()).hexdigest()
    assert str(target.file.parent) not in repr(info)


def test_a_file_can_import_its_neighbour(target: Target) -> None:
    (target.file.parent / "neighbour_words.py").write_text("LABEL = 'Neutral'\n")
    code = """
        from neighbour_words import LABEL
        def f(texts): return [LABEL for _ in texts]
        """
    assert target.load(code).predict(REQUESTS)[0].samples == ("Neutral",)


def test_a_module_of_the_working_directory(
    tmp_path: Path, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "my_target"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "model.py").write_text("def classify(texts): return ['Positive' for _ in texts]\n")
    monkeypatch.chdir(tmp_path)
    classifier = create_classifier("python:my_target.model:classify", task, ClassifierOptions())
    assert classifier.info.model == "python:my_target.model:classify"
    assert classifier.predict(REQUESTS)[0].samples == ("Positive",)


@pytest.mark.parametrize(
    ("locator", "what"),
    [
        ("{file}", "which function"),
        (":f", "which function"),
        ("{folder}/nothing.py:f", "no such file"),
        ("no_such_module_here:f", "no module"),
        ("no_such_module_here.sub:f", "no module"),
        ("{file}:clasify", "did you mean 'classify'"),
        ("{file}:zzz", "it has: classify"),
        ("{file}:NUMBER", "is no function"),
    ],
)
def test_functions_that_are_not_there(target: Target, locator: str, what: str) -> None:
    target.file.write_text("NUMBER = 3\ndef classify(texts): return texts\n")
    spec = "python:" + locator.format(file=target.file, folder=target.file.parent)
    with pytest.raises(ConfigError, match=what):
        create_classifier(spec, target.task, ClassifierOptions())


@pytest.mark.parametrize(
    "code", ["1 / 0", "def f(:", "raise SystemExit(3)", "import no_such_thing"]
)
def test_a_file_that_cannot_be_imported(target: Target, code: str) -> None:
    error = target.fails(code)
    assert isinstance(error, ClassifierError)
    assert "importing it raised" in str(error)
    assert "target.py" in str(error)


def test_a_module_that_cannot_be_imported(
    tmp_path: Path, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_target_broken.py").write_text("raise ValueError('no')\n")
    monkeypatch.chdir(tmp_path)
    for spec in ("python:my_target_broken:f", "python:my_target_broken.sub:f"):
        with pytest.raises(ClassifierError, match="importing it raised ValueError: no"):
            create_classifier(spec, task, ClassifierOptions())
