"""The links at the top of every page that somebody who is signed in sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request

from audit.web.language import mark

if TYPE_CHECKING:
    from audit.web.accounts.accounts import Account


@dataclass(frozen=True, slots=True)
class Entry:
    """A link: where to, and its words. Who sees it follows from who may use the route."""

    path: str
    label: str


ENTRIES = (
    Entry("/monitor", mark("Monitoring")),
    Entry("/review", mark("Review")),
    Entry("/appeals", mark("Appeals")),
    Entry("/agreement", mark("Agreement")),
    Entry("/sign-off", mark("Sign-off")),
    Entry("/retention", mark("Retention")),
    Entry("/stop", mark("Stop switch")),
    Entry("/people", mark("People")),
    Entry("/account", mark("Your account")),
)


def visible(request: Request, account: Account | None) -> list[Entry]:
    """Return the entries that a person may use, in order."""
    if account is None:
        return []
    table = request.app.state.access
    return [
        entry
        for entry in ENTRIES
        if (roles := getattr(table.get(("GET", entry.path)), "roles", None)) is None
        or roles & account.roles
    ]
