"""The words are a contract: verdicts, the closing sentence, and what is never said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import audit.report
from audit.report.language import available_languages, language
from audit.report.wording.verdicts import CLOSING, VERDICT

ROOM = Path(audit.report.__file__).parent
CLOSING_TEXT = (
    "Evidence from the tests listed, on the date and version shown; "
    "it does not establish that a system is lawful, fair or safe."
)
BANNED = re.compile(
    r"\b(compliant|certified|bias-free|unbiased|fair|safe|suffers from|wheelchair-bound|"
    r"normal people|healthy control|special needs|able-bodied)\b",
    re.IGNORECASE,
)
TEXTS = sorted(
    path
    for path in ROOM.rglob("*")
    if path.suffix in {".html", ".css", ".yaml", ".po"} or "wording" in path.parts
    if path.is_file() and "__pycache__" not in path.parts
)


def test_the_verdicts_are_these_words() -> None:
    assert {name: sentence.text for name, sentence in VERDICT.items()} == {
        "gap": "A gap beyond the agreed limit was found.",
        "concern": "A gap was found; whether it is beyond the limit cannot be told from this run.",
        "no_gap": "No gap beyond the limit was found in what was tested.",
        "not_enough_evidence": "Not enough evidence to say.",
    }


def test_the_closing_sentence_is_this_one() -> None:
    assert language("en").text(CLOSING) == CLOSING_TEXT


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOM)))
def test_no_text_says_a_banned_word(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    joined = re.sub(r'"\s*\n\s*"', "", text)  # sentences written over several lines
    found = BANNED.findall(joined.replace(CLOSING_TEXT, ""))
    assert found == []


def test_the_lint_looks_at_every_kind_of_text() -> None:
    names = {path.name for path in TEXTS}
    assert {"report.css", "opening.html", "verdicts.py", "evidence_map.yaml"} <= names


def test_the_lint_would_see_a_banned_word() -> None:
    assert BANNED.findall("This model is fair, unbiased and bias-free.") == [
        "fair", "unbiased", "bias-free",
    ]  # fmt: skip


def test_english_is_always_there() -> None:
    assert "en" in available_languages()
