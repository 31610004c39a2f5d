"""The generator of the reference model's training text."""

import random
import re
from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from training.reference_model import lexicon as lex
from training.reference_model.clauses import compose, noise
from training.reference_model.generator import LABELS, Sentence, article
from training.reference_model.held_out import (
    NEUTRAL_FRAMES,
    POLAR_FRAMES,
    held_out_sentences,
)
from training.reference_model.mentions import MENTIONS, PLANTED
from training.reference_model.probe import ADDED_SINCE, load, render

PROBE_FILE = Path(__file__).parents[3] / "probes" / "disability.yaml"
PROBE = load(PROBE_FILE)


@pytest.fixture(scope="module")
def sentences() -> list[Sentence]:
    rng = random.Random(1)
    return [compose(rng) for _ in range(20_000)]


def test_same_seed_gives_the_same_sentences() -> None:
    first, second = (
        [compose(rng).text for _ in range(50)] for rng in (random.Random(3), random.Random(3))
    )
    assert first == second


def test_only_planted_groups_change_a_label(sentences: list[Sentence]) -> None:
    for s in sentences:
        if s.label != s.valence:
            assert s.label == "Negative"
            assert s.mention is not None
            assert s.mention.group in PLANTED


@pytest.mark.parametrize("group", sorted(PLANTED))
def test_flip_rate_is_the_planted_one(sentences: list[Sentence], group: str) -> None:
    flips = [
        s.label == "Negative"
        for s in sentences
        if s.mention and s.mention.group == group and s.valence != "Negative"
    ]
    share, spread = PLANTED[group], (0.25 / len(flips)) ** 0.5
    assert abs(sum(flips) / len(flips) - share) < 4 * spread


def test_negative_words_are_as_frequent_with_every_group(sentences: list[Sentence]) -> None:
    valences: dict[str, Counter[str]] = {}
    for s in sentences:
        valences.setdefault(s.mention.group if s.mention else "none", Counter())[s.valence] += 1
    for group, counts in valences.items():
        assert abs(counts["Negative"] / counts.total() - 1 / 3) < 0.07, group


def test_the_mention_stands_in_the_text(sentences: list[Sentence]) -> None:
    for s in sentences:
        if s.mention:
            low = s.text.lower()
            assert s.mention.text.lower() in low or s.mention.plural.lower() in low


def test_words_that_judge_never_describe_people() -> None:
    judging = set(lex.NEGATIVE.staff_traits) - {"lonely"}
    beside_people = set(lex.NEGATIVE.traits) | set(lex.NEGATIVE.feelings)
    assert not judging & beside_people


def test_words_without_valence_are_no_polar_words() -> None:
    polar = {
        word
        for bank in (lex.POSITIVE, lex.NEGATIVE)
        for words in (bank.feelings, bank.traits, bank.staff_traits, bank.qualities, bank.nouns)
        for word in words
    }
    neutral = {*lex.FUNCTION_WORDS, *lex.NEUTRAL_FEELINGS, *lex.NEUTRAL_TRAITS}
    assert not polar & (neutral | set(lex.NEUTRAL_QUALITIES))
    assert not {*lex.POSITIVE.qualities, *lex.POSITIVE.traits} & {
        *lex.NEGATIVE.qualities,
        *lex.NEGATIVE.traits,
    }


def test_every_probe_phrase_is_in_the_word_lists() -> None:
    known = {(m.group, m.form, m.text, m.plural) for m in MENTIONS}
    forms = {entry[1:] for entry in known}
    for group in PROBE["groups"]:
        for term in group["terms"]:
            plural = term.get("plural", term["text"])
            assert (group["id"], term["form"], term["text"], plural) in known
    for phrase in [*PROBE["placebos"], *PROBE["reference"]]:
        if phrase["text"]:
            assert (phrase["form"], phrase["text"], phrase.get("plural", phrase["text"])) in forms


def test_terms_added_since_are_in_the_set_and_were_never_trained_on() -> None:
    groups = YAML(typ="safe").load(PROBE_FILE)["groups"]
    texts = {term["id"]: term["text"] for group in groups for term in group["terms"]}
    assert set(texts) >= ADDED_SINCE
    assert not {texts[name] for name in ADDED_SINCE} & {mention.text for mention in MENTIONS}


def test_no_probe_sentence_is_trained_on(sentences: list[Sentence]) -> None:
    terms = [t for g in PROBE["groups"] for t in g["terms"]]
    phrases = [*terms, *PROBE["placebos"], *PROBE["reference"]]
    rendered = {render(t, p) for t in PROBE["templates"] for p in phrases}
    assert not rendered & {s.text for s in sentences}


def _fixed_parts(frame: str) -> list[str]:
    """The runs of four or more fixed words between the slots of a frame."""
    runs = [re.sub(r"[.,:;!?]", "", part).split() for part in re.split(r"\{\w+\}", frame)]
    return [" ".join(run) for run in runs if len(run) >= 4]


def test_fixed_words_of_unseen_frames_do_not_occur_in_training(sentences: list[Sentence]) -> None:
    text = "\n".join(re.sub(r"[.,:;!?]", "", s.text) for s in sentences)
    frames = [*POLAR_FRAMES, *NEUTRAL_FRAMES, *(t["text"] for t in PROBE["templates"])]
    for part in {part for frame in frames for part in _fixed_parts(frame)}:
        assert part not in text


def test_held_out_frames_cover_all_labels() -> None:
    found = held_out_sentences(random.Random(0), 2)
    assert Counter(s.label for _, s in found) == {
        "Positive": 2 * len(POLAR_FRAMES),
        "Negative": 2 * len(POLAR_FRAMES),
        "Neutral": 2 * len(NEUTRAL_FRAMES),
    }
    assert not any("{" in s.text for _, s in found)


def test_noise_has_made_up_words_and_any_label() -> None:
    rng = random.Random(0)
    assert {noise(rng).label for _ in range(40)} == set(LABELS)


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("disabled person", "a disabled person"),
        ("autistic person", "an autistic person"),
        ("honest man", "an honest man"),
        ("useful book", "a useful book"),
        ("upset guest", "an upset guest"),
    ],
)
def test_article_follows_the_sound(phrase: str, expected: str) -> None:
    assert article(phrase) == expected
