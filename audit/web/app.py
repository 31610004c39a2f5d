"""The application: the guard for programs, and pages for people where there is a store."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI

from audit import __version__
from audit.monitor import build_dashboard
from audit.oversight import Guard
from audit.store import Store
from audit.web import assets, decide, monitor
from audit.web.access import PUBLIC, declared
from audit.web.appeals import pages as appeals
from audit.web.failures import add_failures, refuse_host, refuse_origin
from audit.web.headers import SameOrigin, SecurityHeaders
from audit.web.hosts import KnownHost
from audit.web.limits import BodyLimit
from audit.web.monitor import intake, otlp
from audit.web.people import openid as openid_pages
from audit.web.people import people, signing_in
from audit.web.public import pages as public
from audit.web.review import items, oversight, queue, retention, signoff, switch
from audit.web.site import Site

if TYPE_CHECKING:
    from audit.web.accounts.openid import Provider

MOST_BYTES = 1_000_000
PAGES: tuple[APIRouter, ...] = (
    assets.router,
    signing_in.router,
    openid_pages.router,
    people.router,
    monitor.router,
    intake.router,
    otlp.router,
    public.router,
    queue.router,
    switch.router,
    items.router,
    oversight.router,
    signoff.router,
    retention.router,
    appeals.router,
)
"""The routers of every room of pages."""


def create_app(
    guard: Guard,
    *,
    token: str | None = None,
    store: Store | None = None,
    run: Path | None = None,
    purpose: str | None = None,
    contact: str | None = None,
    openid: Provider | None = None,
    hosts: Collection[str] = (),
) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    guard : Guard
        What decides.
    token : str, optional
        What programs must send as ``Authorization: Bearer TOKEN``.
    store : Store, optional
        Open; with it the pages for reviewers, affected people and monitoring are served too.
    run : Path, optional
        The folder of the guard's policy, for pages about the audit.
    purpose, contact : str, optional
        What the answers are used for, and how else to reach a person: for the notice.
    openid : Provider, optional
        Where people can sign in besides here (`audit.web.accounts.openid`).
    hosts : collection of str
        Names and addresses by which it answers, beside those of loopback (`audit.web.hosts`).

    Returns
    -------
    FastAPI
        With its OpenAPI schema at ``/openapi.json``.

    Raises
    ------
    TypeError
        If a route does not declare who may use it.
    """
    app = FastAPI(
        title="audit",
        version=__version__,
        description="Routes texts to the classifier or to a person, and serves the people's side.",
        openapi_url=None,  # a built-in route declares nothing
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.guard, app.state.token = guard, token
    app.include_router(decide.router)
    if store is not None:
        app.state.site = Site(store, guard, run, purpose, contact, openid)
        app.state.current = monitor.Current(partial(build_dashboard, store))
        for router in PAGES:
            app.include_router(router)

    @app.get("/openapi.json", dependencies=[PUBLIC], include_in_schema=False)
    def schema() -> dict[str, Any]:
        """Return the OpenAPI schema."""
        return app.openapi()

    add_failures(app)
    app.state.access = declared(app)
    app.add_middleware(BodyLimit, most_bytes=MOST_BYTES, binary={otlp.PATH})
    app.add_middleware(SameOrigin, refuse=refuse_origin)
    app.add_middleware(KnownHost, refuse=refuse_host, hosts=hosts)
    app.add_middleware(SecurityHeaders)
    return app
