import numpy as np
import pytest

from audit.records import NotTested, Pair, Prediction, Task, Variant
from audit.statistics import outcome_of, pair_gaps, pair_variants
from audit.statistics.pairs import build_table, majority, mean_by, modes
from tests.small_audits import TASK, SmallAudit, drawn


def variant(identity, role, term, *, context="c", unit=None, group=None):
    return Variant(
        id=identity,
        text=f"text {identity}",
        role=role,
        context=context,
        unit=unit or context,
        term=term,
        group=group,
        valence="positive",
    )


def small():
    return [
        variant("r1", "reference", "plain"),
        variant("r2", "reference", "local"),
        variant("g1", "group", "blind", group="g"),
        variant("g2", "group", "blind", group="g"),
        variant("p1", "placebo", "tall"),
        variant("x1", "group", "blind", context="bare", group="g"),
    ]


def test_one_pair_per_context_and_term_against_all_references():
    pairs, left_out = pair_variants(small())
    assert pairs == (
        Pair(
            unit="c",
            context="c",
            role="group",
            group="g",
            term="blind",
            counterfactual=("g1", "g2"),
            reference=("r1", "r2"),
        ),
        Pair(
            unit="c",
            context="c",
            role="placebo",
            group=None,
            term="tall",
            counterfactual=("p1",),
            reference=("r1", "r2"),
        ),
    )
    assert left_out == (NotTested(what="context bare", why="no reference variant to compare with"),)


def test_nothing_to_pair():
    assert pair_variants([]) == ((), ())
    assert pair_variants([variant("r", "reference", "plain")]) == ((), ())


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (variant("b", "group", "blind"), "role 'group' and group None"),
        (variant("b", "placebo", "tall", group="g"), "role 'placebo' and group 'g'"),
        (variant("b", "reference", "plain", unit="other"), "belongs to two units"),
    ],
)
def test_contradictions_are_refused(bad, message):
    with pytest.raises(ValueError, match=f"variants: .*{message}"):
        pair_variants([*small(), bad])


class TestPairGaps:
    def gaps(self, *said, task=TASK):
        variants = small()[:5]
        pairs, _ = pair_variants(variants)
        return pair_gaps(pairs, variants, said, outcome_of(task))

    def test_averages_repeats_then_fillers_and_names_majorities(self):
        gap, placebo = self.gaps(
            drawn("r1", 0, 4),
            drawn("r2", 2, 2),
            drawn("g1", 3, 1),
            drawn("g2", 4, 0),
            drawn("p1", 2, 2),
        )
        assert gap.value == 0.875
        assert gap.reference_value == 0.25
        assert gap.estimate == 0.625
        assert (gap.label, gap.reference_label) == ("Bad", "Good")
        assert gap.counts == {"Bad": 7, "Good": 1}
        assert gap.reference_counts == {"Bad": 2, "Good": 6}
        assert (gap.text, gap.reference_text, gap.valence) == ("text g1", "text r1", "positive")
        assert placebo.label is None

    def test_a_side_without_an_answer_has_no_gap(self):
        gap, placebo = self.gaps(
            drawn("r1", 0, 4), drawn("r2", 0, 0, 4), drawn("g1", 0, 0, 4), drawn("p1", 4, 0)
        )
        assert (gap.value, gap.estimate, gap.label) == (None, None, None)
        assert gap.reference_value == 0
        assert gap.counts == {"(no label)": 4}
        assert placebo.estimate == 1

    def test_scores_keep_their_unit(self):
        task = Task(kind="score", range=(-1, 1))
        scores = {"r1": -1.0, "r2": 0.0, "g1": 0.5, "g2": 0.5, "p1": 1.0}
        said = [Prediction(id=key, score=value) for key, value in scores.items()]
        gap, _ = self.gaps(*said, task=task)
        assert (gap.value, gap.reference_value, gap.estimate) == (0.5, -0.5, 1.0)
        assert gap.label is None
        assert gap.counts == {}

    def test_pairs_must_be_those_of_the_variants(self):
        variants = small()[:5]
        pairs, _ = pair_variants(variants)
        with pytest.raises(ValueError, match="pairs: 'tall' in 'c'"):
            pair_gaps(pairs, variants[:4], [], outcome_of(TASK))
        assert [gap.pair.term for gap in pair_gaps(pairs[1:], variants, [], outcome_of(TASK))] == [
            "tall"
        ]


def test_summary_describes_the_same_pairs():
    audit = SmallAudit()
    audit.reference(0, 0.25)
    audit.term(0, "g", "blind", 0.5)
    (gap,) = audit.summary().pair_gaps
    assert gap.estimate == 0.25


def test_pairs_of_a_summary_are_read_in_any_way():
    audit = SmallAudit()
    for t in range(5000):  # more than are made at once
        audit.reference(t, 0.0)
        audit.term(t, "g", "blind", t % 5 / 5)
    gaps = audit.summary().pair_gaps
    listed = list(gaps)
    assert len(gaps) == len(listed) == 5000
    assert [gap.estimate for gap in listed] == pytest.approx([t % 5 / 5 for t in range(5000)])
    assert gaps[4999] == gaps[-1] == listed[-1]
    assert gaps[4095:4098] == listed[4095:4098]
    with pytest.raises(IndexError):
        gaps[5000]


def test_mean_by_leaves_nan_out():
    codes = np.array([0, 0, 1, 2])
    values = np.array([0.2, 0.4, np.nan, 0.1])
    assert mean_by(codes, values, 4) == pytest.approx([0.3, np.nan, 0.1, np.nan], nan_ok=True)
    rows = np.array([[0.2, 0.8], [0.4, 0.6], [np.nan, np.nan], [1, 0]])
    assert mean_by(codes, rows, 3)[0] == pytest.approx([0.3, 0.7])


def test_noise_of_references_is_averaged_within_and_over_fillers():
    variants = [
        variant("a", "reference", "plain"),
        variant("b", "reference", "plain"),
        variant("c", "reference", "local"),
        variant("d", "reference", "nearby"),
        variant("g", "group", "blind", group="g"),
    ]
    table = build_table(variants)
    noise = np.array([0.1, 0.3, 0.2, np.nan, 0.5])
    present = np.array([True, True, True, False, True])
    # plain: (.1 + .3) / 4 = .1; local: .2; nearby is missing: (.1 + .2) / 2^2
    assert table.noise_by_context(noise, present) == pytest.approx([0.075])
    assert table.noise_by_pair(noise, present) == pytest.approx([0.5])
    assert np.isnan(table.noise_by_context(noise, np.ones(5, dtype=bool)))
    assert np.isnan(table.noise_by_context(noise, np.zeros(5, dtype=bool)))


def test_modes_and_majority():
    shares = np.array([[0.6, 0.4], [0.5, 0.5], [np.nan, np.nan]])
    assert modes(shares).tolist() == [[True, False], [True, True], [False, False]]
    assert majority(shares).tolist() == [0, -1, -1]
    assert majority(np.zeros((2, 0))).tolist() == [-1, -1]
