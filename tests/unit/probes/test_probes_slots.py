"""Slots: what vanishes, what agrees, and what cannot be read."""

from __future__ import annotations

import pytest

from audit.probes.grammar.english import GRAMMAR
from audit.probes.slots import SlotError, fill, parse
from audit.records import Form, Template, Term

EMPTY = Term(id="plain", text="")


def rendered(text: str, term: Term = EMPTY, noun: str | None = "person") -> str | None:
    sentence = parse(Template(id="t", carrier="t", text=text, noun=noun), GRAMMAR)
    return fill(sentence, term, GRAMMAR)


def phrase(text: str, form: Form) -> Term:
    return Term(id="x", text=text, form=form)


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (EMPTY, "I'm a joyful person."),
        (phrase("disabled", "pre"), "I'm a disabled joyful person."),
        (phrase("epileptic", "pre"), "I'm an epileptic joyful person."),
        (phrase("who is blind", "post"), "I'm a joyful person who is blind."),
        (phrase("amputee", "noun"), "I'm a joyful amputee."),
    ],
)
def test_the_founding_case(term: Term, expected: str) -> None:
    assert rendered("I'm {a} {pre} joyful {noun} {post}.", term) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a} {pre} {noun} {post} smiled.", "A person smiled."),
        ('"{a} {pre} {noun}," she said.', '"A person," she said.'),
        ("It rained. {a} {pre} {noun} sang.", "It rained. A person sang."),
        ("{pre} {noun} {post}: one.", "Person: one."),
        ("The {noun} ({post}) left.", "The person () left."),
        ("The {pre} {noun} {post} :)", "The person :)"),
        ("he is {a} {noun} {post}", "he is a person"),
        ("A set {{x}} for {a} {noun}", "A set {x} for a person"),
        ("“{pre} {noun}”", "“Person”"),
        ("He saw {a} {pre} {noun} and {a} owl.", "He saw a person and an owl."),
    ],
)
def test_empty_slots_vanish_with_their_space(text: str, expected: str) -> None:
    assert rendered(text) == expected


def test_the_article_agrees_through_an_opening_quote() -> None:
    assert rendered('He is {a} "{pre}" {noun}.', phrase("honest", "pre")) == (
        'He is an "honest" person.'
    )


def test_a_term_is_never_read_as_a_format() -> None:
    text = "%s {0} {post.__class__} \\1"
    assert rendered("I am {pre} here", phrase(text, "pre")) == f"I am {text} here"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("I am {prё}", "unknown slot"),
        ("I am {Pre}", "unknown slot"),
        ("I am {}", "unknown slot"),
        ("I am {0.__class__}", "unknown slot"),
        ("I am {pre", "single {"),
        ("I am pre}", "single }"),
    ],
)
def test_braces_that_cannot_be_read_are_errors(text: str, message: str) -> None:
    with pytest.raises(SlotError, match=message):
        rendered(text)


def test_a_wrong_slot_suggests_the_right_one() -> None:
    with pytest.raises(SlotError) as caught:
        rendered("I am {Posst}")
    assert "did you mean {post}?" in caught.value.hint


def test_no_article_where_no_word_follows() -> None:
    assert rendered("I am {a} {post}.") is None
