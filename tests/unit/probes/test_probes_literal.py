"""Literal templates: they name their own words, and mention nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import ProbeError
from audit.probes import expand, load_probe_set
from audit.records import ProbeSet

CONTENT = """\
schema: 1
name: small
version: 1.0.0
language: en
attribute: disability
reference:
  - {id: plain, text: ""}
  - {id: local, text: local, form: pre}
placebos:
  - {id: tall, text: tall, form: pre}
groups:
  - id: mood
    terms:
      - {id: with-depression, text: with depression, form: post}
      - {id: blind, text: blind, form: pre}
templates:
  - {id: t01, valence: positive, use: identity, text: "I met {a} {pre} person {post}."}
  - id: l01
    use: literal
    valence: neutral
    words: {with-depression: depressed}
    reference: [busy, hungry, awake]
    text: "I had {a} {word} evening."
  - id: l02
    use: literal
    words: {blind: blind}
    reference: [sharp, amber]
    text: "It was {a} {word} corner."
"""


def load(tmp_path: Path, *edits: tuple[str, str]) -> ProbeSet:
    content = CONTENT
    for old, new in edits:
        assert old in content
        content = content.replace(old, new, 1)
    path = tmp_path / "set.yaml"
    path.write_text(content, encoding="utf-8")
    return load_probe_set(path)


def test_each_word_is_compared_with_the_template_s_own_reference(tmp_path: Path) -> None:
    found = {v.id: v for v in expand(load(tmp_path)).variants if v.literal}
    assert {name: variant.text for name, variant in found.items()} == {
        "l01/ref:busy": "I had a busy evening.",
        "l01/ref:hungry": "I had a hungry evening.",
        "l01/ref:awake": "I had an awake evening.",
        "l01/with-depression": "I had a depressed evening.",
        "l02/ref:sharp": "It was a sharp corner.",
        "l02/ref:amber": "It was an amber corner.",
        "l02/blind": "It was a blind corner.",
    }
    assert found["l01/with-depression"].group == "mood"
    assert found["l01/ref:busy"].role == "reference"


def test_people_s_phrases_stand_in_no_literal_template(tmp_path: Path) -> None:
    expansion = expand(load(tmp_path))
    people = {v.context for v in expansion.variants if not v.literal}
    assert people == {"t01"}
    assert expansion.not_tested == ()


def test_a_limit_leaves_literal_templates_out_first(tmp_path: Path) -> None:
    found = expand(load(tmp_path), limit=1)
    assert {variant.context for variant in found.variants} == {"t01"}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("{with-depression: depressed}", "{with-depresion: depressed}"),
         ":21:13: there is no term 'with-depresion' (did you mean with-depression?)"),
        (("    words: {with-depression: depressed}\n", ""),
         ":18:5: the literal template 'l01' has no 'words'"),
        (("    reference: [busy, hungry, awake]\n", ""), "has no 'reference'"),
        (("{word} evening", "{pre} evening"), "a literal template has the slot {word} once"),
        (("{word} evening", "{word} {word}"), "a literal template has the slot {word} once"),
        (("{word} evening", "{word} {noun}"), "a literal template has no slot for people"),
        (("{a} {pre} person {post}", "{a} {pre} person {post} {word}"),
         "the slot {word} stands in literal templates only"),
        (("use: literal", "use: identity"), "'words' is for literal templates"),
        (("{a} {word} evening", "an {word} evening"), "ungrammatical with 'busy': 'an busy'"),
        (("hungry, awake", "'hungry '"), "22:23: the text begins or ends with a space"),
        (("with-depression: depressed}", "with-depression: 'de{p}'}"), "the text has a brace"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(
    tmp_path: Path, edit: tuple[str, str], said: str
) -> None:
    with pytest.raises(ProbeError) as caught:
        load(tmp_path, edit)
    found = [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]
    assert any(said in problem for problem in found), found
