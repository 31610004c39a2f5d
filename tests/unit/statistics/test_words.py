"""Words apart from people: literal sentences decide nothing and tell what a gap is about."""

import pytest

from audit.records import Interval, Task
from audit.statistics.cells import outcome_of
from audit.statistics.words import reading, worse
from tests.small_audits import SmallAudit

T = 20
LABELS = outcome_of(Task(labels=("Good", "Bad"), favourable="Good"))
SCORE = outcome_of(Task(kind="score", range=(-1, 1), favourable_end="high"))


def audit(person: float, word: float) -> SmallAudit:
    """Twenty sentences about people and twenty about nobody, with a gap in each kind."""
    found = SmallAudit()
    for t in range(T):
        found.reference(t, 0.1, use="identity")
        found.term(t, "g", "depressed", 0.1 + person, use="identity")
        found.placebo(t, "tall", 0.1, use="identity")
    for t in range(T, 2 * T):
        found.reference(t, 0.1, "busy", use="literal")
        found.reference(t, 0.3, "hungry", use="literal")
        found.term(t, "g", "depressed", 0.2 + word, use="literal")
    return found


def test_literal_sentences_are_no_part_of_a_verdict() -> None:
    found = audit(person=0.0, word=0.6).summary()
    assert found.groups[0].estimate == pytest.approx(0.0)
    assert found.groups[0].n_templates == T
    assert found.terms[0].n_pairs == T
    assert found.overall["n_pairs"] == 2 * T
    assert found.overall["n_variants"] == 3 * T + 3 * T
    assert {gap.pair.context for gap in found.pair_gaps} == {f"t{t}" for t in range(T)}
    assert not any(row["by"] == "template" and row["value"] == "t25" for row in found.strata)


@pytest.mark.parametrize(
    ("person", "word", "said"),
    [
        (0.0, 0.6, "word"),
        (0.6, 0.0, "person"),
        (0.6, 0.6, "both"),
        (0.0, 0.0, None),
        (0.0, -0.15, None),
    ],
)
def test_a_term_is_penalised_as_a_word_or_as_a_person(
    person: float, word: float, said: str | None
) -> None:
    (row,) = audit(person, word).summary().words
    assert row["reading"] == said
    assert (row["group"], row["term"], row["n_templates"]) == ("g", "depressed", T)
    assert row["estimate"] == pytest.approx(word)
    assert row["person_estimate"] == pytest.approx(person)
    assert row["interval"]["low"] <= row["estimate"] <= row["interval"]["high"]


def test_both_uses_are_strata_of_their_group() -> None:
    strata = audit(person=0.1, word=0.4).summary().strata
    found = {row["value"]: row["estimate"] for row in strata if row["by"] == "use"}
    assert found == {"identity": pytest.approx(0.1), "literal": pytest.approx(0.4)}


def test_without_literal_sentences_there_are_no_words() -> None:
    found = SmallAudit()
    for t in range(T):
        found.reference(t, 0.1)
        found.term(t, "g", "blind", 0.2)
    assert found.summary().words == ()


def test_a_word_that_was_tested_in_one_sentence_says_nothing() -> None:
    found = audit(person=0.6, word=0.6)
    kept = [v for v in found.variants if v.use == "identity" or v.context == f"t{T}"]
    ids = {variant.id for variant in kept}
    found.variants = kept
    found.predictions = [p for p in found.predictions if p.id in ids]
    (row,) = found.summary().words
    assert row["interval"] is None
    assert row["reading"] is None


def interval(low: float, high: float) -> Interval:
    return Interval(low=low, high=high, confidence_level=0.95, method="t")


@pytest.mark.parametrize(
    ("low", "high", "labels", "score"),
    [
        (0.02, 0.20, True, False),
        (0.02, 0.04, False, False),
        (-0.01, 0.30, False, False),
        (-0.20, -0.02, False, True),
    ],
)
def test_worse_is_the_bad_side_beyond_the_limit(
    low: float, high: float, labels: bool, score: bool
) -> None:
    assert worse(interval(low, high), LABELS, 0.05) is labels
    assert worse(interval(low, high), SCORE, 0.05) is score
    assert worse(None, LABELS, 0.05) is None


def test_what_was_not_measured_has_no_reading() -> None:
    assert reading(None, True) is None
    assert reading(True, None) is None
