"""Every rendered sentence of an expansion, for people to read."""

from __future__ import annotations

from collections.abc import Iterator

from audit.probes.expansion import Expansion


def render_lines(expansion: Expansion) -> Iterator[str]:
    """Yield the lines of ``audit probes show``: every variant, then what is left out.

    Ids are aligned within a context; a line break in a text is shown as an escape, so that every
    variant is one line.
    """
    width = min(max((len(variant.id) for variant in expansion.variants), default=0), 60)
    for variant in expansion.variants:
        text = variant.text.replace("\\", "\\\\") if "\n" in variant.text else variant.text
        shown = text.replace("\r", "\\r").replace("\n", "\\n")
        yield f"{variant.id:<{width}}  {shown}"
    for left_out in expansion.not_tested:
        yield f"not tested: {left_out.what} ({left_out.why})"
    for warning in expansion.warnings:
        yield f"warning: {warning.message}"
