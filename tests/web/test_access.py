"""Who may do what: every route against every role, and the ways around it."""

import re

import pytest
from fastapi import APIRouter, FastAPI

from audit.store import open_store
from audit.web.access import PUBLIC, Allow, Bearer, Public, allow, declared
from audit.web.accounts.accounts import change_account
from audit.web.accounts.links import first_link, new_link
from audit.web.accounts.roles import ROLES
from audit.web.accounts.sessions import digest
from tests.web.pages import PASSWORD, Browser, application, person


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    """The application, and one browser for each role, for nobody and for no role."""
    path = tmp_path_factory.mktemp("matrix") / "s.db"
    with open_store(str(path)) as store:
        app = application(store)
        browsers = {None: Browser(app)}
        for role in (*ROLES, "none"):
            person(store, role, *([] if role == "none" else [role]))
            browsers[role] = Browser(app)
            assert browsers[role].sign_in(role).status_code == 303
        # The probes below would change what they probe: nobody loses a role or the session here.
        yield app, browsers


def probe(browser, method, path):
    """Ask a route with made-up parts and an empty form."""
    filled = re.sub(r"\{[^}]*\}", "nothing", path)
    return browser.request(method, filled)


def test_every_route_asks_for_what_it_declares(matrix):
    """Refused is 303 to the sign-in for nobody, 403 for a wrong role; whatever else got in."""
    app, browsers = matrix
    table = declared(app)
    assert len(table) >= 10
    checked = 0
    for (method, path), access in table.items():
        if isinstance(access, Bearer):
            continue
        for role, browser in browsers.items():
            if (method, path) == ("POST", "/sign-out") and role is not None:
                continue  # would end the session that later probes need; tested below
            reply = probe(browser, method, path)
            led_away = reply.status_code == 303 and reply.headers["location"].startswith("/sign-in")
            no_role = reply.status_code == 403 and "does not have the role" in reply.text
            case = f"{role} {method} {path}: {reply.status_code}"
            assert reply.status_code < 500, case
            if isinstance(access, Public):
                assert not no_role, case
            elif role is None:
                assert led_away, case
            else:
                assert isinstance(access, Allow)
                may = access.roles is None or role in access.roles
                assert no_role == (not may), case
                assert not led_away, case
            checked += 1
    assert checked > 8 * len(ROLES)


def test_a_route_that_declares_nothing_does_not_start():
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    router = APIRouter()

    @router.get("/open")
    def opened() -> None:
        """Forgotten."""

    app.include_router(router)
    with pytest.raises(TypeError, match="/open must declare exactly one"):
        declared(app)
    with pytest.raises(TypeError, match="/open must declare"):
        declared(FastAPI(docs_url=None, redoc_url=None, openapi_url="/open"))


def test_a_route_that_declares_twice_does_not_start():
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/twice", dependencies=[PUBLIC, allow("admin")])
    def twice() -> None:
        """Contradicts itself."""

    with pytest.raises(TypeError, match="/twice must declare exactly one"):
        declared(app)
    with pytest.raises(ValueError, match="no such role: boss"):
        allow("boss")


