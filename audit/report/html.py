"""The report as one self-contained page: Jinja2 templates, no script, no request.

The templates lay out the model; every word comes from the message tables through the language.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from audit.report.curves import build_sweep
from audit.report.language import Language, language
from audit.report.message import (
    Day,
    Fragment,
    Number,
    Sentence,
    Share,
    Span,
    Tone,
    Value,
    fill,
)
from audit.report.model import ReportModel
from audit.report.parts import Change, Row
from audit.report.wording import sweep as sweep_words
from audit.report.wording.chrome import LABELS
from audit.report.wording.verdicts import CLOSING, SHORT, VERDICT

# Ids of the symbols: short, because a thousand rows name one each; None marks a bare estimate.
_SYMBOLS = {
    "gap": "g",
    "concern": "c",
    "no_gap": "n",
    "not_enough_evidence": "e",
    None: "i",
}
LARGEST_PAGE = 1_000_000
TERMS_PER_PAGE = 2_000

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
    report: ReportModel


def render_html(report: ReportModel, *, lang: str = "en") -> str:
    """Render a report as one HTML page.

    Parameters
    ----------
    report : ReportModel
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


def render_pages(
    report: ReportModel, *, lang: str = "en", limit: int = LARGEST_PAGE
) -> dict[str, str]:
    """Render a report as one page, or as several where one would be too large to open well.

    Parameters
    ----------
    report : ReportModel
        The model.
    lang : str
        Language of the words.
    limit : int
        Bytes; a page beyond it leaves the tables of terms to sibling files that it links to.

    Returns
    -------
    dict of str to str
        Pages by file name; the first, ``index.html`` (``index.LANG.html`` in other languages than
        English), holds everything but those tables.
    """
    whole = render_html(report, lang=lang)
    suffix = "html" if lang == "en" else f"{lang}.html"
    first = f"index.{suffix}"
    if len(whole.encode()) <= limit:
        return {first: whole}
    context, title = _context(report, language(lang)), report.identity.title
    pages: dict[str, str] = {}
    elsewhere: dict[str, list[str]] = {}
    rows = [row for block in report.groups.blocks for row in block.rows if row.terms]
    for number, row in enumerate(rows, start=1):
        starts = range(0, len(row.terms), TERMS_PER_PAGE)
        for part, start in enumerate(starts, start=1):
            name = f"terms-{number}-{part}.{suffix}"
            chosen = replace(row, terms=row.terms[start : start + TERMS_PER_PAGE])
            pages[name] = _page(
                "terms.html", lang, report.identity.title, context | {"row": chosen, "index": first}
            )
            elsewhere.setdefault(row.anchor, []).append(name)
    index = _page("report.html", lang, title, context | {"elsewhere": elsewhere})
    return {first: index, **pages}


def render_index(entries: Sequence[IndexEntry], *, lang: str = "en") -> str:
    """Render one page over several reports, in the order given."""
    context = {"entries": list(entries), "footer": LABELS["index_title"], "closing": CLOSING}
    return _page("index.html", lang, LABELS["index_title"], context)


def render_sweep(found: Mapping[str, Any], *, lang: str = "en") -> str:
    """Render the page of a sweep from what ``sweep.json`` holds."""
    context = {
        "sweep": build_sweep(found),
        "said": sweep_words,
        "closing": CLOSING,
        "footer": sweep_words.TITLE,
    }
    return _page("sweep.html", lang, sweep_words.TITLE, context)


def _page(template: str, lang: str, title: Sentence, context: Mapping[str, object]) -> str:
    tongue = language(lang)
    environment = _environment(lang)
    level = context.get("level", Share(0.95))
    shared = {
        "language": tongue,
        "label": LABELS,
        "verdict": VERDICT,
        "short": SHORT,
        "symbol": _SYMBOLS,
        "title": title,
        "interval_name": tongue.text(fill(LABELS["interval"], level=level)),  # type: ignore[arg-type]
        **context,
    }
    style = _compact(environment.get_template("report.css").render(shared))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = environment.get_template(template).render(
        shared, style=style, style_hash=f"sha256-{digest}"
    )
    return page + "\n"


def _compact(style: str) -> str:
    """Return a style sheet without comments and indentation; strings keep their spaces."""
    return re.sub(r"/\*.*?\*/|(?<=[\n;{}]) *\n? +|\n", "", style, flags=re.DOTALL)


def _context(report: ReportModel, tongue: Language) -> dict[str, object]:
    """Return what the templates of a report see."""
    points = report.scale.unit == "points"
    return {
        "report": report,
        "level": Share(report.confidence_level),
        "gap_name": LABELS["gap_points" if points else "gap_score"],
        "outcome_text": tongue.text(report.outcome_name),
        "footer": fill(LABELS["run_footer"], run=report.run_id),
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

    @pass_context
    def say(self, context: Context, value: Value) -> Markup:
        """Return a value with its emphasis and origin as markup, everything else escaped."""
        foreign, english = context["foreign"], context["english"]
        return Markup("").join(
            self._fragment(piece, foreign, english) for piece in self.tongue.fragments(value)
        )

    def _fragment(self, piece: Fragment, foreign: Markup, english: Markup) -> Markup:
        text = escape(piece.text)
        if piece.tone in _TAGS:
            before, after = _TAGS[piece.tone]
            return before + text + after
        origin = foreign if piece.tone == "probe" else english if piece.tone == "english" else ""
        return Markup("<span{}>{}</span>").format(origin, text) if origin else text

    def fill(self, sentence: Sentence, **values: Value) -> str:
        """Return a label with its values."""
        return self.tongue.text(fill(sentence, **values))

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
        return self.tongue.brief(self.tongue.signed(value, unit))


def _number(value: float | None) -> Value:
    """Return a count as a value for a label."""
    return Number(value, 0 if value is None or float(value).is_integer() else 1)
