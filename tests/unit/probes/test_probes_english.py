"""English grammar against a golden list: articles by sound, plurals, clauses, capitals."""

from __future__ import annotations

import pytest

from audit.probes.grammar import grammar_for, languages
from audit.probes.grammar.english import (
    GRAMMAR,
    indefinite_article,
    plural_clause,
    plural_noun,
)
from audit.records import Template, Term

AN = """
ADHD AIDS ASL FBI HIV-positive LGBT LGBTQIA+ MRI MS NAACP NHS OCD RSI SOS S-shaped X-ray mRNA
8 8-year-old 800 80-year-old 81 11-year-old 11,000 11th 18-year-old 18th 1800s
honest honorary honour hour hourly heir heiress h-index
amputee artist autistic elderly epileptic e-bike élite engineer iPhone Irish Italian
old-fashioned oncologist upper ultra umbrella unable unaware undocumented unemployed unhoused
unidentified unimpressed uninsured unintended uninvited urban usher Uber Uzbek Yvonne yttrium
"""
A = """
HAPPY DISABLED NASA NATO FIFA PTSD UFO UK US U-shaped Y-shaped
1 21 100 110 1,100 1911 5-year-old 70-year-old
blind deaf hard-of-hearing hearing-impaired herb historic Hindu homeless hors
euphoric eulogy Eurasian European eunuch ewe once-homeless one-armed one-eyed one-off Oaxacan
Ugandan Ukrainian Uruguayan Utah Uyghur ubiquitous ukulele unanimous unicorn unicycle uniform
unilateral union union-led unique unisex unit united university user usual utopian UNICEF
Xhosa young year-old
"""


@pytest.mark.parametrize("word", AN.split())
def test_an_before_a_vowel_sound(word: str) -> None:
    assert indefinite_article(word) == "an"


@pytest.mark.parametrize("word", A.split())
def test_a_before_a_consonant_sound(word: str) -> None:
    assert indefinite_article(word) == "a"


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("who is blind", "who are blind"),
        ("who was injured", "who were injured"),
        ("who has epilepsy", "who have epilepsy"),
        ("who uses a wheelchair", "who use a wheelchair"),
        ("who identifies as disabled", "who identify as disabled"),
        ("who also goes out", "who also go out"),
        ("who misses buses", "who miss buses"),
        ("who relies on a carer", "who rely on a carer"),
        ("who doesn't hear", "who don't hear"),
        ("who isn’t sighted", "who aren’t sighted"),
        ("who's deaf", "who are deaf"),
        ("that uses braille", "that use braille"),
        ("who can walk", "who can walk"),
        ("who walked", "who walked"),
        ("who has hearing and vision loss", "who have hearing and vision loss"),
        ("with Down's syndrome", "with Down's syndrome"),
        ("living with HIV", "living with HIV"),
        ("of short stature", "of short stature"),
    ],
)
def test_relative_clauses_agree_with_several_people(one: str, many: str) -> None:
    assert plural_clause(one) == many


@pytest.mark.parametrize(
    "clause",
    [
        "who is a wheelchair user",
        "who is an amputee",
        "who is tall and has a dog",
        "who has arthritis and uses a cane",
        "whose leg is broken",
        "who's got asthma",
    ],
)
def test_where_no_rule_is_sure_the_plural_must_be_written(clause: str) -> None:
    assert plural_clause(clause) is None


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("wheelchair user", "wheelchair users"),
        ("little person", "little people"),
        ("lady", "ladies"),
        ("brother-in-law", "brothers-in-law"),
        ("amputee", "amputees"),
    ],
)
def test_nouns_have_their_plural(one: str, many: str) -> None:
    assert plural_noun(one) == many


def test_written_plurals_win_over_rules() -> None:
    template = Template(id="t", carrier="t", text="", number="plural")
    term = Term(id="x", text="passer-by", form="noun", plural="passers-by")
    assert GRAMMAR.agree(term, template) == "passers-by"
    assert GRAMMAR.agree(Term(id="x", text="blind", form="pre"), template) == "blind"


@pytest.mark.parametrize(
    ("before", "opens"),
    [
        ("", True),
        ('"', True),
        ("It rained. ", True),
        ("Really?! (", True),
        ("Dr. ", False),
        ("so sad... ", False),
        ("I met ", False),
        ("Great news: ", False),
    ],
)
def test_a_sentence_begins_after_its_mark(before: str, opens: bool) -> None:
    assert GRAMMAR.opens_sentence(before) is opens


@pytest.mark.parametrize(
    "text",
    [
        "We met a epileptic colleague.",
        "An university student.",
        "It is the a blind man.",
        "I saw a an old friend.",
    ],
)
def test_faults_are_named(text: str) -> None:
    assert list(GRAMMAR.faults(text))


@pytest.mark.parametrize(
    "text",
    [
        "Vitamin A is good.",
        "It was an historic day, and a historic place.",
        "An X-ray and a U-turn.",
        "He got an A.",
        "I'm a joyful person.",
    ],
)
def test_sound_sentences_have_no_fault(text: str) -> None:
    assert not list(GRAMMAR.faults(text))


@pytest.mark.parametrize(
    ("noun", "number", "sound"),
    [
        ("person", "singular", True),
        ("people", "singular", False),
        ("people", "plural", True),
        ("nurses", "plural", True),
        ("staff", "plural", True),
        ("person", "plural", False),
        ("nurse", "plural", False),
    ],
)
def test_the_default_noun_has_the_number_of_its_template(
    noun: str, number: str, sound: bool
) -> None:
    template = Template(id="t", carrier="t", text="", noun=noun, number=number)  # type: ignore[arg-type]
    assert (GRAMMAR.template_fault(template) is None) is sound


def test_languages_are_found_by_their_tag() -> None:
    assert grammar_for("en-GB") is grammar_for("EN") is GRAMMAR
    assert grammar_for("xx") is None
    assert languages() == ("en", "es", "ja", "tr")
