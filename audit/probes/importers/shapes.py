"""From rows to cases: a text in each row, a pair in each row, or versions in rows that follow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from hashlib import sha256
from itertools import groupby

from audit.probes.importers.cases import Case, LeftOut, SourceRow, is_personal, key_of
from audit.probes.importers.mapping import Roles
from audit.probes.importers.sources import Found
from audit.probes.placeholders import unfilled

Made = Iterator[Case | LeftOut]
EMPTY = "a text, group or term is empty"
PLACEHOLDER = "a placeholder in the text was never filled"
NOT_MAPPED = "the group is not in the mapping"
NOT_CHOSEN = "another value than --only asks for"
_WORD = re.compile(r"\w+|[^\w\s]")
_MOST_KNOWN = 500_000
_LONGEST_TERM = 80


def table_cases(rows: Found, roles: Roles) -> Made:
    """Make one case of each row."""
    text_column, label_column = roles.one("text") or "", roles.one("label")
    for row in rows:
        if isinstance(row, LeftOut):
            yield row
            continue
        cells = row.cells
        is_reference = bool(roles.reference) and all(
            cells.get(column, "") in values for column, values in roles.reference.items()
        )
        named = _group_and_term(row, roles, is_reference)
        if isinstance(named, LeftOut):
            yield named
            continue
        yield checked(
            Case(
                file=row.file,
                row=row.row,
                text=cells.get(text_column, ""),
                group=named[0],
                term=named[1],
                is_reference=is_reference,
                context=_key(cells, roles, "context"),
                template=_key(cells, roles, "template"),
                label=cells.get(label_column, "").strip() if label_column else "",
            )
        )


def _group_and_term(row: SourceRow, roles: Roles, is_reference: bool) -> tuple[str, str] | LeftOut:
    """Return the group and the term of a row; references have no group."""
    group = _group(row.cells, roles)
    term_column = roles.one("term")
    term = row.cells.get(term_column, "").strip() if term_column else group
    if is_reference:
        return "", term or "reference"
    if roles.groups:
        if group not in roles.groups:
            return LeftOut(row.file, row.row, NOT_MAPPED, group)
        group = roles.groups[group]
    return group, term


def _group(cells: Mapping[str, str], roles: Roles) -> str:
    """Return the group of a row; without a group column everybody is of the attribute."""
    column = roles.one("group")
    return cells.get(column, "").strip() if column else roles.attribute


def _key(cells: Mapping[str, str], roles: Roles, role: str) -> str:
    columns = roles.of(role)
    return key_of([cells.get(column, "") for column in columns]) if columns else ""


def checked(case: Case) -> Case | LeftOut:
    """Return a case that can be asked about, or why it cannot."""
    if not case.text.strip() or not (case.is_reference or (case.group and case.term)):
        return LeftOut(case.file, case.row, EMPTY, case.text[:80])
    blank = unfilled(case.text)
    if blank is not None:
        return LeftOut(case.file, case.row, PLACEHOLDER, f"{blank} in: {case.text[:120]}")
    return case


def pair_cases(rows: Found, roles: Roles) -> Made:
    """Make two cases of each row. Rows with one reference text share its context and its answer.

    A control sentence that comes with several mentions is one measurement, not several: its rows
    are averaged before any interval.
    """
    known: set[int] = set()
    for row in rows:
        if isinstance(row, LeftOut):
            yield row
            continue
        pair = _pair(row, roles)
        bad = next((case for case in pair if isinstance(case, LeftOut)), None)
        if bad is not None:
            yield bad
            continue
        front, back = pair
        mark = hash((back.context, back.text)) if isinstance(back, Case) else 0
        if mark not in known:
            if len(known) >= _MOST_KNOWN:  # what comes again after that is written again
                known.clear()
            known.add(mark)
            yield back
        yield front


def _pair(row: SourceRow, roles: Roles) -> tuple[Case | LeftOut, Case | LeftOut]:
    """Return the text with the mention and its reference."""
    cells = row.cells
    texts = [cells.get(roles.one(role) or "", "") for role in ("text", "reference_text")]
    named = _group_and_term(row, roles, is_reference=False)
    if isinstance(named, LeftOut):
        return named, named
    group, term = named
    if roles.one("term") is None:
        term = _changed(row, roles, texts[1], texts[0])
    label_column = roles.one("label")
    label = cells.get(label_column, "").strip() if label_column else ""
    context = _key(cells, roles, "context") or f"ref-{_short_hash(texts[1])}"
    template = _key(cells, roles, "template")
    front = Case(row.file, row.row, texts[0], group, term, False, context, template, label)
    back = Case(row.file, row.row, texts[1], "", "reference", True, context, template, label)
    return checked(front), checked(back)


def _short_hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _changed(row: SourceRow, roles: Roles, reference: str, text: str) -> str:
    """Return a term made of words of a text, unless they may be personal."""
    if roles.personal or is_personal(row.cells):
        return "(words not shown)"
    return changed_words(text, reference) or "(no word)"


def changed_words(text: str, reference: str) -> str:
    """Return the words of a text that its reference does not have in their place.

    Examples
    --------
    >>> changed_words("Blind people cook well.", "Tall people cook well.")
    'Blind'
    """
    one, other = _WORD.findall(text), _WORD.findall(reference)
    changes = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    words = [" ".join(one[a:b]) for kind, a, b, _, _ in changes if kind != "equal" and a < b]
    return " ".join(words)[:_LONGEST_TERM]


def version_cases(rows: Found, roles: Roles) -> Made:
    """Compare rows that follow one another and agree in the context with the first of them."""
    text_column, label_column = roles.one("text") or "", roles.one("label")
    for key, versions in groupby(rows, key=lambda row: _place(row, roles)):
        first: SourceRow | None = None
        for row in versions:
            if isinstance(row, LeftOut) or not isinstance(key, str):
                if isinstance(row, LeftOut):
                    yield row
                continue
            text = row.cells.get(text_column, "")
            label = row.cells.get(label_column, "").strip() if label_column else ""
            template = _key(row.cells, roles, "template")
            if first is None:
                first = row
                yield checked(
                    Case(row.file, row.row, text, "", "reference", True, key, template, label)
                )
                continue
            term = _changed(row, roles, first.cells.get(text_column, ""), text)
            group = _group(row.cells, roles)
            yield checked(Case(row.file, row.row, text, group, term, False, key, template, label))


def _place(row: SourceRow | LeftOut, roles: Roles) -> str | None:
    return None if isinstance(row, LeftOut) else _key(row.cells, roles, "context")
