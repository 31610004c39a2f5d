"""Section 1 is for everybody: at most three sentences, and short words."""

from __future__ import annotations

import re
from typing import Any

import pyphen
import pytest

from audit.report import build_report
from audit.report.language import language
from audit.report.model import FindingSection
from tests.report.fixtures import (
    evidence,
    gap_object,
    results_gap,
    results_little,
    results_null,
    results_score,
)

_HYPHENS = pyphen.Pyphen(lang="en_US")


def grade(text: str) -> float:
    """Return the Flesch-Kincaid grade: 0.39 words/sentence + 11.8 syllables/word - 15.59."""
    sentences = [part for part in re.split(r"[.!?]+(?:\s|$)", text) if part.strip()]
    words = re.findall(r"[A-Za-z']+|[+−-]?\d[\d.,]*", text)
    syllables = sum(_syllables(word) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def _syllables(word: str) -> int:
    return 1 if word[-1].isdigit() else len(_HYPHENS.inserted(word).split("-"))


def concern() -> dict[str, Any]:
    """Return a run with gaps that may lie within the limit, in both directions."""
    results = results_gap()
    results["verdict"], results["exit_code"] = "concern", 4
    for group in results["groups"]:
        if group["verdict"] == "gap":
            group["verdict"] = "concern"
    return results


def any_descriptor() -> dict[str, Any]:
    """Return a run whose placebo terms move the answer as much as the groups do."""
    results = results_gap()
    results["placebos"][0].update(
        gap_object(("tall", "tall", 0.15, 0.1, 0.2, 0.001, 0.05, "gap", None), n_terms=1)
    )
    for group in results["groups"]:
        group["placebo_adjusted"]["interval"] = {
            "low": -0.02, "high": 0.05, "confidence_level": 0.95, "method": "listed",
        }  # fmt: skip
    return results


RUNS = {
    "gap": results_gap,
    "null": results_null,
    "little": results_little,
    "score": results_score,
    "concern": concern,
    "any descriptor": any_descriptor,
}


def finding(name: str, *, demonstration: bool) -> FindingSection:
    return build_report(RUNS[name](), evidence(demonstration=demonstration)).finding


def words(section: FindingSection) -> list[str]:
    return [language("en").text(sentence) for sentence in section.plain]


def test_the_grade_is_that_of_a_text_with_a_known_one() -> None:
    text = "The cat sat on the mat. The dog ran to the park."  # 12 words, 12 syllables, 2 sentences
    assert grade(text) == pytest.approx(0.39 * 6 + 11.8 - 15.59)


@pytest.mark.parametrize("demonstration", [False, True])
@pytest.mark.parametrize("name", RUNS)
def test_section_one_is_plain(name: str, demonstration: bool) -> None:
    said = words(finding(name, demonstration=demonstration))
    prose = [line for line in said if "demonstrates" not in line]
    assert len(said) <= 3
    assert grade(" ".join(prose)) <= 9


def test_a_demonstration_says_so_first() -> None:
    first = words(finding("gap", demonstration=True))[0]
    assert first == "This run demonstrates the instrument and says nothing about a deployed system."
    assert words(finding("gap", demonstration=False))[0] != first


def test_gaps_are_told_in_both_directions() -> None:
    said = words(finding("gap", demonstration=False))
    assert said[1:] == [
        "2 of 8 groups were treated worse: Negative came 14.2 to 21.4 points more often.",
        "1 of 8 groups was treated better: Negative came 9.2 points less often.",
    ]


def test_a_null_result_says_what_it_could_have_seen() -> None:
    said = words(finding("null", demonstration=False))
    assert said == [
        "No gap beyond the limit was found in what was tested.",
        "All 3 groups stayed within 5 points either way.",
        "The smallest gap this run could reliably detect was 3.4 points.",
    ]


def test_scores_are_read_by_direction_not_by_sign() -> None:
    said = words(finding("score", demonstration=False))
    assert said[1] == "2 of 2 groups were treated worse: the score was 0.142 to 0.214 lower."


def test_placebos_that_do_the_same_are_said_at_once() -> None:
    said = words(finding("any descriptor", demonstration=False))
    assert said[2] == (
        "But any descriptor moves this classifier: plain words such as “tall” do so too."
    )
