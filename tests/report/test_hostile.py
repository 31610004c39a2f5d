"""Text from outside is data: it can neither run, nor hide, nor move anything."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.report import build_report, render_html, render_markdown, render_text
from audit.report.diff import word_diff
from audit.report.inert import inert
from tests.report.fixtures import compared, evidence, pair, results_gap, signoff

ATTACKS = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "svg": "<svg/onload=alert(1)>",
    "style": "</style><style>body{display:none}</style>",
    "template": "{{ 7*7 }}{% raw %}",
    "override": "abc\u202edef\u2066x",
    "escape": "\x1b[2J\x1b]0;owned\x07",
    "nul": "a\x00b",
    "surrogate": "a\ud800b",
    "lines": "a\nb\r\u2028c",
    "zalgo": "a" + "\u0301" * 400,
    "long": "x" * 100_000,
    "markdown": "| [x](javascript:alert(1)) <b>@everyone</b>",
    "private": "a\ue0000\ue000b",
}


def attacked(text: str) -> tuple[dict[str, Any], Any]:
    """Return results and evidence with the text in every place that takes text."""
    results = results_gap()
    for group in results["groups"][:2]:
        group["label"] = text
    for row in (*results["terms"][:4], *results["placebos"]):
        row["text"] = row["wording"] = text
    results["spec"]["model"] = results["spec"]["revision"] = text
    results["spec"]["settings"] = {text: text}
    results["probe"].update(
        name=text, attribute=text, authors=[text], consultation=text, licence=text,
        review_date=text, language=text, sources=[{"title": text}],
    )  # fmt: skip
    results["outcome"]["unfavourable"] = [text]
    results["overall"]["counts_by_label"] = {text: 4}
    results["overall"]["transitions"][0]["to"] = text
    results["not_tested"].append({"what": text, "why": text})
    results["warnings"].append({"code": text, "message": text, "where": text})
    results["strata"][0]["value"] = text
    results["overrides"][0]["reason"] = text
    results["reference_sensitivity"][0]["filler"] = text
    results["run_id"] = text
    results["comparison"] = {
        **compared()["comparison"],
        "baseline_run_id": text,
        "changed_terms": [{"group": "blind", "label": text, "answers_changed": 1}],
        "notes": [text],
    }
    pairs = [pair(1, "psychosis", 0.5, text=text, reference_text=text + " x")]
    return results, evidence(
        prompt=text + "{text}" + text, notes=(text,), pairs=pairs, signoff=signoff(text)
    )


class _Tags(HTMLParser):
    """Collects tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


def tags(page: str) -> _Tags:
    parser = _Tags()
    parser.feed(page)
    return parser


CLEAN = tags(render_html(build_report(compared(), evidence(signoff=signoff()))))


@pytest.mark.parametrize("name", ATTACKS)
def test_hostile_text_adds_no_markup_to_the_page(name: str) -> None:
    page = render_html(build_report(*attacked(ATTACKS[name])))
    page.encode("utf-8")
    found = tags(page)
    assert found.seen <= CLEAN.seen | {"span", "del", "pre"}
    assert found.attributes <= CLEAN.attributes
    assert _invisible(page.replace("\n", "")) == set()


@pytest.mark.parametrize("name", ATTACKS)
def test_hostile_text_cannot_write_to_a_terminal(name: str) -> None:
    report = build_report(*attacked(ATTACKS[name]))
    for text in (
        render_text(report, width=100),
        render_text(report, width=60, ascii=True),
        render_text(report, plain=True),
        render_markdown(report),
    ):
        assert _invisible(text.replace("\n", "")) == set()


@pytest.mark.parametrize("name", ATTACKS)
def test_hostile_text_does_not_blow_up_the_page(name: str) -> None:
    assert len(render_html(build_report(*attacked(ATTACKS[name])))) < 300_000


def test_markdown_neither_formats_nor_links_nor_mentions() -> None:
    text = render_markdown(build_report(*attacked(ATTACKS["markdown"])))
    assert not re.search(r"(?<!\\)[<>@\[]", text.replace("\n> ", "\n"))


def test_what_is_hidden_becomes_visible() -> None:
    assert inert("a\u202eb") == "a⟨U+202E⟩b"
    assert inert("a\x00\ud800") == "a⟨U+0000⟩⟨U+D800⟩"
    assert inert("a\nb") == "a↵b"
    assert inert("a\nb", lines=True) == "a\nb"
    assert inert("x" * 400, limit=10) == "x" * 10 + "… (+390)"


def test_joiners_that_scripts_need_stay() -> None:
    assert inert("می\u200cخواهم 👩\u200d🦽") == "می\u200cخواهم 👩\u200d🦽"


@given(st.text(alphabet=st.characters(codec=None), max_size=80))
def test_inert_text_holds_nothing_invisible(text: str) -> None:
    clean = inert(text)
    clean.encode("utf-8")
    assert _invisible(clean) == set()


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_diff_loses_no_word(left: str, right: str) -> None:
    before, after = word_diff(left, right)
    assert "".join(word.text for word in before) == inert(left)
    assert "".join(word.text for word in after) == inert(right)
    same = ["".join(w.text for w in side if not w.changed).split() for side in (before, after)]
    assert "".join(same[0]) == "".join(same[1])


def test_long_texts_are_shown_where_they_differ() -> None:
    left, right = word_diff("a " * 50_000 + "one end", "a " * 50_000 + "two end")
    assert sum(len(word.text) for word in right) < 400
    assert [word.text for word in left if word.changed] == ["one"]
    assert [word.text for word in right if word.changed] == ["two"]


def _invisible(text: str) -> set[str]:
    """Return characters that hide, move or control."""
    kept = "\u200c\u200d\t"
    return {
        hex(ord(sign))
        for sign in text
        if sign not in kept
        and (unicodedata.category(sign) in {"Cc", "Cs"} or sign in "\u202e\u2066\u2028\u200b\ufeff")
    }
