"""Finding and loading probe sets: by path, or by the name of a shipped or installed set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import ConfigError, ProbeError
from audit.probes.wording import did_you_mean
from audit.records import ProbeSet

if TYPE_CHECKING:
    from audit.probes.document import Document
    from audit.probes.structure import Parts

_SUFFIXES = {".yaml", ".yml"}
_ENTRY_POINTS = "audit.probes"


def shipped_directory() -> Path:
    """Return the directory of the probe sets that come with the package.

    In an installed wheel they are package data; in a checkout, the repository's ``probes/``.
    """
    packaged = Path(__file__).parent / "shipped"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "probes"


def starter_file() -> Path:
    """Return the commented set that ``audit init`` writes."""
    return Path(__file__).parent / "starter.yaml"


def list_probe_sets() -> dict[str, Path]:
    """Return the probe sets that can be named without a path: name to file.

    Shipped sets come first, then those of installed packages that register a directory under the
    entry point ``audit.probes`` (a function returning it, or the path itself). A name that is
    taken is reached as ``PLUGIN/NAME``.

    Raises
    ------
    ConfigError
        If a registered directory cannot be found.
    """
    found: dict[str, Path] = {}
    for plugin, directory in _directories():
        for path in sorted(directory.iterdir()):
            if path.suffix in _SUFFIXES and path.is_file():
                name = path.stem if path.stem not in found else f"{plugin}/{path.stem}"
                found[name] = path
    return found


def _directories() -> Iterator[tuple[str, Path]]:
    """Yield the directories of probe sets, the shipped one first."""
    yield "shipped", shipped_directory()
    for point in sorted(entry_points(group=_ENTRY_POINTS), key=lambda point: point.name):
        if point.name == "shipped":
            continue
        try:
            target = point.load()
            directory = Path(target() if callable(target) else target)
            if not directory.is_dir():
                raise NotADirectoryError(f"{directory.name} is no directory")
        except Exception as error:
            raise ConfigError(
                f"the probe sets of the installed package {point.name!r} cannot be found: {error}",
                where=f"entry point {_ENTRY_POINTS}: {point.value}",
                hint="repair or uninstall that package, or name a file by its path",
            ) from error
        yield point.name, directory


def load_probe_set(source: str | Path) -> ProbeSet:
    """Load and check a probe set.

    Parameters
    ----------
    source : str or Path
        Path of a YAML file, or the name of a shipped or installed set.

    Returns
    -------
    ProbeSet
        The set as written; `audit.probes.expand` makes texts of it.

    Raises
    ------
    ProbeError
        With *all* problems of the file, each with line, column and a remedy.
    ConfigError
        If there is no such file or set.

    Examples
    --------
    >>> load_probe_set("disability").attribute
    'disability'
    """
    return read_probe_file(find_probe_file(source)).probe_set


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A probe file without a problem: the set, and where each part of it stands."""

    document: Document
    parts: Parts
    probe_set: ProbeSet


def read_probe_file(path: Path) -> ReadFile:
    """Read and check one probe file.

    Raises
    ------
    ProbeError
        With all problems of the file.
    ConfigError
        If the file cannot be read at all.
    """
    from audit.probes.build import build_probe_set
    from audit.probes.checks import check
    from audit.probes.document import read_document
    from audit.probes.structure import read_structure

    document = read_document(path)
    parts = read_structure(document)
    digest = hashlib.sha256(document.content)
    check(parts, document)
    if parts.cases is not None and not document.problems:
        from audit.probes.tabular import check_case_file

        check_case_file(parts.cases, document, path.parent, digest)
    if document.problems:
        raise ProbeError(sorted(document.problems, key=lambda p: (p.line or 0, p.column or 0)))
    directory = str(path.parent.resolve())
    probe_set = build_probe_set(parts, sha256=digest.hexdigest(), directory=directory)
    return ReadFile(document, parts, probe_set)


def find_probe_file(source: str | Path) -> Path:
    """Return the file that a path or a name stands for.

    Raises
    ------
    ConfigError
        If there is none, with the nearest name.
    """
    path = Path(source)
    if isinstance(source, Path) or path.suffix in _SUFFIXES or path.is_file():
        if path.is_file():
            return path
        found = "is a directory" if path.is_dir() else "does not exist"
        raise ConfigError(
            f"this probe file {found}", where=str(path), hint=_near_file(path) or _LIST
        )
    shipped = shipped_directory() / f"{source}.yaml"
    if "/" not in str(source) and shipped.is_file():
        return shipped
    known = list_probe_sets()
    if str(source) in known:
        return known[str(source)]
    file = path.with_suffix(".yaml")
    near = f"did you mean {file}?" if file.is_file() else did_you_mean(str(source), known)
    raise ConfigError(
        f"there is no probe set {str(source)[:80]!r}",
        where="probe set",
        hint=near or f"known are {', '.join(known)}; a file is named by its path",
    )


_LIST = "`audit probes list` names the sets that need no path"


def _near_file(path: Path) -> str | None:
    """Suggest a file with a similar name in the same directory."""
    if not path.parent.is_dir():
        return None
    names = [entry.name for entry in path.parent.iterdir() if entry.suffix in _SUFFIXES]
    return did_you_mean(path.name, names)
