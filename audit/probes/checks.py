"""What the fields of a probe file mean together: every contradiction, with line and remedy."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from audit.probes.document import Document, Location
from audit.probes.grammar import grammar_for, languages
from audit.probes.literal import check_fields
from audit.probes.masking import spells_itself
from audit.probes.schema import TaskPart, TermPart
from audit.probes.sentences import check_sentences
from audit.probes.structure import Parts, Placed
from audit.probes.wording import did_you_mean

_ID = re.compile(r"\w[\w.+-]*")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TEMPLATE_FORM = ("reference", "groups", "templates")


def check(parts: Parts, document: Document) -> None:
    """Note every contradiction in the document's problems."""
    _check_head(parts, document)
    if parts.task is not None:
        _check_task(parts.task, document)
    _check_ids(parts, document)
    _check_sources(parts, document)
    if "cases" in document.data:
        _check_tabular(parts, document)
    else:
        _check_presence(parts, document)
        texts_are_sound = _check_texts(parts, document)
        _check_overlap(parts, document)
        check_fields(parts, document)
        grammar = grammar_for(str(document.data.get("language", "en")))
        if grammar is not None:
            check_sentences(parts, document, grammar, texts_are_sound)


def _check_head(parts: Parts, document: Document) -> None:
    """Check name, version and language."""
    if parts.head is None:
        return
    if not _ID.fullmatch(parts.head.name):
        _bad_id(document, ("name",), parts.head.name)
    for name in ("version", "language", "attribute"):
        if not getattr(parts.head, name).strip():
            document.add((name,), f"{name!r} is empty", f"for example `{name}: ...`")
    language = parts.head.language
    if language.strip() and "cases" not in document.data and grammar_for(language) is None:
        document.add(
            ("language",),
            f"there is no grammar for the language {language[:40]!r}",
            f"there is one for {', '.join(languages())}; texts in any language can be given "
            "as a table under `cases:`",
        )


def _bad_id(document: Document, at: Location, found: str) -> None:
    """Note an id or name that cannot stand in ids and file names."""
    document.add(
        at,
        f"{found[:60]!r} is no id",
        "use letters, digits, '-', '_', '.' and '+', beginning with a letter or digit",
    )


def _check_task(task: TaskPart, document: Document) -> None:
    """Check labels, outcome and shots."""
    if not task.separator.strip() or "\n" in task.separator:
        document.add(("task", "separator"), "the separator must be a visible mark", "such as ###")
    for name in ("description", "input", "output"):
        _check_text(document, ("task", name), getattr(task, name), needed=False, separator=None)
    if task.kind == "score":
        _check_score_task(task, document)
        return
    _check_labels(task, document)
    for index, shot in enumerate(task.shots):
        at: Location = ("task", "shots", index)
        _check_text(document, (*at, "text"), shot.text, separator=task.separator)
        if shot.label not in task.labels:
            _unknown_label(document, (*at, "label"), shot.label, task.labels)


def _check_labels(task: TaskPart, document: Document) -> None:
    """Check the labels and which of them are good and bad."""
    labels = task.labels
    if len(labels) < 2:
        example = "labels: [Positive, Neutral, Negative]; for scores write `kind: score`"
        document.add(("task", "labels"), "a label task needs two labels or more", example)
    seen: set[str] = set()
    for index, label in enumerate(labels):
        at: Location = ("task", "labels", index)
        _check_text(document, at, label, separator=task.separator)
        if label.casefold() in seen:
            document.add(at, f"the label {label!r} is there twice", "upper and lower case are one")
        seen.add(label.casefold())
    if task.favourable is None:
        document.add(("task",), "the field 'favourable' is missing", "name the good label")
    elif task.favourable not in labels:
        _unknown_label(document, ("task", "favourable"), task.favourable, labels)
    for index, label in enumerate(task.unfavourable):
        at = ("task", "unfavourable", index)
        if label not in labels:
            _unknown_label(document, at, label, labels)
        elif label == task.favourable:
            document.add(at, f"{label!r} is both favourable and unfavourable", "keep one of them")
    if len(labels) > 2 and not task.unfavourable:
        document.add(
            ("task",),
            f"with {len(labels)} labels the field 'unfavourable' is needed",
            "list the labels that are bad for the person",
        )
    if task.range is not None:
        document.add(("task", "range"), "a label task has no range", "delete it, or `kind: score`")


def _unknown_label(document: Document, at: Location, label: str, labels: list[str]) -> None:
    """Note a label that the task does not have."""
    hint = did_you_mean(label, labels) or f"the labels are {', '.join(labels)}"
    document.add(at, f"{label[:60]!r} is not among the task's labels", hint)


