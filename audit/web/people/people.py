"""People and their roles."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.errors import RefusedError
from audit.web.access import allow
from audit.web.accounts.accounts import Account, account, accounts, add_account, change_account
from audit.web.accounts.links import new_link
from audit.web.accounts.roles import ROLES
from audit.web.language import mark
from audit.web.pages import page
from audit.web.site import site_of

router = APIRouter(prefix="/people")
Admin = Annotated[Account, allow("admin")]
Words = Annotated[str, Form(max_length=200)]
Roles = Annotated[list[str], Form(max_length=20)]
SAVED = mark("Saved. It holds from the person's next request on.")


def _people(request: Request, status: int = 200, **context: object) -> Response:
    site = site_of(request)
    shown = {"people": accounts(site.store), "roles": ROLES, "link": None, "name": "", "pool": ""}
    return page(request, "people/people.html", status, **(shown | context))


@router.get("")
def people(request: Request, _: Admin) -> Response:
    """List everybody."""
    return _people(request)


@router.post("")
def add(
    request: Request, admin: Admin, name: Words, roles: Roles = [], pool: Words = ""  # noqa: B006
) -> Response:  # fmt: skip
    """Add a person, and show the link they sign in with the first time."""
    store = site_of(request).store
    try:
        made = add_account(store, name, roles, pool=pool, by=admin.id)
    except RefusedError as error:
        return _people(request, 409, fault=error.what, name=name, pool=pool)
    token = new_link(store, made.id, by=admin.id)
    return _people(request, link=(made.name, str(request.url_for("link_form", token=token))))


@router.post("/{identity}")
def change(
    request: Request, admin: Admin, identity: str, *, roles: Roles = [],  # noqa: B006
    pool: Words = "", active: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """Change what somebody may do."""
    store = site_of(request).store
    try:
        change_account(store, identity, roles=roles, pool=pool, active=active, by=admin.id)
    except RefusedError as error:
        return _people(request, 409, fault=error.what)
    return _people(request, notice=SAVED)


@router.post("/{identity}/link")
def renew(request: Request, admin: Admin, identity: str) -> Response:
    """Make a new one-time link, for somebody who lost a password."""
    store = site_of(request).store
    found = account(store, identity)
    if found is None or not found.active:
        return _people(
            request, 409, fault=mark("There is no such person, or they may not sign in.")
        )
    token = new_link(store, identity, by=admin.id)
    return _people(request, link=(found.name, str(request.url_for("link_form", token=token))))
