"""Wordings that organisations advise against: dated data files, one for each language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from audit.records import Form

Place = Literal["term", "reference", "placebo", "template"]
PLACES: tuple[Place, ...] = ("term", "reference", "placebo", "template")
_DIRECTORY = Path(__file__).parents[1] / "guidance"
_UNSPACED = frozenset({"ja"})


@dataclass(frozen=True, slots=True)
class Advice:
    """One wording that is advised against: what to say instead, why, and who says so."""

    alternative: str
    reason: str
    sources: tuple[Mapping[str, Any], ...]
    places: tuple[Place, ...]
    form: Form | None
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Guidance:
    """The advice for one language."""

    language: str
    reviewed: str
    advice: tuple[Advice, ...]

    def on(self, text: str, place: Place, form: Form | None = None) -> Iterator[tuple[str, Advice]]:
        """Yield the words of a text that are advised against at a place, with the advice."""
        for advice in self.advice:
            if place not in advice.places or advice.form not in {None, form}:
                continue
            found = advice.pattern.search(text)
            if found:
                yield found.group(), advice


def guidance_languages() -> tuple[str, ...]:
    """Return the codes of the languages that have guidance."""
    return tuple(sorted(path.stem for path in _DIRECTORY.glob("*.yaml")))


@cache
def guidance_for(language: str) -> Guidance | None:
    """Return the guidance of a language tag (``en``, ``en-GB``), or ``None`` if there is none."""
    from ruamel.yaml import YAML

    code = language.lower().split("-")[0]
    if code not in guidance_languages():
        return None
    data = YAML(typ="safe", pure=True).load((_DIRECTORY / f"{code}.yaml").read_text("utf-8"))
    sources = {source["id"]: source for source in data["sources"]}
    return Guidance(
        language=data["language"],
        reviewed=str(data["reviewed"]),
        advice=tuple(_advice(entry, sources, code) for entry in data["entries"]),
    )


def _advice(
    entry: Mapping[str, Any], sources: Mapping[str, Mapping[str, Any]], language: str
) -> Advice:
    """Read one entry of a file."""
    return Advice(
        alternative=entry["alternative"],
        reason=entry["reason"],
        sources=tuple(sources[name] for name in entry["source"]),
        places=tuple(entry.get("roles", PLACES)),
        form=entry.get("form"),
        pattern=_pattern(entry["match"], whole=entry.get("whole", False), language=language),
    )


def _pattern(phrases: list[str], *, whole: bool, language: str) -> re.Pattern[str]:
    """Find any of the phrases as whole words, in any case; a space also stands for a hyphen."""
    longest_first = sorted(phrases, key=len, reverse=True)
    choices = "|".join(re.escape(phrase).replace(r"\ ", r"[\s-]+") for phrase in longest_first)
    if whole:
        return re.compile(rf"\A(?:{choices})\Z", re.IGNORECASE)
    if language in _UNSPACED:
        return re.compile(choices)
    return re.compile(rf"(?<!\w)(?:{choices})(?!\w)", re.IGNORECASE)
