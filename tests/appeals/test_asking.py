"""What people send: taken once, by code, without saying who they are."""

from concurrent.futures import ThreadPoolExecutor

import jsonschema
import pytest

from audit.appeals import (
    CannotFileError,
    account_of,
    appeal,
    give_feedback,
    opt_out,
    resolve,
    status,
    waiting,
    withdraw_opt_out,
)
from audit.appeals import asking as asking_module
from audit.appeals.resolving import erase
from audit.errors import RefusedError
from audit.oversight.references import id_of, new_reference, read_reference
from audit.records import ReviewEvent
from audit.store import event_schema, events, verify_store


def why(function, *args, **options):
    """Return the code of the reason why something is not taken."""
    with pytest.raises(CannotFileError) as caught:
        function(*args, **options)
    return caught.value.why


class TestAppeal:
    def test_it_is_known_by_its_code_only(self, decided):
        code = decided.new("anna")
        receipt = appeal(decided.store, decision=code, text="Nobody\r\nasked me.")
        found = status(decided.store, receipt.reference.lower().replace("-", " "))
        assert (found.kind, found.text, found.outcome) == ("appeal", "Nobody\nasked me.", None)
        assert found.decision_id == id_of(code)
        assert why(status, decided.store, new_reference()) == "no_such_code"
        assert why(status, decided.store, code) == "no_such_code"
        assert why(status, decided.store, receipt.reference[:-1]) == "not_a_code"

    def test_the_code_is_nowhere_in_the_store_or_its_events(self, decided, tmp_path):
        receipt = appeal(decided.store, decision=decided.new(), text="My hearing.")
        data = b"".join(each.read_bytes() for each in tmp_path.iterdir())
        for secret in (receipt.reference, receipt.reference.replace("-", ""), "My hearing"):
            assert secret.encode() not in data
            assert secret not in str(list(events(decided.store)))

    def test_no_reason_is_needed(self, decided):
        receipt = appeal(decided.store, decision=decided.new())
        assert status(decided.store, receipt.reference).text is None
        assert not status(decided.store, receipt.reference).erased

    def test_posted_a_hundred_times_at_once_it_is_one(self, decided):
        code = decided.new()
        with ThreadPoolExecutor(8) as pool:
            receipts = list(
                pool.map(
                    lambda _: appeal(decided.store, decision=code, text="Look again."), range(100)
                )
            )
        assert len({each.reference for each in receipts}) == 1
        assert sum(not each.again for each in receipts) == 1
        assert len(list(waiting(decided.store))) == 1
        assert verify_store(decided.store).heads["appeals"][0] == 1

    def test_another_persons_same_words_are_another_appeal(self, decided):
        sent = [appeal(decided.store, text="It is wrong.", form=form) for form in ("a", "b", "a")]
        assert sent[0].reference == sent[2].reference != sent[1].reference

    def test_a_flood_about_one_decision_is_refused(self, decided):
        code = decided.new()
        for number in range(asking_module.MOST_ABOUT_ONE_DECISION):
            appeal(decided.store, decision=code, text=str(number))
        assert why(appeal, decided.store, decision=code, text="more") == "too_many"
        assert appeal(decided.store, decision=code, text="1").again
        appeal(decided.store, decision=decided.new(), text="more")

    def test_a_flood_about_no_decision_is_refused(self, decided, monkeypatch):
        monkeypatch.setattr(asking_module, "MOST_UNNAMED_A_DAY", 3)
        for number in range(3):
            appeal(decided.store, text=str(number))
        assert why(appeal, decided.store, text="more") == "too_many"
        give_feedback(decided.store, text="more")

    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            ({"text": "x" * 4001}, "too_long"),
            ({"text": " \n"}, "nothing_said"),
            ({"decision": "no code"}, "not_a_code"),
            ({"decision": "x" * 10_000}, "not_a_code"),
            ({"decision": "\ud800"}, "not_a_code"),
            ({"decision": new_reference()}, "no_such_code"),
        ],
    )
    def test_what_cannot_be_taken_says_why(self, decided, given, reason):
        assert why(appeal, decided.store, **given) == reason
        assert list(waiting(decided.store)) == []

    def test_an_appeals_code_is_no_decisions(self, decided):
        receipt = appeal(decided.store, decision=decided.new())
        assert why(appeal, decided.store, decision=receipt.reference) == "not_a_decision"
        assert why(account_of, decided.store, receipt.reference) == "not_a_decision"

    def test_hidden_signs_are_left_out_and_any_language_is_kept(self, decided):
        sent = appeal(decided.store, text="a\x00b\x1b[31m \ud800聞こえません🙂", form="f")
        assert status(decided.store, sent.reference).text == "ab[31m 聞こえません🙂"


