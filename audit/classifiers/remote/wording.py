"""What a language model behind a service is sent, and how its answers are read."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from audit.classifiers.generation import sampled_prediction
from audit.classifiers.labels import check_labels
from audit.classifiers.prompt import FewShotPrompt
from audit.classifiers.remote.secrets import Secrets
from audit.errors import ConfigError
from audit.records import ClassifierOptions, Prediction, Shot, Task

_TEXT = "{text}"


class Wording:
    """A task in the words of a prompt or of a chat.

    Parameters
    ----------
    task : Task
        A labels task.
    options : ClassifierOptions
        ``label_map`` names further answers that count as a label; ``remote`` has the system
        prompt, its role and the layout of a chat.

    Raises
    ------
    ConfigError
        If the prompt cannot be built, or the label map does not fit.
    """

    def __init__(self, task: Task, options: ClassifierOptions) -> None:
        self.few_shot = FewShotPrompt(task)
        self._task, self._remote = task, options.remote
        for theirs, ours in options.label_map.items():
            if ours not in task.labels or theirs in task.labels:
                raise ConfigError(
                    f"{theirs}={ours} does not give a further answer for a label",
                    where="--label-map",
                    hint="write ANSWER=LABEL; the labels are " + ", ".join(task.labels),
                )
        self.answers = (*task.labels, *options.label_map)
        check_labels(self.answers, task.separator)
        self._label_of = {**{label: label for label in task.labels}, **options.label_map}
        self._read = replace(task, labels=self.answers)

    def with_shots(self, shots: Sequence[Shot]) -> Wording:
        """Return the same wording with other examples."""
        other = copy.copy(self)
        other._task = replace(self._task, shots=tuple(shots))
        other.few_shot = FewShotPrompt(other._task)
        return other

    def messages(self, text: str) -> list[dict[str, str]]:
        """Return the messages of a chat that asks about ``text``."""
        remote, task = self._remote, self._task
        system = [remote.system] if remote.system else []
        if remote.chat_layout == "prompt":
            spoken = [{"role": "user", "content": self.few_shot.render(text)}]
        else:
            system += [task.description.strip()] if task.description.strip() else []
            spoken = [
                {"role": "assistant" if answers else "user", "content": said}
                for answers, said in self.few_shot.turns(text)
            ]
        if system:
            spoken.insert(0, {"role": remote.system_role, "content": "\n\n".join(system)})
        return spoken

    def sha256(self, *, chat: bool) -> str:
        """Hash what is sent, with ``{text}`` in the place of the text."""
        if not chat:
            return self.few_shot.sha256
        return hashlib.sha256(json.dumps(self.messages(_TEXT)).encode()).hexdigest()

    def shown(self, text: str, *, chat: bool) -> str:
        """Return what is sent for ``text``, for people."""
        if not chat:
            return self.few_shot.render(text)
        return "\n".join(f"[{said['role']}] {said['content']}" for said in self.messages(text))

    def sampled(self, request_id: str, outputs: Sequence[str], secrets: Secrets) -> Prediction:
        """Read labels off the outputs of one request."""
        found = sampled_prediction(
            request_id, [secrets.scrub(output) for output in outputs], self._read,
            self.few_shot.stops,
        )  # fmt: skip
        samples = tuple(None if s is None else self._label_of[s] for s in found.samples)
        return replace(found, samples=samples)

    def by_label(self, masses: Sequence[float]) -> dict[str, float]:
        """Sum the masses of ``answers`` by the labels they stand for."""
        sums = dict.fromkeys(self._task.labels, 0.0)
        for answer, mass in zip(self.answers, masses, strict=True):
            sums[self._label_of[answer]] += mass
        return sums


def said_in_chat(choice: Any) -> str | None:
    """Return what a chat's choice says; a refusal is marked so that no label is read off it."""
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        return None
    if message.get("refusal"):
        return f"[refusal] {message['refusal']}"
    content = message.get("content")
    if content is None:
        return f"[nothing: {choice.get('finish_reason')}]"
    return content if isinstance(content, str) else None
