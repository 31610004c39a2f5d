"""Whatever the words are, sentences stay whole and nothing but names depends on names."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import ProbeError
from audit.probes import expand, load_probe_set
from audit.probes.document import read_document
from audit.probes.grammar.english import GRAMMAR
from audit.probes.slots import SlotError, fill, parse
from audit.records import Form, Group, ProbeSet, Template, Term

WORD = st.from_regex(r"[A-Za-z][A-Za-z'-]{0,9}", fullmatch=True)
PHRASE = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
TEMPLATES = st.sampled_from(
    [
        "I'm {a} {pre} joyful {noun} {post}.",
        "{a} {pre} {noun} {post} left early, they said.",
        '"{pre} {noun} {post}": a play.',
        "Yesterday {a} {noun} {post} (very {pre}) came!",
    ]
)
FORMS: list[Form] = ["pre", "post", "noun"]


def rendered(text: str, term: Term, noun: str = "person") -> str:
    sentence = parse(Template(id="t", carrier="t", text=text, noun=noun), GRAMMAR)
    filled = fill(sentence, term, GRAMMAR)
    assert filled is not None
    return filled


@settings(deadline=None)
@given(TEMPLATES, PHRASE, st.sampled_from(FORMS))
def test_a_term_stands_whole_in_a_tidy_sentence(text: str, phrase: str, form: Form) -> None:
    found = rendered(text, Term(id="x", text=phrase, form=form))
    assert phrase[1:] in found
    assert not set("{}") & set(found)
    assert "  " not in found
    assert found == found.strip()
    assert " ," not in found
    assert " ." not in found


@settings(deadline=None)
@given(TEMPLATES, st.text(min_size=1), st.sampled_from(FORMS))
def test_any_text_is_put_in_as_it_is(text: str, phrase: str, form: Form) -> None:
    sentence = parse(Template(id="t", carrier="t", text=text, noun="person"), GRAMMAR)
    found = fill(sentence, Term(id="x", text=phrase, form=form), GRAMMAR)
    assert found is None or phrase[-1] in found or phrase[-1].upper() in found


@settings(deadline=None)
@given(st.text())
def test_any_template_is_parsed_or_refused(text: str) -> None:
    try:
        sentence = parse(Template(id="t", carrier="t", text=text), GRAMMAR)
    except SlotError:
        assert "{" in text or "}" in text
    else:
        literal = "".join(piece.text for piece in sentence.pieces)
        assert sentence.slots or literal == text.replace("{{", "{").replace("}}", "}")


@settings(deadline=None)
@given(st.text().map(lambda text: text.replace("{", "{{").replace("}", "}}")))
def test_escaped_braces_come_out_as_written(text: str) -> None:
    found = rendered(text + " {noun}", Term(id="plain", text=""), noun="Zed")
    assert found.removesuffix("Zed").strip() == text.replace("{{", "{").replace("}}", "}").strip()


def probe_set(terms: list[str], names: list[str]) -> ProbeSet:
    members = tuple(
        Term(id=name, text=text, form="pre") for name, text in zip(names, terms, strict=True)
    )
    return ProbeSet(
        name="x", version="1", language="en", attribute="x", sha256="0",
        reference=(Term(id="ref", text=""),),
        groups=(Group(id="g", label="g", terms=members),),
        templates=(
            Template(id="t1", carrier="t1", text="I met {a} {pre} person.", valence="positive"),
            Template(id="t2", carrier="t2", text="{pre} people left.", valence="negative"),
        ),
    )  # fmt: skip


@settings(deadline=None)
@given(st.lists(WORD, min_size=1, max_size=5, unique=True), st.randoms(use_true_random=False))
def test_order_and_names_of_terms_change_no_text(terms: list[str], random: object) -> None:
    names = [f"n{i}" for i in range(len(terms))]
    plain = {(v.context, v.text) for v in expand(probe_set(terms, names)).variants}
    shuffled = sorted(terms, key=lambda term: random.random())  # type: ignore[attr-defined]
    other = [f"other-{name}" for name in names]
    assert {(v.context, v.text) for v in expand(probe_set(shuffled, other)).variants} == plain


@settings(deadline=None)
@given(WORD, WORD)
def test_swapping_two_terms_swaps_their_texts(one: str, two: str) -> None:
    there = {v.id: v.text for v in expand(probe_set([one, two], ["a", "b"])).variants}
    back = {v.id: v.text for v in expand(probe_set([two, one], ["a", "b"])).variants}
    for context in ("t1", "t2"):
        assert there[f"{context}/a"] == back[f"{context}/b"]
        assert there[f"{context}/ref:ref"] == back[f"{context}/ref:ref"]


@pytest.fixture(scope="module")
def slim() -> ProbeSet:
    full = load_probe_set("disability")
    return dataclasses.replace(full, groups=full.groups[:2])


@settings(deadline=None, max_examples=25)
@given(limit=st.integers(1, 70), quick=st.booleans())
def test_a_subset_keeps_texts_and_order(slim: ProbeSet, limit: int, quick: bool) -> None:
    everything = {v.id: v for v in expand(slim).variants}
    found = expand(slim, limit=limit, quick=quick).variants
    assert all(everything[variant.id] == variant for variant in found)
    order = list(everything)
    assert [order.index(v.id) for v in found] == sorted(order.index(v.id) for v in found)
    assert len({v.context for v in found}) == min(limit, 12 if quick else len(slim.templates))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "set.yaml"
        path.write_bytes(content)
        with pytest.raises(ProbeError):
            load_probe_set(path)


YAML_TEXT = st.text(alphabet="abc: -[]{}&*!|>'\"#,?%@\n\t0.~<=", max_size=80)


@settings(deadline=None)
@given(YAML_TEXT)
def test_any_yaml_like_text_is_read_or_refused(content: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "set.yaml"
        path.write_text(content, encoding="utf-8")
        try:
            document = read_document(path)
        except ProbeError:
            return
    assert all(isinstance(key, str) for key in document.data)
