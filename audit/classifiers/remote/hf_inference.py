"""``hf-inference:`` targets: a model on Hugging Face Inference or on an endpoint of one's own."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from audit.classifiers.draws import most_likely, request_seed
from audit.classifiers.kinds import check_sampling, labels_task, refuse_sampling
from audit.classifiers.labels import rule_in_words
from audit.classifiers.match_labels import match_labels
from audit.classifiers.numbers import check_masses
from audit.classifiers.remote.asking import Answered, Asker
from audit.classifiers.remote.openai_ways import needs_chat
from audit.classifiers.remote.tokens import most_tokens_of, tokens_of
from audit.classifiers.remote.wording import Wording, said_in_chat
from audit.errors import ConfigError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Shot, Task

if TYPE_CHECKING:
    from audit.classifiers.remote.hf_client import InferenceService

_ROUNDS = 2
_SEEDS = 2**31
_PROBE = "The library opens at nine."


class InferenceClassifier:
    """Asks a language model for labels, or a text classifier for its probabilities.

    Parameters
    ----------
    service : InferenceService
        The model.
    name : str
        Name of the target.
    task : Task
        A labels task.
    options : ClassifierOptions
        ``sampling``, ``label_map``, ``remote``.

    Raises
    ------
    ConfigError
        If an option or the labels do not fit.
    ProviderError
        If the service does not answer.
    """

    def __init__(
        self, service: InferenceService, name: str, task: Task, options: ClassifierOptions
    ) -> None:
        sampling, remote = options.sampling, options.remote
        self._service, self._name, self._task, self._options = service, name, task, options
        self._asker = Asker(name, remote)
        self._endpoint = self._choose()
        self._label_of: dict[str, str] = {}
        self._wording: Wording | None = None
        if self._endpoint == "classification":
            refuse_sampling(options, name)
            self._label_of = self._match()
        else:
            self._check_generation()
            self._wording = Wording(task, options)
        self._calls = sampling.repeats if self._wording else 1
        self.batch_size = options.batch_size or max(1, remote.concurrency * _ROUNDS // self._calls)
        self.info = ClassifierInfo(
            model=name,
            scoring="sampled" if self._wording else "exact",
            prompt_sha256=self._wording.sha256(chat=self._endpoint == "chat")
            if self._wording
            else None,
            versions={"huggingface_hub": version("huggingface_hub")},
            settings=self._settings(),
            notes=(rule_in_words(task.label_rule, self._wording.few_shot.stops),)
            if self._wording
            else (),
        )

    def with_shots(self, shots: Sequence[Shot]) -> InferenceClassifier:
        """Return the same model asked with other examples; limits and cache are shared.

        Raises
        ------
        ConfigError
            If the model is a text classifier, which is shown none.
        """
        if self._wording is None:
            raise ConfigError(
                f"{self._name} is shown no examples, so others would change nothing",
                where="--shots",
                hint="leave --shots, --shot-orders and --shot-sets out",
            )
        other = copy.copy(self)
        other._wording = self._wording.with_shots(shots)
        sha256 = other._wording.sha256(chat=self._endpoint == "chat")
        other.info = replace(self.info, prompt_sha256=sha256)
        return other

    def prompt(self, text: str) -> str:
        """Return what is sent for ``text``."""
        if self._wording is None:
            return text
        return self._wording.shown(text, chat=self._endpoint == "chat")

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Answer every request, in order.

        Raises
        ------
        ProviderError
            If the service fails, or its answer is of another kind.
        """
        if self._wording is None:
            answers = self._ask([self._question(request.text, 0) for request in requests])
            return [
                self._from_masses(request.id, answer)
                for request, answer in zip(requests, answers, strict=True)
            ]
        texts = self._ask(
            [
                self._question(request.text, repeat, request.id)
                for request in requests
                for repeat in range(self._calls)
            ]
        )
        return [
            self._wording.sampled(
                request.id,
                texts[place * self._calls : (place + 1) * self._calls],
                self._service.failures.secrets,
            )
            for place, request in enumerate(requests)
        ]

    def _choose(self) -> str:
        """Return the interface: the one that was named, or the one the model is for."""
        remote = self._options.remote
        talks = needs_chat(remote)
        if talks and remote.endpoint not in {"auto", "chat"}:
            raise ConfigError(
                "only a chat has a system prompt and turns",
                where=f"--endpoint {remote.endpoint}",
                hint="leave --system and --chat-layout out, or write --endpoint chat",
            )
        if talks or remote.endpoint != "auto":
            return "chat" if talks else remote.endpoint
        return "completions" if remote.base_url else self._service.kind()

    def _check_generation(self) -> None:
        """Refuse what generation here cannot do."""
        check_sampling(self._options.sampling)
        if self._options.scoring == "exact":
            raise ConfigError(
                "this service is sampled: it gives no label probabilities",
                where=self._name,
                hint="leave --scoring out",
            )
        if self._endpoint == "chat" and self._options.sampling.top_k:
            raise ConfigError("a chat has no top-k", where="--top-k", hint="leave it out")

    def _match(self) -> dict[str, str]:
        """Ask about one text to learn the model's labels, and match them with the task's."""
        (pairs,) = self._ask([self._question(_PROBE, 0)])
        return match_labels(
            [label for label, _ in pairs],
            self._task.labels,
            self._options.label_map,
            target=self._name,
        )

    def _settings(self) -> dict[str, Any]:
        """Return what determines the answers."""
        sampling, remote = self._options.sampling, self._options.remote
        settings: dict[str, Any] = {
            "endpoint": self._endpoint,
            "host": urlsplit(remote.base_url).hostname if remote.base_url else None,
            "provider": None if remote.base_url else remote.provider,
            "label_map": dict(self._options.label_map),
        }
        if self._wording is None:
            return settings
        settings |= {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "max_new_tokens": sampling.max_new_tokens,
            "repeats": sampling.repeats,
            "seed": sampling.seed,
            "stops": list(self._wording.few_shot.stops),
            "label_rule": self._task.label_rule,
        }
        if self._endpoint == "chat":
            settings |= {
                "system": remote.system,
                "system_role": remote.system_role,
                "chat_layout": remote.chat_layout,
            }
        return settings

    def _question(self, text: str, repeat: int, request_id: str = "") -> dict[str, Any]:
        """Return everything that determines one answer."""
        question: dict[str, Any] = {
            "model": self._service.model,
            "url": self._service.url,
            "provider": self._options.remote.provider,
            "endpoint": self._endpoint,
            "repeat": repeat,
        }
        if self._wording is None:
            return {**question, "input": text}
        seed = request_seed(self._options.sampling.seed, request_id, str(repeat)) % _SEEDS
        if self._endpoint == "chat":
            asked = self._wording.messages(text)
            return {**question, "input": asked, "settings": self._chat_settings(seed)}
        return {
            **question,
            "input": self._wording.few_shot.render(text),
            "settings": self._text_settings(seed),
        }

    def _chat_settings(self, seed: int) -> dict[str, Any]:
        sampling = self._options.sampling
        stops = self._wording.few_shot.stops if self._wording else ()
        return {
            "max_tokens": sampling.max_new_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": seed,
            "stop": list(stops),
        }

    def _text_settings(self, seed: int) -> dict[str, Any]:
        """Return the parameters of text generation; it takes no 0, 1 or 0 for "none"."""
        sampling = self._options.sampling
        stops = self._wording.few_shot.stops if self._wording else ()
        drawn = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p if sampling.top_p < 1 else None,
            "top_k": sampling.top_k or None,
        }
        return {
            "max_new_tokens": sampling.max_new_tokens,
            "do_sample": sampling.temperature > 0,
            **(drawn if sampling.temperature > 0 else {}),
            "seed": seed,
            "stop": list(stops),
            "return_full_text": False,
        }

    def _ask(self, questions: Sequence[Mapping[str, Any]]) -> list[Any]:
        return self._asker.ask(questions, self._send, size=_size, most=_most)

    def _send(self, question: Mapping[str, Any]) -> Answered:
        """Send one question; keep of the answer what is read, without keys."""
        asked, service = question["input"], self._service
        if self._endpoint == "classification":
            return Answered(service.classify(asked), tokens_of(asked))
        if self._endpoint == "completions":
            text = service.complete(asked, question["settings"])
            tokens = tokens_of(asked), tokens_of(text)
        else:
            found = service.talk(asked, question["settings"])
            choices = found.get("choices")
            said = said_in_chat(dict(choices[0])) if choices else None
            if said is None:
                raise service.failures.misplaced("choices", str(found))
            usage = found.get("usage") or {}
            text, tokens = said, (usage.get("prompt_tokens") or 0,
                                  usage.get("completion_tokens") or 0)  # fmt: skip
        return Answered(service.failures.secrets.scrub(text), *tokens)

    def _from_masses(self, request_id: str, pairs: Sequence[Sequence[Any]]) -> Prediction:
        """Sum a text's probabilities by the labels of the task."""
        masses = dict.fromkeys(self._task.labels, 0.0)
        for name, mass in pairs:
            if name not in self._label_of:
                raise self._service.failures.lasting(f"the model has a further label: {name!r}")
            masses[self._label_of[name]] += mass
        probabilities, unparsed = check_masses(masses, self._name)
        return Prediction(
            id=request_id,
            probabilities=probabilities,
            unparsed=unparsed,
            samples=(most_likely(probabilities, unparsed),),
        )


def _size(question: Mapping[str, Any]) -> int:
    """Return how many tokens a question and its answer are expected to cost."""
    asked = question["input"]
    text = asked if isinstance(asked, str) else "".join(said["content"] for said in asked)
    return tokens_of(text) + _longest_answer(question)


def _most(question: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many tokens a question has, and its answer can have, at most."""
    return most_tokens_of(question["input"]), _longest_answer(question)


def _longest_answer(question: Mapping[str, Any]) -> int:
    settings = question.get("settings", {})
    return int(settings.get("max_tokens") or settings.get("max_new_tokens") or 0)


def create(locator: str, task: Task | None, options: ClassifierOptions) -> InferenceClassifier:
    """Load ``hf-inference:MODEL``.

    Raises
    ------
    ConfigError
        If the key is missing, the address is not safe, or the task or the labels do not fit.
    ProviderError
        If the service does not answer.
    """
    from audit.classifiers.remote.hf_client import InferenceService

    shown = PurePath(locator).name if PurePath(locator).is_absolute() else locator
    name = f"hf-inference:{shown}"
    found = labels_task(task, name)
    service = InferenceService(locator, name, options.remote)
    return InferenceClassifier(service, name, found, options)