class TestAnswers:
    def test_the_person_sees_what_was_decided(self, decided):
        code = decided.new("anna")
        sent = appeal(decided.store, decision=code)
        resolve(decided.store, sent.filing_id, "overturned", by="bo", label="Positive",
                reply="You were right.")  # fmt: skip
        found = status(decided.store, sent.reference)
        assert (found.outcome, found.label, found.reply) == (
            "overturned", "Positive", "You were right.",
        )  # fmt: skip
        account = account_of(decided.store, code)
        assert (account.said, account.counts, account.decided_by, account.changed) == (
            "Negative", "Positive", "person", True,
        )  # fmt: skip
        assert list(waiting(decided.store)) == []
        assert [each.outcome for each in waiting(decided.store, answered=True)] == ["overturned"]
        actions = [each["action"] for each in events(decided.store) if each["event"] == "appeal"]
        assert actions == ["filed", "overturned"]

    def test_it_is_answered_once_whoever_comes_first(self, decided):
        sent = appeal(decided.store, decision=decided.new())

        def answer(name):
            try:
                resolve(decided.store, sent.filing_id, "rejected", by=name)
            except RefusedError as error:
                return error.what
            return "done"

        with ThreadPoolExecutor(8) as pool:
            said = list(pool.map(answer, "abcdefgh"))
        assert said.count("done") == 1
        assert all("answered already" in each for each in said if each != "done")

    def test_nobody_answers_an_appeal_against_their_own_review(self, decided):
        code = decided.new()
        decided.store.add_review(
            ReviewEvent(id="r", time="2026-06-02T10:00:00.000+00:00", decision_id=id_of(code),
                        reviewer="bo", action="keep", label="Negative")
        )  # fmt: skip
        sent = appeal(decided.store, decision=code)
        with pytest.raises(RefusedError, match="decided this in review"):
            resolve(decided.store, sent.filing_id, "rejected", by="bo")
        resolve(decided.store, sent.filing_id, "rejected", by="cy")

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"outcome": "fine"}, "no outcome"),
            ({"outcome": "overturned"}, "which answer"),
            ({"outcome": "rejected", "by": " "}, "who answers"),
            ({"outcome": "rejected", "reply": "x" * 4001}, "longer than"),
        ],
    )
    def test_an_answer_that_may_not_be_given_says_why(self, decided, given, said):
        sent = appeal(decided.store, decision=decided.new())
        with pytest.raises(RefusedError, match=said):
            resolve(decided.store, sent.filing_id, **({"by": "bo"} | given))
        assert status(decided.store, sent.reference).outcome is None

    def test_what_names_no_decision_cannot_be_overturned(self, decided):
        sent = give_feedback(decided.store, text="It is slow.", form="f")
        with pytest.raises(RefusedError, match="no decision"):
            resolve(decided.store, sent.filing_id, "overturned", by="bo", label="Positive")
        assert resolve(decided.store, sent.filing_id, "upheld", by="bo").outcome == "upheld"

    def test_erased_words_are_gone_and_the_status_stays(self, decided):
        code = decided.new("anna")
        sent = appeal(decided.store, decision=code, text="My hearing.")
        resolve(decided.store, sent.filing_id, "rejected", by="bo", reply="We looked.")
        assert erase(decided.store, sent.filing_id) == 1
        found = status(decided.store, sent.reference)
        assert (found.text, found.reply, found.erased, found.outcome) == (
            None, None, True, "rejected",
        )  # fmt: skip
        assert account_of(decided.store, code).explanation is not None
        assert verify_store(decided.store).clean


