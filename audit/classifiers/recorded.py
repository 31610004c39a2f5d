"""``recorded:`` targets: predictions made elsewhere, looked up by id or by text."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean

from audit.classifiers.draws import most_likely
from audit.classifiers.kinds import declared_range, refuse_score
from audit.classifiers.numbers import check_masses, check_score
from audit.classifiers.recorded_table import Row, read_rows, resolve_columns
from audit.errors import ClassifierError, ConfigError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Scoring, Task

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
        columns, rows = read_rows(path)
        self._roles, masses = resolve_columns(columns, options.columns, self._file)
        self._scoring = self._choose(task, masses)
        self._range = declared_range(task, options, self._name) if not self._labels else None
        self._masses = self._mass_columns(masses) if self._scoring == "exact" else {}
        self.contains_personal_data = _declares_personal_data(rows)
        with self._unquoting():
            self._by_id = self._index(rows, "id")
            self._by_text = self._index(rows, "text")
            self._answers = {id(row): self._read(row) for row in rows}
        self.info = ClassifierInfo(
            model=self._name,
            scoring=self._scoring,
            fingerprint=hashlib.sha256(path.read_bytes()).hexdigest(),
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
        found = [self._rows_of(request) for request in requests]
        missing = [request for request, rows in zip(requests, found, strict=True) if not rows]
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
            self._predict(request, [self._answers[id(row)] for row in rows])
            for request, rows in zip(requests, found, strict=True)
        ]

    @contextmanager
    def _unquoting(self) -> Iterator[None]:
        """Quote no cell of a file that declares personal data."""
        try:
            yield
        except ClassifierError as error:
            if error.unquoted is None or not self.contains_personal_data:
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

    def _index(self, rows: Sequence[Row], role: str) -> dict[str, list[Row]]:
        """Group the rows by id or text, repeats in their order."""
        groups: dict[str, list[Row]] = {}
        for row in rows:
            key = row.get(self._roles.get(role))
            if key:
                groups.setdefault(key, []).append(row)
        if "repeat" in self._roles:
            for key, group in groups.items():
                groups[key] = self._in_order(key, group)
        return groups

    def _in_order(self, key: str, group: list[Row]) -> list[Row]:
        """Sort one text's rows by their repeat, which must differ."""
        by_repeat: dict[str, Row] = {}
        for row in group:
            repeat = row.get(self._roles["repeat"]) or ""
            if repeat in by_repeat:
                raise ClassifierError(
                    f"repeat {repeat!r} of {key!r} is also on line {by_repeat[repeat].line}",
                    where=f"{self._file}:{row.line}",
                    hint="number the repeats of a text, or leave the column repeat out",
                    unquoted=f"the same repeat of this text is also on line "
                    f"{by_repeat[repeat].line}",
                )
            by_repeat[repeat] = row
        return [by_repeat[name] for name in sorted(by_repeat, key=lambda name: (len(name), name))]

    def _rows_of(self, request: Request) -> list[Row]:
        """Rows of a request, by id where the file has it, else by text."""
        return self._by_id.get(request.id) or self._by_text.get(request.text) or []

    def _check_texts(self, requests: Sequence[Request], found: Sequence[list[Row]]) -> None:
        """Refuse rows that have a request's id and the text of something else."""
        column = self._roles.get("text")
        for request, rows in zip(requests, found, strict=True):
            for row in rows:
                text = row.get(column)
                if text and text != request.text:
                    raise ClassifierError(
                        f"{request.id} is recorded for {text!r}, and the probe set asks about "
                        f"{request.text!r}",
                        where=f"{self._file}:{row.line}",
                        hint="record the predictions again with this version of the probe set",
                        unquoted="the row is recorded for another text than the probe set asks",
                    )

    def _read(self, row: Row) -> Prediction:
        """Turn one row into a prediction of its own."""
        where = f"{self._file}:{row.line}"
        said = row.get(self._roles.get("label"))
        if self._range is not None:
            score = check_score(self._number(row, self._roles["score"], where), *self._range, where)
            return Prediction(id="", score=score, samples=(said,) if said else ())
        if self._masses:
            masses = {
                label: math.fsum(self._number(row, column, where) for column in columns)
                for label, columns in self._masses.items()
            }
            probabilities, unparsed = check_masses(masses, where)
            return Prediction(id="", probabilities=probabilities, unparsed=unparsed)
        mapped = self._options.label_map.get(said, said) if said is not None else None
        label = mapped if mapped in self._labels else None
        return Prediction(
            id="", samples=(label,), raw=() if label else ((said or "")[:_RAW_LENGTH],)
        )

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


def _declares_personal_data(rows: Sequence[Row]) -> bool:
    """Tell whether any row says that it contains personal data, in a column of that name."""
    said = (row.get("contains_personal_data") or "" for row in rows)
    return any(value.strip().lower() in {"true", "yes", "1"} for value in said)


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
