"""Accounts in the store; every change of one is written into the trail."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from audit.errors import RefusedError
from audit.review.pools import join_pool
from audit.store import Store
from audit.store.state_tables import ACCOUNTS, CLAIMS, LINKS, SESSIONS
from audit.store.store import utc_stamp
from audit.web.accounts.passwords import LEAST, MOST, fits, hashed
from audit.web.accounts.roles import ROLES
from audit.web.language import mark

_NAME = re.compile(r"[^\W_][\w.@+ -]{0,78}")


@dataclass(frozen=True, slots=True)
class Account:
    """A person who can sign in.

    Parameters
    ----------
    id, name : str
        Unique; the name is what others see and what is typed to sign in.
    roles : frozenset of str
        What they may do; see `ROLES`.
    pool : str
        The reviewer pool whose agreement is compared with others'; empty for none.
    active : bool
        Whether they may sign in.
    has_password : bool
        Whether a password was set.
    """

    id: str
    name: str
    roles: frozenset[str]
    pool: str
    active: bool
    has_password: bool


def accounts(store: Store) -> list[Account]:
    """Return all accounts by name."""
    with store.reading() as connection:
        rows = connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.name)).all()
    return [_account(row) for row in rows]


def account(store: Store, identity: str) -> Account | None:
    """Return one account by id, or ``None``."""
    with store.reading() as connection:
        row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == identity)).first()
    return None if row is None else _account(row)


def add_account(
    store: Store, name: str, roles: Iterable[str], *, pool: str = "", by: str, subject: str = ""
) -> Account:
    """Create an account without a password.

    Parameters
    ----------
    store : Store
        Open.
    name, roles, pool
        As in `Account`.
    by : str
        Who does it, for the trail.
    subject : str
        Identity at an OpenID provider, where it signs in by that only.

    Raises
    ------
    RefusedError
        If the name is taken or cannot be a name, or a role is unknown.
    """
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise RefusedError(mark("A name has 1 to 79 letters, digits, spaces or . @ + - and begins "
                                "with a letter or digit."))  # fmt: skip
    made = Account(uuid.uuid4().hex, name, _checked(roles), pool.strip()[:80], True, False)
    row = {"id": made.id, "name": name, "password": None, "subject": subject or None,
           "roles": _written(made.roles), "pool": made.pool, "active": True,
           "created": utc_stamp()}  # fmt: skip
    with store.writing("state") as connection:
        taken = func.lower(ACCOUNTS.c.name) == name.lower()
        if connection.execute(select(ACCOUNTS.c.id).where(taken)).first():
            raise RefusedError(mark("There is a person of this name already."))
        connection.execute(insert(ACCOUNTS), row)
        join_pool(connection, made.id, made.pool, utc_stamp())
    store.note("account_added", {"account": made.id, "roles": sorted(made.roles), "by": by})
    return made


def change_account(
    store: Store, identity: str, *, roles: Iterable[str], pool: str, active: bool, by: str
) -> None:
    """Change what somebody may do; it holds from their next request on.

    Raises
    ------
    RefusedError
        If there is no such account, or nobody would be left who manages people.
    """
    checked = _checked(roles)
    with store.writing("state") as connection:
        before = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == identity)).first()
        if before is None:
            raise RefusedError(mark("There is no such person."))
        values = {"roles": _written(checked), "pool": pool.strip()[:80], "active": active}
        if values["pool"] != before.pool:
            join_pool(connection, identity, pool.strip()[:80], utc_stamp())
        connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == identity).values(values))
        if not any("admin" in each.roles and each.active for each in _all(connection)):
            raise RefusedError(mark("Somebody has to be left who manages people."))
        if not checked & {"reviewer", "lead"} or not active:
            connection.execute(delete(CLAIMS).where(CLAIMS.c.account == identity))
        if not active:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.account == identity))
            connection.execute(delete(LINKS).where(LINKS.c.account == identity))
    store.note("account_changed", {"account": identity, "roles": sorted(checked),
                                   "active": active, "by": by})  # fmt: skip


def set_password(store: Store, identity: str, password: str) -> None:
    """Set a password, and end every session and link of the account.

    Raises
    ------
    RefusedError
        If it is too short or too long.
    """
    if len(password) < LEAST:
        raise RefusedError(mark("A password has at least 12 characters."))
    if len(password) > MOST:
        raise RefusedError(mark("A password has at most 1,000 characters."))
    kept = hashed(password)
    with store.writing("state") as connection:
        connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == identity).values(password=kept))
        connection.execute(delete(SESSIONS).where(SESSIONS.c.account == identity))
        connection.execute(delete(LINKS).where(LINKS.c.account == identity))
    store.note("password_set", {"account": identity})


def by_password(store: Store, name: str, password: str) -> Account | None:
    """Return whose name and password these are, or ``None``."""
    with store.reading() as connection:
        wanted = func.lower(ACCOUNTS.c.name) == name.strip().lower()
        row = connection.execute(select(ACCOUNTS).where(wanted)).first()
    right = fits(password[: MOST + 1], None if row is None else row.password)
    return _account(row) if row is not None and right and row.active else None


def by_subject(store: Store, subject: str) -> Account | None:
    """Return whose identity at an OpenID provider this is, or ``None``."""
    with store.reading() as connection:
        row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.subject == subject)).first()
    return None if row is None or not row.active else _account(row)


def _all(connection: Connection) -> list[Account]:
    return [_account(row) for row in connection.execute(select(ACCOUNTS)).all()]


def _checked(roles: Iterable[str]) -> frozenset[str]:
    found = frozenset(roles)
    if found - set(ROLES):
        raise RefusedError(mark("There is no such role."))
    return found


def _written(roles: frozenset[str]) -> str:
    return json.dumps(sorted(roles))


def _account(row: Any) -> Account:
    return Account(
        row.id, row.name, frozenset(json.loads(row.roles)), row.pool, row.active,
        row.password is not None,
    )  # fmt: skip
