"""Data sets of the Hugging Face library: of the hub, of a local folder, or saved to disk."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from audit.errors import ConfigError, MissingExtraError
from audit.probes.importers.cases import SourceRow
from audit.probes.importers.sources import Found, SourceOptions, Table, flat
from audit.probes.wording import did_you_mean

DATASETS = "datasets:"
_SAVED = ("dataset_dict.json", "dataset_info.json")


def dataset_rows(name: str, options: SourceOptions) -> Table:
    """Open a data set through the Hugging Face library, streamed; no code of it is run.

    Labels that are stored as numbers are read as their names.

    Raises
    ------
    MissingExtraError
        If ``datasets`` is not installed.
    ConfigError
        If there is no such data set or split.
    """
    if find_spec("datasets") is None:
        raise MissingExtraError(f"{DATASETS}{name}", "datasets", "datasets")
    place, _, config = name.partition("#")
    try:
        splits = _load(place, config)
    except Exception as error:  # the library raises many kinds, some of its own and some of HTTP
        raise ConfigError(
            f"the data set cannot be loaded: {(str(error).splitlines() or [repr(error)])[0][:200]}",
            where=f"{DATASETS}{name}",
            hint="name one of the hub or a local folder; a configuration is written NAME#CONFIG",
        ) from error
    chosen = options.split or ("test" if "test" in splits else next(iter(splits)))
    if chosen not in splits:
        raise ConfigError(
            f"there is no split {chosen!r}",
            where="--split",
            hint=did_you_mean(chosen, splits) or f"its splits are {', '.join(splits)}",
        )
    found = splits[chosen]
    names = {
        column: feature.names
        for column, feature in (found.features or {}).items()
        if hasattr(feature, "names")
    }
    origin = f"{Path(place).name}[{chosen}]"

    def rows() -> Found:
        for number, record in enumerate(found, start=1):
            yield SourceRow(origin, number, flat(_named(record, names)))

    columns = found.column_names
    return Table(rows(), tuple(columns) if columns else None, None)


def _load(place: str, config: str) -> Mapping[str, Any]:
    """Return the splits of a data set by name."""
    from datasets import DatasetDict, load_dataset, load_from_disk

    if any((Path(place) / name).is_file() for name in _SAVED):
        saved = load_from_disk(place)
        return saved if isinstance(saved, DatasetDict) else {"all": saved}
    loaded: Mapping[str, Any] = load_dataset(place, config or None, streaming=True)
    return loaded


def _named(record: Mapping[str, Any], names: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return a record with the names of its numbered labels; -1 stands for none."""
    return {
        column: _name(value, names[column]) if column in names else value
        for column, value in record.items()
    }


def _name(value: Any, names: list[str]) -> Any:
    if not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None
