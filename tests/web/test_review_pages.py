"""The reviewers' pages: what is shown, to whom, and what a click does."""

import html
import re
import shutil
from pathlib import Path

import pytest

from audit import Guard
from audit.review.settings import change_settings
from audit.store import verify_store
from audit.store.outcomes import outcome, reviews_of
from tests.unit.oversight.test_guard import NOW, hearing, policy
from tests.web.pages import Browser, application, person

EXAMPLE = Path(__file__).parents[2] / "reports" / "example"


@pytest.fixture
def guard(store):
    """A guard that sends texts about deaf people to a person and keeps them."""
    change_settings(store, by="test", double_every=256)
    return Guard(policy(), hearing, sink=store, now=lambda: NOW, keep_text=True)


@pytest.fixture
def staff(store, app):
    """One signed-in browser for each of several people."""
    found = {}
    for name, roles in (("Bo", ["reviewer"]), ("Ana", ["reviewer"]), ("Lea", ["lead"]),
                        ("Sam", ["signer"]), ("Kim", ["steward"])):  # fmt: skip
        person(store, name, *roles)
        found[name] = Browser(app)
        assert found[name].sign_in(name).status_code == 303
    return found


def take(browser):
    """Take the next item; return its address."""
    reply = browser.post("/review/next")
    assert reply.status_code == 303
    return reply.headers["location"]


def buttons(text):
    """Return name and value of every submit button of the main part that names a choice."""
    return re.findall(r'<button name="(\w+)" value="([^"]*)"', text)


def test_from_the_queue_to_an_override(store, guard, staff):
    decision = guard.decide("A deaf teacher came.")
    bo = staff["Bo"]
    assert "<b>1</b> waiting" in bo.get("/review").text
    at = take(bo)
    first = bo.get(at).text
    assert "A deaf teacher came." in first
    assert "Without the words" not in first
    assert decision.id not in first
    assert buttons(first) == [("label", "Positive"), ("label", "Negative")]
    early = bo.post(f"{at}/decide", data={"choice": "keep"})
    assert early.status_code == 409
    assert "First give your own label" in early.text
    assert bo.post(f"{at}/label", data={"label": "Positive"}).headers["location"] == at
    second = html.unescape(bo.get(at).text)
    assert "Without the words “deaf” the answer would have been Positive." in second
    assert "A rule of the policy asks for a person." in second
    done = bo.post(f"{at}/decide", data={"choice": "override:Positive", "note": ""})
    assert done.headers["location"] == "/review?done=decided"
    assert "Your decision is saved" in bo.get(done.headers["location"]).text
    (review,) = reviews_of(store, [decision.id])[decision.id]
    assert (review.action, review.label, review.blind) == ("override", "Positive", "Positive")
    assert bo.get(at).status_code == 409  # and is shown to nobody any more
    assert verify_store(store).clean


def test_overriding_costs_no_more_than_confirming(guard, staff):
    """Every choice is one button of one form in which nothing else has to be filled in."""
    guard.decide("A deaf teacher came.")
    bo = staff["Bo"]
    at = take(bo)
    bo.post(f"{at}/label", data={"label": "Positive"})
    text = bo.get(at).text
    assert buttons(text) == [
        ("choice", "keep"), ("choice", "override:Positive"), ("choice", "escalate"),
    ]  # fmt: skip
    form = re.search(r'<form method="post" action="[^"]+/decide">.*?</form>', text, re.DOTALL)[0]
    assert "required" not in form
    assert len(set(re.findall(r"<button([^>]*?) value=", form))) == 1  # all of one kind


def test_an_item_is_shown_to_nobody_else(guard, staff, app):
    guard.decide("A deaf teacher came.")
    at = take(staff["Bo"])
    for other in ("Ana", "Lea"):
        refused = staff[other].get(at)
        assert refused.status_code == 409
        assert "deaf" not in refused.text
    assert staff["Ana"].post("/review/next").headers["location"] == "/review?done=none"
    assert staff["Kim"].get(at).status_code == 403
    assert Browser(app).get(at).status_code == 303
    for path in ("label", "decide"):
        sent = {"label": "Positive", "choice": "keep"}
        assert staff["Ana"].post(f"{at}/{path}", data=sent).status_code == 409
    for page in ("/review", "/review/settled", "/review?view=mine", "/agreement", "/retention"):
        assert all("teacher" not in each.get(page).text for each in staff.values())


