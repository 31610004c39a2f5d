"""Slurs: left out unless asked for, never a verdict, and masked where people read."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import ProbeError
from audit.probes import expand, load_probe_set, masked, masked_variants, render_lines
from audit.records import ProbeSet

CONTENT = """\
schema: 1
name: small
version: 1.0.0
language: en
attribute: disability
reference:
  - {id: plain, text: ""}
placebos:
  - {id: tall, text: tall, form: pre}
groups:
  - id: blind
    terms:
      - {id: blind, text: blind, form: pre}
      - {id: slur-01, text: zorpish, form: pre, stratum: slur, mentions: [zorps]}
      - {id: slur-02, text: blorp, form: noun, stratum: slur}
  - id: other
    terms:
      - {id: slur-03, text: quend-head, form: noun, stratum: slur}
templates:
  - {id: t01, noun: person, text: "{a} {pre} {noun} left."}
  - {id: t02, noun: people, number: plural, text: "{pre} {noun} left."}
"""


def load(tmp_path: Path, *edit: str) -> ProbeSet:
    path = tmp_path / "set.yaml"
    path.write_text(CONTENT.replace(*edit) if edit else CONTENT, encoding="utf-8")
    return load_probe_set(path)


def test_slurs_are_left_out_and_the_page_says_so(tmp_path: Path) -> None:
    found = expand(load(tmp_path))
    assert {variant.term for variant in found.variants if variant.group} == {"blind"}
    assert [group.id for group in found.groups] == ["blind"]
    assert [term.id for group in found.groups for term in group.terms] == ["blind"]
    assert [(note.what, note.why) for note in found.not_tested] == [
        ("slurs (2 of blind, 1 of other)", "they are tested only with --include-slurs")
    ]


def test_slurs_that_are_asked_for_are_apart_from_every_verdict(tmp_path: Path) -> None:
    found = expand(load(tmp_path), include_slurs=True)
    slurs = [variant for variant in found.variants if variant.apart]
    assert {variant.text for variant in slurs} == {
        "A zorpish person left.", "Zorpish people left.", "A blorp left.", "Blorps left.",
        "A quend-head left.", "Quend-heads left.",
    }  # fmt: skip
    assert not any(note.what.startswith("slurs") for note in found.not_tested)
    assert "slurs_included" in {warning.code for warning in found.warnings}


def test_people_see_slurs_masked_in_every_form(tmp_path: Path) -> None:
    found = expand(load(tmp_path), include_slurs=True)
    shown = {v.text for v in masked_variants(found.variants, found.groups) if v.apart}
    assert shown == {
        "A z****** person left.", "Z****** people left.", "A b**** left.", "B***** left.",
        "A q**** **** left.", "Q**** ***** left.",
    }  # fmt: skip
    kept = [v.text for v in masked_variants(found.variants, found.groups) if not v.apart]
    assert kept == [v.text for v in found.variants if not v.apart]
    lines = "\n".join(render_lines(found)).lower()
    assert not any(word in lines for word in ("zorp", "blorp", "quend"))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("id: slur-01", "id: zorpish-1"), ":14:14: the id of a slur spells it"),
        (("id: slur-01", "id: a-zorps"), "the id of a slur spells it"),
        (("id: slur-03", "id: quend_head"), "the id of a slur spells it"),
        (("text: tall, form: pre", "text: tall, form: pre, stratum: slur"),
         ":9:48: a placebo has no stratum"),
        (("stratum: slur}", "stratum: slurs}"), "'stratum' cannot be 'slurs' (did you mean slur?)"),
    ],
)  # fmt: skip
def test_a_slur_cannot_show_in_an_id(tmp_path: Path, edit: tuple[str, str], said: str) -> None:
    with pytest.raises(ProbeError) as caught:
        load(tmp_path, *edit)
    found = [str(problem) for problem in caught.value.problems]
    assert any(said in problem for problem in found), found


def test_a_mask_keeps_the_first_letter_only() -> None:
    assert masked("blorp-head") == "b**** ****"
    assert masked("障害") == "障*"
