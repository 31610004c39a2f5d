"""``openai:`` targets: a language model behind an OpenAI-compatible server."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Literal

from audit.classifiers.draws import draw_labels, request_seed
from audit.classifiers.exact.decide import Decider
from audit.classifiers.kinds import check_sampling, labels_task
from audit.classifiers.labels import rule_in_words
from audit.classifiers.remote.asking import Answered, Asker
from audit.classifiers.remote.certified import EPS, AnswerBounds, Beginning, Reading, certify
from audit.classifiers.remote.next_tokens import NextTokens, first_choice, read_next_tokens
from audit.classifiers.remote.openai_client import OpenAIService
from audit.classifiers.remote.openai_ways import Way, choose_way
from audit.classifiers.remote.tokens import most_tokens_of, tokens_of
from audit.classifiers.remote.wording import Wording, said_in_chat
from audit.errors import ConfigError, ProviderError
from audit.records import ClassifierInfo, ClassifierOptions, Prediction, Request, Shot, Task

_ROUNDS = 2  # requests of each connection between two writes of the log
_SEEDS = 2**31
_PROBE = "The library opens at nine."


@dataclass(slots=True)
class _Open:
    """How much of the answers stayed open so far."""

    answers: int = 0
    total: float = 0.0
    most: float = 0.0
    missing: float = 0.0
    short: int = 0

    def add(self, found: AnswerBounds) -> None:
        self.answers += 1
        self.total += found.open
        self.most = max(self.most, found.open)
        self.missing = max(self.missing, found.missing)


class OpenAIClassifier:
    """Asks for completions with log probabilities where that can be had, else for labels.

    Parameters
    ----------
    service : OpenAIService
        The server.
    model : str
        Name of the model there.
    name : str
        Name of the target.
    task : Task
        A labels task.
    options : ClassifierOptions
        ``scoring``, ``sampling``, ``label_map``, ``remote``.

    Raises
    ------
    ConfigError
        If an option does not fit, or the server cannot do what was asked for.
    ProviderError
        If the server does not answer.
    """

    def __init__(
        self,
        service: OpenAIService,
        model: str,
        name: str,
        task: Task,
        options: ClassifierOptions,
    ) -> None:
        check_sampling(options.sampling)
        if options.sampling.top_k:
            raise ConfigError("this interface has no top-k", where="--top-k", hint="leave it out")
        self._service, self._model, self._name = service, model, name
        self._task, self._sampling, self._remote = task, options.sampling, options.remote
        self._wording = Wording(task, options)
        answers, stops = self._wording.answers, self._wording.few_shot.stops
        self._reading = Reading(
            decider=Decider(answers, task.label_rule, stops),
            n_labels=len(answers),
            temperature=options.sampling.temperature,
            max_new_tokens=options.sampling.max_new_tokens,
        )
        self._label_map = dict(options.label_map)
        self._asker = Asker(name, options.remote)
        self._revision: str | None = None
        self._open = _Open()
        self._way: Way = choose_way(self._probe, options, name)
        calls = 1 if self._way.top else self._sampling.repeats
        self.batch_size = options.batch_size or max(
            1, options.remote.concurrency * _ROUNDS // calls
        )

    @property
    def info(self) -> ClassifierInfo:
        """Identity and settings; notes say how it was asked and what stayed open."""
        way, sampling, few_shot = self._way, self._sampling, self._wording.few_shot
        notes = [*way.notes, rule_in_words(self._task.label_rule, few_shot.stops)]
        if self._open.answers:
            notes.append(self._open_in_words())
        settings: dict[str, Any] = {
            "host": self._service.host,
            "endpoint": way.endpoint,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_new_tokens": sampling.max_new_tokens,
            "repeats": sampling.repeats,
            "seed": sampling.seed,
            "stops": list(few_shot.stops),
            "label_rule": self._task.label_rule,
            "label_map": self._label_map,
        }
        if way.endpoint == "chat":
            settings |= {
                "system": self._remote.system,
                "system_role": self._remote.system_role,
                "chat_layout": self._remote.chat_layout,
            }
        if way.top:
            settings |= {"top_logprobs": way.top, "eps": EPS}
        return ClassifierInfo(
            model=self._name,
            scoring="exact" if way.top else "sampled",
            revision=self._revision,
            prompt_sha256=self._wording.sha256(chat=way.endpoint == "chat"),
            versions=self._service.versions,
            settings=settings,
            notes=tuple(notes),
        )

    def with_shots(self, shots: Sequence[Shot]) -> OpenAIClassifier:
        """Return the same server asked with other examples; limits and cache are shared."""
        other = copy.copy(self)
        other._wording = self._wording.with_shots(shots)
        other._open = _Open()
        return other

    def prompt(self, text: str) -> str:
        """Return what is sent for ``text``."""
        return self._wording.shown(text, chat=self._way.endpoint == "chat")

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        """Answer every request, in order.

        Raises
        ------
        ProviderError
            If the server fails, or its answer is no completion.
        """
        if not requests:
            return []
        return self._exact(requests) if self._way.top else self._sampled(requests)

    def _sampled(self, requests: Sequence[Request]) -> list[Prediction]:
        """Ask for every repeat of every text."""
        repeats, seed = self._sampling.repeats, self._sampling.seed
        questions = [
            self._question(
                self._way.endpoint,
                request.text,
                repeat,
                seed=request_seed(seed, request.id, str(repeat)) % _SEEDS,
            )
            for request in requests
            for repeat in range(repeats)
        ]
        texts = [answer["text"] for answer in self._ask(questions)]
        return [
            self._wording.sampled(
                request.id,
                texts[place * repeats : (place + 1) * repeats],
                self._service.failures.secrets,
            )
            for place, request in enumerate(requests)
        ]

    def _exact(self, requests: Sequence[Request]) -> list[Prediction]:
        """Bound the label probabilities, and draw the repeats that people read."""
        prompts = [self._wording.few_shot.render(request.text) for request in requests]
        lengths: dict[int, Any] = {}

        def follow(wanted: Sequence[tuple[int, Beginning]]) -> list[NextTokens | None]:
            return self._follow(prompts, wanted, lengths)

        found = certify(len(prompts), follow, self._reading)
        return [self._bounded(request, one) for request, one in zip(requests, found, strict=True)]

    def _bounded(self, request: Request, found: AnswerBounds) -> Prediction:
        """Write bounds as a prediction."""
        self._open.add(found)
        masses = self._wording.by_label(found.labels)
        return Prediction(
            id=request.id,
            probabilities=masses,
            unparsed=found.unparsed,
            unresolved=found.open,
            samples=draw_labels(
                masses, self._sampling.repeats, seed=self._sampling.seed, request_id=request.id
            ),
        )

    def _follow(
        self,
        prompts: Sequence[str],
        wanted: Sequence[tuple[int, Beginning]],
        lengths: dict[int, Any],
    ) -> list[NextTokens | None]:
        """Ask what comes after beginnings.

        A beginning is sent as text. It stays open unless the server's token counts show that it
        was read as the number of tokens in which it would have been generated.
        """
        sent: dict[int, dict[str, Any]] = {}
        for place, (number, beginning) in enumerate(wanted):
            try:
                prompt = prompts[number] + beginning.data.decode()
            except UnicodeDecodeError:
                continue
            sent[place] = self._next_question(prompt, self._way.top)
        answers = dict(zip(sent, self._ask(list(sent.values())), strict=True))
        found: list[NextTokens | None] = []
        for place, (number, beginning) in enumerate(wanted):
            answer = answers.get(place)
            if answer is None:
                found.append(None)
                continue
            if beginning.length == 0:
                lengths[number] = answer["prompt_tokens"]
            elif not _longer(lengths[number], answer["prompt_tokens"], beginning.length):
                found.append(None)
                continue
            found.append(self._read(answer))
        return found

    def _read(self, answer: Mapping[str, Any]) -> NextTokens:
        """Read log probabilities that must be there, as they were when they were tried."""
        found = read_next_tokens(answer, self._way.top, self._name)
        if found is None:
            raise ProviderError(
                "the service returned no log probabilities, and it did before",
                retryable=False,
                where=self._name,
                hint="use --scoring sampled",
            )
        self._open.short += len(found.tokens) < self._way.top
        return found

    def _probe(self, endpoint: Literal["completions", "chat"], top: int) -> bool:
        """Try an interface; whether log probabilities came back. Learns the model's own name."""
        if top:
            prompt = self._wording.few_shot.render(_PROBE)
            question = self._next_question(prompt, top)
        else:
            question = self._question(endpoint, _PROBE, -1, seed=0)
        (answer,) = self._ask([question])
        own = PurePath(answer["model"]).name
        self._revision = own if own and own != PurePath(self._model).name else None
        return bool(top) and read_next_tokens(answer, top, self._name) is not None

    def _next_question(self, prompt: str, top: int) -> dict[str, Any]:
        """Ask for the next token; at temperature 1 all servers mean the same probabilities."""
        body = {
            "model": self._model,
            "prompt": prompt,
            "max_tokens": 1,
            "temperature": 1.0,
            "top_p": 1.0,
            "seed": self._sampling.seed % _SEEDS,
            "logprobs": top,
        }
        return {"url": self._service.url, "endpoint": "completions", "body": body, "repeat": 0}

    def _question(
        self, endpoint: Literal["completions", "chat"], text: str, repeat: int, *, seed: int
    ) -> dict[str, Any]:
        """Ask for an answer; the whole question is the cache's key, its repeat included."""
        asked: dict[str, Any] = (
            {"messages": self._wording.messages(text)}
            if endpoint == "chat"
            else {"prompt": self._wording.few_shot.render(text)}
        )
        body = {
            "model": self._model,
            **asked,
            "max_tokens": self._sampling.max_new_tokens,
            "temperature": self._sampling.temperature,
            "top_p": self._sampling.top_p,
            "seed": seed,
            "stop": list(self._wording.few_shot.stops),
        }
        return {"url": self._service.url, "endpoint": endpoint, "body": body, "repeat": repeat}

    def _ask(self, questions: Sequence[Mapping[str, Any]]) -> list[Any]:
        return self._asker.ask(questions, self._send, size=_size, most=_most)

    def _send(self, question: Mapping[str, Any]) -> Answered:
        """Send one question and keep of the answer what is read; refuse what is no completion."""
        answered = self._service.ask(question["endpoint"], question["body"])
        body, failures = answered.body, self._service.failures
        choice = first_choice(body)
        if choice is None:
            raise failures.misplaced("choices", body)
        chat = question["endpoint"] == "chat"
        text = said_in_chat(choice) if chat else choice.get("text")
        if not isinstance(text, str):
            raise failures.misplaced("text", body)
        kept = {
            "text": failures.secrets.scrub(text),
            "logprobs": None if chat else choice.get("logprobs"),
            "model": failures.secrets.scrub(str(body.get("model") or "")),
            "prompt_tokens": answered.tokens_in or None,
        }
        return replace(answered, body=kept)

    def _open_in_words(self) -> str:
        """Say what mass is missing."""
        seen = self._open
        said = (
            f"The service returns the {self._way.top} likeliest next tokens. Of an answer's "
            f"probability {seen.total / seen.answers:.2%} on average and {seen.most:.2%} at most "
            f"stayed open, up to {seen.missing:.2%} of it on tokens that were not returned; "
            "each label's probability is known to within that."
        )
        if seen.short:
            said += f" It returned fewer log probabilities than asked for {seen.short} times."
        return said


def _longer(before: Any, after: Any, tokens: int) -> bool:
    """Whether a prompt grew by so many tokens, as far as the server counts them."""
    return isinstance(before, int) and isinstance(after, int) and after == before + tokens


def _size(question: Mapping[str, Any]) -> int:
    """Return how many tokens a question and its answer are expected to cost."""
    body = question["body"]
    asked = body.get("prompt") or "".join(said["content"] for said in body["messages"])
    return tokens_of(asked) + int(body["max_tokens"])


def _most(question: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many tokens a question has, and its answer can have, at most."""
    return most_tokens_of(question["body"]), int(question["body"]["max_tokens"])


def create(locator: str, task: Task | None, options: ClassifierOptions) -> OpenAIClassifier:
    """Load ``openai:MODEL``.

    Raises
    ------
    ConfigError
        If the key is missing, the address is not safe, or the task or an option does not fit.
    ProviderError
        If the server does not answer.
    """
    shown = PurePath(locator).name if PurePath(locator).is_absolute() else locator
    name = f"openai:{shown}"
    found = labels_task(task, name)
    return OpenAIClassifier(OpenAIService(name, options.remote), locator, name, found, options)