class TestSigningIn:
    def test_by_password(self, store, browser):
        person(store, "Bo", "admin")
        assert browser.get("/people").headers["location"] == "/sign-in?next=/people"
        form = {"name": "bo ", "password": PASSWORD, "next": "/people"}
        assert browser.post("/sign-in", data=form).headers["location"] == "/people"
        assert "Signed in as Bo" in browser.get("/people").text

    @pytest.mark.parametrize("name", ["Bo", "nobody", "", "\x00", "🦉" * 40])
    def test_what_does_not_fit_is_refused_alike(self, store, browser, name):
        person(store, "Bo", "admin")
        refused = browser.post("/sign-in", data={"name": name, "password": "wrong"})
        assert refused.status_code in {403, 422}
        assert "set-cookie" not in refused.headers
        if refused.status_code == 403:
            assert "do not belong together" in refused.text

    def test_guessing_is_slowed_down(self, store, app):
        person(store, "Bo", "admin")
        seen = [
            Browser(app, address=f"10.0.0.{n}").post(
                "/sign-in", data={"name": "Bo", "password": str(n)}
            )
            for n in range(14)
        ]
        assert [reply.status_code for reply in seen].count(403) == 10
        assert seen[-1].status_code == 429
        assert Browser(app).sign_in("Bo").status_code == 429  # also with the right password

    @pytest.mark.parametrize("next_", ["//evil.example", "https://evil.example", "/\\evil.example",
                                       "/a\r\nb", "evil", ""])  # fmt: skip
    def test_leads_to_no_other_site(self, store, browser, next_):
        person(store, "Bo", "admin")
        form = {"name": "Bo", "password": PASSWORD, "next": next_}
        assert browser.post("/sign-in", data=form).headers["location"] == "/"

    def test_a_session_somebody_else_chose_is_worth_nothing(self, store, app):
        """Fixation: the cookie a victim was given before signing in never becomes a session."""
        person(store, "Bo", "admin")
        victim, attacker = Browser(app), Browser(app)
        victim.cookies.set("audit", "chosen-by-the-attacker")
        victim.sign_in("Bo")
        attacker.cookies.set("audit", "chosen-by-the-attacker")
        assert attacker.get("/people").status_code == 303
        tokens = [cookie.value for cookie in victim.cookies.jar if cookie.value.startswith("ch")]
        assert victim.get("/people").status_code in {200, 303}
        assert all(digest(token) not in sessions(store) for token in tokens)

    def test_signing_in_again_ends_the_session_before(self, store, app, browser):
        person(store, "Bo", "admin")
        browser.sign_in("Bo")
        stolen = Browser(app)
        stolen.cookies.set("audit", browser.cookies["audit"])
        assert stolen.get("/people").status_code == 200
        browser.sign_in("Bo")
        assert stolen.get("/people").status_code == 303
        assert browser.get("/people").status_code == 200

    def test_signing_out_ends_it_everywhere(self, store, app, browser):
        person(store, "Bo", "admin")
        browser.sign_in("Bo")
        copied = Browser(app)
        copied.cookies.set("audit", browser.cookies["audit"])
        assert browser.post("/sign-out").headers["location"] == "/sign-in?out=1"
        assert copied.get("/people").status_code == 303
        assert "signed out" in browser.get("/sign-in?out=1").text

    def test_the_cookie_is_kept_from_scripts_and_other_sites(self, store, app, browser):
        person(store, "Bo", "admin")
        said = browser.sign_in("Bo").headers["set-cookie"].lower()
        assert "httponly" in said
        assert "samesite=lax" in said
        over_tls = Browser(app)
        over_tls.base_url = "https://127.0.0.1"
        said = over_tls.sign_in("Bo").headers["set-cookie"]
        assert said.startswith("__Host-audit=")
        assert "Secure" in said

    def test_the_store_holds_no_token_and_no_password(self, store, browser, tmp_path):
        made = person(store, "Bo", "admin")
        browser.sign_in("Bo")
        token = new_link(store, made.id, by="test")
        raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        for secret in (browser.cookies["audit"], token, PASSWORD):
            assert secret.encode() not in raw
        assert b"$argon2id$" in raw


def sessions(store):
    """Return the ids of all sessions."""
    from sqlalchemy import select

    from audit.store.state_tables import SESSIONS

    with store.reading() as connection:
        return set(connection.execute(select(SESSIONS.c.id)).scalars())


