"""``audit models`` and ``audit doctor --model``: what can be audited, and what a target is like."""

import json

import pytest

from audit.classifiers import list_schemes


def test_models_lists_every_scheme_with_what_it_needs(audit):
    done = audit("models")
    assert done.code == 0
    for scheme in list_schemes():
        line = next(line for line in done.out.splitlines() if line.startswith(scheme.spec))
        assert line.endswith("ready" if scheme.installed else "not installed")
        assert scheme.audits.split(",")[0] in done.out
        assert f"needs: {scheme.needs.split(';')[0]}" in done.out
    listed = json.loads(audit("models", "--json").out)["schemes"]
    assert [row["name"] for row in listed] == [scheme.name for scheme in list_schemes()]


@pytest.mark.parametrize(
    ("scoring", "said"), [("exact", "exact label probabilities"), ("sampled", "sampled labels")]
)
def test_doctor_says_what_a_model_is_like(audit, scoring, said):
    done = audit("doctor", "--model", "reference", "--scoring", scoring)
    assert done.code == 0, done.out
    assert f"ok    reference: {said}" in done.out
    assert "labels:    Positive, Neutral, Negative" in done.out
    assert "prompt:    ends in 'Sentiment:'" in done.out
    assert "'ĠPositive'; 'ĠNeutral'; 'ĠNegative'" in done.out
    assert "sentences a second" in done.out
    assert '"I\'m a joyful person." ->' in done.out


def test_doctor_takes_sentences_of_a_set_for_a_recorded_file(audit, tmp_path):
    (tmp_path / "mine.csv").write_text("text,label\nsomething else,Positive\n")
    given = ("--column", "text=text", "--column", "label=label")
    done = audit("doctor", "--model", "recorded:mine.csv", *given, "--probes", "disability")
    assert done.code == 1
    assert "have no recorded prediction" in done.out
    done = audit("doctor", "--model", "causal:./nowhere")
    assert done.code == 1
    assert "FAIL" in done.out
    assert "there is no such folder" in done.out
