"""Templates with typed slots x terms with a part of speech: the files of GFM.

A slot names an attribute and a noun, ``{a:disability_friend}``; an adjective stands before the
noun, a phrase after it, and a noun term takes its place where the slot asks for any person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from audit.errors import ConfigError
from audit.probes.grammar.english import indefinite_article, plural_noun
from audit.probes.importers.cases import LeftOut, SourceRow
from audit.probes.importers.encodings import Encoding
from audit.probes.importers.sources import Found, SourceOptions, open_table
from audit.probes.wording import did_you_mean

_SLOT = re.compile(r"\{(a:)?([A-Za-z]+)_([A-Za-z_]+)\}")
_LABELS = {"0": "Negative", "1": "Neutral", "2": "Positive"}
_ANYBODY = {"np": ("person", False), "people": ("people", True)}
COLUMNS = ("text", "group", "term", "template", "label", "type")
NO_SLOT = "the term has no form for the slot of this template"
NO_SLOT_AT_ALL = "the template has no slot"
NO_REFERENCE = "the template has no sentence without a term"


def slot_rows(
    templates: Sequence[Path],
    terms: Sequence[Path],
    options: SourceOptions,
    encodings: dict[str, Encoding],
) -> Found:
    """Yield every template without a term and with every term that fits it.

    ``row`` is the line of the template. ``encodings`` gets the encoding of every file.

    Raises
    ------
    ConfigError
        If a file lacks the published columns.
    """
    phrases: list[Mapping[str, str]] = []
    for path in terms:
        for row in _read(path, ("TERM", "GROUP", "POS"), options, encodings):
            if isinstance(row, LeftOut):
                yield row
            else:
                phrases.append(row.cells)
    for path in templates:
        for row in _read(path, ("TEMPLATE", "SENT"), options, encodings):
            if isinstance(row, LeftOut):
                yield row
            else:
                yield from _filled(row, phrases)


def _filled(row: SourceRow, phrases: Sequence[Mapping[str, str]]) -> Found:
    """Yield one template with every term."""
    template, label = row.cells["TEMPLATE"], _LABELS.get(row.cells["SENT"], row.cells["SENT"])
    slot = _SLOT.search(template)
    if slot is None:
        yield LeftOut(row.file, row.row, NO_SLOT_AT_ALL, template)
        return
    plain = _fill(template, slot, "", "")
    if plain is None:
        yield LeftOut(row.file, row.row, NO_REFERENCE, template)
        return
    place = {"template": template, "label": label, "group": "", "term": "", "type": ""}
    yield SourceRow(row.file, row.row, {**place, "text": plain})
    for phrase in phrases:
        text = _fill(template, slot, phrase["TERM"], phrase["POS"])
        if text is None:
            yield LeftOut(row.file, row.row, NO_SLOT, f"{phrase['TERM']} in {template}")
        else:
            own = {"group": phrase["GROUP"], "term": phrase["TERM"],
                   "type": phrase.get("TYPE", ""), "text": text}  # fmt: skip
            yield SourceRow(row.file, row.row, {**place, **own})


def _read(
    path: Path, needed: Sequence[str], options: SourceOptions, encodings: dict[str, Encoding]
) -> Found:
    """Return the rows of a file that must have some columns."""
    table = open_table(path, options)
    missing = [name for name in needed if table.columns is not None and name not in table.columns]
    if missing:
        raise ConfigError(
            f"there is no column {missing[0]!r}",
            where=path.name,
            hint=did_you_mean(missing[0], table.columns or ())
            or f"it has: {', '.join(table.columns or ())[:200]}",
        )
    if table.encoding is not None:
        encodings[path.name] = table.encoding
    return table.rows


def _fill(template: str, slot: re.Match[str], term: str, kind: str) -> str | None:
    """Return a template with its slot filled, or ``None`` where the term has no form for it."""
    article, attribute, noun = slot.groups()
    phrase = _phrase(noun, term, kind)
    if phrase is None:
        return None
    if attribute[0].isupper():
        phrase = phrase[:1].upper() + phrase[1:]
    if article:
        phrase = f"{indefinite_article(phrase)} {phrase}"
    text = template[: slot.start()] + phrase + template[slot.end() :]
    return text[:1].upper() + text[1:]


def _phrase(noun: str, term: str, kind: str) -> str | None:
    """Return what stands in a slot."""
    if noun == "adj_or_pp":
        return term if kind in {"adj", "pp"} else None
    name, plural = _ANYBODY.get(noun, (noun.replace("_", " "), False))
    if not term:
        return name
    if kind == "adj":
        return f"{term} {name}"
    if kind == "pp":
        return f"{name} {term}"
    if noun in _ANYBODY:
        return plural_noun(term) if plural else term
    return None
