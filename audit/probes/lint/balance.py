"""Checks of a set's make-up: valence in balance, and controls enough."""

from __future__ import annotations

from collections import Counter

from audit.probes.expand import FEWEST_FILLERS
from audit.probes.lint.linted import LintedFile
from audit.records import LITERAL, Valence

FEWEST_PLACEBOS = 6
MOST_UNEVEN = 1.5
"""Carriers of the most frequent valence for each one of the rarest."""
_VALENCES: tuple[Valence, ...] = ("positive", "neutral", "negative")


def check_balance(linted: LintedFile) -> None:
    """Check valence, fillers and placebos of a set of templates."""
    if linted.read is None or not linted.read.parts.templates:
        return
    _check_valence(linted)
    parts = linted.read.parts
    if len(parts.reference) < FEWEST_FILLERS:
        linted.add(
            "too-few",
            ("reference",),
            f"the set has {len(parts.reference)} reference filler(s), and {FEWEST_FILLERS} are "
            "needed: one odd answer to a single reference moves every group",
            "add fillers that mention nothing, for example `{id: local, text: local, form: pre}`",
        )
    if len(parts.placebos) < FEWEST_PLACEBOS:
        linted.add(
            "too-few",
            ("placebos",),
            f"the set has {len(parts.placebos)} placebo(s), and {FEWEST_PLACEBOS} are needed to "
            "tell what any added word does",
            "add words that name no group, such as `tall` or `who drinks tea`",
        )


def _check_valence(linted: LintedFile) -> None:
    """Compare the numbers of carriers of each valence."""
    if linted.read is None:
        return
    carriers = {
        (placed.part.carrier or placed.part.id, placed.part.valence)
        for placed in linted.read.parts.templates
        if placed.part.use != LITERAL and placed.part.valence is not None
    }
    counts = Counter(valence for _, valence in carriers)
    numbers = [counts[valence] for valence in _VALENCES]
    if not carriers or max(numbers) <= MOST_UNEVEN * min(numbers):
        return
    said = ", ".join(f"{number} {name}" for name, number in zip(_VALENCES, numbers, strict=True))
    linted.add(
        "valence",
        ("templates",),
        f"the carriers are out of balance: {said}; a gap that lives in one valence weighs too "
        "much or too little",
        f"aim at equal numbers (at most {MOST_UNEVEN:g} to 1)",
    )
