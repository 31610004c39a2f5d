"""Every rendered sentence of an expansion, for people to read."""

from __future__ import annotations

from collections.abc import Iterator

from audit.probes.expansion import Expansion
from audit.probes.masking import masked_variants
from audit.probes.wording import visible


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
