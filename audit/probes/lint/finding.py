"""What a lint check found: where, what to do, and who advises it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.errors import Problem

CHECKS: Mapping[str, str] = {
    "invalid": "the file cannot be used at all",
    "dispreferred": "a wording that organisations advise against",
    "identical": "sentences that are the same, so that their gap is nothing or counted twice",
    "near-identical": "terms or templates that say nearly the same and count as two",
    "valence": "positive, neutral and negative carriers out of balance",
    "too-few": "too few carriers, terms, references or placebos for what is asked",
    "sentiment": "a reference or placebo that carries sentiment of its own",
    "position": "no reference or placebo in the place where terms stand",
    "placeholder": "a placeholder that nobody filled",
    "contradiction": "one term or sentence with labels that contradict each other",
    "characters": "characters that look like others, cannot be seen, or turn the direction",
    "provenance": "a source, an author or a word on consultation is missing",
    "duplicate": "the same name or id with another meaning in another file",
}
"""Every check by its name, with what it looks for."""


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One finding of `audit probes lint`.

    Attributes
    ----------
    check : str
        A key of `CHECKS`.
    problem : Problem
        Message, place and remedy.
    accepted : str or None
        The justification in the file, where it has one: shown, but no reason to fail.
    sources : tuple of mapping
        Who advises it: ``id``, ``title``, ``publisher``, ``url``.
    """

    check: str
    problem: Problem
    accepted: str | None = None
    sources: tuple[Mapping[str, Any], ...] = ()
