"""Values that the caller asked for and no row has: most often a spelling mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.probes.importers.mapping import Roles
from audit.probes.wording import did_you_mean

_MOST_KNOWN = 1_000


class AskedValues:
    """Watches for the values of ``--reference``, ``--only`` and ``--group-map``.

    Parameters
    ----------
    roles : Roles
        What was asked; values of a preset count too.
    """

    def __init__(self, roles: Roles) -> None:
        self._missing: dict[str, set[str]] = {}
        for asked in (roles.reference, roles.only):
            for column, values in asked.items():
                self._missing.setdefault(column, set()).update(values)
        group = roles.one("group")
        if group is not None and roles.groups:
            self._missing.setdefault(group, set()).update(roles.groups)
        self._known: dict[str, dict[str, None]] = {column: {} for column in self._missing}

    def see(self, cells: Mapping[str, str]) -> None:
        """Take note of one row."""
        for column, missing in self._missing.items():
            if missing:
                value = cells.get(column, "")
                missing.difference_update((value, value.strip()))
                known = self._known[column]
                if len(known) < _MOST_KNOWN:
                    known.setdefault(value)

    def never_seen(self) -> list[dict[str, Any]]:
        """Return ``column``, ``value`` and ``near`` (a hint, or ``None``) of what no row has."""
        return [
            {"column": column, "value": value, "near": did_you_mean(value, self._known[column])}
            for column, missing in self._missing.items()
            for value in sorted(missing)
        ]
