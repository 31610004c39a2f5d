"""How a language writes sentences, numbers, dates and lists.

A language is a message catalogue, ``locale/<tag>/LC_MESSAGES/report.po``, and the locale data of
Babel. Adding one needs a catalogue and no code. English is the language of the messages themselves.
"""

from __future__ import annotations

import gettext
import io
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from string import Formatter

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent, get_decimal_symbol

from audit.errors import ConfigError
from audit.report.inert import inert
from audit.report.message import (
    Amount,
    Day,
    Fragment,
    Listing,
    Moment,
    Number,
    Sentence,
    Share,
    Span,
    Toned,
    Tongue,
    Value,
    fill,
    say,
)

_CATALOGUE = ("LC_MESSAGES", "report.po")
_FORMATS = {"en": "en_GB"}  # 21 November 2026 is read alike everywhere, 11/21 is not
_MINUS = "−"  # U+2212, as wide as the plus sign
_NOT_AVAILABLE = say("not available")
_SPAN = say("{low} to {high}")
_POINTS = say("{number} points")
_LESS_THAN = say("less than {least}")
_NOISE = 1e-9  # a share below it is a rounding error of zero
_MARK = "\ue000"  # a private-use character: splits a joined list back into its items


def available_languages() -> tuple[str, ...]:
    """Return the tags of the languages a report can be rendered in."""
    folder = files("audit.report").joinpath("locale")
    found = (
        {entry.name for entry in folder.iterdir() if entry.is_dir()} if folder.is_dir() else set()
    )
    return tuple(sorted({"en", *(name for name in found if not name.startswith("_"))}))


@lru_cache(maxsize=8)
def language(tag: str) -> Language:
    """Return the language of ``tag``.

    Raises
    ------
    ConfigError
        If there is no catalogue for it.
    """
    if tag not in available_languages():
        known = ", ".join(available_languages())
        raise ConfigError(
            f"there is no report in the language {tag!r}",
            where="--lang",
            hint=f"choose one of: {known}; a new language is a catalogue, see the user guide",
        )
    return Language(tag)


