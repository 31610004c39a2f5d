"""What can be compared, what cannot and why, and what a comparison says."""

import dataclasses
import json

import pytest
from jsonschema import Draft202012Validator

from audit.errors import ConfigError, RunLogError
from audit.exports import results_schema
from audit.pipeline import RunOptions, report_run, run_audit
from audit.pipeline.compare import attach_comparison, compare_runs
from audit.runlog import read_run
from tests.small_runs import make_run, write_classifier, write_probe


def compare(earlier, later, **more):
    return compare_runs(read_run(earlier), read_run(later), **more)


def changes(comparison):
    return {row.id: row.change for row in comparison.groups}


def test_a_planted_change_is_found_and_nothing_else(plain_run, hurt_run):
    found = compare(plain_run, hurt_run)
    assert changes(found) == {"blind": "worse", "deaf": "same"}
    blind = found.groups[0]
    assert (blind.verdict, found.verdict, found.exit_code()) == ("gap", "gap", 1)
    assert blind.difference.gap.estimate == pytest.approx(0.5)
    assert blind.finding.direction == "worse"


def test_the_way_back_is_better_and_no_finding(plain_run, hurt_run):
    found = compare(hurt_run, plain_run)
    assert changes(found) == {"blind": "better", "deaf": "same"}
    assert found.exit_code() == 0


def test_a_run_is_the_same_as_itself(plain_run):
    found = compare(plain_run, plain_run)
    assert set(changes(found).values()) == {"same"}
    assert found.exit_code() == 0
    assert found.published()["changed_terms"] == []


def test_few_templates_are_enough_where_every_answer_is_the_same(tmp_path):
    probe = write_probe(tmp_path, templates=8)
    run = make_run(tmp_path, probe=probe)
    assert compare(run, run).exit_code() == 0


def test_two_prompts_over_the_same_sentences_can_be_compared(tmp_path, plain_run):
    probe = write_probe(tmp_path, description="Be strict.")
    found = compare(plain_run, make_run(tmp_path, {"blind": 2}, probe=probe))
    assert changes(found)["blind"] == "worse"
    assert any("every sentence is the same" in note for note in found.notes)
    assert "probe_sha256" in {item["what"] for item in found.differs}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reference": [{"id": "plain", "text": ""}]}, "another probe set"),
        (
            {"task": {"kind": "labels", "labels": ["Positive", "Neutral", "Negative"],
                      "favourable": "Positive", "unfavourable": ["Negative"]}},
            "another task: labels differs",
        ),
    ],
)  # fmt: skip
def test_other_questions_cannot_be_compared_and_the_row_says_why(tmp_path, plain_run, change, why):
    found = compare(plain_run, make_run(tmp_path, probe=write_probe(tmp_path, **change)))
    assert set(changes(found).values()) == {"cannot_compare"}
    assert all(why in row.why for row in found.groups)
    assert (found.verdict, found.exit_code()) == ("not_enough_evidence", 4)


def test_another_temperature_cannot_be_compared(plain_run, copied):
    log = read_run(plain_run)
    spec = {**log.header["spec"], "temperature": 0.7}
    cold = {**log.header, "spec": {**spec, "temperature": 0.0}}
    found = compare_runs(
        dataclasses.replace(log, header=cold),
        dataclasses.replace(log, header={**log.header, "spec": spec}),
    )
    assert "another temperature: 0 in the earlier run, 0.7" in found.groups[0].why


def test_a_group_only_one_run_has_is_new_or_gone(tmp_path, plain_run):
    more = write_probe(tmp_path, groups={"blind": "Blind people", "mad": "Mad people"})
    found = compare(plain_run, make_run(tmp_path, probe=more))
    assert changes(found) == {"blind": "same", "mad": "new", "deaf": "cannot_compare"}
    assert found.groups[2].why == "not in the later run"
    assert found.exit_code() == 4