def test_a_role_that_is_removed_frees_the_item_and_shows_nothing(store, guard, staff):
    from audit.web.accounts.accounts import accounts, change_account

    person(store, "Root", "admin")
    guard.decide("A deaf teacher came.")
    bo = staff["Bo"]
    at = take(bo)
    bo.post(f"{at}/label", data={"label": "Positive"})
    (found,) = [each for each in accounts(store) if each.name == "Bo"]
    change_account(store, found.id, roles=[], pool="", active=True, by="test")
    for reply in (bo.get(at), bo.post(f"{at}/decide", data={"choice": "keep"})):
        assert reply.status_code == 403
        assert "teacher" not in reply.text
        assert "does not have the role" in reply.text
    assert take(staff["Ana"]).startswith("/review/items/")


def test_slurs_are_masked_until_they_are_asked_for(guard, staff):
    from audit.probes import load_probe_set, shipped_directory

    found = load_probe_set(shipped_directory() / "disability.yaml")
    slur = next(term.text for g in found.groups for term in g.terms if term.stratum == "slur")
    guard.decide(f"The deaf {slur} came.")
    bo = staff["Bo"]
    text = bo.get(take(bo)).text
    shown, behind = text.split("<details>")
    assert slur not in shown
    assert f"{slur[0]}*" in shown
    assert slur in behind


def test_pausing_puts_it_back(guard, staff):
    guard.decide("A deaf teacher came.")
    at = take(staff["Bo"])
    reply = staff["Bo"].post(f"{at}/pause")
    assert "Nothing was counted" in staff["Bo"].get(reply.headers["location"]).text
    assert take(staff["Ana"]) != at


def test_dispute_and_settlement(store, guard, staff):
    decision = guard.decide("A deaf teacher came.")
    at = take(staff["Bo"])
    staff["Bo"].post(f"{at}/label", data={"label": "Negative"})
    staff["Bo"].post(f"{at}/decide", data={"choice": "keep"})
    ana = staff["Ana"]
    where = f"/review/settled/{decision.id}/dispute"
    assert where in ana.get("/review/settled").text
    empty = ana.post(where, data={"note": " "})
    assert empty.status_code == 409
    assert "Say why" in empty.text
    assert ana.post(where, data={"note": "<b>Irony.</b>"}).status_code == 303
    assert "for a lead" in ana.get("/review?view=disputed").text
    assert ana.post(f"/review/take/{decision.id}").status_code == 409
    lea = staff["Lea"]
    at = lea.post(f"/review/take/{decision.id}").headers["location"]
    assert "Irony" not in lea.get(at).text
    lea.post(f"{at}/label", data={"label": "Positive"})
    assert "&lt;b&gt;Irony.&lt;/b&gt;" in lea.get(at).text
    lea.post(f"{at}/decide", data={"choice": "override:Positive"})
    settled = outcome(reviews_of(store, [decision.id])[decision.id])
    assert (settled.state, settled.label) == ("overridden", "Positive")


class TestStopSwitch:
    def test_one_click_sends_everything_to_people(self, browser, staff):
        auto = {"json": {"text": "A teacher came."}}
        assert browser.post("/v1/decide", **auto).json()["route"] == "auto"
        for page in ("/review", "/account", "/stop"):
            assert '<form method="post" action="/stop"' in staff["Bo"].get(page).text
        assert staff["Bo"].post("/stop").headers["location"] == "/stop?done=stopped"
        now = browser.post("/v1/decide", **auto).json()
        assert (now["route"], now["reasons"]) == ("review", ["stopped"])
        assert "every text goes to people" in staff["Ana"].get("/review").text
        assert staff["Ana"].post("/stop/end").status_code == 403  # a lead starts it again
        assert browser.post("/v1/decide", **auto).json()["route"] == "review"
        assert staff["Lea"].post("/stop/end").status_code == 303
        assert browser.post("/v1/decide", **auto).json()["route"] == "auto"

    def test_a_switch_that_cannot_be_read_is_a_stop(self, tmp_path, store):
        def broken():
            raise OSError("gone")

        guard = Guard(policy(), hearing, now=lambda: NOW, stopped=broken)
        decision = guard.decide("A teacher came.")
        assert (decision.route, decision.reasons) == ("review", ("guard_error",))


