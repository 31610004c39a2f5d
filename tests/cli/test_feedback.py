"""``audit feedback``: from what people sent to a probe set, on the command line."""

import json

import pytest

from audit.appeals import appeal, give_feedback, status
from audit.oversight.references import id_of, new_reference
from audit.store import open_store
from tests.store.decisions import decision


@pytest.fixture
def sent(tmp_path):
    """A store with an appeal against a decision whose text is kept, and feedback about nothing."""
    path, code = tmp_path / "audit.db", new_reference()
    with open_store(str(path)) as store:
        made = decision(id=id_of(code), reference=code)
        store.record([made], ["anna"], ["Anna is a deaf teacher."])
        appealed = appeal(store, decision=code, text="Anna \x1b[31m here.")
        said = give_feedback(store, text="It is slow.", form="f")
    return path, appealed, said


def test_from_an_appeal_to_a_probe_set(audit, sent, tmp_path):
    path, appealed, _ = sent
    listed = audit("feedback", "list", path)
    assert (listed.code, appealed.filing_id in listed.out, "Anna" in listed.out) == (0, True, False)
    shown = audit("feedback", "show", path, appealed.filing_id)
    assert "Anna" in shown.out
    assert "\x1b" not in shown.out
    refused = audit("feedback", "resolve", path, appealed.filing_id, "overturned", "--by", "Bo")
    assert (refused.code, "which answer counts instead" in refused.err) == (2, True)
    done = audit("feedback", "resolve", path, appealed.filing_id, "overturned", "--by", "Bo",
                 "--label", "Positive", "--reply", "You were right.")  # fmt: skip
    assert done.code == 0, done.err
    with open_store(str(path)) as store:
        assert status(store, appealed.reference).reply == "You were right."
    again = audit("feedback", "resolve", path, appealed.filing_id, "rejected", "--by", "Bo")
    assert (again.code, "it was overturned at" in again.err) == (2, True)
    exported = audit("feedback", "export", path, "--failures", "-o", "failures.jsonl")
    assert exported.code == 0, exported.err
    written = (tmp_path / "failures.jsonl").read_text()
    assert "Anna" not in written
    made = audit("probes", "import", "failures.jsonl", "--format", "feedback", "-o", "set",
                 "--attribute", "disability")  # fmt: skip
    assert (made.code, "1" in made.out) == (0, True), made.err
    rows = (tmp_path / "set" / "failures.csv").read_text()
    assert "X is a deaf teacher." in rows
    assert "contains_personal_data: true" in (tmp_path / "set" / "failures.yaml").read_text()
    assert audit("verify", path).code == 0


def test_export_and_erase(audit, sent):
    path, appealed, _ = sent
    plain = [json.loads(line) for line in audit("feedback", "export", path).out.splitlines()]
    assert [each["kind"] for each in plain] == ["appeal", "feedback"]
    assert "text" not in plain[0]
    assert "slow" in audit("feedback", "export", path, "--with-text").out
    both = audit("feedback", "export", path, "--with-text", "--failures")
    assert (both.code, "never exported" in both.err) == (2, True)
    assert audit("feedback", "erase", path, appealed.filing_id).out.strip() == "1 key deleted"
    assert "erased" in audit("feedback", "show", path, appealed.filing_id).out
    unknown = audit("feedback", "erase", path, appealed.reference)
    assert (unknown.code, "nothing that was sent has the id" in unknown.err) == (3, True)