def _check_score_task(task: TaskPart, document: Document) -> None:
    """Check range and direction of a score task."""
    at: Location = ("task",)
    if task.range is None:
        document.add(at, "a score task needs 'range'", "range: [-1, 1]")
    elif len(task.range) != 2 or task.range[0] >= task.range[1]:
        document.add((*at, "range"), "the range must be two numbers, low then high", "[-1, 1]")
    if task.favourable not in {"high", "low"}:
        place = (*at, "favourable") if task.favourable else at
        document.add(place, "a score task needs 'favourable'", "write `favourable: high` or `low`")
    for name in ("labels", "shots"):
        if getattr(task, name):
            document.add((*at, name), f"a score task has no {name}", "delete it, or `kind: labels`")


def _check_ids(parts: Parts, document: Document) -> None:
    """Check that ids are ids and that each is given once."""
    _check_unique(document, "source", parts.sources)
    _check_unique(document, "group", parts.groups)
    _check_unique(document, "template", parts.templates)
    _check_unique(document, "term, placebo or filler", (placed for _, placed in parts.phrases()))
    for template in parts.templates:
        if template.part.carrier is not None and not _ID.fullmatch(template.part.carrier):
            _bad_id(document, (*template.at, "carrier"), template.part.carrier)


def _check_unique(document: Document, kind: str, entries: Iterable[Placed[Any]]) -> None:
    """Check the ids of one kind of entry."""
    lines: dict[str, int] = {}
    for placed in entries:
        at = (*placed.at, "id")
        name = placed.part.id
        if not _ID.fullmatch(name):
            _bad_id(document, at, name)
        if name in lines:
            document.add(
                at,
                f"the id {name!r} of a {kind} is already used in line {lines[name]}",
                "give each its own id",
            )
        lines.setdefault(name, document.line(at))


def _check_sources(parts: Parts, document: Document) -> None:
    """Check that terms name sources that the set lists, if it lists any."""
    known = [placed.part.id for placed in parts.sources]
    if not known or "sources" not in document.data:
        return
    for _, phrase in parts.phrases():
        for index, source in enumerate(phrase.part.source):
            if source not in known:
                at = (*phrase.at, "source", index)
                hint = did_you_mean(source, known) or "add it to `sources`"
                document.add(at, f"the source {source[:60]!r} is not listed in `sources`", hint)


def _check_tabular(parts: Parts, document: Document) -> None:
    """Check that a tabular set has no templates and says which rows are the reference."""
    for name in (*_TEMPLATE_FORM, "placebos"):
        if document.data.get(name):
            document.add(
                (name,),
                f"a set with `cases:` has no {name!r}",
                "make it a set of its own",
                key=True,
            )
    cases = parts.cases
    if cases is None:
        return
    for name in ("context", "reference"):
        if not getattr(cases, name):
            document.add(("cases", name), f"{name!r} is empty", "name at least one column")


def _check_presence(parts: Parts, document: Document) -> None:
    """Check that there is a reference, a group, a template, and a term in every group."""
    remedies = {
        "reference": 'reference: [{id: plain, text: ""}]',
        "groups": "groups: [{id: blind, terms: [...]}]",
        "templates": 'templates: [{id: t01, text: "I am {a} {pre} person."}]',
    }
    for name, example in remedies.items():
        if name not in document.data:
            document.add((), f"the field {name!r} is missing", f"for example `{example}`")
        elif document.data[name] == []:
            document.add((name,), f"{name!r} is empty", f"for example `{example}`")
    for group in parts.groups:
        if group.part.label is not None:
            _check_text(document, (*group.at, "label"), group.part.label, separator=None)
        if document.data["groups"][group.at[-1]]["terms"] == []:
            document.add(
                (*group.at, "terms"),
                f"the group {group.part.id!r} has no terms",
                "add a term or delete the group",
            )


def _check_texts(parts: Parts, document: Document) -> set[Location]:
    """Check every text of the set; return the places whose texts are sound."""
    separator = parts.task.separator if parts.task is not None else None
    sound: set[Location] = set()
    for kind, phrase in parts.phrases():
        before = len(document.problems)
        _check_phrase(document, kind, phrase, separator)
        if len(document.problems) == before:
            sound.add(phrase.at)
    for template in parts.templates:
        before = len(document.problems)
        at, part = template.at, template.part
        _check_text(document, (*at, "text"), part.text, separator=separator)
        if part.noun is not None:
            _check_text(document, (*at, "noun"), part.noun, separator=separator, braces=False)
        words: list[tuple[Location, str]] = [
            *((("reference", place), word) for place, word in enumerate(part.reference)),
            *((("words", term), word) for term, word in part.words.items()),
        ]
        for where, word in words:
            _check_text(document, (*at, *where), word, separator=separator, braces=False)
        labels = parts.task.labels if parts.task is not None else []
        if part.gold is not None and labels and part.gold not in labels:
            _unknown_label(document, (*at, "gold"), part.gold, labels)
        if len(document.problems) == before:
            sound.add(at)
    return sound


