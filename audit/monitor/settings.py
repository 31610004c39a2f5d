"""What a deployment says about itself: which answers are unfavourable, its groups, its limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from audit.errors import ConfigError
from audit.store import Store
from audit.store.monitor_tables import SETTINGS

if TYPE_CHECKING:
    from audit.oversight import PolicyDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of monitoring, kept in the store.

    Parameters
    ----------
    unfavourable : tuple of str
        Labels that are bad for the person.
    unfavourable_below, unfavourable_above : float or None
        For classifiers that give scores.
    groups : mapping of str to str
        Declared groups and their labels; without any, every group seen is shown.
    renamed : mapping of str to str
        Old name to new name.
    due_hours : float
        A review is late, and a queue overdue, after this.
    silence_hours : float
        Without a decision for this long, something is wrong.
    error_share : float
        Largest share of decisions of a day that may fail.
    tag_days : int
        How long it stays readable which groups a decision mentions.
    expires : str or None
        When the audit ends, ISO 8601.
    """

    unfavourable: tuple[str, ...] = ()
    unfavourable_below: float | None = None
    unfavourable_above: float | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    due_hours: float = 72.0
    silence_hours: float = 48.0
    error_share: float = 0.01
    tag_days: int = 30
    expires: str | None = None

    def current(self, name: str) -> str:
        """Return what a group is called now.

        Examples
        --------
        >>> Settings(renamed={"a": "b", "b": "c"}).current("a")
        'c'
        """
        seen = {name}
        while name in self.renamed and self.renamed[name] not in seen:
            name = self.renamed[name]
            seen.add(name)
        return name


def read_settings(store: Store) -> Settings:
    """Return the settings of a store; defaults where nothing was set."""
    with store.reading() as connection:
        rows = connection.execute(select(SETTINGS.c.name, SETTINGS.c.value)).all()
    found = {row.name: json.loads(row.value) for row in rows}
    known = {each.name for each in fields(Settings)}
    values: dict[str, Any] = {name: value for name, value in found.items() if name in known}
    if "unfavourable" in values:
        values["unfavourable"] = tuple(values["unfavourable"])
    return Settings(**values)


def change_settings(store: Store, **changes: Any) -> Settings:
    """Set some settings, keep the others, and write into the trail what was changed.

    Parameters
    ----------
    store : Store
        Open.
    **changes
        Fields of `Settings`.

    Raises
    ------
    ConfigError
        If there is no such setting, or a number is out of its range.
    """
    known = {each.name for each in fields(Settings)}
    unknown = sorted(set(changes) - known)
    if unknown:
        raise ConfigError(f"there is no setting {unknown[0]!r}", hint=", ".join(sorted(known)))
    for name in ("due_hours", "silence_hours", "tag_days"):
        if name in changes and not changes[name] > 0:
            raise ConfigError(f"{name} must be more than 0", where=name)
    if "error_share" in changes and not 0 < changes["error_share"] <= 1:
        raise ConfigError("error_share must be between 0 and 1", where="error_share")
    before = asdict(read_settings(store))
    wanted = {n: json.loads(json.dumps(v)) for n, v in changes.items()}
    new = {n: v for n, v in wanted.items() if v != json.loads(json.dumps(before[n]))}
    if new:
        rows = [{"name": name, "value": json.dumps(value)} for name, value in new.items()]
        with store.writing("monitor") as connection:
            connection.execute(delete(SETTINGS).where(SETTINGS.c.name.in_(list(new))))
            connection.execute(insert(SETTINGS), rows)
        store.note("monitor_settings", new)
    return read_settings(store)


def policy_settings(source: str) -> dict[str, Any]:
    """Return what a run folder or policy file says: groups, unfavourable labels, expiry.

    Raises
    ------
    ConfigError
        If there is no policy, or it cannot be read.
    """
    from audit.oversight import PolicyDocument, load_policy
    from audit.pipeline.safeguard import policy_path

    return said_by(PolicyDocument.model_validate(load_policy(policy_path(source))))


def follow_policy(store: Store, policy: PolicyDocument) -> Settings:
    """Take from the guard's policy what nobody set, and always when the audit ends.

    Raises
    ------
    StoreError
        If the store cannot be read or written.
    """
    settings, said = read_settings(store), said_by(policy)
    missing = {name: value for name, value in said.items() if not getattr(settings, name)}
    return change_settings(store, **{**missing, "expires": said["expires"]})


def said_by(policy: PolicyDocument) -> dict[str, Any]:
    """Return what a policy says: groups, unfavourable labels, expiry."""
    found: dict[str, Any] = {
        "groups": {rule.group: rule.label or rule.group for rule in policy.rules},
        "expires": policy.expires.isoformat(),
    }
    if policy.task is not None and policy.task.unfavourable:
        found["unfavourable"] = tuple(policy.task.unfavourable)
    return found


def rename_group(store: Store, old: str, new: str) -> Settings:
    """Say that a group has another name from now on; what was counted of both is one.

    Raises
    ------
    ConfigError
        If the new name already leads back to the old one.
    """
    settings = read_settings(store)
    if settings.current(new) == settings.current(old) or not new:
        raise ConfigError(f"{old} and {new} are the same group already", where="rename")
    groups = dict(settings.groups)
    label = groups.pop(old, None)
    if label is not None and new not in groups:
        groups[new] = new if label == old else label
    return change_settings(store, renamed={**settings.renamed, old: new}, groups=groups)
