"""Pages: Jinja2 templates of ``audit/web/templates``, in the reader's language."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from babel.support import NullTranslations
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from audit.web.language import COOKIE, Formats, language_of, languages, translations
from audit.web.navigation import visible

_YEAR = 365 * 24 * 3600


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a template as a page.

    Parameters
    ----------
    request : Request
        Its language, and who is signed in, show on the page.
    template : str
        A file below ``templates``, made from ``base.html``.
    status : int
        HTTP status.
    **context
        What the template names; a name it lacks is an error. ``lang`` is given by pages that speak
        one language only.

    Returns
    -------
    HTMLResponse
        With the headers of `audit.web.headers`.
    """
    tag = context.get("lang") or language_of(request)
    spoken = (tag,) if "lang" in context else languages()
    account = getattr(request.state, "account", None)
    shared = {
        "lang": tag,
        "direction": Locale.parse(tag).text_direction,
        "tongues": [(each, str(Locale.parse(each).get_display_name(each))) for each in spoken],
        "path": request.url.path,
        "account": account,
        "navigation": visible(request, account),
        "notice": None,
        "fault": None,
    }
    text = environment(tag).get_template(template).render(shared | context)
    reply = HTMLResponse(text, status)
    if request.query_params.get("lang") == tag:
        reply.set_cookie(COOKIE, tag, max_age=_YEAR, httponly=True, samesite="lax",
                         secure=request.url.scheme == "https")  # fmt: skip
    return reply


def go_to(path: str, **query: str) -> RedirectResponse:
    """Answer a form that was done: the browser gets the next page, and reloading sends nothing."""
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)


def wants_page(request: Request) -> bool:
    """Tell whether a refusal is for a person; programs get JSON."""
    return not request.url.path.startswith(("/v1/", "/openapi.json", "/metrics"))


def _said(tongue: NullTranslations, message: str, /, **values: object) -> str:
    """Translate a message. Only one with values is read as a format and as markup.

    Others may be what an error says, with anything in it that somebody typed.
    """
    text = str(tongue.gettext(message))
    return Markup(text) % values if values else text  # noqa: S704 - a template's own message


@lru_cache(maxsize=8)
def environment(tag: str) -> Environment:
    """Return what renders the templates in a language."""
    environment = Environment(
        loader=PackageLoader("audit.web"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    environment.install_gettext_translations(translations(tag), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["_"] = partial(_said, translations(tag))
    formats = Formats(tag)
    environment.filters |= {
        "moment": formats.moment,
        "day": formats.day,
        "count": formats.count,
        "number": formats.number,
        "share": formats.share,
    }
    return environment
