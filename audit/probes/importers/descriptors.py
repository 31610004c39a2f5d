"""Descriptors x nouns x templates: the JSON files of HolisticBias."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.errors import ConfigError
from audit.probes.grammar.english import indefinite_article
from audit.probes.importers.cases import LeftOut, SourceRow
from audit.probes.importers.encodings import Encoding, find_encoding
from audit.probes.importers.sources import Found, SourceOptions

_PARTS = ("descriptors", "nouns", "sentence_templates")
_PHRASES = "standalone_noun_phrases"
NO_NOUN = "a phrase without a noun has no sentence with the noun alone to compare with"
COLUMNS = ("text", "axis", "bucket", "descriptor", "preference", "noun", "noun_gender", "template")


def find_parts(folder: Path, version: str | None) -> dict[str, Path]:
    """Return the files of one version in a folder.

    Raises
    ------
    ConfigError
        If one is missing, or the folder holds several versions and none is named.
    """
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.glob("*.json")):
        for part in (*_PARTS, _PHRASES):
            if part in path.stem:
                name = path.stem.replace(part, "").strip("_-.")
                found.setdefault(name, {})[part] = path
    complete = {name: parts for name, parts in found.items() if set(_PARTS) <= parts.keys()}
    if version is not None and version in complete:
        return complete[version]
    if len(complete) == 1 and version is None:
        return next(iter(complete.values()))
    names = ", ".join(complete)
    raise ConfigError(
        f"the folder holds the versions {names}" if complete else
        f"the folder lacks {', '.join(f'*{part}*.json' for part in _PARTS)}",
        where=folder.name,
        hint=f"choose one with --split {next(iter(complete))}" if complete else
        "name the folder that holds the descriptors, nouns and sentence templates",
    )  # fmt: skip


def descriptor_rows(
    parts: dict[str, Path], options: SourceOptions, encodings: dict[str, Encoding]
) -> Found:
    """Yield every sentence with a noun, its reference first; ``row`` counts them.

    Parameters
    ----------
    parts : dict of str to Path
        The files, as `find_parts` returns them.
    options : SourceOptions
        For ``--encoding``.
    encodings : dict of str to Encoding
        Gets the encoding of every file.

    Raises
    ------
    ConfigError
        If a file is not JSON, or not of the published shape.
    """
    for path in parts.values():
        encodings[path.name] = find_encoding(path, options.encoding)
    read = {part: _read(path, encodings[path.name].codec) for part, path in parts.items()}
    descriptors, nouns, templates = (read[part] for part in _PARTS)
    phrases = read.get(_PHRASES, {})
    file = parts["descriptors"].name
    number = 0
    try:
        for cells in _sentences(descriptors, phrases, nouns, templates):
            number += 1
            if isinstance(cells, str):
                yield LeftOut(file, number, NO_NOUN, cells)
            else:
                yield SourceRow(file, number, cells)
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise ConfigError(
            f"the files are not as HolisticBias publishes them: {error}", where=file
        ) from error


def _read(path: Path, codec: str) -> Any:
    try:
        return json.loads(path.read_text(encoding=codec))
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            "this is no JSON", where=path.name, hint="take the file as it is published"
        ) from error


def _sentences(
    descriptors: Any, phrases: Any, nouns: Any, templates: Any
) -> Iterator[dict[str, str] | str]:
    """Yield cells, or what cannot be built."""
    pairs = [(gender, one, many) for gender, listed in nouns.items() for one, many in listed]
    for template in templates:
        for gender, one, many in pairs:
            place = {"template": template, "noun": one, "noun_gender": gender}
            yield _cells(f"{indefinite_article(one)} {one}", many, place)
            for axis, buckets in descriptors.items():
                for bucket, entries in buckets.items():
                    for entry in entries:
                        item = {"descriptor": entry} if isinstance(entry, str) else entry
                        if item.get("gender", gender) == gender:
                            yield _described(
                                item, (one, many), {**place, "axis": axis, "bucket": bucket}
                            )
            for axis, entries in phrases.items():
                for entry in entries:
                    item = {"noun_phrase": entry} if isinstance(entry, str) else entry
                    if "{noun}" in item["noun_phrase"]:
                        yield _phrased(item, (one, many), {**place, "axis": axis})
    for entries in phrases.values():
        for entry in entries:
            phrase = entry if isinstance(entry, str) else entry["noun_phrase"]
            if "{noun}" not in phrase:
                yield phrase


def _described(item: Any, noun: tuple[str, str], place: dict[str, str]) -> dict[str, str]:
    """Return a sentence with a descriptor before the noun."""
    word = item["descriptor"]
    article = item.get("article") or indefinite_article(word)
    named = {**place, "descriptor": word, "preference": item.get("preference", "")}
    return _cells(f"{article} {word} {noun[0]}", f"{word} {noun[1]}", named)


def _phrased(item: Any, noun: tuple[str, str], place: dict[str, str]) -> dict[str, str]:
    """Return a sentence with a phrase around the noun."""
    singular = item["noun_phrase"]
    plural = item.get("plural_noun_phrase", singular)
    word = singular.format(article="", noun="").strip()
    named = {**place, "descriptor": word, "preference": item.get("preference", "")}
    return _cells(
        singular.format(article=indefinite_article(noun[0]), noun=noun[0]),
        plural.format(article="", noun=noun[1]).strip(),
        named,
    )


def _cells(singular: str, plural: str, place: dict[str, str]) -> dict[str, str]:
    """Return a filled template with its place; a sentence begins with a capital letter."""
    text = place["template"].format(noun_phrase=singular, plural_noun_phrase=plural)
    blank = dict.fromkeys(COLUMNS, "")
    return {**blank, **place, "text": text[:1].upper() + text[1:]}
