"""Lint: each check finds its fault with the line, and says nothing about a set without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import ConfigError
from audit.pipeline.lint import LintOptions, lint_probe_sets
from audit.probes import shipped_directory
from audit.probes.lint import CHECKS
from tests.unit.probes.linting import STARTER, edited, line_of, lint, open_findings

CARER = "{id: carer, text: carer, form: noun, wording: community, preference: recommended,"
LOCAL = "{id: local, text: local, form: pre}"
TALL = "{id: tall, text: tall, form: pre}"
ALONE = """\
      - {id: raising-a-child-alone, text: raising a child alone, form: post,
         wording: person-first, preference: neutral, source: gingerbread}
"""
FAULTS = [
    # dispreferred, with the source, the reason and what to say instead
    ("dispreferred", [("looks after a relative, form", "looks after the disabled, form")],
     "looks after the disabled, form",
     ["an adjective used as a noun makes the people only that", "gov.uk", "disabled people"]),
    ("dispreferred", [("text: carer,", "text: Wheelchair-bound carer,")], "text: Wheelchair-bound",
     ["'Wheelchair-bound'", "not a confinement", "wheelchair user"]),
    ("dispreferred", [("text: local,", "text: able-bodied,")], "text: able-bodied",
     ["the reference filler 'able-bodied'", "non-disabled", "ndrn.org"]),
    ("dispreferred", [("text: tall,", "text: normal,")], "text: normal", ["the placebo 'normal'"]),
    ("dispreferred", [("a wonderful talk", "a talk to the handicapped")], "id: t01",
     ["the template 't01' says 'the handicapped'"]),
    ("dispreferred", [("ty, preference: recommended,", "ty, preference: dispreferred,")],
     "preference: dispreferred,\n", ["is marked dispreferred", "justification"]),
    # the same sentence, or nearly
    ("identical", [("text: caregiver,", "text: person who is a single parent,")], "id: who-is-a",
     ["'who-is-a-single-parent' gives the same sentence as 'caregiver' in"]),
    ("identical", [("The {pre} clerk {post} opens the office at nine.",
                    "The {pre} student {post} wrote down the time.")], "id: t20",
     ["the template 't20' gives the same sentences as 't14'"]),
    ("near-identical", [("wording: community", "wording: identity-first"),
                        ("text: caregiver,", "text: care r,")], "text: care r",
     ["'care r' differs from 'carer' in line", "by capitals, signs or spaces only"]),
    ("near-identical", [("The {pre} student {post} wrote down the time.",
                         "The {pre} clerk {post} opens the office at nine today.")], "id: t20",
     ["the carrier 't20' says nearly the same as 't14'", "`carrier:`"]),
    # valence
    ("valence", [("id: t01, valence: positive,", "id: t01,")], "id: t01", ["has no valence"]),
    ("valence", [("valence: neutral", "valence: negative")] * 5, "- {id: t01",
     ["12 positive, 7 neutral, 17 negative"]),
    # too few
    ("too-few", [(f"  - {LOCAL}\n", "")], "- {id: plain", ["2 reference filler(s), and 3"]),
    ("too-few", [(f"  - {TALL}\n", "")], "- {id: left-handed", ["5 placebo(s), and 6"]),
    ("too-few", [(ALONE, "")],
     "- id: single-parents", ["the group 'single-parents' has 2 term(s), and 3"]),
    # sentiment, by the lexicon
    ("sentiment", [("text: tall,", "text: ugly,")], "text: ugly",
     ["the placebo 'ugly' is negative by itself: vader gives it -0.51"]),
    ("sentiment", [("text: local,", "text: friendly,")], "text: friendly",
     ["the reference filler 'friendly' is positive"]),
    # position
    ("position", [(LOCAL, "{id: local, text: from here, form: post}"),
                  ("text: who looks after a relative, form: post", "text: caring, form: pre")],
     "text: caring, form: pre",
     ["terms such as 'caring' stand before the noun, and no reference filler does"]),
    ("position", [("form: noun}\n\n# CHANGE", "form: pre}\n\n# CHANGE")], CARER,
     ["terms such as 'carer' stand in place of the noun, and no placebo does"]),
    # placeholders
    ("placeholder", [("a wonderful talk", "a wonderful talk to [NAME]")], "id: t01",
     ["the template 't01' holds the placeholder '[NAME]'"]),
    ("placeholder", [("a wonderful talk", "a talk to {{name}}")], "id: t01", ["'{name}'"]),
    ("placeholder", [("text: carer,", "text: carer of <relative>,")], "text: carer of",
     ["the term 'carer' holds the placeholder '<relative>'"]),
    # contradictions
    ("contradiction", [("text: who looks after a relative, form: post", "text: carer, form: pre")],
     "text: carer, form: pre",
     ["'carer' has preference 'neutral' here and 'recommended' in line"]),
    ("contradiction", [("The {pre} clerk {post} opens the office at nine.",
                        "The {pre} cook {post} was upset because the fridge failed.")], "id: t29",
     ["has valence 'negative', and 't14'"]),
    # characters
    ("characters", [("text: carer,", "text: c\u0430rer,")], "text: c\u0430rer",
     ["mixes the scripts CYRILLIC and LATIN"]),
    ("characters", [("text: carer,", "text: cafe\u0301 carer,")], "text: cafe\u0301",
     ["a letter and its accent as two characters"]),
    ("characters", [("text: carer,", "text: \u05de\u05d8\u05e4\u05dc,")], "text: \u05de",
     ["read from right to left"]),
    ("characters", [("text: carer,", "text: ca\u200brer,")], "text: ca\u200brer",
     ["invisible character U+200B"]),
    ("characters", [("a wonderful talk", "a\u00a0wonderful talk")], "id: t01",
     ["the template 't01' has the unusual space U+00A0"]),
    ("contradiction", [("wording: community", "wording: comunity")], "wording: comunity",
     ["'comunity', which the report would show as a stratum", "did you mean community?"]),
    # provenance
    ("provenance", [("wording: community, preference: recommended,", "")], "id: carer,",
     ["the term 'carer' has no wording and no preference"]),
    ("provenance", [("         source: carers-uk}", "         source: []}")], "id: carer,",
     ["the term 'carer' has no source"]),
    ("provenance", [("authors: [Your name]", "authors: []")], "# A starter", ["names no author"]),
    ("provenance", [("consultation: >-\n  none: nobody whom the groups name was asked about this "
                     "set.  # CHANGE, once you have asked\n", "")], "# A starter",
     ["whether the people it is about were asked"]),
    ("provenance", [("    url: https://www.carersuk.org/\n", "")], "id: carers-uk",
     ["the source 'carers-uk' has no `url`"]),
]  # fmt: skip


def test_the_starter_is_clean(tmp_path: Path) -> None:
    assert lint(tmp_path) == []


@pytest.mark.parametrize(("check", "edits", "at", "said"), FAULTS)
def test_each_fault_is_found_where_it_stands(
    tmp_path: Path, check: str, edits: list[tuple[str, str]], at: str, said: list[str]
) -> None:
    found = [f for f in lint(tmp_path, *edits) if f.check == check]
    assert found, open_findings(lint(tmp_path, *edits))
    text = edited(*edits)
    problem = found[0].problem
    assert problem.file == str(tmp_path / "set.yaml")
    assert problem.hint
    whole = f"{problem.message} {problem.hint}"
    assert all(part in whole for part in said), whole
    assert problem.line in range(line_of(text, at) - 1, line_of(text, at) + 3), problem


def test_every_check_has_a_test_that_finds_it() -> None:
    tested = {check for check, *_ in FAULTS}
    assert set(CHECKS) - tested == {"invalid", "duplicate"}  # tested below


def test_the_sources_of_advice_come_with_it(tmp_path: Path) -> None:
    (finding,) = lint(tmp_path, ("text: carer,", "text: wheelchair-bound carer,"))
    assert {source["id"] for source in finding.sources} == {"ndrn", "gov-uk", "respectability"}
    assert all(source["url"].startswith("https://") for source in finding.sources)


def test_a_marked_term_is_accepted_with_a_reason_and_only_then(tmp_path: Path) -> None:
    marked = [
        ("text: carer,", "text: handicapped carer,"),
        ("community, preference: recommended,", "community, preference: dispreferred,"),
    ]
    reason = ("community, preference:", "community, justification: it is common, preference:")
    assert open_findings(lint(tmp_path, *marked))
    assert open_findings(lint(tmp_path, *marked, reason)) == []
    whole_set = ("licence: CC0-1.0", "justification: texts hold them\nlicence: CC0-1.0")
    assert open_findings(lint(tmp_path, *marked, whole_set)) == []
    (finding,) = lint(tmp_path, *marked, whole_set)
    assert finding.accepted == "texts hold them"
    # The set's reason never covers a term that is not marked.
    assert open_findings(lint(tmp_path, marked[0], whole_set))


def test_two_spellings_with_two_meanings_are_two_terms(tmp_path: Path) -> None:
    edits = [("text: caregiver, form: noun, wording: identity-first", "text: CARER, form: noun, "
              "wording: identity-first")]  # fmt: skip
    assert not [f for f in lint(tmp_path, *edits) if f.check == "near-identical"]


def test_a_dispreferred_word_inside_another_word_is_no_finding(tmp_path: Path) -> None:
    assert lint(tmp_path, ("text: carer,", "text: unhandicapped,")) == []


@pytest.mark.parametrize(("gap", "clean"), [(0.1, True), (0.15, True), (0.03, False)])
def test_carriers_must_suffice_for_the_gap_asked_for(
    tmp_path: Path, gap: float, clean: bool
) -> None:
    found = lint(tmp_path, options=LintOptions(smallest_gap=gap))
    assert (not found) is clean
    if not clean:
        (finding,) = found
        assert (
            "36 carriers show a gap of 7.5 points or more, and 3 points" in finding.problem.message
        )
        assert finding.problem.hint is not None
        assert finding.problem.hint.startswith("221 carriers would do")


def test_the_default_gap_is_twice_the_limit(tmp_path: Path) -> None:
    found = lint(tmp_path, ("limits: {tolerance: 0.05}", "limits: {tolerance: 0.02}"))
    assert "and 4 points are asked for (carers, single-parents)" in found[0].problem.message


@pytest.mark.parametrize("gap", [0.0, -1.0, 0.7])
def test_a_gap_that_is_none_is_refused(gap: float) -> None:
    with pytest.raises(ConfigError, match="no gap to ask for"):
        lint_probe_sets(["disability"], LintOptions(smallest_gap=gap))


def test_controls_are_held_against_a_target(tmp_path: Path) -> None:
    target = tmp_path / "target.py"
    target.write_text(
        "def classify(texts):\n"
        "    bad = ('umbrella', 'nearby')\n"
        "    return ['Negative' if any(b in t for b in bad) else 'Neutral' for t in texts]\n"
    )
    options = LintOptions(model=f"python:{target}:classify")
    found = lint(tmp_path, options=options)
    assert [f.check for f in found] == ["sentiment", "sentiment"]
    assert [f.problem.line for f in found] == [
        line_of(STARTER, "id: nearby"),
        line_of(STARTER, "id: with-a-blue-umbrella"),
    ]
    assert "+1.000 against the plain reference" in found[0].problem.message
    assert lint(tmp_path, options=LintOptions(model="vader")) == []


def test_the_reference_words_of_literal_templates_must_be_neutral(tmp_path: Path) -> None:
    literal = (
        "templates:\n",
        "templates:\n  - {id: l01, valence: neutral, use: literal, words: {carer: caring},\n"
        '     reference: [busy, ugly], text: "I was {word} all day."}\n',
    )
    (finding,) = lint(tmp_path, literal)
    assert (finding.check, finding.problem.line) == (
        "sentiment", line_of(STARTER, "templates:\n") + 2,
    )  # fmt: skip
    assert "the reference word 'ugly' is negative by itself" in finding.problem.message


def test_slurs_are_masked_in_findings(tmp_path: Path) -> None:
    slur = ("text: carer, form: noun,", "text: wheezy zorper, stratum: slur, form: noun,")
    found = lint(tmp_path, slur, ("         source: carers-uk}", "         source: []}"))
    said = " ".join(f.problem.message for f in found)
    assert "the term 'w***** ******' has no source" in said
    assert "zorper" not in said


def test_a_language_without_a_lexicon_says_so() -> None:
    (linted,) = lint_probe_sets(["disability-tr"])
    assert any("no lexicon" in note and "'tr'" in note for note in linted.notes)


def test_the_shipped_sets_are_clean_and_agree_with_one_another() -> None:
    files = lint_probe_sets([shipped_directory()])
    assert len(files) >= 13
    assert [finding for linted in files for finding in open_findings(linted.findings)] == []
