"""Which columns play which role, checked against the columns that a source has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from audit.errors import ConfigError
from audit.probes.importers.presets import ROLES, Preset
from audit.probes.wording import did_you_mean

REQUIRED = {
    "table": ("text", "context"),
    "pairs": ("text", "reference_text"),
    "versions": ("text", "context"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Columns by role, and what the caller said about values.

    ``reference`` are the values that make a row the reference; ``groups`` translates the values of
    the group column (rows with others are left out), ``only`` keeps rows. ``personal``: no term may
    be made of words of a text.
    """

    columns: Mapping[str, Sequence[str]]
    reference: Mapping[str, Sequence[str]] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    attribute: str = "identity"
    personal: bool = False

    def of(self, role: str) -> Sequence[str]:
        """Return the columns of a role, none where it is not given."""
        return self.columns.get(role, ())

    def one(self, role: str) -> str | None:
        """Return the single column of a role, or ``None``."""
        found = self.of(role)
        return found[0] if found else None

    def all_columns(self) -> Iterable[str]:
        """Yield every column that is named."""
        for columns in self.columns.values():
            yield from columns
        yield from self.reference
        yield from self.only


def resolve_roles(
    preset: Preset,
    *,
    columns: Sequence[tuple[str, str]] = (),
    reference: Sequence[tuple[str, str]] = (),
    groups: Mapping[str, str] | None = None,
    only: Sequence[tuple[str, str]] = (),
    attribute: str | None = None,
    personal: bool = False,
) -> Roles:
    """Lay what the caller says over what the preset says.

    Parameters
    ----------
    preset : Preset
        The format.
    columns, reference, only : sequence of (str, str)
        ``--column ROLE=NAME``, ``--reference COLUMN=VALUE`` and ``--only COLUMN=VALUE``; a role or
        column that comes several times collects its values, and replaces the preset's.

    Returns
    -------
    Roles

    Raises
    ------
    ConfigError
        If a role does not exist, or one that the format needs is not given.
    """
    given = _collected(columns)
    for role in given:
        if role not in ROLES:
            hint = did_you_mean(role, ROLES) or f"the roles are {', '.join(ROLES)}"
            raise ConfigError(f"{role!r} is no role of a column", where="--column", hint=hint)
    merged = {**preset.columns, **given}
    for role in REQUIRED.get(preset.shape, ()):
        if not merged.get(role):
            raise ConfigError(
                f"no column is named for {role!r}",
                where="--column",
                hint=f"--column {role}=NAME" + _HELP.get(role, ""),
            )
    for role in ("text", "reference_text", "group", "term", "label"):
        if len(merged.get(role, ())) > 1:
            raise ConfigError(f"{role!r} is one column only", where=f"--column {role}=...")
    return Roles(
        columns=merged,
        reference={**({} if reference else preset.reference), **_collected(reference)},
        groups=groups or {},
        only=_collected(only),
        attribute=attribute or preset.attribute,
        personal=personal,
    )


_HELP = {"context": " (rows equal in it are compared with one another; repeatable)"}


def _collected(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def check_columns(roles: Roles, known: Iterable[str], file: str) -> None:
    """Refuse roles whose columns the source does not have.

    Raises
    ------
    ConfigError
        Naming the column, with a near name where there is one.
    """
    names = list(dict.fromkeys(known))
    for column in roles.all_columns():
        if column not in names:
            raise ConfigError(
                f"there is no column {column!r}",
                where=file,
                hint=did_you_mean(column, names) or f"it has: {', '.join(names)[:300]}",
            )
