import subprocess
import sys

import pytest

from audit.classifiers import create_classifier, list_schemes
from audit.errors import ClassifierError, ConfigError
from audit.records import ClassifierOptions, Task


def test_lists_every_entry_point_with_what_it_needs() -> None:
    rows = {row.name: row for row in list_schemes()}
    assert {"reference", "causal", "classifier", "vader", "textblob", "python", "recorded"} <= set(
        rows
    )
    assert all(row.audits and row.needs for row in rows.values())
    assert rows["vader"].installed
    assert rows["causal"].spec == "causal:ID_OR_PATH"


def test_listing_imports_no_model_library() -> None:
    code = (
        "import sys; from audit.classifiers import list_schemes; list_schemes();"
        "heavy = {'torch', 'transformers', 'numpy', 'textblob'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("vadr", "did you mean 'vader'"),
        ("casual:gpt2", "did you mean 'causal'"),
        ("EleutherAI/gpt-neo-125m", "causal:EleutherAI/gpt-neo-125m"),
        ("openapi:x", "targets are: causal, classifier"),
        ("", "targets are"),
    ],
)
def test_unknown_target_says_which_there_are(spec: str, hint: str, task: Task) -> None:
    with pytest.raises(ConfigError) as caught:
        create_classifier(spec, task, ClassifierOptions())
    assert hint in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("causal:", "causal:ID_OR_PATH"),
        ("recorded", "recorded:FILE"),
        ("vader:x", "write --model vader"),
        ("reference:x", "write --model reference"),
    ],
)
def test_locator_missing_or_too_much(spec: str, hint: str, task: Task) -> None:
    with pytest.raises(ConfigError) as caught:
        create_classifier(spec, task, ClassifierOptions())
    assert hint in str(caught.value)


def test_target_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch, task: Task) -> None:
    from importlib.metadata import EntryPoint

    from audit.classifiers import registry

    broken = EntryPoint("mine", "no_such_package:create", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [broken])
    with pytest.raises(ClassifierError, match="no_such_package"):
        create_classifier("mine:x", task, ClassifierOptions())
    assert [(row.name, row.installed) for row in list_schemes()] == [("mine", True)]


@pytest.mark.parametrize("spec", ["vader", "textblob", "reference", None])
@pytest.mark.parametrize("language", ["es", "ja", "tr-TR"])
def test_a_target_that_knows_no_word_of_the_language_is_refused(
    spec: str | None, language: str, task: Task
) -> None:
    with pytest.raises(ConfigError, match="the language does not match") as caught:
        create_classifier(spec, task, ClassifierOptions(), language=language)
    assert language in caught.value.what
    assert caught.value.exit_code == 2


def test_other_english_is_english() -> None:
    task = Task(kind="score", range=(-1, 1), favourable_end="high")
    assert create_classifier("vader", task, ClassifierOptions(), language="en-GB").info.score_range