class TestOversight:
    def test_agreement_and_set_up(self, store, staff):
        page = staff["Lea"].get("/agreement").text
        assert "not enough" in page
        assert "never counted per person" in page
        sent = {"due_hours": "24", "double_every": "3", "known_every": "10"}
        assert staff["Lea"].post("/agreement", data=sent).status_code == 303
        assert 'value="24"' in staff["Lea"].get("/agreement").text
        for bad in ({"due_hours": "0"}, {"due_hours": "x"}, {"double_every": "9999"}):
            assert staff["Lea"].post("/agreement", data={**sent, **bad}).status_code == 422
        assert staff["Bo"].get("/agreement").status_code == 403

    def test_retention_and_erasure(self, store, guard, staff):
        kim = staff["Kim"]
        decision = guard.decide("A deaf teacher came.", subject="case 7")
        assert "What can still be read" in kim.get("/retention").text
        sent = {"tag_days": "3650", "personal_days": "3650"}
        assert kim.post("/retention", data=sent).status_code == 303
        for bad in ({}, {"subject": "a", "decision": "b"}, {"subject": " "}):
            assert kim.post("/retention/erase", data=bad).status_code == 422
        gone = kim.post("/retention/erase", data={"subject": "nobody"}).headers["location"]
        assert "Nothing readable was found" in kim.get(gone).text
        assert store.decision(decision.id).personal is not None
        gone = kim.post("/retention/erase", data={"subject": "case 7"}).headers["location"]
        assert "Erased" in kim.get(gone).text
        assert store.decision(decision.id).personal is None
        assert "This was not done yet." in kim.get("/retention").text
        assert kim.post("/retention/now").status_code == 303
        assert "Last time: " in kim.get("/retention").text
        refused = kim.post("/retention/erase", data={"decision": "d9"})
        assert (refused.status_code, "there is no decision d9." in refused.text) == (409, True)
        assert verify_store(store).clean

    def test_two_people_sign_and_nobody_twice(self, store, tmp_path):
        run = tmp_path / "run"
        shutil.copytree(EXAMPLE, run)
        app = application(store, run=run)
        for name in ("Sam", "Ida", "Max"):
            person(store, name, "signer")
        sam, ida = Browser(app), Browser(app)
        sam.sign_in("Sam")
        ida.sign_in("Ida")
        page = sam.get("/sign-off").text
        assert "A gap beyond the agreed limit was found." in page
        sent = {"decision": "approve", "residual_risk": "Texts without a known word.",
                "risk_accepted_by": "Kim", "oversight_plan": "Weekly.", "expires": "2099-01-31",
                "author": "The authors"}  # fmt: skip
        for change, status, said in (
            ({"expires": "tomorrow"}, 422, "YYYY-MM-DD"), ({"expires": ""}, 409, "a decision ends"),
            ({"decision": "maybe"}, 422, "decision"), ({"residual_risk": ""}, 409, "must say this"),
            ({"author": "Sam"}, 409, "nobody signs their own run"),
        ):  # fmt: skip
            refused = sam.post("/sign-off", data={**sent, **change})
            assert refused.status_code == status, refused.text
            assert said in refused.text
        assert sam.post("/sign-off", data=sent).status_code == 303
        again = sam.post("/sign-off", data={"decision": "approve"})
        assert again.status_code == 409
        assert "signed already" in again.text
        page = ida.get("/sign-off").text
        assert "Sam: Approve" in page
        assert "residual_risk" not in page  # the first signature has fixed it
        assert ida.post("/sign-off", data={"decision": "approve", "reason": "Ok"}).is_redirect
        assert "Ida: Approve" in ida.get("/sign-off").text
        assert "Sam" in (run / "index.html").read_text()

    def test_without_a_run_there_is_nothing_to_sign(self, staff):
        assert "nothing here to sign" in staff["Sam"].get("/sign-off").text
        assert staff["Sam"].post("/sign-off", data={"decision": "approve"}).status_code == 409
