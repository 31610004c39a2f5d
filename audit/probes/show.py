"""Every rendered sentence of an expansion, for people to read."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator

from audit.errors import ConfigError
from audit.probes.expansion import Expansion
from audit.probes.masking import masked_variants
from audit.probes.wording import did_you_mean, visible


def select(
    expansion: Expansion, *, groups: Collection[str] = (), contexts: Collection[str] = ()
) -> Expansion:
    """Keep the sentences of some groups and templates, with the references they are compared with.

    Parameters
    ----------
    expansion : Expansion
        Every sentence of a set.
    groups, contexts : collection of str
        Ids to keep; empty: all. With groups, placebos are left out.

    Raises
    ------
    ConfigError
        If an id is not in the set, with the nearest one.
    """
    _known("--group", groups, {group.id for group in expansion.groups})
    _known("--template", contexts, {variant.context for variant in expansion.variants})
    kept = tuple(
        variant
        for variant in expansion.variants
        if (not contexts or variant.context in contexts)
        and (not groups or variant.role == "reference" or variant.group in groups)
    )
    if len(kept) == len(expansion.variants):
        return expansion
    return dataclasses.replace(expansion, variants=kept, not_tested=(), warnings=())


def _known(option: str, asked: Collection[str], known: Collection[str]) -> None:
    """Refuse an id that the set does not have."""
    for name in asked:
        if name not in known:
            listed = f"the set has {', '.join(sorted(known)[:12])}"
            raise ConfigError(
                f"the set has no {name!r}",
                where=option,
                hint=did_you_mean(name, known) or listed,
            )


def render_lines(expansion: Expansion) -> Iterator[str]:
    """Yield the lines of ``audit probes show``: every variant, then what is left out.

    Ids are aligned within a context; line breaks and hidden characters are shown as escapes,
    so that every variant is one line. Slurs are masked.
    """
    width = min(max((len(variant.id) for variant in expansion.variants), default=0), 60)
    for variant in masked_variants(expansion.variants, expansion.groups):
        yield f"{visible(variant.id):<{width}}  {visible(variant.text)}"
    for left_out in expansion.not_tested:
        yield f"not tested: {visible(left_out.what)} ({left_out.why})"
    for warning in expansion.warnings:
        yield f"warning: {visible(warning.message)}"
