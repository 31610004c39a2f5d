"""What is served: the guard for programs (``/v1/``), and pages for people. Extra ``serve``.

A room of pages is a package here (``people``, ``review``, ``public``, ``monitor``). To add one:

1. Make an `fastapi.APIRouter` and name it in `audit.web.app.PAGES`. Handlers are plain functions
   (they run in threads, as the store blocks); templates lie in ``templates/<room>/``.
2. Every route declares who may use it, exactly once; an app with a route that does not will not
   start: ``person: Annotated[Account, allow("reviewer", "lead")]``, ``SIGNED_IN``, ``PUBLIC``
   (as ``dependencies=[PUBLIC]``), or ``BEARER`` for programs (`audit.web.access`). Roles are in
   `audit.web.accounts.roles`. The route-by-role test reads these declarations, so it covers new
   routes by itself.
3. Answer with `audit.web.pages.page` (``page(request, "room/name.html", status, **context)``;
   ``notice`` and ``fault`` are shown on top) or, after a form that was done, ``go_to(path)``.
   ``site_of(request)`` gives store, guard and run folder.
4. Templates extend ``base.html`` with the blocks ``title`` (also the h1), ``main`` and ``foot``. No
   scripts and no ``style=`` (the CSP forbids both); classes are in ``static/site.css``; filters
   ``moment``, ``day``, ``count``, ``number``, ``share``.
5. Words: ``{{ _("...") }}`` in templates (with values, ``%`` is written ``%%``), `mark` in
   Python, translations in ``locale/ja/LC_MESSAGES/<room>.po``. A test finds messages without one.
6. A link in the navigation is an `audit.web.navigation.Entry`; only those who may follow it see it.
7. Public forms: ``dependencies=[PUBLIC, limited("appeal", most=10, seconds=600)]``.
8. Raise `audit.errors.RefusedError` for what cannot be done now (409, its text is shown) and
   `fastapi.HTTPException` for other refusals; a `StoreError` becomes 503, "nothing was saved".

Forms from other sites are refused by fetch metadata before any handler runs, and so are bodies
beyond 1 MB.
"""

from audit.web.app import create_app

__all__ = ["create_app"]
