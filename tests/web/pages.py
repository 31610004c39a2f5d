"""The application around a real store, and browsers without a window for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
from fastapi import FastAPI
from starlette.testclient import TestClient

from audit import Guard
from audit.review.settings import stopped
from audit.store import Store
from audit.web import create_app
from audit.web.accounts.accounts import Account, add_account, set_password
from tests.unit.oversight.test_guard import NOW, hearing, policy

PASSWORD = "correct horse battery"
HERE = {"Sec-Fetch-Site": "same-origin"}


class Browser(TestClient):
    """Sends what a browser sends, and does not follow redirects by itself."""

    def __init__(self, app: FastAPI, *, address: str = "127.0.0.1") -> None:
        super().__init__(
            app, base_url="http://127.0.0.1", headers=HERE, follow_redirects=False,
            raise_server_exceptions=False, client=(address, 5000),
        )  # fmt: skip

    def sign_in(self, name: str) -> httpx.Response:
        """Sign in with the password of all test accounts."""
        return self.post("/sign-in", data={"name": name, "password": PASSWORD})


def application(
    store: Store, classify: Callable[..., object] = hearing, run: Path | None = None
) -> FastAPI:
    """Return the application with a guard that writes into the store."""
    guard = Guard(
        policy(), classify, sink=store, now=lambda: NOW, keep_text=True,
        stopped=lambda: stopped(store) is not None,
    )  # fmt: skip
    return create_app(guard, store=store, run=run)


def person(store: Store, name: str, *roles: str, pool: str = "") -> Account:
    """Add somebody who can sign in."""
    made = add_account(store, name, roles, pool=pool, by="test")
    set_password(store, made.id, PASSWORD)
    return made
