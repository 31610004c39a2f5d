"""Two people sign, nobody their own run, and any edited byte is found."""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from functools import partial

import numpy as np
import pytest

from audit.errors import ConfigError, ResultsError, RunLogError
from audit.pipeline import report_run
from audit.pipeline.compare import attach_comparison
from audit.pipeline.seal import same_person
from audit.pipeline.signoff import Signature, sign
from audit.pipeline.verify import verify_run
from tests.small_runs import edit, make_run

NOW = datetime.now(UTC)
FIRST = {
    "by": "Ana Lima", "role": "release owner", "decision": "approve",
    "residual_risk": "Other wordings were not tested.", "risk_accepted_by": "Cy Ng",
    "oversight_plan": "Weekly review by Dee.", "expires": NOW.date() + timedelta(days=90),
}  # fmt: skip
SECOND = {"by": "Dee Roy", "decision": "approve"}


def first(folder, now=None, **changes):
    return sign(folder, Signature(**(FIRST | changes)), now=now)


def second(folder, now=None, **changes):
    return sign(folder, Signature(**(SECOND | changes)), now=now)


@pytest.fixture
def run(plain_run, copied):
    return copied(plain_run)


@pytest.fixture
def signed(run):
    first(run)
    second(run)
    return run


def test_two_people_sign_and_it_verifies(signed):
    found = verify_run(signed)
    assert found.findings == []
    page = (signed / "index.html").read_text()
    for text in ("Approved by two people.", "Ana Lima (release owner)", "Dee Roy", "Cy Ng",
                 "No gap beyond the limit was found in what was tested."):  # fmt: skip
        assert text in page
    record = json.loads((signed / "signoff.json").read_text())["record"]
    assert record["run_author"] == "Bo Chen"
    assert {row["id"]: row["verdict"] for row in record["results"]} == {
        "blind": "no_gap", "deaf": "no_gap",
    }  # fmt: skip
    assert record["limits"]["fixed_before_run_sha256"]


def test_one_signature_is_not_enough(run):
    first(run)
    assert verify_run(run).findings == ["1 of 2 signatures"]
    assert "a second signature is missing" in (run / "index.html").read_text()


def test_an_unsigned_run_does_not_verify(run):
    assert verify_run(run).findings == ["nobody has signed this run"]


@pytest.mark.parametrize("name", ["Bo Chen", " bo  CHEN ", "Bo Chen <bo@example.org>"])
def test_nobody_signs_their_own_run(run, name):
    with pytest.raises(ConfigError, match="nobody signs their own run"):
        first(run, by=name)
    assert not (run / "signoff.json").exists()


def test_nobody_signs_twice(run):
    first(run)
    with pytest.raises(ConfigError, match="has signed already"):
        second(run, by="ana lima")


def test_a_run_without_author_needs_one_named(tmp_path):
    run = make_run(tmp_path, author=None)
    with pytest.raises(ConfigError, match="does not say who made the run"):
        first(run)
    with pytest.raises(ConfigError, match="nobody signs their own run"):
        first(run, author="Ana Lima")
    assert first(run, author="Bo")["record"]["run_author"] == "Bo"


def test_the_author_in_the_log_stands(run):
    with pytest.raises(ConfigError, match="names another author: Bo Chen"):
        first(run, author="Zed")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"residual_risk": " "}, "--residual-risk"),
        ({"risk_accepted_by": ""}, "--risk-owner"),
        ({"oversight_plan": ""}, "--oversight"),
        ({"expires": None}, "--expires"),
        ({"expires": date(2020, 1, 1)}, "--expires"),
        ({"by": " "}, "--by"),
        ({"decision": "approve_with_conditions"}, "--condition"),
    ],
)
def test_a_decision_rests_on_something(run, change, where):
    with pytest.raises(ConfigError) as error:
        first(run, **change)
    assert error.value.where == where


def test_a_rejection_counts_more_than_an_approval(run):
    first(run)
    second(run, decision="reject", reason="The carriers are too few.")
    assert verify_run(run).findings == ["Dee Roy rejected the release"]
    page = (run / "index.html").read_text()
    assert "Rejected." in page
    assert "The carriers are too few." in page


def test_conditions_are_kept_and_shown(run):
    first(run, decision="approve_with_conditions", conditions=("Only in English.",))
    second(run)
    found = verify_run(run)
    assert found.clean
    assert found.notes == ["condition of Ana Lima: Only in English."]
    assert "with conditions" in (run / "index.html").read_text()


