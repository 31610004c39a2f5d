"""A store and an application for the tests of pages."""

import pytest
from argon2 import PasswordHasher

from audit.store import open_store
from audit.web.accounts import passwords
from tests.web.pages import Browser, application


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords():
    """Hash passwords as in production, with the least cost."""
    kept, passwords._hasher = passwords._hasher, PasswordHasher(1, 8, 1)
    yield
    passwords._hasher = kept


@pytest.fixture
def store(tmp_path):
    """An open, empty store."""
    with open_store(str(tmp_path / "pages.db"), timeout=1) as opened:
        yield opened


@pytest.fixture
def app(store):
    """The application around it."""
    return application(store)


@pytest.fixture
def browser(app):
    """Somebody who is not signed in."""
    return Browser(app)
