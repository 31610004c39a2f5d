"""Those who answer appeals: what they see, and what a click does."""

import re

import pytest

from audit.appeals import appeal, give_feedback, opt_out, resolve, status
from audit.oversight.references import id_of
from audit.records import ReviewEvent
from audit.store import verify_store
from tests.web.pages import Browser, person


@pytest.fixture
def lea(store, app):
    """Somebody who answers appeals, signed in; with their account."""
    account = person(store, "Lea", "appeals")
    browser = Browser(app)
    assert browser.sign_in("Lea").status_code == 303
    return browser, account


@pytest.fixture
def code(app):
    """The code of a decision that waits for a person."""
    return app.state.guard.decide("A deaf teacher came.").reference


def choices(page):
    """Return what the buttons of a page choose."""
    return re.findall(r'<button name="choice" value="([^"]*)"', page)


def test_from_the_list_to_the_answer_that_the_person_sees(store, app, lea, code):
    browser, _ = lea
    sent = appeal(store, decision=code, text="I <b>called</b>.")
    listed = browser.get("/appeals").text
    assert f'href="/appeals/{sent.filing_id}"' in listed
    assert "called" not in listed
    at = f"/appeals/{sent.filing_id}"
    page = browser.get(at).text
    for said in ("I &lt;b&gt;called&lt;/b&gt;.", "A deaf teacher came.", "Without the words"):
        assert said in page
    assert sent.reference not in page
    assert choices(page) == ["overturned:Positive", "overturned:Negative", "upheld", "rejected"]
    answer = {"choice": "overturned:Positive", "reply": "You were right."}
    assert browser.post(at, data=answer).headers["location"] == "/appeals?done=answered"
    assert "Nothing waits." in browser.get("/appeals").text
    assert "right, changed" in browser.get("/appeals?everything=1").text
    assert status(store, sent.reference).reply == "You were right."
    again = browser.post(at, data={"choice": "rejected"})
    assert (again.status_code, "answered already" in again.text) == (409, True)
    assert "You were right." in browser.get(at).text
    assert verify_store(store).clean


def test_who_decided_it_in_review_cannot_answer(store, lea, code):
    browser, account = lea
    store.add_review(
        ReviewEvent(id="r", time="2026-06-02T10:00:00.000+00:00", decision_id=id_of(code),
                    reviewer=account.id, action="keep", label="Negative")
    )  # fmt: skip
    at = f"/appeals/{appeal(store, decision=code).filing_id}"
    page = browser.get(at).text
    assert choices(page) == []
    assert "somebody else has to answer" in page
    refused = browser.post(at, data={"choice": "rejected"})
    assert (refused.status_code, "cannot answer the appeal" in refused.text) == (409, True)


@pytest.mark.parametrize("choice", ["overturned:Nonsense", "overturned:", "fine", ""])
def test_an_answer_that_is_none_is_refused(store, lea, code, choice):
    sent = appeal(store, decision=code)
    reply = lea[0].post(f"/appeals/{sent.filing_id}", data={"choice": choice})
    assert reply.status_code in {409, 422}
    assert status(store, sent.reference).outcome is None


def test_what_names_no_decision_has_no_label_to_choose(store, lea, code):
    browser = lea[0]
    said = give_feedback(store, text="It is slow.", form="f")
    assert choices(browser.get(f"/appeals/{said.filing_id}").text) == ["upheld", "rejected"]
    wish = opt_out(store, decision=code)
    page = browser.get(f"/appeals/{wish.filing_id}").text
    assert choices(page) == ["upheld", "rejected"]
    assert "Done: people decide from now on" in page


def test_what_was_written_can_be_erased(store, lea, code):
    browser = lea[0]
    sent = appeal(store, decision=code, text="My hearing.")
    resolve(store, sent.filing_id, "rejected", by="Bo", reply="We looked.")
    browser.post(f"/appeals/{sent.filing_id}/erase")
    page = browser.get(f"/appeals/{sent.filing_id}").text
    assert "It was erased." in page
    assert "hearing" not in page
    assert "We looked" not in page


def test_nobody_else_gets_in(store, app, code):
    sent = appeal(store, decision=code, text="My hearing.")
    person(store, "Bo", "reviewer", "monitor", "admin", "steward", "signer")
    bo = Browser(app)
    bo.sign_in("Bo")
    for browser, status_code in ((bo, 403), (Browser(app), 303)):
        for path in ("/appeals", f"/appeals/{sent.filing_id}"):
            reply = browser.get(path)
            assert (reply.status_code, "hearing" in reply.text) == (status_code, False)
        refused = browser.post(f"/appeals/{sent.filing_id}", data={"choice": "upheld"})
        assert refused.status_code in {303, 403}
    assert status(store, sent.reference).outcome is None
    unknown = person(store, "Lea", "appeals")
    lea = Browser(app)
    lea.sign_in(unknown.name)
    assert lea.get("/appeals/nothing").status_code == 409
