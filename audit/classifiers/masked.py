"""``masked:`` targets: a masked language model that fills the label's place in the prompt."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from audit.classifiers.draws import most_likely
from audit.classifiers.kinds import labels_task, refuse_sampling
from audit.classifiers.loading import LoadedModel, load_model, quiet
from audit.classifiers.match_labels import match_labels
from audit.classifiers.prompt import FewShotPrompt
from audit.classifiers.tokens import check_length
from audit.errors import ClassifierError, ConfigError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Shot, Task

_ROWS = 32


class MaskedClassifier:
    """Reads the labels' probabilities off the mask that stands where the label would.

    The prompt is the few-shot prompt with a mask after the output word. The mass of a label is
    that of its words over the whole vocabulary, not renormalised: what the model would put there
    besides is on no label. There is one sample, the most likely label.

    Parameters
    ----------
    loaded : LoadedModel
        A masked language model.
    task : Task
        A labels task.
    options : ClassifierOptions
        ``label_map`` names the words that stand for a label (``good=Positive``), several if need
        be; without it each label is its own word. ``batch_size``.

    Raises
    ------
    ConfigError
        If the words do not fit the labels.
    ClassifierError
        If the model has no mask, or a word is not one token.

    References
    ----------
    Schick & Schütze (2021), Exploiting Cloze Questions for Few Shot Text Classification: words
    that stand for a label are its verbaliser.
    """

    def __init__(self, loaded: LoadedModel, task: Task, options: ClassifierOptions) -> None:
        self._loaded = loaded
        self._prompt = FewShotPrompt(task)
        self._task = task
        self._mask = _mask(loaded)
        words = tuple(options.label_map) or task.labels
        matched = match_labels(words, task.labels, options.label_map, target=loaded.name)
        self._words = {word: self._token(word) for word in words}
        self._columns = {
            label: [place for place, word in enumerate(words) if matched[word] == label]
            for label in task.labels
        }
        if len(set(self._words.values())) < len(words):
            raise ClassifierError(
                "the tokenizer writes two of the words alike: " + ", ".join(words),
                where=loaded.name,
                hint="name other words with --label-map WORD=LABEL",
            )
        self.batch_size = options.batch_size or _ROWS
        self.info = ClassifierInfo(
            model=loaded.name,
            scoring="exact",
            revision=loaded.revision,
            fingerprint=loaded.fingerprint,
            prompt_sha256=self._prompt.sha256,
            versions=loaded.versions,
            settings={**loaded.settings, "words": matched},
        )

    def prompt(self, text: str) -> str:
        """Return the prompt for ``text``, exactly as sent."""
        return f"{self._prompt.render(text)} {self._loaded.tokenizer.mask_token}"

    def with_shots(self, shots: Sequence[Shot]) -> MaskedClassifier:
        """Return the same model with other examples in its prompt."""
        other = copy.copy(self)
        other._task = replace(self._task, shots=tuple(shots))
        other._prompt = FewShotPrompt(other._task)
        other.info = replace(self.info, prompt_sha256=other._prompt.sha256)
        return other

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Answer every request, in order; prompts of like length are computed together.

        Raises
        ------
        ClassifierError
            If a prompt is longer than the model takes, or the output is not a number.
        """
        if not requests:
            return []
        prompts = [self._encode(self._prompt.render(request.text)) for request in requests]
        check_length(prompts, 0, self._loaded.context, self._loaded.name)
        order = sorted(range(len(requests)), key=lambda place: len(prompts[place]))
        rows: list[list[float]] = [[] for _ in requests]
        for start in range(0, len(order), self.batch_size):
            places = order[start : start + self.batch_size]
            found = self._masses([prompts[place] for place in places])
            for place, row in zip(places, found, strict=True):
                rows[place] = row
        return [self._prediction(r.id, row) for r, row in zip(requests, rows, strict=True)]

    def _encode(self, prompt: str) -> list[int]:
        """Token ids of a prompt with one mask; the audited text itself can hold none."""
        tokenizer = self._loaded.tokenizer
        ids: list[int] = tokenizer(prompt, split_special_tokens=True)["input_ids"]
        end = len(ids)
        while end and ids[end - 1] in tokenizer.all_special_ids:
            end -= 1
        return [*ids[:end], self._mask, *ids[end:]]

    def _token(self, word: str) -> int:
        """Return the one token that writes a word in the place of the mask."""
        tokenizer = self._loaded.tokenizer
        base = f"{self._prompt.render('')}"
        before = tokenizer(base, add_special_tokens=False)["input_ids"]
        whole = tokenizer(f"{base} {word}", add_special_tokens=False)["input_ids"]
        rest = whole[len(before) :]
        if whole[: len(before)] != before or len(rest) != 1 or rest[0] == tokenizer.unk_token_id:
            raise ClassifierError(
                f"{word!r} is not one token of this model, and a mask holds one token",
                where=self._loaded.name,
                hint="name words that are with --label-map WORD=LABEL, for every label",
            )
        return int(rest[0])

    def _masses(self, prompts: Sequence[Sequence[int]]) -> list[list[float]]:
        """Return the probability of every word at the mask, row by row."""
        import torch

        tokenizer, device = self._loaded.tokenizer, self._loaded.device
        with quiet(), torch.inference_mode():
            padded = tokenizer.pad({"input_ids": [list(row) for row in prompts]},
                                   return_tensors="pt").to(device)  # fmt: skip
            logits = self._loaded.model(**padded).logits
            places = (padded["input_ids"] == self._mask).int().argmax(dim=1)
            at_mask = logits[torch.arange(len(prompts), device=device), places]
            shares = torch.softmax(at_mask.cpu().double(), dim=-1)[:, list(self._words.values())]
        if not bool(torch.isfinite(shares).all()):
            raise ClassifierError(
                "the model's output is not a number (NaN or infinite)",
                where=self._loaded.name,
                hint="check the weights; with --dtype float16 try bfloat16 or float32",
            )
        rows: list[list[float]] = shares.tolist()
        return rows

    def _prediction(self, request_id: str, row: Sequence[float]) -> Prediction:
        """Sum the words' masses into the labels'."""
        masses: Mapping[str, float] = {
            label: sum(row[column] for column in columns)
            for label, columns in self._columns.items()
        }
        unparsed = max(0.0, 1.0 - sum(masses.values()))
        return Prediction(
            id=request_id,
            probabilities=masses,
            unparsed=unparsed,
            samples=(most_likely(masses, unparsed),),
        )


def create(locator: str, task: Task | None, options: ClassifierOptions) -> MaskedClassifier:
    """Load ``masked:ID_OR_PATH``.

    Raises
    ------
    ConfigError
        If the task has no labels, or the words do not fit them.
    ClassifierError
        If the model cannot be loaded, is no masked language model, or a word is not one token.
    """
    name = f"masked:{locator}"
    found = labels_task(task, name)
    refuse_sampling(options, name)
    return MaskedClassifier(load_model("masked", locator, "masked", options), found, options)


def _mask(loaded: LoadedModel) -> int:
    """Return the token that stands for what is to be filled in."""
    mask: Any = loaded.tokenizer.mask_token_id
    if mask is None:
        raise ConfigError(
            "the tokenizer has no mask token, so nothing can be filled in",
            where=loaded.name,
            hint="`audit models` says which scheme fits which kind of model",
        )
    return int(mask)
