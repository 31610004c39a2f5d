"""The languages of the pages: English is that of the messages, others are catalogues.

A catalogue is any ``locale/<tag>/LC_MESSAGES/*.po``; each room of pages has its own file there.
Templates say ``{{ _("...") }}`` or ``{% trans %}``; Python marks a message with ``mark`` and leaves
its translation to the template that shows it.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_datetime, get_timezone
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import NullTranslations, Translations
from fastapi import Request

COOKIE = "lang"
_FORMATS = {"en": "en_GB"}


def mark(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """Return the tags of the languages that the pages speak, English first."""
    folder = files("audit.web").joinpath("locale")
    found = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    return ("en", *(name for name in found if not name.startswith(("_", "en"))))


@lru_cache(maxsize=8)
def translations(tag: str) -> NullTranslations:
    """Return all catalogues of a language as one."""
    whole = Translations(domain="messages")
    if tag == "en":
        return NullTranslations()
    folder = files("audit.web").joinpath("locale", tag, "LC_MESSAGES")
    for source in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if source.name.endswith(".po"):
            compiled = io.BytesIO()
            write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=tag))
            compiled.seek(0)
            whole.merge(Translations(compiled))
    return whole


def language_of(request: Request) -> str:
    """Return the language to answer in: asked for by ``?lang=``, by cookie, or by the browser."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in languages():
            return str(asked)
    header = request.headers.get("accept-language", "")[:500]
    wanted = [part.split(";")[0].strip() for part in header.split(",")]
    return negotiate_locale([tag for tag in wanted if tag], languages(), sep="-") or "en"


class Formats:
    """Numbers and times as a language writes them."""

    def __init__(self, tag: str) -> None:
        self._locale = Locale.parse(_FORMATS.get(tag, tag))

    def moment(self, value: str | datetime) -> str:
        """Write a time, in UTC and saying so."""
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        text = format_datetime(moment, "medium", tzinfo=get_timezone("UTC"), locale=self._locale)
        return f"{text} UTC"

    def day(self, value: str) -> str:
        """Write the date of a time, in UTC."""
        moment = datetime.fromisoformat(value).astimezone(UTC)
        return str(format_date(moment, "long", locale=self._locale))

    def count(self, value: float) -> str:
        """Write a number."""
        return str(format_decimal(value, locale=self._locale))

    def number(self, value: float) -> str:
        """Write a coefficient or a gap with three decimals."""
        return str(format_decimal(value, format="0.000", locale=self._locale))

    def share(self, value: float) -> str:
        """Write a fraction as a percentage."""
        return str(format_percent(value, locale=self._locale))
