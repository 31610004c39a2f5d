"""``classifier:`` targets: a fine-tuned sequence classifier, read by its softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.classifiers.draws import most_likely
from audit.classifiers.kinds import labels_task, refuse_sampling
from audit.classifiers.loading import LoadedModel, load_model, quiet
from audit.classifiers.match_labels import match_labels
from audit.classifiers.tokens import check_length
from audit.errors import ClassifierError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Task

_ROWS = 32


class SequenceClassifier:
    """Gives the softmax of a sequence classifier as the probabilities of the task's labels.

    It always gives the same answer, so there is one sample: its most likely label.

    Parameters
    ----------
    loaded : LoadedModel
        The model.
    task : Task
        A labels task. Every label of the model must be one of its labels, by name or by
        ``label_map``, and each of its labels must be covered.
    options : ClassifierOptions
        ``label_map``, ``batch_size``.

    Raises
    ------
    ConfigError
        If the labels do not fit.
    ClassifierError
        If the model does not choose one label out of several.
    """

    def __init__(self, loaded: LoadedModel, task: Task, options: ClassifierOptions) -> None:
        config = loaded.model.config
        if config.num_labels < 2 or config.problem_type == "multi_label_classification":
            raise ClassifierError(
                "the model does not choose one label out of several",
                where=loaded.name,
                hint="wrap it in a function and audit that with python:FILE.py:FUNCTION",
            )
        self.batch_size = options.batch_size or _ROWS
        self._loaded = loaded
        self._task = task
        own = [str(config.id2label[number]) for number in range(config.num_labels)]
        matched = match_labels(own, task.labels, options.label_map, target=loaded.name)
        self._columns = {
            label: [number for number, name in enumerate(own) if matched[name] == label]
            for label in task.labels
        }
        self.info = ClassifierInfo(
            model=loaded.name,
            scoring="exact",
            revision=loaded.revision,
            fingerprint=loaded.fingerprint,
            versions=loaded.versions,
            settings={**loaded.settings, "labels": matched},
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Answer every request, in order; texts of like length are computed together.

        Raises
        ------
        ClassifierError
            If a text is longer than the model takes, or the output is not a number.
        """
        if not requests:
            return []
        tokens = self._loaded.tokenizer([r.text for r in requests], split_special_tokens=True)
        check_length(tokens["input_ids"], 0, self._loaded.context, self._loaded.name)
        lengths = [len(ids) for ids in tokens["input_ids"]]
        order = sorted(range(len(requests)), key=lengths.__getitem__)
        rows: list[list[float]] = [[] for _ in requests]
        for start in range(0, len(order), self.batch_size):
            places = order[start : start + self.batch_size]
            batch = {name: [values[place] for place in places] for name, values in tokens.items()}
            for place, row in zip(places, self._softmax(batch), strict=True):
                rows[place] = row
        return [self._prediction(r.id, row) for r, row in zip(requests, rows, strict=True)]

    def _softmax(self, batch: dict[str, Any]) -> list[list[float]]:
        """Return the float64 softmax of a padded batch, row by row."""
        import torch

        with quiet(), torch.inference_mode():
            padded = self._loaded.tokenizer.pad(batch, return_tensors="pt")
            logits = self._loaded.model(**padded.to(self._loaded.device)).logits
            shares = torch.softmax(logits.cpu().double(), dim=-1)
        if not bool(torch.isfinite(shares).all()):
            raise ClassifierError(
                "the model's output is not a number (NaN or infinite)",
                where=self._loaded.name,
                hint="check the weights; with --dtype float16 try bfloat16 or float32",
            )
        rows: list[list[float]] = shares.tolist()
        return rows

    def _prediction(self, request_id: str, row: Sequence[float]) -> Prediction:
        """Sum the model's labels into the task's."""
        masses = {
            label: sum(row[column] for column in columns)
            for label, columns in self._columns.items()
        }
        return Prediction(
            id=request_id,
            probabilities=masses,
            unparsed=0.0,
            samples=(most_likely(masses, 0.0),),
        )


def create(locator: str, task: Task | None, options: ClassifierOptions) -> SequenceClassifier:
    """Load ``classifier:ID_OR_PATH``.

    Raises
    ------
    ConfigError
        If the task has no labels or others than the model.
    ClassifierError
        If the model cannot be loaded or is no sequence classifier.
    """
    name = f"classifier:{locator}"
    found = labels_task(task, name)
    refuse_sampling(options, name)
    return SequenceClassifier(
        load_model("classifier", locator, "sequence", options), found, options
    )