class TestLinks:
    def test_the_first_start_gives_one_that_works_once(self, store, app):
        token = first_link(store)
        first, second = Browser(app), Browser(app)
        assert "Go on" in first.get(f"/sign-in/link/{token}").text  # looking does not use it up
        assert "Go on" in first.get(f"/sign-in/link/{token}").text
        used = first.post("/sign-in/link", data={"token": token})
        assert used.headers["location"] == "/account?first=1"
        again = second.post("/sign-in/link", data={"token": token})
        assert again.status_code == 403
        assert "used already" in again.text
        page = first.get("/account?first=1").text
        assert "Set a password now" in page
        new = {"password": PASSWORD, "again": PASSWORD}
        assert first.post("/account/password", data=new).status_code == 303
        assert first.get("/people").status_code == 200
        assert first_link(store) is None
        assert second.sign_in("admin").status_code == 303

    def test_until_somebody_can_sign_in_each_start_gives_a_new_one(self, store, browser):
        old, new = first_link(store), first_link(store)
        assert browser.post("/sign-in/link", data={"token": old}).status_code == 403
        assert browser.post("/sign-in/link", data={"token": new}).status_code == 303

    def test_one_that_is_too_old_is_refused(self, store, browser):
        from datetime import UTC, datetime, timedelta

        made = person(store, "Bo")
        token = new_link(store, made.id, by="x", now=datetime.now(UTC) - timedelta(hours=25))
        assert browser.post("/sign-in/link", data={"token": token}).status_code == 403

    @pytest.mark.parametrize(("password", "again", "said"), [
        ("short", "short", "at least 12"), (PASSWORD, PASSWORD + "x", "differ"),
        ("x" * 1500, "x" * 1500, "at most"),
    ])  # fmt: skip
    def test_a_bad_password_is_refused_with_the_reason(self, store, browser, password, again, said):
        browser.post("/sign-in/link", data={"token": first_link(store)})
        reply = browser.post("/account/password", data={"password": password, "again": again})
        assert reply.status_code == 422
        assert said in reply.text


class TestPeople:
    @pytest.fixture
    def admin(self, store, browser):
        """Somebody who manages people."""
        person(store, "Admin", "admin")
        browser.sign_in("Admin")
        return browser

    def test_a_person_is_added_and_comes_in_by_the_link(self, app, admin):
        form = {"name": "Aya O'Neil", "roles": ["reviewer", "lead"], "pool": "lived experience"}
        refused = admin.post("/people", data=form)
        assert refused.status_code == 409
        assert "O&#39;Neil" in refused.text  # what was typed is kept
        form["name"] = "Aya"
        page = admin.post("/people", data=form).text
        token = re.search(r"/sign-in/link/([\w-]+)", page)[1]
        other = Browser(app)
        assert other.post("/sign-in/link", data={"token": token}).status_code == 303
        assert "Settles disputes" in other.get("/account").text
        assert admin.post("/people", data=form).status_code == 409

    def test_a_role_that_was_removed_is_gone_at_once(self, store, app, admin):
        made = person(store, "Bo", "admin")
        other = Browser(app)
        other.sign_in("Bo")
        assert other.get("/people").status_code == 200
        assert admin.post(f"/people/{made.id}", data={"active": "1"}).status_code == 200
        refused = other.get("/people")
        assert refused.status_code == 403
        assert "does not have the role" in refused.text
        assert other.post("/people", data={"name": "Eve", "roles": "admin"}).status_code == 403
        assert "Eve" not in admin.get("/people").text

    def test_a_closed_account_is_out_at_once(self, store, app, admin):
        made = person(store, "Bo", "reviewer")
        other = Browser(app)
        other.sign_in("Bo")
        change_account(store, made.id, roles=["reviewer"], pool="", active=False, by="x")
        assert other.get("/account").status_code == 303
        assert other.sign_in("Bo").status_code == 403

    def test_somebody_is_left_who_manages_people(self, store, admin):
        (identity,) = (
            each for each in re.findall(r'action="/people/(\w+)"', admin.get("/people").text)
        )
        refused = admin.post(f"/people/{identity}", data={"roles": "reviewer", "active": "1"})
        assert refused.status_code == 409
        assert "Somebody has to be left" in refused.text
        assert admin.get("/people").status_code == 200

    def test_every_change_is_in_the_trail(self, store, admin):
        from sqlalchemy import select

        from audit.store.tables import TABLES

        admin.post("/people", data={"name": "Bo", "roles": "lead"})
        with store.reading() as connection:
            kinds = list(connection.execute(select(TABLES["trail"].c.kind)).scalars())
        assert kinds == ["account_added", "password_set", "signed_in", "account_added", "link_made"]


