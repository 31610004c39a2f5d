"""Which label of the task a target's own label stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audit.errors import ConfigError


def match_labels(
    names: Sequence[str],
    labels: Sequence[str],
    label_map: Mapping[str, str],
    *,
    target: str,
    ignore_case: bool = False,
    hint: str | None = None,
) -> dict[str, str]:
    """Map every label a target can give to one of the task's.

    Parameters
    ----------
    names : sequence of str
        The labels the target can give.
    labels : sequence of str
        The task's labels.
    label_map : mapping of str to str
        What the user said: target's label to task's label. Names it leaves out must be equal to
        one of the task's.
    target : str
        How the target is called in the message.
    ignore_case : bool
        Whether names that differ in case only are taken as equal without being asked.
    hint : str, optional
        Advice for where the names do not fit; without it, the ``--label-map`` to write.

    Returns
    -------
    dict of str to str
        For each of ``names``, one of ``labels``.

    Raises
    ------
    ConfigError
        If a name has no counterpart, a label of the task is never given, or ``label_map`` speaks
        of a label that does not exist.
    """
    _check_map(names, labels, label_map, target)
    by_lower = {label.lower(): label for label in labels}
    found: dict[str, str] = {}
    for name in names:
        if name in label_map:
            found[name] = label_map[name]
        elif name in labels:
            found[name] = name
        elif ignore_case and name.lower() in by_lower:
            found[name] = by_lower[name.lower()]
    unmatched = [name for name in names if name not in found]
    never = [label for label in labels if label not in found.values()]
    if unmatched or never:
        raise ConfigError(
            f"{target} gives the labels {_list(names)}, and the task asks for {_list(labels)}",
            where="--label-map",
            hint=hint or _proposal(unmatched, never, by_lower),
        )
    return found


def _check_map(
    names: Sequence[str], labels: Sequence[str], label_map: Mapping[str, str], target: str
) -> None:
    """Refuse a map from or to labels that are not there."""
    for name, label in label_map.items():
        if name not in names:
            raise ConfigError(
                f"{target} has no label {name!r}",
                where="--label-map",
                hint="its labels are " + _list(names),
            )
        if label not in labels:
            raise ConfigError(
                f"the task has no label {label!r}",
                where="--label-map",
                hint="its labels are " + _list(labels),
            )


def _proposal(unmatched: Sequence[str], never: Sequence[str], by_lower: Mapping[str, str]) -> str:
    """Write the options that would close the gap, as far as the names tell."""
    if not unmatched:
        return f"it can never answer {_list(never)}: give the task the labels that it can answer"
    options = [
        f"--label-map {name}={by_lower.get(name.lower(), 'LABEL_OF_THE_TASK')}"
        for name in unmatched
    ]
    return "say which is which: " + " ".join(options)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