def _check_slur(document: Document, at: Location, part: TermPart) -> None:
    """Check that the id of a slur, which is shown, does not spell what is masked."""
    forms = (part.text, part.plural or "", *part.forms.values(), *part.mentions)
    if part.stratum == "slur" and spells_itself(part.id, forms):
        document.add(
            (*at, "id"), "the id of a slur spells it, so that it cannot be masked", "id: slur-01"
        )


def _check_phrase(
    document: Document, kind: str, phrase: Placed[Any], separator: str | None
) -> None:
    """Check the texts of a term, placebo or filler."""
    at, part = phrase.at, phrase.part
    if kind == "term":
        _check_slur(document, at, part)
    elif part.stratum is not None:
        document.add((*at, "stratum"), f"a {kind} has no stratum", "delete it")
    empty_filler = kind == "reference filler" and not part.text
    if empty_filler and part.form is not None:
        document.add((*at, "form"), "an empty filler fills no slot", "delete its form")
    elif part.text and part.form is None:
        document.add(at, f"the field 'form' of this {kind} is missing", "form: pre, post or noun")
    if not empty_filler:
        _check_text(document, (*at, "text"), part.text, separator=separator, braces=False)
    if part.plural is not None:
        _check_text(document, (*at, "plural"), part.plural, separator=separator, braces=False)
    for name, form in part.forms.items():
        _check_text(document, (*at, "forms", name), form, separator=separator, braces=False)
    for index, mention in enumerate(part.mentions):
        _check_text(document, (*at, "mentions", index), mention, separator=None, braces=False)


def _check_overlap(parts: Parts, document: Document) -> None:
    """Check that no phrase stands twice in one form, or in a group and in its controls."""
    seen: dict[str, list[tuple[str, str | None, str, int]]] = {}
    for kind, phrase in parts.phrases():
        text = unicodedata.normalize("NFC", " ".join(phrase.part.text.split()))
        at = (*phrase.at, "text")
        for other, form, spelling, line in seen.get(text.casefold(), []):
            # "Deaf" and "deaf" are two terms; "a Muslim" and "a Muslim man" have one spelling.
            if other != kind or (form == phrase.part.form and spelling == text):
                document.add(
                    at,
                    f"the text {text[:60]!r} of this {kind} is already that of the {other} "
                    f"in line {line}",
                    "fillers, placebos and terms must differ; keep one",
                )
                break
        line = document.line(at if at in document.values else phrase.at)
        seen.setdefault(text.casefold(), []).append((kind, phrase.part.form, text, line))


def _check_text(
    document: Document,
    at: Location,
    text: str,
    *,
    separator: str | None,
    needed: bool = True,
    braces: bool = True,
) -> None:
    """Check one text that becomes part of a prompt."""
    if not text.strip():
        if needed:
            document.add(at, "the text is empty", "write it, or delete the entry")
        return
    for message, hint in _text_faults(text, separator, braces):
        document.add(at, message, hint)


def _text_faults(text: str, separator: str | None, braces: bool) -> Iterable[tuple[str, str]]:
    """Yield what makes a text unfit to be shown and sent."""
    if "\n" in text or "\r" in text:
        yield "the text has a line break", "write it in one line"
    bad = [s for s in text if s in _BIDI or unicodedata.category(s) in {"Cc", "Cs"}]
    hidden = [sign for sign in bad if sign not in "\n\r"]
    if hidden:
        yield f"the text has the control character U+{ord(hidden[0]):04X}", "delete it"
    if unicodedata.combining(text[0]):
        yield "the text begins with a combining character", "put the letter it belongs to before it"
    if text != text.strip():
        yield "the text begins or ends with a space", "delete the space"
    if "  " in text:
        yield "the text has two spaces in a row", "delete one"
    if separator and separator in text:
        yield f"the text contains the task's separator {separator!r}", "choose another separator"
    if not braces and ("{" in text or "}" in text):
        yield "the text has a brace; only templates have slots", "delete the brace"
