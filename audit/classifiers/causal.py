"""``causal:`` and ``reference``: few-shot classification by a causal language model."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.classifiers.devices import calm_threads, choose_device, choose_dtype
from audit.classifiers.generation import SEEDING, Generator, end_tokens, sampled_prediction
from audit.classifiers.kinds import check_sampling, labels_task
from audit.classifiers.labels import rule_in_words
from audit.classifiers.loading import LoadedModel, load_model, quiet
from audit.classifiers.prompt import FewShotPrompt
from audit.classifiers.tokens import (
    boundary,
    check_causal,
    check_length,
    encode,
    label_tokens,
    lost_breaks,
    spoken_labels,
)
from audit.errors import ClassifierError, ConfigError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Shot, Task

if TYPE_CHECKING:
    import torch

    from audit.classifiers.exact.engine import ExactEngine

DEMONSTRATION = (
    "The bundled reference model demonstrates the instrument: its associations were planted for "
    "this purpose, and its results say nothing about a deployed system or about people."
)
_ROWS = 32


class CausalClassifier:
    """Completes the few-shot prompt of each text, and reads a label off the completion.

    Exact scoring (the default) computes the label probabilities and draws the repeats from them;
    sampled scoring generates every repeat.

    Parameters
    ----------
    loaded : LoadedModel
        The model.
    task : Task
        A labels task.
    options : ClassifierOptions
        ``scoring``, ``sampling``, ``batch_size``.
    demonstration : bool
        Whether the model is the bundled one, which is said in the record.
    dtype : torch.dtype, optional
        Number format of an exact run, where it is shorter than the float32 the model is in.

    Raises
    ------
    ConfigError
        If the sampling cannot be done or the prompt cannot be built.
    ClassifierError
        If the model is not causal, or its tokenizer cannot write the labels.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        task: Task,
        options: ClassifierOptions,
        *,
        demonstration: bool = False,
        dtype: torch.dtype | None = None,
    ) -> None:
        sampling = options.sampling
        check_sampling(sampling)
        self._exact = options.scoring != "sampled"
        self.batch_size = options.batch_size or (
            _prompts_at_once(loaded.model) if self._exact else _ROWS
        )
        self._loaded = loaded
        self._task = task
        self._sampling = sampling
        self._prompt = FewShotPrompt(task)
        self._spoken = spoken_labels(loaded.tokenizer, task.labels)
        self._changed: set[str] = set()
        self._comparable = not (options.quantize or options.device_map)
        with quiet():
            check_causal(loaded.model, self._encode([""])[0], loaded.name)
        self._engine: ExactEngine | None = None
        tokens: list[tuple[int, ...]] = []
        if self._exact:
            tokens = label_tokens(loaded.tokenizer, self._prompt, loaded.name, self._spoken)
            with quiet():
                self._engine = self._build_engine(dtype)
        else:
            self._generator = Generator(
                loaded.model, loaded.tokenizer, sampling, self._prompt.stops
            )
        self._info = ClassifierInfo(
            model=loaded.name,
            scoring="exact" if self._exact else "sampled",
            revision=loaded.revision,
            fingerprint=loaded.fingerprint,
            prompt_sha256=self._prompt.sha256,
            demonstration=demonstration,
            versions=loaded.versions,
            settings={**loaded.settings, **self._settings(tokens)},
            notes=self._notes(demonstration),
        )

    @property
    def info(self) -> ClassifierInfo:
        """Identity and settings; notes say how it computed and count the texts that it changed."""
        notes = list(self._info.notes)
        if self._engine is not None:
            notes += self._engine.notes
        if self._changed:
            notes.append(
                "Line breaks, straight quotes and separators were replaced in the prompt of "
                f"{_count(len(self._changed), 'text')}, so that a text cannot pass for an example."
            )
        return replace(self._info, notes=tuple(notes))

    @property
    def engine(self) -> ExactEngine | None:
        """What computes exact probabilities; ``None`` in sampled runs."""
        return self._engine

    def tokens(self, text: str) -> tuple[int, ...]:
        """Return the token ids of the prompt for ``text``."""
        return tuple(self._encode([text])[0])

    def prompt(self, text: str) -> str:
        """Return the prompt for ``text``, exactly as sent."""
        return self._prompt.render(text)

    def boundary(self) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Return the last tokens of a prompt, and those of each label after it."""
        loaded = self._loaded
        ids = label_tokens(loaded.tokenizer, self._prompt, loaded.name, self._spoken)
        return boundary(loaded.tokenizer, self.tokens(""), ids)

    def with_shots(self, shots: Sequence[Shot]) -> CausalClassifier:
        """Return the same model with other examples in its prompt; the engine is shared."""
        other = copy.copy(self)
        other._task = replace(self._task, shots=tuple(shots))
        other._prompt = FewShotPrompt(other._task)
        other._changed = set()
        other._info = replace(
            self._info,
            prompt_sha256=other._prompt.sha256,
            notes=other._notes(self._info.demonstration),
        )
        return other

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Answer every request, in order.

        Raises
        ------
        ClassifierError
            If a prompt is longer than the model's context, or its output is not a number.
        """
        if not requests:
            return []
        prompts = self._encode([request.text for request in requests])
        # the last token of an answer is drawn, and never read by the model
        room = self._sampling.max_new_tokens - 1
        check_length(prompts, room, self._loaded.context, self._loaded.name)
        self._changed |= {r.text for r in requests if self._prompt.changes(r.text)}
        with quiet():
            if self._engine is not None:
                return self._predict_exact(self._engine, requests, prompts)
            return self._predict_sampled(requests, prompts)

    def _predict_exact(
        self, engine: ExactEngine, requests: Sequence[Request], prompts: Sequence[list[int]]
    ) -> list[Prediction]:
        """Score the labels, and draw the repeats that people read."""
        from audit.classifiers.exact.answers import exact_predictions

        found = engine.score([tuple(ids) for ids in prompts])
        return exact_predictions(found, requests, self._task.labels, self._sampling)

    def _build_engine(self, dtype: torch.dtype | None) -> ExactEngine:
        """Check the model on made-up texts of the task's words and choose how to compute."""
        from audit.classifiers.exact.engine import ExactEngine
        from audit.classifiers.exact.masses import Draws
        from audit.classifiers.exact.samples import sample_texts
        from audit.classifiers.exact.scorer import AnswerRule

        loaded, sampling = self._loaded, self._sampling
        samples = [tuple(ids) for ids in self._encode(sample_texts(self._task))]
        longest = (loaded.context or max(map(len, samples))) - sampling.max_new_tokens
        fitting = [ids for ids in samples if len(ids) <= longest] or [min(samples, key=len)]
        check_length(fitting, sampling.max_new_tokens - 1, loaded.context, loaded.name)
        rule = AnswerRule(
            labels=self._spoken,
            rule=self._task.label_rule,
            stops=self._prompt.stops,
            max_new_tokens=sampling.max_new_tokens,
            draws=Draws(
                temperatures=(sampling.temperature,), top_k=sampling.top_k, top_p=sampling.top_p
            ),
        )
        return ExactEngine(
            loaded.model,
            loaded.tokenizer,
            rule,
            samples=fitting,
            ends=end_tokens(loaded.model, loaded.tokenizer),
            name=loaded.name,
            dtype=dtype,
        )

    def _predict_sampled(
        self, requests: Sequence[Request], prompts: Sequence[list[int]]
    ) -> list[Prediction]:
        """Generate the repeats, texts of like length together."""
        order = sorted(range(len(requests)), key=lambda place: len(prompts[place]))
        answers: list[Prediction | None] = [None] * len(requests)
        for start in range(0, len(order), self.batch_size):
            places = order[start : start + self.batch_size]
            texts = self._generator.sample(
                [prompts[place] for place in places],
                seed=self._sampling.seed,
                ids=[requests[place].id for place in places],
            )
            for place, outputs in zip(places, texts, strict=True):
                answers[place] = sampled_prediction(
                    requests[place].id, outputs, self._task, self._prompt.stops, self._spoken
                )
        return [answer for answer in answers if answer is not None]

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of the prompts of ``texts``."""
        return encode(self._loaded.tokenizer, [self._prompt.render(text) for text in texts])

    def _settings(self, tokens: Sequence[tuple[int, ...]]) -> dict[str, Any]:
        """Return what of the prompt and the sampling determines the answers."""
        sampling = self._sampling
        settings: dict[str, Any] = {
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "top_p": sampling.top_p,
            "max_new_tokens": sampling.max_new_tokens,
            "repeats": sampling.repeats,
            "seed": sampling.seed,
            "stops": list(self._prompt.stops),
            "label_rule": self._task.label_rule,
        }
        if self._engine is None:
            return {**settings, "seeding": SEEDING, "batch_size": self.batch_size}
        label_ids = {label: list(ids) for label, ids in zip(self._task.labels, tokens, strict=True)}
        return {
            **settings,
            "engine": self._engine.engine,
            "eps": self._engine.eps,
            "dtype": self._engine.dtype,
            "label_tokens": label_ids,
        }

    def _notes(self, demonstration: bool) -> tuple[str, ...]:
        """Return the sentences a reader must see."""
        notes = [DEMONSTRATION] if demonstration else []
        notes.append(rule_in_words(self._task.label_rule, self._prompt.stops))
        if self._engine is not None and not self._comparable:
            notes.append(
                "Probabilities are those of the model as it was loaded; they were not compared "
                "with float32."
            )
        notes += lost_breaks(self._loaded.tokenizer)
        if self._spoken != self._task.labels:
            notes.append(
                "The tokenizer knows no capitals or accents: labels are read as "
                f"{', '.join(self._spoken)}."
            )
        if changed := self._prompt.changed_shots:
            notes.append(
                "Line breaks, straight quotes and separators were replaced in the prompt in "
                f"{_count(changed, 'shot')}."
            )
        return tuple(notes)


def create(locator: str, task: Task | None, options: ClassifierOptions) -> CausalClassifier:
    """Load ``causal:ID_OR_PATH``.

    Raises
    ------
    ConfigError
        If the task has no labels, or an option does not fit.
    ClassifierError
        If the model cannot be loaded or cannot answer the task.
    """
    name = f"causal:{locator}"
    found = labels_task(task, name)
    loaded, dtype = _load(locator, options, "causal")
    return CausalClassifier(loaded, found, options, dtype=dtype)


def create_reference(
    locator: str, task: Task | None, options: ClassifierOptions
) -> CausalClassifier:
    """Load the bundled reference model, which demonstrates the instrument.

    Raises
    ------
    ConfigError
        If the task has no labels, or something follows the name.
    ClassifierError
        If the model's files are missing from the installation.
    """
    if locator:
        raise ConfigError(
            "reference takes nothing after its name",
            where=f"--model reference:{locator}",
            hint="write --model reference; another model is causal:ID_OR_PATH",
        )
    found = labels_task(task, "reference")
    folder = Path(str(files("audit.classifiers") / "reference"))
    if not (folder / "model.safetensors").is_file():
        raise ClassifierError(
            "the bundled model is missing from this installation",
            where="reference",
            hint="install audit again; from a checkout, train it with the script in training/",
        )
    loaded, dtype = _load(str(folder), options, "reference")
    loaded = replace(loaded, name="reference")
    return CausalClassifier(loaded, found, options, demonstration=True, dtype=dtype)


def _load(
    locator: str, options: ClassifierOptions, scheme: str
) -> tuple[LoadedModel, torch.dtype | None]:
    """Load a model; for an exact run in float32, with the shorter format it is to run in.

    Exact probabilities in a shorter format need those in float32 to be measured against. A model in
    8 bits, or one that needs several devices, is audited as it is loaded.
    """
    if options.scoring == "sampled" or options.quantize or options.device_map:
        return load_model(scheme, locator, "causal", options), None
    calm_threads()
    import torch

    wanted = choose_dtype(options.dtype, choose_device(options.device))
    if isinstance(wanted, torch.dtype):
        loaded = load_model(scheme, locator, "causal", replace(options, dtype="float32"))
    else:
        loaded = load_model(scheme, locator, "causal", options)
        wanted = loaded.model.dtype
        loaded.model.float()
    return loaded, None if wanted == torch.float32 else wanted


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _prompts_at_once(model: Any) -> int:
    """Return how many prompts to take together: what they share is used within a batch.

    Larger batches are faster and rarer to report progress; a second or several is a good measure.
    """
    weights = sum(parameter.numel() for parameter in model.parameters())
    return int(min(4096, max(128, 2 ** round(math.log2(1.28e11 / max(weights, 1))))))
