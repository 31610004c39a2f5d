"""What a probe set asks, once every text is rendered."""

from __future__ import annotations

from dataclasses import dataclass

from audit.records import Group, NotTested, RunWarning, Variant


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a probe set asks.

    Attributes
    ----------
    variants : tuple of Variant
        Every text, context by context: reference, terms, placebos.
    not_tested : tuple of NotTested
        What was left out, and why.
    warnings : tuple of RunWarning
        Caveats that a reader of the report must see.
    groups : tuple of Group
        The groups: the set's own, or those found in its table.
    """

    variants: tuple[Variant, ...]
    not_tested: tuple[NotTested, ...]
    warnings: tuple[RunWarning, ...]
    groups: tuple[Group, ...]
