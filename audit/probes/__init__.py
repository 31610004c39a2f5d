"""Probe sets: loading, grammar, and expansion into the texts that are sent."""

from typing import Any

from audit.probes.expand import expand
from audit.probes.expansion import Expansion
from audit.probes.load import list_probe_sets, load_probe_set, shipped_directory, starter_file
from audit.probes.masking import masked, masked_groups, masked_variants
from audit.probes.merging import ANY_TERM
from audit.probes.show import render_lines, select

__all__ = [
    "ANY_TERM",
    "Expansion",
    "expand",
    "json_schema",
    "list_probe_sets",
    "load_probe_set",
    "masked",
    "masked_groups",
    "masked_variants",
    "render_lines",
    "select",
    "shipped_directory",
    "starter_file",
]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a probe file, for editors and other tools.

    Examples
    --------
    >>> sorted(json_schema()["required"])
    ['attribute', 'language', 'name', 'schema', 'version']
    """
    from audit.probes import schema

    return schema.json_schema()
