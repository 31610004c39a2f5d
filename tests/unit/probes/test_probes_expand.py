"""Expansion: what is asked, in which order, under which ids, and what is left out."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

from audit.errors import ConfigError
from audit.probes import expand, load_probe_set, render_lines
from audit.records import Group, ProbeSet, Template, Term, Valence


@pytest.fixture(scope="module")
def disability() -> ProbeSet:
    return load_probe_set("disability")


def small(*templates: Template, **changes: object) -> ProbeSet:
    fields = {
        "name": "small", "version": "1", "language": "en", "attribute": "x", "sha256": "0",
        "reference": (Term(id="plain", text=""), Term(id="local", text="local", form="pre")),
        "placebos": (Term(id="tall", text="tall", form="pre"),),
        "groups": (
            Group(id="blind", label="Blind", terms=(
                Term(id="blind", text="blind", form="pre", wording="identity-first"),
                Term(id="sightless", text="sightless", form="pre", wording="identity-first"),
                Term(id="unseeing", text="unseeing", form="pre", wording="identity-first"),
                Term(id="who-is", text="who is blind", form="post", wording="person-first"),
            )),
        ),
        "templates": templates,
    }  # fmt: skip
    return ProbeSet(**{**fields, **changes})  # type: ignore[arg-type]


def template(name: str, text: str, valence: Valence | None = None) -> Template:
    return Template(id=name, carrier=f"c-{name}", text=text, valence=valence, gold="Good", use="x")


BOTH = "I am {a} {pre} person {post}."


def test_the_founding_case_is_rendered_exactly(disability: ProbeSet) -> None:
    texts = {variant.id: variant.text for variant in expand(disability).variants}
    assert texts["t01/disabled"] == "I'm a disabled joyful person."
    assert texts["t01/ref:plain"] == "I'm a joyful person."


def test_ids_roles_and_places() -> None:
    first = expand(small(template("t1", BOTH, "positive"))).variants
    assert [variant.id for variant in first] == [
        "t1/ref:plain", "t1/ref:local", "t1/blind", "t1/sightless", "t1/unseeing", "t1/who-is",
        "t1/placebo:tall",
    ]  # fmt: skip
    assert [v.group for v in first] == [None, None, *["blind"] * 4, None]
    assert {(v.context, v.unit, v.valence, v.use, v.gold) for v in first} == {
        ("t1", "c-t1", "positive", "x", "Good")
    }


def test_expanding_twice_gives_the_same(disability: ProbeSet) -> None:
    assert expand(disability) == expand(disability)


def test_missing_cells_are_counted_per_term() -> None:
    found = expand(small(template("t1", BOTH), template("t2", "I am {a} {pre} person.")))
    assert [(note.what, note.why) for note in found.not_tested] == [
        ("term 'who-is' of blind in 1 of 2 templates", "they have no {post} slot")
    ]
    assert len(found.variants) == 7 + 6


def test_few_fillers_are_a_warning() -> None:
    assert [w.code for w in expand(small(template("t1", BOTH))).warnings] == ["few_fillers"]


def test_equal_texts_are_a_warning() -> None:
    group = Group(
        id="deaf",
        label="Deaf",
        terms=(
            Term(id="deaf", text="deaf", form="pre"),
            Term(id="capital", text="Deaf", form="pre"),
        ),
    )
    found = expand(small(template("t1", "{pre} people met."), groups=(group,)))
    assert "'deaf' and 'capital' give the same text in 1 context(s)" in found.warnings[-1].message


def test_a_limit_is_balanced_over_valence() -> None:
    order: list[Valence] = ["positive", "neutral", "negative"]
    templates = [template(f"t{i}", BOTH, order[i // 4]) for i in range(12)]
    found = expand(small(*templates), limit=5)
    units = list(dict.fromkeys(variant.context for variant in found.variants))
    assert units == ["t0", "t1", "t4", "t5", "t8"]
    assert ("7 of 12 templates", "--limit") in {(n.what, n.why) for n in found.not_tested}
    assert expand(small(*templates), limit=50) == expand(small(*templates))


def test_a_limit_below_one_is_refused(disability: ProbeSet) -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        expand(disability, limit=0)


def test_quick_keeps_every_group_and_wording(disability: ProbeSet) -> None:
    found = expand(disability, quick=True)
    per_group: dict[str, set[str]] = {}
    for variant in found.variants:
        if variant.group is not None:
            per_group.setdefault(variant.group, set()).add(variant.term)
    assert set(per_group) == {group.id for group in disability.groups}
    assert max(map(len, per_group.values())) <= 3
    wording = {term.id: term.wording for group in disability.groups for term in group.terms}
    for group in disability.groups:
        expected = min(3, len({term.wording for term in group.terms}))
        assert len({wording[term] for term in per_group[group.id]}) >= expected - 1
    valences = Counter(
        {v.context: v.valence for v in found.variants if v.role == "reference"}.values()
    )
    assert valences == {"positive": 4, "neutral": 4, "negative": 4}
    terms = sum(term.stratum != "slur" for g in disability.groups for term in g.terms)
    assert [group.id for group in found.groups] == [group.id for group in disability.groups]
    assert [note.what for note in found.not_tested if note.why == "--quick"] == [
        f"{len(disability.templates) - 12} of {len(disability.templates)} templates",
        f"{terms - 39} of {terms} terms",
    ]


def test_quick_takes_the_wordings_in_turn() -> None:
    found = expand(small(template("t1", BOTH)), quick=True)
    assert [v.term for v in found.variants if v.role == "group"] == [
        "blind", "sightless", "who-is",
    ]  # fmt: skip


def test_an_unknown_language_cannot_be_expanded() -> None:
    with pytest.raises(ConfigError, match="no grammar"):
        expand(small(template("t1", BOTH), language="xx"))


def test_every_variant_is_one_line_and_what_is_left_out_is_shown() -> None:
    found = expand(small(template("t1", BOTH), template("t2", "I am {a} {pre} person.")))
    odd = dataclasses.replace(found.variants[0], text="two\nlines\x1b[31m\u202e")
    lines = list(render_lines(dataclasses.replace(found, variants=(odd, *found.variants[1:]))))
    assert lines[0] == "t1/ref:plain     two\\nlines\\x1b[31m\\u202e"
    assert lines[2] == "t1/blind         I am a blind person."
    assert lines[-2].startswith("not tested: term 'who-is'")
    assert lines[-1].startswith("warning: ")
    assert len(lines) == len(found.variants) + 2
