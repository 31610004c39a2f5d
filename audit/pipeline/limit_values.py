"""Limits that no gap could break are refused, wherever they are given."""

from __future__ import annotations

import math
from collections.abc import Mapping

from audit.errors import ConfigError
from audit.records import Outcome


def check_limits(limits: Mapping[str, float | None], outcome: Outcome) -> None:
    """Refuse limits that every possible gap would keep.

    Parameters
    ----------
    limits : mapping of name to float
        In the estimate's unit; ``None`` means not given.
    outcome : Outcome
        What the estimates are about.

    Raises
    ------
    ConfigError
        If one is not a positive number below the outcome's range.
    """
    for name, value in limits.items():
        if value is None or (math.isfinite(value) and 0 < value < outcome.span):
            continue
        points = outcome.unit == "probability"
        raise ConfigError(
            f"a limit of {value:g} would accept every gap: gaps lie between {-outcome.span:g} and "
            f"{outcome.span:g}"
            if value > 0
            else f"a limit must be a positive number, not {value:g}",
            where=name,
            hint="write 5 points as 0.05" if points else "write it in the score's own unit",
        )
