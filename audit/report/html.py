"""The report as one self-contained page: Jinja2 templates, no script, no request.

The templates lay out the model; every word comes from the message tables through the language.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from audit.report.language import Language, language
from audit.report.message import (
    Amount,
    Day,
    Fragment,
    Number,
    Sentence,
    Share,
    Span,
    Tone,
    Value,
    say,
)
from audit.report.model import Report
from audit.report.parts import Change, Row
from audit.report.wording.chrome import LABELS
from audit.report.wording.verdicts import CLOSING, SHORT, VERDICT

_TAGS: dict[Tone, tuple[Markup, Markup]] = {
    "worse": (Markup('<b class="worse">'), Markup("</b>")),
    "better": (Markup('<b class="better">'), Markup("</b>")),
    "strong": (Markup("<b>"), Markup("</b>")),
    "code": (Markup("<code>"), Markup("</code>")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One line of an index page: where a report lies and the report itself."""

    href: str
    report: Report


def render_html(report: Report, *, lang: str = "en") -> str:
    """Render a report as one HTML page.

    Parameters
    ----------
    report : Report
        The model.
    lang : str
        Language of everything but the probe set's own words: ``en`` or one with a catalogue.

    Returns
    -------
    str
        A page that needs no script and makes no request; the same report gives the same bytes.

    Raises
    ------
    ConfigError
        If there is no catalogue for ``lang``.
    """
    return _page("report.html", lang, report.identity.title, _context(report, language(lang)))


def render_index(entries: Sequence[IndexEntry], *, lang: str = "en") -> str:
    """Render one page over several reports, in the order given."""
    context = {"entries": list(entries), "footer": LABELS["index_title"], "closing": CLOSING}
    return _page("index.html", lang, LABELS["index_title"], context)


def _page(template: str, lang: str, title: Sentence, context: Mapping[str, object]) -> str:
    tongue = language(lang)
    environment = _environment(lang)
    level = context.get("level", Share(0.95))
    shared = {
        "language": tongue,
        "label": LABELS,
        "verdict": VERDICT,
        "short": SHORT,
        "title": title,
        "interval_name": tongue.text(say(LABELS["interval"].text, level=level)),  # type: ignore[arg-type]
        **context,
    }
    style = environment.get_template("report.css").render(shared)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = environment.get_template(template).render(
        shared, style=style, style_hash=f"sha256-{digest}"
    )
    return page + "\n"


def _context(report: Report, tongue: Language) -> dict[str, object]:
    """Return what the templates of a report see."""
    points = report.scale.unit == "points"
    return {
        "report": report,
        "level": Share(report.confidence_level),
        "gap_name": LABELS["gap_points" if points else "gap_score"],
        "outcome_text": tongue.text(report.outcome_name),
        "footer": say(LABELS["run_footer"].text, run=report.run_id),
        "elsewhere": {},
        "foreign": _lang_attribute(report.probe_language, tongue.tag),
        "english": _lang_attribute("en", tongue.tag),
        "native": _lang_attribute(tongue.tag, report.probe_language),
    }


def _lang_attribute(tag: str, around: str) -> Markup:
    """Return a ``lang`` attribute where the language differs from the one around it."""
    return Markup("") if tag == around else Markup(' lang="{}"').format(tag)


@lru_cache(maxsize=8)
def _environment(lang: str) -> Environment:
    """Return the templates with filters that write values in one language."""
    tongue = language(lang)
    environment = Environment(
        loader=PackageLoader("audit.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    write = _Writer(tongue)
    environment.filters.update(
        say=write.say,
        text=tongue.text,
        fill=write.fill,
        css=write.css,
        gap=write.gap,
        plain_gap=write.plain_gap,
        span=write.span,
        count=write.count,
        number=_number,
        share=write.share,
        day=write.day,
        tick=write.tick,
    )
    return environment


class _Writer:
    """The template filters of one language."""

    def __init__(self, tongue: Language) -> None:
        self.tongue = tongue
        self.missing = tongue.text(LABELS["not_available"])

    def say(self, value: Value) -> Markup:
        """Return a value with its emphasis as markup, everything else escaped."""
        return Markup("").join(self._fragment(piece) for piece in self.tongue.fragments(value))

    def _fragment(self, piece: Fragment) -> Markup:
        text = escape(piece.text)
        before, after = _TAGS.get(piece.tone, ("", ""))
        return before + text + after if before else text

    def fill(self, sentence: Sentence, **values: Value) -> str:
        """Return a label with its values."""
        return self.tongue.text(say(sentence.text, **values))

    def css(self, value: Value) -> Markup:
        """Return text for a CSS string."""
        text = self.tongue.text(value)
        return Markup("").join(
            sign if sign.isalnum() or sign in " -.%," else f"\\{ord(sign):x} " for sign in text
        )

    def gap(self, value: float | None, unit: str) -> str:
        """Return a gap with its sign, without its unit."""
        return self.missing if value is None else self.tongue.signed(value, unit)

    def plain_gap(self, value: float | None, unit: str) -> str:
        """Return a size without a sign."""
        return self.missing if value is None else self.tongue.signed(value, unit, plus=False)

    def span(self, row: Row | Change, unit: str) -> str:
        """Return the interval of a row."""
        return self.tongue.span(Span(row.low, row.high, "points" if unit == "points" else "score"))

    def count(self, value: float | None) -> str:
        """Return a count."""
        return self.missing if value is None else self.tongue.count(value)

    def share(self, value: float | None, digits: int = 0) -> str:
        """Return a percentage."""
        return self.tongue.text(Share(value, digits))

    def day(self, iso: str) -> str:
        """Return a date in words."""
        return self.tongue.text(Day(iso))

    def tick(self, value: float, unit: str) -> str:
        """Return the label of a tick, as short as it can be."""
        shown = Amount(value, "points" if unit == "points" else "score", bare=True)
        text = self.tongue.amount(shown)
        mark = self.tongue.decimal_mark
        return text.rstrip("0").rstrip(mark) if mark in text else text


def _number(value: float | None) -> Value:
    """Return a count as a value for a label."""
    return Number(value, 0 if value is None or float(value).is_integer() else 1)
