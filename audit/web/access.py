"""Who may use a route: every route says so, and one that does not is an error at start-up.

A route declares exactly one of `allow` (roles), `SIGNED_IN`, `PUBLIC` and `BEARER`. There is no
default, so nothing is open by accident; `declared` gives the table to tests and to navigation.
"""

import hmac
from collections.abc import Iterator
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from audit.web.accounts.accounts import Account
from audit.web.accounts.roles import ROLES
from audit.web.accounts.sessions import account_of
from audit.web.language import mark
from audit.web.site import site_of

NOT_YOURS = mark("Your account does not have the role that this needs. Ask whoever manages people.")


class SignInError(Exception):
    """Nobody is signed in; pages lead to the sign-in."""


class Access:
    """What a route asks of those who use it."""


class Public(Access):
    """Everybody, without signing in."""

    def __call__(self) -> None:
        """Ask for nothing."""


class Bearer(Access):
    """Programs that send the token of the server, where it has one."""

    def __call__(self, request: Request) -> None:
        """Refuse a wrong token.

        Raises
        ------
        HTTPException
            401.
        """
        token = request.app.state.token
        given = request.headers.get("authorization", "")
        if token is not None and not hmac.compare_digest(
            given.encode(), f"Bearer {token}".encode()
        ):
            raise HTTPException(
                401, "send the token as Authorization: Bearer", {"WWW-Authenticate": "Bearer"}
            )


class Allow(Access):
    """People who are signed in and hold one of ``roles``; with ``None`` everybody signed in."""

    def __init__(self, roles: frozenset[str] | None) -> None:
        self.roles = roles

    def __call__(self, request: Request) -> Account:
        """Return who asks, as the store knows them now: a role that was removed is gone at once.

        Raises
        ------
        SignInError
            If nobody is signed in.
        HTTPException
            403, if the person holds none of the roles.
        """
        account = account_of(site_of(request), request)
        if account is None:
            raise SignInError
        request.state.account = account
        if self.roles is not None and not self.roles & account.roles:
            raise HTTPException(403, NOT_YOURS)
        return account


def allow(*roles: str) -> Any:
    """Declare the roles of a route: ``person: Annotated[Account, allow("reviewer", "lead")]``.

    Raises
    ------
    ValueError
        If there is no such role.
    """
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise ValueError(f"no such role: {', '.join(sorted(unknown)) or 'none given'}")
    return Depends(Allow(frozenset(roles)))


SIGNED_IN = Depends(Allow(None))
PUBLIC = Depends(Public())
BEARER = Depends(Bearer())


def _found(dependant: Dependant) -> Iterator[Access]:
    if isinstance(dependant.call, Access):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _found(inner)


def declared(app: FastAPI) -> dict[tuple[str, str], Access]:
    """Return what each route asks, by method and path.

    Raises
    ------
    TypeError
        If a route declares nothing, or more than one thing.
    """
    table: dict[tuple[str, str], Access] = {}
    for route in iter_route_contexts(app.routes):
        path = route.path or ""
        dependant = getattr(route, "dependant", None)
        found = [] if dependant is None else list(_found(dependant))
        if len(found) != 1:
            raise TypeError(
                f"{path} must declare exactly one of allow(...), SIGNED_IN, PUBLIC, BEARER"
            )
        for method in route.methods or ():
            if (method, path) in table:
                raise TypeError(f"{method} {path} is there twice")
            table[method, path] = found[0]
    return table