def test_a_new_term_blocks_its_group_and_no_other_term(tmp_path, plain_run):
    probe = write_probe(tmp_path)
    text = probe.read_text().replace(
        "  - id: who-is-blind", "  - {id: sightless, text: sightless, form: pre, source: s}\n"
        "  - id: who-is-blind"
    )  # fmt: skip
    probe.write_text(text.replace("- id: tall", "- {id: old, text: old, form: pre}\n- id: tall"))
    found = compare(plain_run, make_run(tmp_path, {"who is blind": 2}, probe=probe))
    assert changes(found) == {"blind": "cannot_compare", "deaf": "same"}
    assert "another probe set: 32 of its sentences" in found.groups[0].why
    rows = {row.id: (row.change, row.why) for row in found.terms}
    assert rows["sightless"] == ("new", "not in the earlier run")
    assert rows["who-is-blind"][0] == "worse"
    assert rows["blind"][0] == rows["deaf"][0] == "same"
    assert {row.id: row.change for row in found.placebos} == {"old": "new", "tall": "same"}
    back = compare(make_run(tmp_path, probe=probe, output="more"), plain_run)
    gone = {row.id: row.why for row in back.terms if row.change == "cannot_compare"}
    assert gone == {"sightless": "not in the later run"}
    results = json.loads((plain_run / "results.json").read_text())
    Draft202012Validator(results_schema()).validate({**results, "comparison": found.published()})


def test_every_term_says_why_it_cannot_be_compared(tmp_path, plain_run):
    task = {"kind": "labels", "labels": ["Positive", "Neutral", "Negative"],
            "favourable": "Positive", "unfavourable": ["Negative"]}  # fmt: skip
    found = compare(plain_run, make_run(tmp_path, probe=write_probe(tmp_path, task=task)))
    assert len(found.terms) == 4
    assert {row.why for row in found.terms} == {"another task: labels differs"}


def test_hashes_and_texts_cannot_be_compared(tmp_path, plain_run):
    options = RunOptions(redact_text=True)
    target = write_classifier(tmp_path, {})
    hidden = run_audit(write_probe(tmp_path), target, output=tmp_path, options=options).folder
    found = compare(plain_run, hidden)
    assert all("holds hashes in place of its sentences" in row.why for row in found.groups)
    assert found.exit_code() == 4


def test_terms_whose_answers_changed_are_named_and_no_other(tmp_path, plain_run):
    later = make_run(tmp_path, {"who is deaf": 16})
    published = compare(plain_run, later).published()
    assert [(t["group"], t["term"], t["answers_changed"]) for t in published["changed_terms"]] == [
        ("deaf", "who-is-deaf", 2)
    ]
    assert published["references_changed"] == 0
    assert {row["change"] for row in published["groups"]} == {"same"}


def test_a_recorded_run_against_a_live_one(tmp_path, plain_run):
    lines = ["id,label"]
    for name, prediction in read_run(plain_run).predictions.items():
        label = "Negative" if name == "t04/who-is-deaf" else prediction.samples[0]
        lines.append(f"{name},{label}")
    (tmp_path / "then.csv").write_text("\n".join(lines))
    probe = write_probe(tmp_path)
    then = run_audit(probe, f"recorded:{tmp_path / 'then.csv'}", output=tmp_path / "then").folder
    published = compare(then, plain_run).published()
    assert [term["term"] for term in published["changed_terms"]] == ["who-is-deaf"]


def test_the_comparison_goes_into_results_and_report(plain_run, hurt_run, copied):
    later = copied(hurt_run)
    attach_comparison(str(plain_run), later)
    results = json.loads((later / "results.json").read_text())
    Draft202012Validator(results_schema()).validate(results)
    assert results["comparison"]["baseline_run_id"] == read_run(plain_run).header["run_id"]
    page = (later / "index.html").read_text()
    assert "open circle at the earlier gap" in page
    assert "from 0.0 to +50.0" in page
    assert "fingerprint: " in page
    assert report_run(later).results["comparison"] == results["comparison"]


def test_a_run_that_did_not_finish_cannot_be_compared(plain_run, copied):
    torn = copied(plain_run)
    lines = (torn / "run.jsonl").read_bytes().splitlines(keepends=True)
    (torn / "run.jsonl").write_bytes(b"".join(lines[:-1]))
    with pytest.raises(RunLogError, match="did not finish"):
        compare(torn, plain_run)


def test_an_earlier_run_that_vanished_is_an_error(plain_run):
    with pytest.raises(ConfigError, match="not there"):
        attach_comparison("gone", plain_run)
