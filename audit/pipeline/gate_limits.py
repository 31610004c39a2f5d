"""What a gate asks of a run: options, and the limits file that can hold them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from audit.errors import ConfigError
from audit.pipeline.yaml_file import YamlFile

_KEYS = (
    "schema", "max_gap", "groups", "max_increase", "require_power", "fail_on", "baseline",
    "waivers",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """The limits of a gate; ``None`` means not asked.

    Attributes
    ----------
    baseline : str, optional
        A run folder, a blessed file, or ``git:REF:path``. With it the gate judges the difference;
        the gaps themselves only where ``max_gap`` or ``max_gap_of`` is given too.
    max_gap, max_gap_of : float, mapping of group to float
        Largest gap in either direction, in the estimate's unit; default: the run's own limit.
    max_increase : float
        Largest difference from the baseline; default: the run's own limit.
    require_power : float
        Every group must have been able to show a gap of this size.
    waivers : str, optional
        The waivers file.
    """

    baseline: str | None = None
    max_gap: float | None = None
    max_gap_of: Mapping[str, float] = field(default_factory=dict)
    max_increase: float | None = None
    require_power: float | None = None
    waivers: str | None = None
    fail_on_concern: bool = False
    allow_partial: bool = False

    @property
    def judges_gaps(self) -> bool:
        """Whether the gaps themselves are judged, besides what changed."""
        return self.baseline is None or self.max_gap is not None or bool(self.max_gap_of)

    def limits(self) -> dict[str, float | None]:
        """Return every limit by the name that a message calls it."""
        return {
            "max_gap": self.max_gap,
            "max_increase": self.max_increase,
            "require_power": self.require_power,
            **{f"max_gap of {group}": limit for group, limit in self.max_gap_of.items()},
        }


def with_limits_file(options: GateOptions, path: str | Path) -> GateOptions:
    """Fill what is not asked on the command line from a limits file.

    Paths in the file are relative to it.

    Raises
    ------
    ConfigError
        Naming every problem of the file with its line.
    """
    file = YamlFile(Path(path), "the limits file")
    data = file.data
    file.schema()
    file.known_keys(data, _KEYS)
    given = {name: file.number(data, name) for name in ("max_gap", "max_increase", "require_power")}
    of_group = _by_group(file, data)
    fail_on = data.get("fail_on", "gap")
    if fail_on not in {"gap", "concern"}:
        file.problem(f"fail_on must be gap or concern, not {fail_on!r}", data, "fail_on")
    paths = {name: _path(file, data, name) for name in ("baseline", "waivers")}
    file.check()
    filled = {
        name: value
        for name, value in {**given, **paths}.items()
        if getattr(options, name) is None and value is not None
    }
    return dataclasses.replace(
        options,
        max_gap_of={**of_group, **options.max_gap_of},
        fail_on_concern=options.fail_on_concern or fail_on == "concern",
        **filled,  # type: ignore[arg-type]
    )


def check_groups(options: GateOptions, groups: Mapping[str, str]) -> None:
    """Refuse limits for groups that the run does not have.

    Raises
    ------
    ConfigError
        Naming them.
    """
    unknown = [group for group in options.max_gap_of if group not in groups]
    if unknown:
        raise ConfigError(
            f"the limits name groups that this run does not have: {', '.join(unknown)}",
            where="limits file: groups",
            hint=f"groups of the run: {', '.join(groups)}",
        )


def _by_group(file: YamlFile, data: CommentedMap) -> dict[str, float]:
    rows = data.get("groups")
    if rows is None:
        return {}
    if not isinstance(rows, CommentedMap):
        file.problem("groups must be a mapping of group to largest gap", data, "groups")
        return {}
    found = {str(group): file.number(rows, group) for group in rows}
    return {group: limit for group, limit in found.items() if limit is not None}


def _path(file: YamlFile, data: CommentedMap, name: str) -> str | None:
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        file.problem(f"{name} must be a path", data, name)
        return None
    return value if value.startswith("git:") else str(file.path.parent / value)
