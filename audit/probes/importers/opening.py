"""Opening a source as its format asks: one table, a folder of them, or a generator of sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from audit.errors import ConfigError
from audit.probes.importers.cases import LeftOut, SourceRow
from audit.probes.importers.descriptors import descriptor_rows, find_parts
from audit.probes.importers.encodings import Encoding
from audit.probes.importers.hub import DATASETS, dataset_rows
from audit.probes.importers.presets import Preset, Shape
from audit.probes.importers.slots import slot_rows
from audit.probes.importers.sources import (
    SUFFIXES,
    Found,
    SourceOptions,
    Table,
    line_rows,
    matching_files,
    open_table,
)
from audit.probes.importers.stub_pickle import suite_rows
from audit.probes.wording import did_you_mean

_PICKLES = {".pkl", ".pickle", ".dill"}
_GENERATED: dict[str, dict[str, list[str]]] = {
    "descriptors": {
        "text": ["text"], "group": ["axis"], "term": ["descriptor"],
        "context": ["template", "noun"], "template": ["template"],
    },
    "slots": {
        "text": ["text"], "group": ["group"], "term": ["term"], "context": ["template"],
        "template": ["template"], "label": ["label"],
    },
}  # fmt: skip
_GENERATED_REFERENCE = {"descriptors": {"descriptor": [""]}, "slots": {"term": [""]}}


@dataclass(frozen=True, slots=True)
class Opened:
    """A source that can be read, more than once.

    ``columns`` is the preset with the roles of generated columns; ``partial`` says that its files
    do not all have the same columns; ``encodings`` is filled when the files are opened.
    """

    rows: Callable[[], Found]
    shape: Shape
    columns: Preset | None = None
    partial: bool = False
    encodings: dict[str, Encoding] = field(default_factory=dict)


def open_source(preset: Preset, source: str, options: SourceOptions) -> Opened:
    """Open a source.

    Raises
    ------
    ConfigError
        If it is not there, or not what the format is made of.
    MissingExtraError
        If it needs a package that is not installed.
    """
    if source.startswith(DATASETS):
        name = source.removeprefix(DATASETS)
        return Opened(lambda: dataset_rows(name, options).rows, _plain_shape(preset))
    path = Path(source).expanduser()
    if not path.exists():
        raise ConfigError("there is no such file or folder", where=source, hint=_near(path))
    if preset.shape in _GENERATED:
        return _generated(preset, path, options)
    if path.suffix.lower() in _PICKLES and preset.shape == "versions":
        return Opened(lambda: iter(suite_rows(path)), preset.shape)
    files = _files(preset, path)
    encodings: dict[str, Encoding] = {}

    def rows() -> Found:
        for file, caught in files:
            table = _open(preset, file, options)
            if table.encoding is not None:
                encodings[file.name] = table.encoding
            yield from _with(table, caught)

    return Opened(rows, _plain_shape(preset), None, len(files) > 1, encodings)


def _plain_shape(preset: Preset) -> Shape:
    return preset.shape if preset.shape in {"pairs", "versions"} else "table"


def _near(path: Path) -> str | None:
    """Suggest a file with a similar name in the same folder."""
    if not path.parent.is_dir():
        return None
    return did_you_mean(path.name, (entry.name for entry in path.parent.iterdir()))


def _files(preset: Preset, path: Path) -> list[tuple[Path, Mapping[str, str]]]:
    """Return the files of a source with what their names say."""
    if path.is_file():
        caught = matching_files(path.parent, preset.files) if preset.files else []
        own: Mapping[str, str] = dict(caught).get(path, {})
        files = [(path, own)]
        beside = path.parent / preset.beside if preset.beside else path
        if beside != path and beside.is_file():
            files.insert(0, (beside, {}))
        return files
    if preset.files is None:
        found = [entry for entry in sorted(path.iterdir()) if entry.suffix.lower() in SUFFIXES]
        if len(found) == 1:
            return [(found[0], {})]
        raise ConfigError(
            f"the folder holds {len(found)} tables", where=str(path), hint="name one of its files"
        )
    files = matching_files(path, preset.files)
    if not files:
        raise ConfigError(
            f"the folder holds no file of {preset.title}",
            where=str(path),
            hint=f"its names fit the pattern {preset.files}",
        )
    return files


def _open(preset: Preset, file: Path, options: SourceOptions) -> Table:
    if preset.lines is not None:
        return line_rows(file, preset.lines, options)
    return open_table(file, options)


def _with(table: Table, caught: Mapping[str, str]) -> Iterator[SourceRow | LeftOut]:
    """Yield rows with what the name of their file says."""
    for row in table.rows:
        if caught and isinstance(row, SourceRow):
            yield SourceRow(row.file, row.row, {**row.cells, **caught})
        else:
            yield row


def _generated(preset: Preset, path: Path, options: SourceOptions) -> Opened:
    """Open a set of templates, whose sentences are made here."""
    known = preset.model_copy(
        update={
            "columns": _GENERATED[preset.shape],
            "reference": _GENERATED_REFERENCE[preset.shape],
        }
    )
    encodings: dict[str, Encoding] = {}
    if preset.shape == "descriptors":
        parts = find_parts(path if path.is_dir() else path.parent, options.split)
        return Opened(
            lambda: descriptor_rows(parts, options, encodings), "table", known, False, encodings
        )
    templates, terms = _template_files(path)
    return Opened(
        lambda: slot_rows(templates, terms, options, encodings), "table", known, False, encodings
    )


def _template_files(path: Path) -> tuple[Sequence[Path], Sequence[Path]]:
    """Return the files with templates and those with terms."""
    folder = path if path.is_dir() else path.parent
    templates = [path] if path.is_file() else sorted(folder.rglob("*templates*.csv"))
    root = folder.parent if folder.name == "templates" else folder
    terms = [file for file in sorted(root.rglob("*.csv")) if "templates" not in file.stem]
    if path.is_file():  # disability_templates.csv goes with disability.csv
        own = [file for file in terms if file.stem in path.stem.removesuffix("_templates")]
        terms = own or terms
    if not templates or not terms:
        raise ConfigError(
            "it needs *templates*.csv and beside it the lists of terms",
            where=str(path),
            hint="name the folder that holds templates/ and terms/",
        )
    return templates, terms


def words_file(source: str, name: str | None) -> Path | None:
    """Return the list of words beside a source, where there is one."""
    if name is None or source.startswith(DATASETS):
        return None
    path = Path(source)
    beside = (path if path.is_dir() else path.parent) / name
    return beside if beside.is_file() else None
