"""What several files contradict one another in: names, ids, and the labels of one wording."""

from __future__ import annotations

from collections.abc import Sequence

from audit.probes.document import Location
from audit.probes.lint.linted import LintedFile


def check_together(files: Sequence[LintedFile]) -> None:
    """Find names and ids that mean several things, and wordings labelled in several ways."""
    names: dict[str, str] = {}
    groups: dict[tuple[str, str, str], tuple[str, str]] = {}
    labels: dict[tuple[str, str, str, str], tuple[str, str]] = {}
    for linted in files:
        probe_set = linted.probe_set
        if probe_set is None:
            continue
        other = names.setdefault(probe_set.name, _place(linted, ("name",)))
        if other != _place(linted, ("name",)):
            linted.add(
                "duplicate",
                ("name",),
                f"the set is named {probe_set.name!r}, like the one in {other}",
                "give it a name of its own: run folders, baselines and reports go by it",
            )
        for group in probe_set.groups:
            at = linted.place_of_group(group.id)
            key = (probe_set.language, probe_set.attribute, group.id)
            label, there = groups.setdefault(key, (group.label, _place(linted, at)))
            if label != group.label:
                linted.add(
                    "duplicate",
                    (*at, "id"),
                    f"the group {group.id!r} is {group.label!r} here and {label!r} in {there}",
                    "give other people another id, or the same people the same label: limits, "
                    "waivers and policies name groups by id",
                )
        _check_labels(linted, probe_set.language, labels)


def _check_labels(
    linted: LintedFile,
    language: str,
    labels: dict[tuple[str, str, str, str], tuple[str, str]],
) -> None:
    """Find a wording that one file calls recommended and another dispreferred, or the like."""
    for kind, phrase in linted.phrases():
        part = phrase.part
        for name in ("preference", "wording"):
            value = getattr(part, name)
            if kind != "term" or value is None:
                continue
            key = (language, part.text, part.form, name)
            here = _place(linted, phrase.at)
            other, there = labels.setdefault(key, (value, here))
            if other != value and not there.startswith(f"{linted.path}:"):
                linted.add(
                    "contradiction",
                    (*phrase.at, name),
                    f"{part.text!r} has {name} {value!r} here and {other!r} in {there}",
                    "give one wording the same labels in every file",
                    accepted=part.justification,
                )


def _place(linted: LintedFile, at: Location) -> str:
    """Return a place as people name it."""
    return f"{linted.path}:{linted.line(at)}"
