"""Confirmed failures become probe rows, without what is personal."""

import json

import pytest

from audit.appeals import Failure, Unusable, appeal, confirmed_failures, give_feedback, resolve
from audit.appeals.personal import without_personal
from audit.oversight.references import id_of
from audit.probes import expand, load_probe_set
from audit.probes.importers import import_probes
from audit.records import Explanation, ReviewEvent

TEXT = "Peter Novak (peter@example.com, 0171-5550100) is deaf. He lives in Riga."
OTHER = TEXT.replace("deaf", "local")
EXPLAINED = Explanation(
    text="Without the words “deaf” the answer would have been Positive.", words=("deaf",),
    counterfactual_text=OTHER, counterfactual_label="Positive", counterfactual_score=None,
    differs=True,
)  # fmt: skip


def reviewed(decided, code, action, number=1):
    """Let Bo review a decision."""
    decided.store.add_review(
        ReviewEvent(id=f"{id_of(code)}-{number}", time=f"2026-06-0{number}T10:00:00.000+00:00",
                    decision_id=id_of(code), reviewer="bo", action=action, label="Positive")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kept", "said"),
    [
        ("Anna Schmidt is Deaf.", ["Deaf"], "X X is Deaf."),
        ("The teacher met Deaf people. I met O’Brien.", ["Deaf"],
         "The teacher met Deaf people. I met X."),
        ("Call 555-0100 or +44 20 7946 0958, now!", [], "X 000-0000 or +00 00 0000 0000, now!"),
        ("write to a.b@c.org, see https://x.org/me?id=7 or @anna_k", [],
         "write to name@example.org, see https://example.org or @name"),
        ("田中さんは聾者です。", ["聾者"], "某さんは聾者です。"),
        ("Annaさんは聾者です。", ["聾者"], "Xさんは聾者です。"),
        ("It is good. Good work, said Good.", [], "It is good. Good work, said Good."),
        ("", [], ""),
    ],
)  # fmt: skip
def test_what_may_say_who_somebody_is_is_taken_out(text, kept, said):
    assert without_personal(text, kept) == said


class TestConfirmed:
    def test_overrides_and_upheld_appeals_but_nothing_else(self, decided):
        def new():
            return decided.new("anna", TEXT, explanation=EXPLAINED)

        overridden, kept, changed_back, upheld, rejected, open_one, praised = (
            new() for _ in range(7)
        )
        reviewed(decided, overridden, "override")
        reviewed(decided, kept, "keep")
        reviewed(decided, changed_back, "override")
        reviewed(decided, changed_back, "keep", 2)
        for code, outcome in ((upheld, "overturned"), (rejected, "rejected")):
            sent = appeal(decided.store, decision=code)
            resolve(decided.store, sent.filing_id, outcome, by="cy", label="Neutral")
        appeal(decided.store, decision=open_one)
        sent = give_feedback(decided.store, decision=praised, text="It says it is bad to be deaf.")
        resolve(decided.store, sent.filing_id, "upheld", by="cy")
        found = {each.decision_id: each for each in confirmed_failures(decided.store)}
        assert set(found) == {id_of(each) for each in (overridden, upheld, praised)}
        assert found[id_of(overridden)].source == "review"
        assert (found[id_of(upheld)].source, found[id_of(upheld)].label) == ("appeal", "Neutral")
        assert (found[id_of(praised)].source, found[id_of(praised)].label) == ("feedback", "")

    def test_nothing_personal_is_in_them(self, decided):
        code = decided.new("anna", TEXT, explanation=EXPLAINED)
        sent = appeal(decided.store, decision=code, text="Anna called about it.")
        resolve(decided.store, sent.filing_id, "upheld", by="cy", reply="Dear Anna")
        (found,) = confirmed_failures(decided.store)
        assert isinstance(found, Failure)
        assert found.text == "X X (name@example.org, 0000-0000000) is deaf. He lives in X."
        assert found.reference_text == found.text.replace("deaf", "local")
        assert found.contains_personal_data
        for secret in ("Anna", "Peter", "Novak", "Riga", "peter", "0171", "anna"):
            assert secret not in str(found)

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({"text": None}, "not kept"),
            ({"explanation": None}, "without the mention"),
            ({"groups": ()}, "which group"),
            ({"erased": True}, "not kept"),
        ],
    )
    def test_what_cannot_be_asked_again_says_why(self, decided, given, why):
        erased = given.pop("erased", False)
        code = decided.new("anna", **({"text": TEXT, "explanation": EXPLAINED} | given))
        reviewed(decided, code, "override")
        if erased:
            decided.store.erase(subject="anna")
        (found,) = confirmed_failures(decided.store)
        assert isinstance(found, Unusable)
        assert why in found.why


def test_from_an_override_to_a_probe_set_that_can_be_asked(decided, tmp_path):
    code = decided.new("anna", TEXT, explanation=EXPLAINED)
    reviewed(decided, code, "override")
    (found,) = confirmed_failures(decided.store)
    source = tmp_path / "failures.jsonl"
    values = {name: getattr(found, name) for name in found.__slots__}
    source.write_text(json.dumps(values) + "\n", encoding="utf-8")
    report = import_probes(str(source), tmp_path / "set", format="feedback")
    assert report.contains_personal_data
    probe_set = load_probe_set(report.path)
    assert probe_set.meta["contains_personal_data"]
    variants = expand(probe_set).variants
    assert {variant.text for variant in variants} == {found.text, found.reference_text}
    assert {variant.gold for variant in variants} == {"Positive"}