@pytest.mark.parametrize(
    "name", ["run.jsonl", "results.json", "index.html", "override-policy.yaml", "signoff.json"]
)
def test_any_edited_byte_is_found(signed, name):
    path = signed / name
    whole = path.read_bytes()
    for position in (0, len(whole) // 3, len(whole) // 2, len(whole) - 1):
        changed = bytes([whole[position] ^ 1])
        path.write_bytes(whole[:position] + changed + whole[position + 1 :])
        assert not verify_run(signed).clean, (name, position)
    path.write_bytes(whole)
    assert verify_run(signed).clean


def test_every_random_byte_of_every_file_counts(plain_run, hurt_run, copied):
    run = copied(hurt_run)
    attach_comparison(str(plain_run), run)
    first(run)
    second(run)
    assert verify_run(run).clean
    rng = np.random.default_rng(9)
    for path in sorted(run.iterdir()):
        whole = path.read_bytes()
        for position in rng.integers(len(whole), size=12):
            changed = bytearray(whole)
            changed[position] ^= 1 << int(rng.integers(8))
            path.write_bytes(changed)
            assert not verify_run(run).clean, (path.name, position)
        for damaged in (whole + b" ", whole[:-1], b""):
            path.write_bytes(damaged)
            assert not verify_run(run).clean, path.name
        path.write_bytes(whole)
    assert verify_run(run).clean


def test_a_report_of_many_pages_is_signed_whole(run, monkeypatch):
    room = sys.modules["audit.pipeline.conclude"]
    monkeypatch.setattr(room, "render_pages", partial(room.render_pages, limit=10_000))
    report_run(run)
    assert (run / "terms-1-1.html").exists()
    first(run)
    second(run)
    assert verify_run(run).clean
    assert not verify_run(run).notes
    edit(run / "terms-2-1.html", b"<body", b"<bodY")
    assert "terms-2-1.html was changed after signing" in verify_run(run).findings
    (run / "terms-2-1.html").unlink()
    assert "terms-2-1.html was signed and is missing" in verify_run(run).findings


@pytest.mark.parametrize("name", ["run.jsonl", "results.json", "index.html"])
def test_a_missing_file_is_found(signed, name):
    (signed / name).unlink()
    assert not verify_run(signed).clean


def test_a_record_edited_with_its_hash_left_alone_is_found(signed):
    edit(signed / "signoff.json", b"Other wordings", b"No wordings at all")
    assert "the signed record was edited" in verify_run(signed).findings


def test_a_forged_signature_is_found(signed):
    edit(signed / "signoff.json", b'"name": "Dee Roy"', b'"name": "Cy Ng"')
    assert "the signature of Cy Ng was edited" in verify_run(signed).findings


def test_a_file_beside_the_run_is_a_note(signed):
    (signed / "notes.txt").write_text("mine")
    found = verify_run(signed)
    assert found.clean
    assert any("notes.txt" in note for note in found.notes)


def test_nobody_signs_an_edited_run(run):
    edit(run / "results.json", b'"verdict": "no_gap"', b'"verdict": "gap"')
    with pytest.raises(ResultsError, match=r"not what the log gives: results\.json"):
        first(run)


def test_nobody_signs_an_edited_log(run):
    edit(run / "run.jsonl", b'"Positive"', b'"Negative"')
    with pytest.raises(RunLogError):
        first(run)


def test_nobody_adds_a_signature_to_a_changed_run(run):
    first(run)
    edit(run / "override-policy.yaml", b"version", b"Version")
    with pytest.raises(ResultsError, match=r"changed since the first signature: override-policy"):
        second(run)


class TestClocks:
    def test_signing_before_the_run_is_refused(self, run):
        with pytest.raises(ConfigError, match="clocks disagree"):
            first(run, now=NOW - timedelta(days=1))

    def test_signing_before_the_first_signature_is_refused(self, run):
        first(run, now=NOW + timedelta(days=2))
        with pytest.raises(ConfigError, match="clocks disagree"):
            second(run, now=NOW + timedelta(days=1))

    def test_a_signature_from_the_future_is_found(self, run):
        first(run, now=NOW + timedelta(days=1))
        second(run, now=NOW + timedelta(days=1))
        assert any("later than now" in text for text in verify_run(run).findings)

    def test_an_expired_decision_is_found(self, signed):
        later = NOW + timedelta(days=91)
        assert any("expired on" in text for text in verify_run(signed, now=later).findings)


class TestWhatWasSignedStays:
    def test_a_report_can_be_rendered_again(self, signed):
        (signed / "index.html").unlink()
        report_run(signed)
        assert verify_run(signed).clean

    def test_other_limits_are_refused(self, signed):
        with pytest.raises(ResultsError, match="its results would change"):
            report_run(signed, limits={"tolerance": 0.5})
        assert verify_run(signed).clean

    def test_a_comparison_leaves_it_alone(self, signed, hurt_run):
        comparison, _ = attach_comparison(str(hurt_run), signed)
        assert comparison.groups[0].change == "better"
        assert verify_run(signed).clean

    def test_a_comparison_made_before_is_signed_too(self, run, hurt_run):
        attach_comparison(str(hurt_run), run)
        first(run)
        second(run)
        assert verify_run(run).clean
        edit(run / "comparison.json", b"better", b"worse ")
        assert "comparison.json was changed after signing" in verify_run(run).findings


def test_limits_changed_after_the_run_are_shown_and_can_be_signed(run):
    results = report_run(run, limits={"tolerance": 0.2}).results
    assert results["limits"]["changed_after_run"]
    assert results["limits"]["before"]["tolerance"] == 0.05
    page = (run / "index.html").read_text()
    assert "changed after the run" in page
    assert "The limits were changed after the run was made." in page
    first(run)
    second(run)
    found = verify_run(run)
    assert found.clean
    assert any("limits were changed" in note for note in found.notes)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ana Lima", "ana  lima", True),
        ("Ana Lima", "Ana Lima <ana@x.org>", True),
        ("A. Lima <ana@x.org>", "Ana Lima <ANA@x.org>", True),
        ("Ana Lima <ana@x.org>", "Ana Lima <other@x.org>", False),
        ("Jose\u0301", "Jos\u00e9", True),
        ("Ana", "Ana Lima", False),
    ],
)
def test_who_is_the_same_person(one, other, same):
    assert same_person(one, other) is same
