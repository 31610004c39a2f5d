"""``embedding:`` targets: a sentence encoder, and a logistic regression fitted on the shots."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audit.classifiers.draws import most_likely
from audit.classifiers.kinds import labels_task, refuse_sampling
from audit.classifiers.loading import POOLING_FILE, LoadedModel, load_model, quiet
from audit.classifiers.tokens import check_length
from audit.errors import ClassifierError, ConfigError, MissingExtraError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Shot, Task

Pooling = Literal["mean", "cls"]

_ROWS = 32


class EmbeddingClassifier:
    """A learned representation with a task classifier on it, as few-shot practice builds them.

    Texts are encoded by the model, pooled, brought to length one, and given to a logistic
    regression (L2, C = 1, fitted to convergence) that has seen the task's shots and nothing else.
    It always gives the same answer, so there is one sample: its most likely label.

    Parameters
    ----------
    loaded : LoadedModel
        The encoder.
    task : Task
        A labels task with at least one shot for each label.
    options : ClassifierOptions
        ``batch_size``.
    pooling : {'mean', 'cls'}
        How the tokens of a text become one vector: their mean, or the first one's.

    Raises
    ------
    ConfigError
        If a label has no shot.
    MissingExtraError
        If scikit-learn is not installed.
    """

    def __init__(
        self, loaded: LoadedModel, task: Task, options: ClassifierOptions, pooling: Pooling = "mean"
    ) -> None:
        self.batch_size = options.batch_size or _ROWS
        self._loaded = loaded
        self._pooling = pooling
        self._task = task
        self._labels = task.labels
        self._head = self._fit(task)
        self.info = ClassifierInfo(
            model=loaded.name,
            scoring="exact",
            revision=loaded.revision,
            fingerprint=loaded.fingerprint,
            versions={**loaded.versions, **_sklearn_version()},
            settings={
                **loaded.settings,
                "pooling": pooling,
                "head": "logistic regression, L2, C=1",
                "shots": len(task.shots),
            },
        )

    def with_shots(self, shots: Sequence[Shot]) -> EmbeddingClassifier:
        """Return the same encoder with a head that is fitted on other examples.

        Raises
        ------
        ConfigError
            If a label has no example.
        """
        other = copy.copy(self)
        other._task = replace(self._task, shots=tuple(shots))
        other._head = other._fit(other._task)
        settings = {**self.info.settings, "shots": len(other._task.shots)}
        other.info = replace(self.info, settings=settings)
        return other

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Answer every request, in order; texts of like length are computed together.

        Raises
        ------
        ClassifierError
            If a text is longer than the model takes, or the output is not a number.
        """
        if not requests:
            return []
        shares = self._head.predict_proba(self._encode([request.text for request in requests]))
        columns = [list(self._head.classes_).index(label) for label in self._labels]
        answers = []
        for request, row in zip(requests, shares[:, columns].tolist(), strict=True):
            masses = dict(zip(self._labels, row, strict=True))
            answers.append(
                Prediction(
                    id=request.id,
                    probabilities=masses,
                    unparsed=0.0,
                    samples=(most_likely(masses, 0.0),),
                )
            )
        return answers

    def _fit(self, task: Task) -> Any:
        """Fit the head on the shots."""
        without = [label for label in task.labels if label not in {s.label for s in task.shots}]
        if without:
            raise ConfigError(
                f"no shot has the label {', '.join(without)}, so its classifier cannot learn it",
                where="task.shots",
                hint="give at least one shot for each label; three or four each are usual",
            )
        try:
            from sklearn.linear_model import LogisticRegression
        except ImportError as error:
            raise MissingExtraError(self._loaded.name, "scikit-learn", "embedding") from error
        vectors = self._encode([shot.text for shot in task.shots])
        return LogisticRegression(C=1.0, max_iter=10_000, tol=1e-8).fit(
            vectors, [shot.label for shot in task.shots]
        )

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return vectors of length one, of shape (n_texts, width)."""
        tokens = self._loaded.tokenizer(list(texts), split_special_tokens=True)
        check_length(tokens["input_ids"], 0, self._loaded.context, self._loaded.name)
        lengths = [len(ids) for ids in tokens["input_ids"]]
        order = sorted(range(len(texts)), key=lengths.__getitem__)
        parts: list[NDArray[np.float64]] = []
        for start in range(0, len(order), self.batch_size):
            places = order[start : start + self.batch_size]
            batch = {name: [values[place] for place in places] for name, values in tokens.items()}
            parts.append(self._pooled(batch))
        vectors = np.empty_like(stacked := np.concatenate(parts))
        vectors[order] = stacked
        lengths_of = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths_of).all() and (lengths_of > 0).all()):
            raise ClassifierError(
                "the model's output is not a number (NaN or infinite), or zero throughout",
                where=self._loaded.name,
                hint="check the weights; with --dtype float16 try bfloat16 or float32",
            )
        unit: NDArray[np.float64] = vectors / lengths_of
        return unit

    def _pooled(self, batch: dict[str, Any]) -> NDArray[np.float64]:
        """One vector for each text of a padded batch."""
        import torch

        with quiet(), torch.inference_mode():
            padded = self._loaded.tokenizer.pad(batch, return_tensors="pt").to(self._loaded.device)
            hidden = self._loaded.model(**padded).last_hidden_state.double()
            if self._pooling == "cls":
                found = hidden[:, 0]
            else:
                mask = padded["attention_mask"][..., None].double()
                found = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        vectors: NDArray[np.float64] = found.cpu().numpy()
        return vectors


def create(locator: str, task: Task | None, options: ClassifierOptions) -> EmbeddingClassifier:
    """Load ``embedding:ID_OR_PATH``.

    A folder saved by sentence-transformers says how its tokens are pooled; without a word they are
    averaged.

    Raises
    ------
    ConfigError
        If the task has no labels, or a label has no shot.
    ClassifierError
        If the model cannot be loaded, or is pooled in a way that is not known here.
    """
    name = f"embedding:{locator}"
    found = labels_task(task, name)
    refuse_sampling(options, name)
    loaded = load_model("embedding", locator, "encoder", options)
    return EmbeddingClassifier(loaded, found, options, _pooling(loaded))


def _pooling(loaded: LoadedModel) -> Pooling:
    """Read how sentence-transformers pools this model's tokens, where it says so."""
    file = loaded.source / POOLING_FILE
    if not file.is_file():
        return "mean"
    said = json.loads(file.read_text(encoding="utf-8"))
    chosen = {name for name, on in said.items() if name.startswith("pooling_mode_") and on is True}
    chosen |= {f"pooling_mode_{name}" for name in _as_list(said.get("pooling_mode"))}
    chosen = {name.removesuffix("_tokens").removesuffix("_token") for name in chosen}
    if chosen == {"pooling_mode_cls"}:
        return "cls"
    if chosen == {"pooling_mode_mean"}:
        return "mean"
    raise ClassifierError(
        f"the model pools its tokens by {', '.join(sorted(chosen)) or 'nothing'}",
        where=loaded.name,
        hint="mean and first token are known here; audit another with python:FILE.py:FUNCTION",
    )


def _as_list(said: Any) -> list[str]:
    """Newer files name the ways in one entry, as a word or a list of words."""
    return [said] if isinstance(said, str) else list(said or ())


def _sklearn_version() -> dict[str, str]:
    import sklearn

    return {"scikit-learn": sklearn.__version__}
