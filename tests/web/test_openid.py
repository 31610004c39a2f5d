"""Signing in by a real OpenID provider on this machine, and every way its answer can be wrong."""

import time

import httpx
import pytest
from joserfc.jwk import RSAKey

from audit import Guard
from audit.errors import ConfigError
from audit.web import create_app
from audit.web.accounts.accounts import accounts, change_account
from audit.web.accounts.openid import Provider
from tests.unit.oversight.test_guard import NOW, hearing, policy
from tests.web.openid_provider import CLIENT, SECRET, openid_server
from tests.web.pages import Browser, person


@pytest.fixture(scope="module")
def there():
    """A provider."""
    with openid_server() as server:
        yield server


@pytest.fixture
def provider(there):
    """The provider with nothing wrong."""
    there.wrong, there.signing = {}, there.key
    there.person = {"sub": "7", "email": "bo@example.org", "email_verified": True}
    return there


@pytest.fixture
def made(store, provider):
    """An application that knows the provider."""
    guard = Guard(policy(), hearing, sink=store, now=lambda: NOW)
    openid = Provider(provider.url, CLIENT, SECRET)
    return create_app(guard, store=store, openid=openid)


def come(browser):
    """Go to the provider and back; return the last answer."""
    away = browser.get("/sign-in/openid")
    assert away.status_code == 303, away.text
    back = httpx.get(away.headers["location"]).headers["location"]
    return browser.get(back)


def test_an_account_is_tied_to_an_identity_by_its_verified_address(store, provider, made):
    account = person(store, "bo@example.org", "reviewer")
    browser = Browser(made)
    assert "Sign in with your organisation" in browser.get("/sign-in").text
    assert come(browser).headers["location"] == "/account"
    assert "Signed in as bo@example.org" in browser.get("/account").text
    provider.person = {"sub": "7"}  # from now on the identity counts, whatever the address
    assert come(Browser(made)).status_code == 303
    provider.person = {"sub": "8", "email": "bo@example.org", "email_verified": True}
    refused = come(Browser(made))
    assert refused.status_code == 403
    assert "No account here belongs" in refused.text
    provider.person = {"sub": "7"}
    person(store, "root", "admin")
    change_account(store, account.id, roles=[], pool="", active=False, by="x")
    assert come(Browser(made)).status_code == 403


@pytest.mark.parametrize("someone", [
    {"sub": "9", "email": "bo@example.org"},
    {"sub": "9", "email": "bo@example.org", "email_verified": "true"},
    {"sub": "9", "email": "eve@example.org", "email_verified": True}, {"sub": "9"},
])  # fmt: skip
def test_nobody_is_tied_without_proof(store, provider, made, someone):
    person(store, "bo@example.org", "reviewer")
    provider.person = someone
    refused = come(Browser(made))
    assert refused.status_code == 403
    assert "No account here belongs" in refused.text
    assert len(accounts(store)) == 1  # an identity makes no account


@pytest.mark.parametrize("wrong", [
    {"iss": "https://evil.example"}, {"aud": "other"}, {"nonce": "other"},
    {"exp": int(time.time()) - 3600}, {"sub": ""},
])  # fmt: skip
def test_a_wrong_token_is_refused(store, provider, made, wrong):
    person(store, "bo@example.org", "admin")
    provider.wrong = wrong
    browser = Browser(made)
    refused = come(browser)
    assert refused.status_code == 403
    assert browser.get("/account").status_code == 303


def test_a_token_of_another_key_is_refused(store, provider, made):
    person(store, "bo@example.org", "admin")
    provider.signing = RSAKey.generate_key(2048, {"kid": "one"})
    assert come(Browser(made)).status_code == 403


def test_a_sign_in_that_another_browser_began_is_refused(store, provider, made):
    person(store, "bo@example.org", "admin")
    attacker, victim = Browser(made), Browser(made)
    away = attacker.get("/sign-in/openid").headers["location"]
    back = httpx.get(away).headers["location"]
    assert victim.get(back).status_code == 403  # with no cookie
    victim.get("/sign-in/openid")
    assert victim.get(back).status_code == 403  # with that of its own beginning
    for query in ("", "?state=x", "?code=x", "?state=&code="):
        assert victim.get(f"/sign-in/openid/done{query}").status_code == 403
    assert attacker.get(back).status_code == 303


def test_a_provider_that_is_away_is_said(store):
    guard = Guard(policy(), hearing, now=lambda: NOW)
    app = create_app(guard, store=store, openid=Provider("http://127.0.0.1:9", CLIENT, SECRET))
    refused = Browser(app).get("/sign-in/openid")
    assert refused.status_code == 403
    assert "did not prove" in refused.text


def test_without_a_provider_there_is_no_such_page(browser):
    assert browser.get("/sign-in/openid").status_code == 404
    assert "organisation" not in browser.get("/sign-in").text


@pytest.mark.parametrize(
    "issuer", ["http://example.org", "ftp://x", "", "http://127.0.0.1.evil.example"]
)
def test_a_provider_must_be_reached_safely(issuer):
    with pytest.raises(ConfigError, match="https"):
        Provider(issuer, CLIENT, SECRET)
