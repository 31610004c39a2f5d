"""Another language is a catalogue: complete, with the same values, and a page that says so."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import audit.report
from audit.report import (
    available_languages,
    build_report,
    render_html,
    render_markdown,
    render_pages,
    render_text,
)
from audit.report.language import Language, language
from audit.report.message import Amount, Day, Listing, Share, Span, Tongue, say, say_n
from tests.report.fixtures import evidence, results_gap, results_score

ROOM = Path(audit.report.__file__).parent
OTHERS = [tag for tag in available_languages() if tag != "en"]


def messages() -> set[str]:
    """Return every message of the room, by its singular."""
    found = extract_from_dir(
        ROOM,
        method_map=[("**.py", "python")],
        keywords={"say": None, "say_n": (1, 2)},
    )
    return {each[2] if isinstance(each[2], str) else each[2][0] for each in found}


def originals(message: Message) -> list[str]:
    """Return the English forms of a catalogue entry."""
    return [message.id] if isinstance(message.id, str) else list(message.id)


def strings(message: Message) -> list[str]:
    """Return the translated forms of a catalogue entry."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def names(message: str) -> set[str]:
    """Return the names of a message's values."""
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


@pytest.mark.parametrize("tag", OTHERS)
def test_a_catalogue_has_every_message_and_none_besides(tag: str) -> None:
    path = ROOM / "locale" / tag / "LC_MESSAGES" / "report.po"
    catalogue = read_po(BytesIO(path.read_bytes()), locale=tag)
    translated = {
        originals(message)[0]
        for message in catalogue
        if message.id and all(strings(message)) and not message.fuzzy
    }
    assert translated == messages()


@pytest.mark.parametrize("tag", OTHERS)
def test_a_translation_has_the_values_of_its_message(tag: str) -> None:
    path = ROOM / "locale" / tag / "LC_MESSAGES" / "report.po"
    for message in read_po(BytesIO(path.read_bytes()), locale=tag):
        if not message.id:
            continue
        expected = set().union(*map(names, originals(message)))
        for string in strings(message):
            assert names(string) == expected, message.id


def test_japanese_is_there() -> None:
    assert "ja" in OTHERS


def test_a_japanese_page_is_japanese_and_marks_what_is_not() -> None:
    page = render_html(build_report(results_gap(), evidence()), lang="ja")
    assert '<html lang="ja" dir="ltr">' in page
    assert "合意した限度を超える差が見つかりました。" in page
    assert '<th scope=row lang="en">People with psychosis<small lang="ja">' in page
    assert "2026年11月21日" in page
    body = re.sub(r'<(\w+)[^>]*lang="en"[^>]*>.*?(?=<)', "", page.split("</style>")[1])
    for words in ("Gaps by group", "not available", "Verdict", "Steadiness", "points"):
        assert words not in body


@pytest.mark.parametrize("tag", OTHERS)
def test_every_form_of_a_report_speaks_the_language(tag: str) -> None:
    for results in (results_gap(), results_score()):
        report = build_report(results, evidence())
        lead = language(tag).text(report.finding.lead)
        assert lead in render_text(report, lang=tag)
        assert lead in render_markdown(report, lang=tag)
        assert render_html(report, lang=tag) == render_html(report, lang=tag)


def test_pages_in_another_language_stand_beside_the_english_ones() -> None:
    pages = render_pages(build_report(results_gap(), evidence()), lang="ja", limit=50_000)
    assert next(iter(pages)) == "index.ja.html"
    assert 'href="terms-1-1.ja.html"' in pages["index.ja.html"]
    assert 'href="index.ja.html#g-psychosis"' in pages["terms-1-1.ja.html"]


@pytest.mark.parametrize(
    ("value", "english", "japanese"),
    [
        (Amount(-0.214), "−21.4 points", "−21.4ポイント"),
        (Amount(0.05, signed=False, brief=True), "5 points", "5ポイント"),
        (Amount(0.1234, "score"), "+0.123", "+0.123"),
        (Amount(None), "not available", "値なし"),
        (Amount(0.0), "0.0 points", "0.0ポイント"),
        (Span(-0.1, 0.2), "−10.0 to +20.0", "−10.0～+20.0"),
        (Share(0.163), "16%", "16%"),
        (Day("2026-11-21T04:00:00Z"), "21 November 2026", "2026年11月21日"),
        (Day("soon"), "soon", "soon"),
        (Tongue("ja"), "Japanese", "日本語"),
        (Tongue("xx-none"), "xx-none", "xx-none"),
        (Listing(("a", "b", "c")), "a, b and c", "a、b、c"),
        (12345, "12,345", "12,345"),
        (say("{label} more often", label="Negative"), "Negative more often", "Negativeが多い"),
        (say_n("{n} item", "{n} items", 1), "1 item", "1件"),
        (say_n("{n} item", "{n} items", 2.5), "2.5 items", "2.5件"),
    ],
)
def test_values_are_written_as_a_language_writes_them(
    value: object, english: str, japanese: str
) -> None:
    assert language("en").text(value) == english  # type: ignore[arg-type]
    assert language("ja").text(value) == japanese  # type: ignore[arg-type]


def test_braces_of_a_value_are_text() -> None:
    english: Language = language("en")
    assert english.text(say("{label} more often", label="{n}{0}")) == "{n}{0} more often"
