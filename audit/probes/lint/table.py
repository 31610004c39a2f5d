"""Checks of a table's rows, each finding with the row's line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import Path

from audit.probes.cells import unescape_formula
from audit.probes.lint.characters import odd_characters
from audit.probes.lint.guidance import guidance_for
from audit.probes.lint.linted import LintedFile
from audit.probes.placeholders import unfilled
from audit.probes.rows import Row, open_rows
from audit.records import CaseSource

MOST_SHOWN = 5
"""Rows of one kind of finding that are named one by one; the rest are counted."""
_Line = tuple[int, str]


def check_table(linted: LintedFile) -> None:
    """Check the rows of a tabular set, which was read without a problem before."""
    probe_set = linted.probe_set
    if probe_set is None or probe_set.cases is None or linted.expansion is None:
        return
    rows = list(_rows(probe_set.cases, Path(probe_set.directory)))
    _check_texts(linted, probe_set.cases, rows)
    _check_terms(linted, probe_set.cases, rows)
    _check_labels(linted, probe_set.cases, rows)
    _check_positions(linted, probe_set.cases, rows)


def _rows(source: CaseSource, directory: Path) -> Iterator[Row]:
    """Read the rows as they are sent."""
    _, rows = open_rows(source, directory)
    for row in rows:
        if isinstance(row, Row):
            values = row.values
            if source.escaped:
                values = {name: unescape_formula(value) for name, value in values.items()}
            yield Row(row.line, values)


def _is_reference(source: CaseSource, values: Mapping[str, str]) -> bool:
    """Tell whether a row is its context's reference."""
    return all(values[column] in accepted for column, accepted in source.reference.items())


def _report(linted: LintedFile, check: str, found: list[_Line], hint: str) -> None:
    """Note the first findings of a kind with their lines, and count the rest."""
    for line, message in found[:MOST_SHOWN]:
        linted.add_row(check, line, message, hint)
    if len(found) > MOST_SHOWN:
        line, rest = found[MOST_SHOWN][0], len(found) - MOST_SHOWN
        linted.add_row(check, line, f"and {rest} more such row(s) from here on", hint)


def _check_texts(linted: LintedFile, source: CaseSource, rows: list[Row]) -> None:
    """Find blanks, odd characters, and rows that repeat another of their context."""
    blanks: list[_Line] = []
    odd: dict[str, list[_Line]] = defaultdict(list)
    twice: list[_Line] = []
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        text = row.values[source.text]
        blank = unfilled(text)
        if blank:
            blanks.append((row.line, f"the text holds the placeholder {blank!r}"))
        for message, hint in odd_characters(text):
            odd[hint].append((row.line, f"the text {message}"))
        key = (*(row.values[column] for column in source.context), text)
        first = seen.setdefault(key, row.line)
        if first != row.line:
            twice.append((row.line, f"the text is that of line {first}, in the same context"))
    _report(linted, "placeholder", blanks, "fill it in the table; such rows are never scored")
    for hint, found in odd.items():
        _report(linted, "characters", found, hint)
    _report(linted, "identical", twice, "delete one row; the same sentence has no gap")


def _check_terms(linted: LintedFile, source: CaseSource, rows: list[Row]) -> None:
    """Find wordings that are advised against, and terms that stand in several groups."""
    guidance = guidance_for("" if linted.probe_set is None else linted.probe_set.language)
    groups: dict[str, tuple[str, int]] = {}
    told: set[str] = set()
    for row in rows:
        reference = _is_reference(source, row.values)
        term, group = row.values[source.term], row.values[source.group]
        place = "reference" if reference else "term"
        if guidance is not None and term not in told:
            for words, advice in guidance.on(term, "reference" if reference else "term"):
                linted.add_row(
                    "dispreferred",
                    row.line,
                    f"the {place} {term!r}: {words!r} is advised against, because "
                    f"{advice.reason} ({advice.sources[0]['publisher']}, "
                    f"{advice.sources[0]['url']})",
                    f"say: {advice.alternative}; or keep it, with a `justification:` in the YAML",
                    accepted=linted.justification,
                )
                break
        told.add(term)
        if reference:
            continue
        other, line = groups.setdefault(term, (group, row.line))
        if other != group:
            linted.add_row(
                "contradiction",
                row.line,
                f"the term {term!r} belongs to the group {group!r} here and to {other!r} in line "
                f"{line}",
                "let each term belong to one group",
            )
            groups[term] = (group, line)


def _check_labels(linted: LintedFile, source: CaseSource, rows: list[Row]) -> None:
    """Find one text with two gold labels."""
    if source.label is None:
        return
    seen: dict[str, tuple[str, int]] = {}
    found: list[_Line] = []
    for row in rows:
        label = row.values[source.label].strip()
        other, line = seen.setdefault(row.values[source.text], (label, row.line))
        if label and other and label != other:
            found.append((row.line, f"the label is {label!r}, and {other!r} in line {line}"))
    _report(linted, "contradiction", found, "one text has one correct label; correct the table")


def _check_positions(linted: LintedFile, source: CaseSource, rows: list[Row]) -> None:
    """Find terms whose reference changes the sentence in another place than they do."""
    contexts: dict[tuple[str, ...], tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for row in rows:
        key = tuple(row.values[column] for column in source.context)
        contexts[key][0 if _is_reference(source, row.values) else 1].append(row)
    elsewhere: Counter[str] = Counter()
    lines: dict[str, int] = {}
    for references, others in contexts.values():
        for row in others if references else ():
            text = row.values[source.text]
            if not any(_same_place(text, ref.values[source.text]) for ref in references):
                elsewhere[row.values[source.term]] += 1
                lines.setdefault(row.values[source.term], row.line)
    found = [
        (lines[term], f"the term {term!r} stands in another place than every reference of its "
         f"context, in {count} row(s)")
        for term, count in elsewhere.items()
    ]  # fmt: skip
    hint = (
        "add a reference row with neutral words in that place, so that only the words differ; or "
        "split the context"
    )
    _report(linted, "position", found, hint)


def _same_place(text: str, reference: str) -> bool:
    """Tell whether two sentences differ in one run of words only (articles may differ too)."""
    one, two = text.split(), reference.split()
    blocks = SequenceMatcher(a=one, b=two, autojunk=False).get_opcodes()
    changed = [block for block in blocks if block[0] != "equal" and not _articles(one, two, block)]
    return len(changed) <= 1


def _articles(one: list[str], two: list[str], block: tuple[str, int, int, int, int]) -> bool:
    """Tell whether a change is between a and an."""
    _, a, b, c, d = block
    words = {word.lower() for word in (*one[a:b], *two[c:d])}
    return words <= {"a", "an"}