class TestOptOut:
    def test_it_stands_for_the_subject_until_it_is_taken_back(self, decided):
        code, store = decided.new("anna", explanation=None), decided.store
        receipt = opt_out(store, decision=code)
        assert status(store, receipt.reference).standing
        assert store.opted_out(["anna", "bo"]) == {"anna"}
        assert opt_out(store, decision=code).again
        assert list(waiting(store)) == []
        withdraw_opt_out(store, receipt.reference)
        withdraw_opt_out(store, receipt.reference)
        assert store.opted_out(["anna"]) == set()
        assert status(store, receipt.reference).withdrawn
        assert not opt_out(store, decision=code).again
        assert store.opted_out(["anna"]) == {"anna"}
        told = [each for each in events(store) if each["event"] == "opt_out"]
        assert [each["action"] for each in told] == ["filed", "withdrawn", "filed"]
        for each in told:
            jsonschema.validate(each, event_schema())
            assert each["decision_id"] == id_of(code)

    def test_it_stands_after_the_subject_was_erased(self, decided):
        opt_out(decided.store, decision=decided.new("anna"))
        decided.store.erase(subject="anna")
        assert decided.store.opted_out(["anna"]) == {"anna"}

    def test_without_a_subject_it_waits_for_a_person(self, decided):
        receipt = opt_out(decided.store, decision=decided.new())
        assert not status(decided.store, receipt.reference).standing
        assert [each.kind for each in waiting(decided.store)] == ["opt_out"]

    def test_only_its_own_code_takes_it_back(self, decided):
        code = decided.new("anna")
        opt_out(decided.store, decision=code)
        sent = appeal(decided.store, decision=code)
        assert why(withdraw_opt_out, decided.store, sent.reference) == "not_withdrawable"
        assert why(withdraw_opt_out, decided.store, code) == "no_such_code"
        assert decided.store.opted_out(["anna"]) == {"anna"}


class TestAccount:
    def test_of_a_decision_that_waits(self, decided):
        account = account_of(decided.store, decided.new("anna"))
        assert (account.counts, account.decided_by) == (None, "waiting")
        assert account.explanation == (
            "Without the words “deaf” the answer would have been Positive."
        )
        assert account.subject_known

    def test_of_one_that_the_model_made(self, decided):
        account = account_of(decided.store, decided.new(route="auto", would_route="auto"))
        assert (account.said, account.counts, account.decided_by) == (
            "Negative", "Negative", "model",
        )  # fmt: skip

    def test_of_one_that_a_person_kept(self, decided):
        code = decided.new()
        decided.store.add_review(
            ReviewEvent(id="r", time="2026-06-02T10:00:00.000+00:00", decision_id=id_of(code),
                        reviewer="bo", action="keep")
        )  # fmt: skip
        account = account_of(decided.store, code)
        assert (account.counts, account.decided_by, account.changed) == (
            "Negative", "person", False,
        )  # fmt: skip

    def test_an_erased_explanation_is_said_to_be(self, decided):
        code = decided.new("anna")
        decided.store.erase(subject="anna")
        account = account_of(decided.store, code)
        assert (account.explanation, account.erased) == (None, True)


def test_one_wrong_sign_or_two_swapped_ones_are_always_seen():
    code = new_reference().replace("-", "")
    signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    wrong = [code[:i] + sign + code[i + 1 :] for i in range(18) for sign in signs]
    swapped = [code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(17)]
    assert not any(read_reference(each) for each in wrong + swapped if each != code)


def test_a_code_may_be_typed_in_full_width_letters():
    code = new_reference()
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isalnum() else sign for sign in code)
    assert read_reference(f" {wide} ") == code