class Language:
    """Renders messages and values in one language.

    Parameters
    ----------
    tag : str
        A language with a catalogue, or ``en``.
    """

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.locale = Locale.parse(_FORMATS.get(tag, tag).replace("-", "_"))
        self._catalogue = _catalogue(tag)
        self.decimal_mark = get_decimal_symbol(self.locale)

    @property
    def direction(self) -> str:
        """Writing direction, ``ltr`` or ``rtl``."""
        return str(self.locale.text_direction)

    def language_name(self, tag: str) -> str:
        """Return the name of another language in this one, or its tag."""
        try:
            name = Locale.parse(tag, sep="-").get_display_name(self.locale)
        except (UnknownLocaleError, ValueError):
            return tag
        return name or tag

    def text(self, value: Value) -> str:
        """Return ``value`` as one string."""
        if isinstance(value, Amount):
            return self.amount(value)
        return "".join(fragment.text for fragment in self.fragments(value))

    def fragments(self, value: Value) -> list[Fragment]:
        """Return ``value`` as pieces with their tones."""
        match value:
            case Sentence():
                return self._sentence(value)
            case Toned():
                inner = self.fragments(value.value)
                if all(not piece.tone for piece in inner):
                    return [Fragment("".join(piece.text for piece in inner), value.tone)]
                return [Fragment(piece.text, piece.tone or value.tone) for piece in inner]
            case Listing():
                return self._listing(value)
            case str():
                return [Fragment(value)]
            case _:
                return [Fragment(self._atom(value))]

    def amount(self, amount: Amount) -> str:
        """Return a gap or limit with sign and unit."""
        if amount.value is None:
            return self.text(_NOT_AVAILABLE)
        number = self.signed(amount.value, amount.unit, plus=amount.signed)
        if amount.brief:
            number = self.brief(number)
        if amount.bare or amount.unit == "score":
            return number
        return self.text(fill(_POINTS, number=number))

    def signed(self, value: float, unit: str, *, plus: bool = True) -> str:
        """Return a number in points (one decimal) or in the score's unit (three decimals)."""
        digits, scaled = (1, value * 100) if unit == "points" else (3, value)
        body = f"{abs(scaled):.{digits}f}"
        sign = ""
        if float(body) != 0:
            sign = _MINUS if scaled < 0 else "+" if plus else ""
        return sign + body.replace(".", self.decimal_mark)

    def brief(self, number: str) -> str:
        """Return a written number without zeros at its end."""
        if self.decimal_mark not in number:
            return number
        return number.rstrip("0").rstrip(self.decimal_mark)

    def span(self, span: Span) -> str:
        """Return an interval as numbers."""
        if span.low is None or span.high is None:
            return self.text(_NOT_AVAILABLE)
        low = self.signed(span.low, span.unit, plus=span.signed)
        high = self.signed(span.high, span.unit, plus=span.signed)
        return self._translate(_SPAN).format(low=low, high=high)

    def count(self, number: float) -> str:
        """Return a count, with a decimal only where a tie counted one half."""
        if float(number).is_integer():
            return _grouped(int(number), self.locale)
        return self.decimal(float(number), 1)

    def decimal(self, value: float, digits: int) -> str:
        """Return a plain number with ``digits`` decimals."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(value, format=pattern, locale=self.locale)).replace("-", _MINUS)

    def _atom(self, value: int | Amount | Span | Share | Number | Day | Moment | Tongue) -> str:
        match value:
            case Amount():
                text = self.amount(value)
            case Span():
                text = self.span(value)
            case Share() | Number():
                text = self._number(value)
            case Day():
                text = self._day(value.iso)
            case Moment():
                text = self._moment(value.iso)
            case Tongue():
                text = self.language_name(value.tag)
            case _:
                text = self.count(value)
        return text

    def _number(self, number: Share | Number) -> str:
        """Return a percentage or a plain number; ``None`` is not available."""
        if number.value is None:
            return self.text(_NOT_AVAILABLE)
        if isinstance(number, Number):
            return self.decimal(number.value, number.digits)
        least = 10.0 ** -(number.digits + 2)
        if _NOISE < number.value < least / 2:
            return self.text(fill(_LESS_THAN, least=Share(least, number.digits)))
        pattern = "#,##0" + ("." + "0" * number.digits if number.digits else "") + "%"
        shown = format_percent(number.value, format=pattern, locale=self.locale)
        return str(shown).replace("-", _MINUS)

    def _day(self, iso: str) -> str:
        """Return a date in words; what is no ISO date is shown as it stands."""
        try:
            day = date.fromisoformat(iso[:10])
        except ValueError:
            return inert(iso, limit=40)
        return str(format_date(day, format="long", locale=self.locale))

    def _moment(self, iso: str) -> str:
        """Return date and time in words, in UTC; what is no ISO time is shown as it stands."""
        try:
            moment = datetime.fromisoformat(iso)
        except ValueError:
            return inert(iso, limit=40)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        shown = format_datetime(aware.astimezone(UTC), format="long", locale=self.locale)
        return str(shown).replace("\u202f", " ")

    def _translate(self, sentence: Sentence) -> str:
        if sentence.plural is None:
            return self._catalogue.gettext(sentence.text)
        count = sentence.count or 0
        whole = int(count) if float(count).is_integer() else 2
        return self._catalogue.ngettext(sentence.text, sentence.plural, whole)

    def _sentence(self, sentence: Sentence) -> list[Fragment]:
        message = self._translate(sentence)
        if not sentence.values:
            return [Fragment(message)]
        pieces: list[Fragment] = []
        for literal, name, _, _ in Formatter().parse(message):
            if literal:
                pieces.append(Fragment(literal))
            if name is not None:
                pieces.extend(self.fragments(sentence.values[name]))
        return pieces

    def _listing(self, listing: Listing) -> list[Fragment]:
        """Join items as the locale does; each item keeps its own tone."""
        if not listing.items:
            return []
        marks = [_MARK + str(index) + _MARK for index in range(len(listing.items))]
        joined = format_list(marks, style=listing.style, locale=self.locale)
        pieces: list[Fragment] = []
        for index, part in enumerate(joined.split(_MARK)):
            if index % 2:
                pieces.extend(self.fragments(listing.items[int(part)]))
            elif part:
                pieces.append(Fragment(part))
        return pieces


@lru_cache(maxsize=4096)
def _grouped(number: int, locale: Locale) -> str:
    return str(format_decimal(number, locale=locale)).replace("-", _MINUS)


def _catalogue(tag: str) -> gettext.NullTranslations:
    """Return the messages of ``tag``; English needs none."""
    if tag == "en":
        return gettext.NullTranslations()
    source = files("audit.report").joinpath("locale", tag, *_CATALOGUE)
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=tag))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
