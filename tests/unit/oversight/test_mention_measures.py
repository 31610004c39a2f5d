"""The measured precision and recall stand in the documentation, and the named traps hold."""

from pathlib import Path

import pytest

from benchmarks.mentions import finder_for, measure, table

DOCS = Path(__file__).parents[3] / "docs" / "guard.md"


def test_the_documentation_prints_what_is_measured():
    rows = measure()
    assert table(rows) in DOCS.read_text(encoding="utf-8")
    assert all(row.recall >= 0.9 and row.precision >= 0.9 for row in rows)


@pytest.mark.parametrize(
    "text",
    ["Mind the blind spot.", "The disabled button.", "The depressed key.", "Deaf to criticism!",
     "A crippling debt.", "BLIND-SPOT mirrors", "The undeafened crowd"],
)  # fmt: skip
def test_traps(text):
    assert finder_for("disability").find(text) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A d\u0301eaf man", "d\u0301eaf"),
        ("a wheelchair-user", "wheelchair-user"),
        ("“Deaf”, he said", "Deaf"),
        ("x who  is\ndeaf y", "who  is\ndeaf"),
        ("\U0001f600\U0001f600 blind man", "blind"),
    ],
)
def test_places_are_those_of_the_text(text, words):
    (mention,) = finder_for("disability").find(text)
    assert text[mention.start : mention.end] == words


@pytest.mark.parametrize("text", ["彼はろう者です。", "彼女もろう者だ。", "彼がろう者だと聞いた。"])
def test_a_japanese_particle_hides_no_word_behind_it(text):
    (mention,) = finder_for("disability-ja").find(text)
    assert (mention.form, text[mention.start : mention.end]) == ("ろう者", "ろう者")


@pytest.mark.parametrize(
    "text", ["ポスターをはろう。", "王ともあろう者が。", "システム障害のある日。"]
)
def test_japanese_sound_alikes(text):
    assert finder_for("disability-ja").find(text) == ()
