"""An appeal that is overturned settles its item, wherever in the queue that is."""

from dataclasses import replace

import pytest

from audit.appeals import appeal, resolve
from audit.appeals.explaining import account_of
from audit.errors import RefusedError, StoreError
from audit.monitor import build_dashboard, look
from audit.oversight.references import id_of, new_reference
from audit.records import ReviewEvent
from audit.review.claims import claims_of, take, take_next
from audit.review.labelling import decide, dispute, item, label_blind
from audit.review.queue import counts
from audit.store import Filings, events, verify_store
from audit.store.outcomes import outcome, reviews_of
from tests.review.items import CHOICES, ago, never_twice, review
from tests.store.decisions import decision

BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


def appealed(store, **changes):
    """Record a decision that waits; return its code, its id and that of an appeal about it."""
    code = new_reference()
    one = id_of(code)
    made = decision(id=one, reference=code, time=ago(minutes=5), **changes)
    store.record([made], [None], ["A deaf teacher came."])
    return code, one, appeal(store, decision=code, text="No.").filing_id


def overturn(store, sent, label="Positive"):
    """Answer that another label counts."""
    resolve(store, sent, "overturned", by="lea", label=label)


@BOTH
class TestOverturned:
    def test_a_waiting_item_leaves_the_queue_and_the_trail_says_by_whom(self, store):
        never_twice(store, 1)
        code, one, sent = appealed(store)
        assert counts(store, "bo").waiting == 1
        overturn(store, sent)
        assert (counts(store, "bo").waiting, take_next(store, "bo")) == (0, None)
        with pytest.raises(RefusedError, match="needs nobody"):
            take(store, one, "bo", settles=True)
        (said,) = reviews_of(store, [one])[one]
        assert (said.action, said.label, said.reviewer) == ("override", "Positive", "lea")
        assert said.blind is None  # not counted for agreement: lea saw the answer before
        assert account_of(store, code).counts == "Positive"
        assert verify_store(store).clean
        heads = verify_store(store).heads
        assert (heads["appeals"][0], heads["reviews"][0]) == (2, 1)
        look(store)
        assert build_dashboard(store).waiting == 0
        told = [(e["event"], e["action"]) for e in events(store) if e["event"] != "decision"]
        assert told == [("review", "override"), ("appeal", "filed"), ("appeal", "overturned")]

    def test_who_holds_the_item_is_told_and_their_answer_does_not_count(self, store):
        never_twice(store, 1)

        def keep(token):
            decide(store, token, "bo", "keep", label=None, choices=CHOICES)

        def show(token):
            item(store, token, "bo", CHOICES)

        for work_on in (show, keep):
            _, one, sent = appealed(store)
            held = take_next(store, "bo")
            label_blind(store, held.token, "bo", "Negative", CHOICES)
            overturn(store, sent)
            with pytest.raises(RefusedError, match="needs nobody"):
                work_on(held.token)
            assert claims_of(store, "bo") == []
            assert outcome(reviews_of(store, [one])[one]).label == "Positive"

    def test_a_review_of_the_same_moment_does_not_undo_it(self, store):
        code, one, sent = appealed(store)
        overturn(store, sent)
        at_once = ReviewEvent(id="r", time=ago(), decision_id=one, reviewer="bo", action="keep",
                              label="Negative", blind="Negative")  # fmt: skip
        store.add_review(at_once)
        assert account_of(store, code).counts == "Positive"
        dispute(store, one, "ana", "Look again.")
        store.add_review(replace(at_once, id="s", reviewer="eve"))
        assert account_of(store, code).counts == "Negative"

    def test_a_disputed_item_is_settled(self, store):
        never_twice(store)
        _, one, sent = appealed(store)
        review(store, "bo")
        dispute(store, one, "ana", "Look again.")
        overturn(store, sent)
        assert counts(store, "eve").disputed == 0
        assert [each.action for each in reviews_of(store, [one])[one]] == [
            "keep", "dispute", "override",
        ]  # fmt: skip
        dispute(store, one, "bo", "No.")  # it can be objected to as any other review
        assert counts(store, "eve").disputed == 1

    def test_the_answer_and_the_review_are_written_together_or_not_at_all(self, store, monkeypatch):
        _, _, sent = appealed(store)
        add = Filings.add

        def with_a_review_that_is_there(filings, row, made):
            store.add_review(made)
            add(filings, row, made)

        monkeypatch.setattr(Filings, "add", with_a_review_that_is_there)
        with pytest.raises(StoreError, match="in the store already"):
            overturn(store, sent)
        assert [each.kind for each in Filings(store).about(sent)] == []
        assert verify_store(store).clean


def test_other_answers_change_nothing_in_the_queue(store):
    for answer in ("upheld", "rejected"):
        before = counts(store, "bo").waiting
        _, _, sent = appealed(store)
        resolve(store, sent, answer, by="lea")
        assert counts(store, "bo").waiting == before + 1


def test_what_is_settled_or_was_never_in_the_queue_gets_no_second_review(store):
    never_twice(store)
    _, one, sent = appealed(store)
    review(store, "bo")
    overturn(store, sent)
    assert len(reviews_of(store, [one])[one]) == 1
    _, other, sent = appealed(store, route="auto", would_route="auto")
    overturn(store, sent)
    assert reviews_of(store, [other]) == {}


def test_the_same_label_is_kept_and_not_overridden(store):
    _, one, sent = appealed(store)
    label = store.decision(one).body["label"]
    overturn(store, sent, label)
    found = outcome(reviews_of(store, [one])[one])
    assert (found.state, found.label) == ("kept", label)
