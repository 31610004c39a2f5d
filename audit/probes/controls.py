"""Control sentences that stand in several contexts: one measurement, counted once.

A control that is repeated for every mention has one answer, so contexts that share it do not vary
independently. They form one unit of the intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from audit.records import Variant


def shared_controls(variants: Sequence[Variant]) -> dict[str, str]:
    """Find units that share a reference sentence.

    Returns
    -------
    dict of str to str
        Every unit that shares one, to the first unit it is joined with (directly or over others);
        empty where nothing is shared.
    """
    parent: dict[str, str] = {}

    def root(unit: str) -> str:
        while parent.get(unit, unit) != unit:
            parent[unit] = parent.get(parent[unit], parent[unit])
            unit = parent[unit]
        return unit

    owner: dict[str, str] = {}
    for variant in variants:
        if variant.role == "reference":
            first = root(owner.setdefault(variant.text, variant.unit))
            own = root(variant.unit)
            if first != own:
                parent[own] = first
    return {unit: root(unit) for unit in {*parent, *parent.values()}}


def merge_units(variants: Sequence[Variant], joined: dict[str, str]) -> tuple[Variant, ...]:
    """Return the variants with joined units under one name."""
    if not joined:
        return tuple(variants)
    return tuple(
        replace(variant, unit=joined[variant.unit]) if variant.unit in joined else variant
        for variant in variants
    )
