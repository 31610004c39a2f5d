"""The sign-off pack: one zip with the report, the results, the log, the sign-off and all hashes."""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from audit.errors import ResultsError

SUMS = "SHA256SUMS"
_REQUIRED = ("run.jsonl", "results.json", "index.html", "override-policy.yaml")
_OPTIONAL = ("comparison.json", "signoff.json")
_PAGE = re.compile(r"terms-\d+-\d+\.html")  # further pages of a very long report
_LARGEST = 2_000_000_000
_EPOCH = (1980, 1, 1, 0, 0, 0)
# What zipfile raises on damaged bytes: also a method or an encryption that nobody asked for.
_TORN = (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError)


def run_files(folder: Path) -> list[str]:
    """Return the names of the files of a run folder that belong to the run."""
    pages = sorted(path.name for path in folder.glob("terms-*.html") if _is_ours(path.name))
    return [*(name for name in (*_REQUIRED, *_OPTIONAL) if (folder / name).is_file()), *pages]


def _is_ours(name: str) -> bool:
    return name in (*_REQUIRED, *_OPTIONAL) or _PAGE.fullmatch(name) is not None


def write_pack(folder: Path, path: Path, *, run_id: str) -> list[str]:
    """Write a run folder as one zip; the same folder gives the same bytes.

    Parameters
    ----------
    folder : Path
        The run folder.
    path : Path
        The zip; an existing one is replaced.
    run_id : str
        Folder inside the zip.

    Returns
    -------
    list of str
        Names of the files in it. ``SHA256SUMS`` is as ``sha256sum -c`` reads it.

    Raises
    ------
    ResultsError
        If a file of the run is missing, or the zip cannot be written.
    """
    missing = [name for name in _REQUIRED if not (folder / name).is_file()]
    if missing:
        raise ResultsError(
            f"{', '.join(missing)} is missing",
            where=folder.resolve().name,
            hint="render the run again from its log: audit report RUN",
        )
    names = run_files(folder)
    contents = {name: (folder / name).read_bytes() for name in names}
    sums = "".join(f"{_sha256(data)}  {name}\n" for name, data in sorted(contents.items()))
    draft = path.with_name(f".{path.name}.tmp")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as pack:
            for name, data in {**contents, SUMS: sums.encode()}.items():
                info = zipfile.ZipInfo(f"{run_id}/{name}", _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                pack.writestr(info, data)
        draft.replace(path)
    except OSError as error:
        raise ResultsError(f"the pack cannot be written: {error.strerror}", where=str(path)) from (
            error
        )
    return [*names, SUMS]


def unpack(path: Path, folder: Path) -> list[str]:
    """Unpack the files that a pack may hold, and nothing else, into a folder.

    Returns
    -------
    list of str
        What is wrong with the pack: it is torn or no zip, a hash does not match, or a file is
        missing, unknown or there twice.
    """
    try:
        names, contents = _contents(path)
    except _TORN as error:
        return [f"{path.name} is no sign-off pack, or it was torn or edited: {error}"]
    sums = _sums(contents.pop(SUMS, b""))
    findings = [] if sums else [f"the pack has no {SUMS}"]
    findings += [f"{name} is in the pack twice" for name, n in Counter(names).items() if n > 1]
    findings += _differences(sums, contents)
    for name, data in contents.items():
        if _is_ours(name):
            (folder / name).write_bytes(data)
    return findings


def _contents(path: Path) -> tuple[list[str], dict[str, bytes]]:
    """Read the files of a zip by their last name; what cannot be one of ours stays unread."""
    names, found = [], {}
    with zipfile.ZipFile(path) as pack:
        for info in pack.infolist():
            name = info.filename.rsplit("/", 1)[-1]
            ours = (_is_ours(name) or name == SUMS) and info.file_size <= _LARGEST
            if name:
                names.append(name)
                found[name] = pack.read(info) if ours else b""
    return names, found


def _sums(data: bytes) -> dict[str, str]:
    lines = data.decode("utf-8", "replace").splitlines()
    return {name: value for value, _, name in (line.partition("  ") for line in lines) if name}


def _differences(sums: Mapping[str, str], contents: Mapping[str, bytes]) -> Sequence[str]:
    missing = [f"{name} is missing from the pack" for name in sums if name not in contents]
    unknown = [f"{name} is not listed in {SUMS}" for name in contents if name not in sums]
    changed = [
        f"{name} was changed after it was packed"
        for name, data in contents.items()
        if name in sums and _sha256(data) != sums[name]
    ]
    return [*missing, *unknown, *changed]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
