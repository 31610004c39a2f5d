"""A guard's store from the command line: erase, retain, and verify against heads kept elsewhere."""

import json

import pytest

from audit.store import open_store
from tests.store.decisions import decision


@pytest.fixture
def store(tmp_path):
    """Decisions about anna and bo, and one without a subject, all of June 2026."""
    path = tmp_path / "audit.db"
    made = [decision(id=name) for name in ("d1", "d2", "d3")]
    with open_store(str(path)) as opened:
        opened.record(made, ["anna", "bo", None], ["Anna is deaf.", None, None])
    return path


def personal(path):
    """Which decisions still have a personal part, and which still say the groups."""
    with open_store(str(path)) as opened:
        found = list(opened.decisions())
    return ({each.id for each in found if each.personal is not None},
            {each.id for each in found if each.groups is not None})  # fmt: skip


class TestErase:
    def test_a_subject(self, audit, store):
        done = audit("guard", "erase", store, "--subject", "anna")
        assert (done.code, done.out.strip()) == (0, "1 keys deleted")
        assert personal(store) == ({"d2", "d3"}, {"d1", "d2", "d3"})
        assert audit("verify", store).code == 0

    def test_a_decision(self, audit, store):
        done = audit("guard", "erase", store, "--decision", "d3")
        assert (done.code, done.out.strip()) == (0, "1 keys deleted")
        assert personal(store)[0] == {"d1", "d2"}

    def test_nobody(self, audit, store):
        done = audit("guard", "erase", store, "--subject", "ann")
        assert (done.code, done.out) == (1, "")
        assert "Nothing was erased" in done.err
        done = audit("guard", "erase", store, "--decision", "d4")
        assert (done.code, done.out) == (3, "")
        assert "there is no decision d4" in done.err
        assert personal(store)[0] == {"d1", "d2", "d3"}

    def test_one_of_a_subjects_decisions(self, audit, store):
        done = audit("guard", "erase", store, "--decision", "d1")
        assert (done.code, done.out.strip()) == (0, "1 keys deleted")
        assert personal(store)[0] == {"d2", "d3"}
        done = audit("guard", "erase", store, "--decision", "d1")
        assert (done.code, "nothing readable is left" in done.err) == (1, True)
        assert audit("verify", store).code == 0

    @pytest.mark.parametrize("given", [(), ("--subject", "anna", "--decision", "d1")])
    def test_neither_or_both_is_usage(self, audit, store, given):
        done = audit("guard", "erase", store, *given)
        assert done.code == 2
        assert "give --subject or --decision" in done.err

    def test_no_store_is_usage_and_makes_none(self, audit, tmp_path):
        done = audit("guard", "erase", "none.db", "--subject", "anna")
        assert (done.code, "there is no store none.db" in done.err) == (2, True)
        assert not (tmp_path / "none.db").exists()


class TestRetain:
    def test_what_is_young_stays(self, audit, store):
        done = audit("guard", "retain", store, "--tag-days", "36500", "--personal-days", "36500")
        assert done.out.strip() == "0 keys of group tags and 0 of personal parts deleted"
        assert personal(store) == ({"d1", "d2", "d3"}, {"d1", "d2", "d3"})

    def test_what_is_old_goes_each_by_its_own_time(self, audit, store):
        done = audit("guard", "retain", store, "--tag-days", "0", "--personal-days", "36500")
        assert done.out.strip() == "1 keys of group tags and 0 of personal parts deleted"
        assert personal(store) == ({"d1", "d2", "d3"}, set())
        done = audit("guard", "retain", store, "--tag-days", "0", "--personal-days", "0")
        assert done.out.strip() == "0 keys of group tags and 3 of personal parts deleted"
        assert personal(store) == (set(), set())
        assert audit("verify", store).code == 0

    def test_a_time_below_zero_is_usage(self, audit, store):
        assert audit("guard", "retain", store, "--tag-days", "-1").code == 2


class TestHeads:
    def test_a_store_that_only_grew_holds(self, audit, store, tmp_path):
        kept = tmp_path / "heads.json"
        kept.write_text(audit("verify", store, "--json").out)
        with open_store(str(store)) as opened:
            opened.record([decision()], [None])
        done = audit("verify", store, "--heads", kept)
        assert (done.code, "each as it was written" in done.out) == (0, True)

    def test_a_store_written_anew_is_found(self, audit, store, tmp_path):
        kept = tmp_path / "heads.json"
        kept.write_text(audit("verify", store, "--json").out)
        other = tmp_path / "other.db"
        with open_store(str(other)) as opened:
            opened.record([decision() for _ in range(3)], [None] * 3)
        assert audit("verify", other).code == 0
        done = audit("verify", other, "--heads", kept, "--json")
        assert done.code == 1
        assert any("decisions" in each for each in json.loads(done.out)["findings"])

    def test_a_file_without_heads_is_usage(self, audit, store, tmp_path):
        kept = tmp_path / "heads.json"
        kept.write_text("{}")
        done = audit("verify", store, "--heads", kept)
        assert (done.code, "no heads of a store" in done.err) == (2, True)