FORM = {"name": "Eve", "roles": "admin"}


class TestOtherSites:
    @pytest.mark.parametrize("headers", [
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": ""},
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
    ])  # fmt: skip
    def test_their_forms_are_refused_with_the_reason(self, store, browser, headers):
        person(store, "Admin", "admin")
        browser.sign_in("Admin")
        del browser.headers["Sec-Fetch-Site"]
        refused = browser.post("/people", data=FORM, headers=headers)
        assert refused.status_code == 403
        assert "not sent from a page of this server" in refused.text
        assert "Eve" not in browser.get("/people").text

    def test_a_browser_that_only_says_its_origin_is_heard(self, store, browser):
        person(store, "Admin", "admin")
        browser.sign_in("Admin")
        del browser.headers["Sec-Fetch-Site"]
        done = browser.post("/people", data=FORM, headers={"Origin": "http://127.0.0.1"})
        assert done.status_code == 200

    def test_a_page_elsewhere_cannot_ask_the_guard(self, browser):
        asked = {"json": {"text": "deaf"}}
        assert browser.post("/v1/decide", **asked).status_code == 200
        away = {"Sec-Fetch-Site": "cross-site"}
        assert browser.post("/v1/decide", headers=away, **asked).status_code == 403
        del browser.headers["Sec-Fetch-Site"]
        assert browser.post("/v1/decide", **asked).status_code == 200


def test_every_reply_carries_the_policy(browser):
    for path in ("/sign-in", "/nothing", "/people", "/static/site.css", "/openapi.json"):
        headers = browser.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "script-src" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_a_locked_database_says_that_nothing_was_saved(store, browser, tmp_path):
    import sqlite3

    person(store, "Admin", "admin")
    browser.sign_in("Admin")
    lock = sqlite3.connect(tmp_path / "pages.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    reply = browser.post("/people", data={"name": "Bo", "roles": "lead"})
    lock.execute("ROLLBACK")
    lock.close()
    assert reply.status_code == 503
    assert "Nothing was saved" in reply.text
    assert reply.headers["retry-after"]
    assert "Bo" not in browser.get("/people").text


def test_what_somebody_typed_is_never_markup_nor_a_format(store, browser):
    person(store, "Admin", "admin")
    browser.sign_in("Admin")
    page = browser.post("/people", data={"name": "x", "pool": "100% <b>%(name)s"}).text
    assert "100% &lt;b&gt;%(name)s" in page
    from audit.web.pages import environment

    template = environment("en").from_string('{{ _(said) }} {{ _("<i>%(x)s</i>", x=said) }}')
    assert template.render(said="<b>%s 5%") == "&lt;b&gt;%s 5% <i>&lt;b&gt;%s 5%</i>"


def test_pages_speak_the_reader_s_language(browser):
    assert '<html lang="en"' in browser.get("/sign-in", headers={"Accept-Language": "xx, *"}).text
    wanted = {"Accept-Language": "fr, ja;q=0.8, en;q=0.5"}
    assert '<html lang="ja"' in browser.get("/sign-in", headers=wanted).text
    assert '<html lang="ja"' in browser.get("/sign-in?lang=ja").text
    assert '<html lang="ja"' in browser.get("/sign-in").text  # remembered
    assert browser.get("/sign-in?lang=../../etc").status_code == 200
