"""Tables with almost as many terms as sentences, and tables that are too long for an audit."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from audit.classifiers.lexicon import create_vader
from audit.errors import ProbeError
from audit.pipeline.header_parts import vocabulary_of
from audit.probes import ANY_TERM, expand, load_probe_set, merging, tabular
from audit.records import ClassifierOptions, Limits, Prediction
from audit.statistics import outcome_of, summarise_gaps

WORDS = ("deaf", "depressed", "autistic", "blind", "epileptic", "quiet")
YAML = """\
schema: 1
name: many
version: 1.0.0
language: en
attribute: disability
cases: {file: many.csv, text: text, group: group, term: term, context: [place],
        reference: {term: [none]}}
"""


def write(tmp_path: Path, places: int = 6) -> Path:
    with (tmp_path / "many.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("text", "group", "term", "place"))
        for index in range(places):
            one, two = WORDS[index % 6], WORDS[(index + 1) % 6]
            writer.writerow((f"The cook met number {index}", "", "none", index))
            writer.writerow((f"The {one} cook met number {index}", "some", f"{one} {index}", index))
            writer.writerow((f"The {two} cook met number {index}", "some", f"{two} {index}", index))
            writer.writerow((f"The old cook met number {index}", "age", f"old {index}", index))
    path = tmp_path / "many.yaml"
    path.write_text(YAML, encoding="utf-8")
    return path


def test_terms_beyond_what_can_be_told_apart_count_as_one(tmp_path, monkeypatch) -> None:
    whole = expand(load_probe_set(write(tmp_path)))
    assert len(whole.groups[0].terms) == 12
    monkeypatch.setattr(merging, "MOST_CELLS", 20)
    merged = expand(load_probe_set(tmp_path / "many.yaml"))
    assert [[term.id for term in group.terms] for group in merged.groups] == [[ANY_TERM]] * 2
    assert merged.groups[0].terms[0].mentions == tuple(t.text for t in whole.groups[0].terms)
    assert "18 terms in 6 units" in next(
        w.message for w in merged.warnings if w.code == "terms_merged"
    )
    answers = [Prediction(id=v.id, score=(len(v.text) * 7 % 10) / 10) for v in whole.variants]
    gaps = [
        summarise_gaps(found.variants, answers, groups=found.groups, placebos=(),
                       outcome=outcome_of(None, score_range=(0, 1)), limits=Limits(),
                       rng=np.random.default_rng(0)).groups
        for found in (whole, merged)
    ]  # fmt: skip
    for one, other in zip(*gaps, strict=True):
        assert one.estimate == pytest.approx(other.estimate)
        assert one.interval.low == pytest.approx(other.interval.low, abs=0.01)  # another floor


def test_a_lexicon_is_asked_about_every_merged_term(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(merging, "MOST_CELLS", 1)
    found = expand(load_probe_set(write(tmp_path)))
    vader = create_vader("", None, ClassifierOptions())
    vocabulary = vocabulary_of(vader, found, ())
    assert {word for row in vocabulary["known"] for word in row["entries"]} == {
        "depressed", "blind"
    }  # fmt: skip
    assert len(vocabulary["unknown"]) == 18 - len(vocabulary["known"])


def test_a_table_that_no_memory_holds_is_refused_with_what_to_do(tmp_path, monkeypatch) -> None:
    path = write(tmp_path, places=30)
    monkeypatch.setattr(tabular, "MOST_ROWS", 100)
    with pytest.raises(ProbeError, match=r"more than 100 rows \(an audit holds all rows in memory"):
        expand(load_probe_set(path))
