"""``recorded:`` targets: predictions made elsewhere, looked up by id or by text."""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean

from audit.classifiers.draws import most_likely
from audit.classifiers.kinds import declared_range, refuse_score
from audit.classifiers.numbers import check_masses, check_score
from audit.classifiers.recorded_index import NameTable, Places, RowIndex
from audit.classifiers.recorded_table import Row, open_rows, resolve_columns
from audit.errors import ClassifierError, ConfigError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Scoring, Task

PERSONAL = "contains_personal_data"
_TRUE = frozenset({"true", "yes", "1"})
_RAW_LENGTH = 200


class RecordedClassifier:
    """Answers from a table. Several rows of one text are its repeats.

    Repeated labels are its samples; repeated probabilities and scores are averaged.

    Parameters
    ----------
    path : Path
        The file.
    task : Task or None
        A labels task takes the columns ``prob.LABEL``, else ``label``; a score task or ``None``
        takes ``score`` (and ``label`` beside it, as the target's own labels).
    options : ClassifierOptions
        ``columns``, ``label_map``, ``score_range``; ``scoring`` chooses where the file has both
        probabilities and labels. ``system`` names one of several systems in the file.

    Raises
    ------
    ConfigError
        If the file lacks what the task needs, or a range is not declared.
    ClassifierError
        If the file cannot be read, or a value in it is no prediction; every row is checked.
    """

    batch_size = 1_000_000  # a lookup costs nothing, and one batch can name all that is missing

    def __init__(self, path: Path, task: Task | None, options: ClassifierOptions) -> None:
        self._file = path.name
        self._options = options
        self._labels = task.labels if task is not None and task.kind == "labels" else ()
        self._path = path
        columns, rows = open_rows(path)
        self._roles, masses = resolve_columns(columns, options.columns, self._file)
        self._scoring = self._choose(task, masses)
        self._range = declared_range(task, options, self._name) if not self._labels else None
        self._masses = self._mass_columns(masses) if self._scoring == "exact" else {}
        self._rows = RowIndex()
        self._said, self._said_names = array("i"), NameTable()
        self._values = array("d")
        self.contains_personal_data = False
        with self._unquoting(quiet=PERSONAL in columns):
            for row in rows:
                self._take(row)
            self._sort()
        self._names = self._said_names.names()
        self.info = ClassifierInfo(
            model=self._name,
            scoring=self._scoring,
            fingerprint=_sha256(path),
            score_range=self._range,
            settings={"columns": {**self._roles, **{f"prob.{k}": v for k, v in masses.items()}}},
        )

    @property
    def _name(self) -> str:
        system = self._options.system
        return f"recorded:{self._file}" + (f"#{system}" if system else "")

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Look up every request, in order.

        Raises
        ------
        ClassifierError
            If the file has no row for a request, or has one of its id about another text.
        """
        found = self._rows.find(requests)
        missing = [request for request, rows in zip(requests, found, strict=True) if not rows.size]
        if missing:
            first = "; ".join(f"{request.id}: {request.text!r}" for request in missing[:3])
            raise ClassifierError(
                f"{len(missing)} of {len(requests)} texts have no recorded prediction, "
                f"among them {first}",
                where=self._file,
                hint="record a prediction for every text that `audit probes show` prints",
                unquoted=f"{len(missing)} of {len(requests)} texts have no recorded prediction",
            )
        self._check_texts(requests, found)
        return [
            self._predict(request, [self._answer(int(row)) for row in rows])
            for request, rows in zip(requests, found, strict=True)
        ]

    @contextmanager
    def _unquoting(self, *, quiet: bool) -> Iterator[None]:
        """Quote no cell of a file that has a column about personal data."""
        try:
            yield
        except ClassifierError as error:
            if error.unquoted is None or not quiet:
                raise
            raise ClassifierError(error.unquoted, where=error.where, hint=error.hint) from None

    def _choose(self, task: Task | None, masses: Mapping[str, str]) -> Scoring:
        """Decide what the answers are, by the task and the columns there are."""
        there: dict[Scoring, bool] = {
            "exact": bool(masses),
            "sampled": "label" in self._roles,
            "score": "score" in self._roles,
        }
        wanted: list[Scoring] = ["exact", "sampled"] if self._labels else ["score"]
        if self._labels and self._options.scoring != "auto":
            wanted = [self._options.scoring]
        for scoring in wanted:
            if there[scoring]:
                return scoring
        if task is not None and wanted != ["score"] and there["score"]:
            refuse_score(task, self._name)
        needed = {"exact": "prob.LABEL", "sampled": "label", "score": "score"}
        raise ConfigError(
            f"the task needs a column {' or '.join(needed[scoring] for scoring in wanted)}",
            where=self._file,
            hint=f"name it with --column {needed[wanted[-1]]}=NAME",
        )

    def _mass_columns(self, masses: Mapping[str, str]) -> dict[str, list[str]]:
        """Return the columns whose masses make up each label's."""
        found: dict[str, list[str]] = {label: [] for label in self._labels}
        for name, column in masses.items():
            label = self._options.label_map.get(name, name)
            if label not in found:
                raise ConfigError(
                    f"the column {column!r} is about {name!r}, which is no label of the task",
                    where=self._file,
                    hint=f"the labels are {', '.join(self._labels)}; --label-map renames others",
                )
            found[label].append(column)
        lacking = [label for label, columns in found.items() if not columns]
        if lacking:
            raise ConfigError(
                f"no column has the probability of {', '.join(lacking)}",
                where=self._file,
                hint=f"name it with --column prob.{lacking[0]}=NAME",
            )
        return found

    def _take(self, row: Row) -> None:
        """Check a row and keep what it answers."""
        roles = self._roles
        said = row.get(roles.get("label"))
        values = self._read(row)
        self._values.extend(values)
        self._said.append(-1 if said is None else self._said_names.code(said[:_RAW_LENGTH]))
        self._rows.add(
            row.line,
            row.get(roles.get("id")),
            row.get(roles.get("text")),
            row.get(roles.get("repeat")),
        )
        if (row.get(PERSONAL) or "").strip().lower() in _TRUE:
            self.contains_personal_data = True

    def _sort(self) -> None:
        """Make the rows ready to be found.

        Raises
        ------
        ClassifierError
            If there is none, or two are the same repeat of one text.
        """
        if not self._rows:
            raise ClassifierError("the file has no rows", where=self._file)
        same = self._rows.sort(numbered="repeat" in self._roles)
        if same is not None:
            raise ClassifierError(
                f"the same repeat of this text is also on line {same.first}",
                where=f"{self._file}:{same.line}",
                hint="number the repeats of a text, or leave the column repeat out",
            )

    def _check_texts(self, requests: Sequence[Request], found: Sequence[Places]) -> None:
        """Refuse rows that have a request's id and the text of something else."""
        for request, rows in zip(requests, found, strict=True):
            for place in rows:
                if not self._rows.is_about(int(place), request.text):
                    line = self._rows.lines[int(place)]
                    raise ClassifierError(
                        f"{request.id} is recorded for {self._text_on(line)!r}, and the probe set "
                        f"asks about {request.text!r}",
                        where=f"{self._file}:{line}",
                        hint="record the predictions again with this version of the probe set",
                        unquoted="the row is recorded for another text than the probe set asks",
                    )

    def _text_on(self, line: int) -> str | None:
        """Read the text of one row again."""
        _, rows = open_rows(self._path)
        row = next((row for row in rows if row.line == line), None)
        return row.get(self._roles.get("text")) if row is not None else None

    def _read(self, row: Row) -> Sequence[float]:
        """Return the numbers of one row: its score, or the mass of each label."""
        where = f"{self._file}:{row.line}"
        if self._range is not None:
            number = self._number(row, self._roles["score"], where)
            return [check_score(number, *self._range, where)]
        masses = {
            label: math.fsum(self._number(row, column, where) for column in columns)
            for label, columns in self._masses.items()
        }
        return list(check_masses(masses, where)[0].values()) if masses else ()

    def _answer(self, place: int) -> Prediction:
        """Return one row as a prediction of its own."""
        code = self._said[place]
        said = self._names[code] if code >= 0 else None
        if self._range is not None:
            score = self._values[place]
            return Prediction(id="", score=score, samples=(said,) if said else ())
        if self._masses:
            start = place * len(self._labels)
            masses = self._values[start : start + len(self._labels)]
            return Prediction(id="", probabilities=dict(zip(self._labels, masses, strict=True)))
        mapped = self._options.label_map.get(said, said) if said is not None else None
        label = mapped if mapped in self._labels else None
        return Prediction(id="", samples=(label,), raw=() if label else (said or "",))

    def _number(self, row: Row, column: str, where: str) -> float:
        """Read a cell as a number."""
        text = row.get(column)
        try:
            return float(text or "")
        except ValueError as error:
            raise ClassifierError(
                f"the column {column!r} holds {text!r}, which is no number",
                where=where,
                unquoted=f"the column {column!r} holds no number",
            ) from error

    def _predict(self, request: Request, answers: Sequence[Prediction]) -> Prediction:
        """Join the repeats of one request."""
        samples = tuple(sample for answer in answers for sample in answer.samples)
        if self._range is not None:
            scores = [answer.score for answer in answers if answer.score is not None]
            return Prediction(id=request.id, score=fmean(scores), samples=samples)
        if self._masses:
            masses = {
                label: fmean((answer.probabilities or {})[label] for answer in answers)
                for label in self._labels
            }
            probabilities, unparsed = check_masses(masses, request.id)
            return Prediction(
                id=request.id,
                probabilities=probabilities,
                unparsed=unparsed,
                samples=(most_likely(probabilities, unparsed),),
            )
        return Prediction(
            id=request.id,
            samples=samples,
            unparsed=samples.count(None) / len(samples),
            raw=tuple(text for answer in answers for text in answer.raw),
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def create(locator: str, task: Task | None, options: ClassifierOptions) -> RecordedClassifier:
    """Read ``recorded:FILE``.

    Raises
    ------
    ConfigError
        If the file is not there or lacks what the task needs.
    ClassifierError
        If its content is no predictions.
    """
    return RecordedClassifier(Path(locator).expanduser(), task, options)
