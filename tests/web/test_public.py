"""The pages for affected people: what they say, to whom, and what they take."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import audit.web
from audit import Guard
from audit.appeals import appeal, resolve, status, waiting
from audit.oversight import PolicyDocument, load_policy
from audit.oversight.references import new_reference
from audit.store import open_store, verify_store
from audit.web import create_app
from tests.report.test_plain_language import grade
from tests.unit.oversight.test_guard import hearing
from tests.web.pages import Browser, application

EXAMPLE = Path(__file__).parents[2] / "reports" / "example"
FORMS = ("/notice", "/decision", "/appeal", "/feedback", "/opt-out", "/status")


def text_of(page):
    """Return the running text of a page, a sentence for every paragraph and list item."""
    main = re.search(r"<main.*?>(.*)</main>", page, re.DOTALL)[1]
    main = re.sub(r"<(table|details|ul lang)[^>]*>.*?</(table|details|ul)>", "", main, flags=re.S)
    parts = re.findall(
        r"<(?:p|li|h1|h2|dt|label)\b[^>]*>(.*?)</(?:p|li|h1|h2|dt|label)>", main, re.S
    )
    return [re.sub(r"<[^>]+>|\s+", " ", part).strip() for part in parts]


@pytest.fixture
def audited(store):
    """The application over the example run, whose results are beside its policy."""
    policy = PolicyDocument.model_validate(load_policy(EXAMPLE / "override-policy.yaml"))
    guard = Guard(policy, hearing, sink=store, keep_text=True)
    return create_app(guard, store=store, run=EXAMPLE, purpose="We sort letters.",
                      contact="Call 555 0100.")  # fmt: skip


@pytest.fixture
def decided(app):
    """The code of a decision that waits for a person."""
    return app.state.guard.decide("A deaf teacher came.", subject="anna").reference


class TestNotice:
    def test_it_says_what_depends_on_the_model_and_what_was_found(self, audited):
        page = Browser(audited).get("/notice").text
        for said in (
            "Positive, Neutral, Negative", "4 of 13 groups were treated worse", "We sort letters.",
            "People with a mobility disability", "Call 555 0100.", "21 November 2027",
            'href="/appeal"', "it does not establish that a system is lawful, fair or safe",
        ):  # fmt: skip
            assert said in page

    def test_results_of_another_run_are_not_shown(self, store, audited, tmp_path):
        for name in ("override-policy.yaml", "results.json"):
            (tmp_path / name).write_bytes((EXAMPLE / name).read_bytes())
        results = (tmp_path / "results.json").read_text()
        (tmp_path / "results.json").write_text(results.replace('"gap"', '"no_gap"', 1))
        page = Browser(create_app(audited.state.guard, store=store, run=tmp_path)).get("/notice")
        assert "4 of 13" not in page.text
        assert "not shown here" in page.text

    def test_a_stopped_model_is_said(self, store):
        policy = PolicyDocument.model_validate(load_policy(EXAMPLE / "override-policy.yaml"))
        stopped = Guard(policy, hearing, sink=store, stopped=lambda: True)
        page = Browser(create_app(stopped, store=store)).get("/notice").text
        assert "At the moment a person decides about every text." in page


class TestPlainLanguage:
    def test_every_page_can_be_read_after_nine_years_of_school(self, app, audited, decided):
        browser = Browser(app)
        pages = [Browser(audited).get("/notice").text]
        pages += [browser.get(path).text for path in FORMS[1:]]
        pages.append(browser.get(f"/decision/{decided}").text)
        sent = browser.post("/appeal", data={"decision": decided}).headers["location"]
        pages.append(browser.get(sent).text)
        for page in pages:
            said = [part for part in text_of(page) if "establish" not in part]
            whole = " ".join(part if part[-1] in ".!?" else f"{part}." for part in said if part)
            assert len(whole.split()) > 20
            assert grade(whole) <= 9, (grade(whole), whole)

    @pytest.mark.parametrize("name", ["public", "appeals"])
    def test_every_message_has_a_japanese_one_with_the_same_values(self, name):
        room = Path(audit.web.__file__).parent
        found = extract_from_dir(
            room, method_map=[("**.py", "python"), ("**.html", "jinja2")],
            keywords={"mark": None, "_": None},
        )  # fmt: skip
        messages = {message for file, _, message, *_ in found if name in Path(file).parts}
        path = room / "locale" / "ja" / "LC_MESSAGES" / f"{name}.po"
        catalogue = {
            m.id: m.string for m in read_po(BytesIO(path.read_bytes()), locale="ja") if m.id
        }
        assert messages <= set(catalogue)
        for message, said in catalogue.items():
            assert said
            assert re.findall(r"%\(\w+\)s", said) == re.findall(r"%\(\w+\)s", message)

    def test_japanese_pages_have_no_english_left(self, app, decided):
        browser = Browser(app)
        for path in (*FORMS, f"/decision/{decided}"):
            page = browser.get(f"{path}?lang=ja").text
            body = re.sub(
                r'<(\w+)[^>]* lang="en"[^>]*>.*?</\1>', "", page.split("<h1>")[1], flags=re.S
            )
            body = re.sub(r"<[^>]+>|[A-Z0-9]{6}-[A-Z0-9-]+|UTC|&#\d+;", " ", body)
            assert re.findall(r"[A-Za-z]{4,}", body) == [], path


class TestSending:
    def test_the_same_appeal_posted_a_hundred_times_is_one(self, store, app, decided):
        form = {"decision": decided, "text": "Look again."}
        sent = [Browser(app, address=f"10.0.{n}.1").post("/appeal", data=form) for n in range(100)]
        assert {reply.status_code for reply in sent} == {303}
        assert len({reply.headers["location"] for reply in sent}) == 1
        assert len(list(waiting(store))) == 1

    def test_one_sender_is_slowed_down_and_told_why(self, store, app, decided):
        browser = Browser(app)
        sent = [browser.post("/feedback", data={"text": str(n), "form": str(n)}) for n in range(40)]
        refused = [reply for reply in sent if reply.status_code == 429]
        assert len(refused) >= 9
        assert "Nothing was saved" in refused[0].text
        assert int(refused[0].headers["Retry-After"]) > 0
        assert len(list(waiting(store))) == 40 - len(refused)

    def test_what_was_typed_stays_in_the_form(self, app):
        text = "</textarea><script>alert(1)</script> 聞こえません"
        reply = Browser(app).post("/appeal", data={"decision": "ABC", "text": text})
        assert reply.status_code == 422
        assert "This is no code" in reply.text
        assert 'value="ABC"' in reply.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; 聞こえません" in reply.text
        assert "<script" not in reply.text

    @pytest.mark.parametrize("path", ["/appeal", "/feedback", "/opt-out", "/opt-out/withdraw"])
    def test_another_sites_form_is_refused(self, store, app, decided, path):
        form = {"decision": decided, "text": "x", "code": decided}
        for site in ("cross-site", "same-site", "none"):
            reply = Browser(app).post(path, data=form, headers={"Sec-Fetch-Site": site})
            assert reply.status_code == 403
        assert list(waiting(store)) == []

    @pytest.mark.parametrize(
        "form",
        [
            {}, {"decision": "\x00", "text": "\x00"}, {"decision": "A" * 5000},
            {"text": "x" * 200_000}, {"decision": ["a", "b"], "form": "f" * 5000},
        ],
    )  # fmt: skip
    def test_a_broken_form_is_refused_with_a_reason(self, store, app, form):
        for path in ("/appeal", "/feedback", "/opt-out"):
            reply = Browser(app).post(path, data=form)
            assert reply.status_code == 422, reply.text
            assert "Not done" in reply.text
        assert list(waiting(store)) == []

    def test_a_locked_store_says_that_nothing_was_saved(self, app, store, decided, tmp_path):
        import sqlite3

        with sqlite3.connect(tmp_path / "pages.db") as other:
            other.execute("BEGIN IMMEDIATE")
            reply = Browser(app).post("/appeal", data={"decision": decided})
            assert reply.status_code == 503
            assert "Nothing was saved" in reply.text
        assert list(waiting(store)) == []
        assert Browser(app).post("/appeal", data={"decision": decided}).status_code == 303

    def test_an_opt_out_is_honoured_and_can_be_taken_back(self, app, decided):
        browser, guard = Browser(app), app.state.guard
        where = browser.post("/opt-out", data={"decision": decided}).headers["location"]
        assert "It holds." in browser.get(where).text
        assert guard.decide("A teacher.", subject="anna").reasons == ("opt_out",)
        code = where.split("/")[-1].split("?")[0]
        browser.post("/opt-out/withdraw", data={"code": code})
        assert "You took it back" in browser.get(where).text
        assert guard.decide("A teacher.", subject="anna").route == "auto"


class TestWhoSeesWhat:
    def test_guessed_codes_show_nothing_and_are_slowed_down(self, app, decided):
        sent = Browser(app).post("/appeal", data={"decision": decided, "text": "My hearing."})
        code = sent.headers["location"].split("/")[-1].split("?")[0]
        guesser = Browser(app, address="10.9.9.9")
        near = code[:-1] + ("0" if code[-1] != "0" else "1")
        for guess in (near, code[:-1], "x", "%2e%2e%2fstatus", "%00", new_reference()):
            for path in ("/status/", "/decision/"):
                reply = guesser.get(path + guess)
                assert reply.status_code == 404
                assert "Appeal</dd>" not in reply.text
                assert "hearing" not in reply.text
        seen = [guesser.get(f"/status/{new_reference()}").status_code for _ in range(80)]
        assert set(seen) == {404, 429}
        assert Browser(app).get(f"/status/{code}").status_code == 200  # others are not held up

    def test_ids_from_events_open_nothing(self, app, store, decided):
        receipt = appeal(store, decision=decided)
        browser = Browser(app)
        for known in (receipt.filing_id, next(store.decisions()).id):
            assert browser.get(f"/status/{known}").status_code == 404
            assert browser.get(f"/decision/{known}").status_code == 404

    def test_the_status_shows_the_answer_and_not_what_was_written(self, app, store, decided):
        receipt = appeal(store, decision=decided, text="I called about my hearing.")
        resolve(store, receipt.filing_id, "overturned", by="bo", label="Positive",
                reply="<b>Sorry</b>, we changed it.")  # fmt: skip
        page = Browser(app).get(f"/status/{receipt.reference}").text
        assert "Another answer counts now" in page
        assert "&lt;b&gt;Sorry&lt;/b&gt;" in page
        assert "hearing" not in page
        about = Browser(app).get(f"/decision/{decided}").text
        assert "A person put another answer in the place" in about
        assert "Positive" in about
        assert "anna" not in about

    def test_pages_with_codes_are_not_kept_by_browsers_or_told_to_others(self, app, decided):
        reply = Browser(app).get(f"/decision/{decided}")
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["referrer-policy"] in {"same-origin", "no-referrer"}

    def test_a_decision_is_explained(self, app, decided):
        page = Browser(app).get(f"/decision/{decided}").text
        assert "Without the words “deaf” the answer would have been Positive." in page
        assert "A person still has to decide" in page
        assert "A rule sends texts like this to a person" in page


def test_a_status_lives_as_long_as_the_store(tmp_path):
    where = str(tmp_path / "s.db")
    with open_store(where) as store:
        code = appeal(store, text="It is wrong.", form="f").reference
    with open_store(where) as store:
        assert status(store, code).outcome is None
        assert Browser(application(store)).get(f"/status/{code}").status_code == 200
        assert verify_store(store).clean
