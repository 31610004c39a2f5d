"""The few-shot prompt, and the care that no audited text can forge an example in it."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

from audit.classifiers.labels import check_labels
from audit.errors import ConfigError
from audit.records import Task

_BREAKS = {"Cc", "Zl", "Zp"}
_OPENERS = "([{<-\u2013\u2014/"


@dataclass(frozen=True)
class FewShotPrompt:
    """A task written as a prompt to complete.

    The parts, joined by line breaks: the description (left out with its separator where it is
    empty), each shot with its label, and the text to label; the separator stands between them.
    The prompt ends after the colon of the output word, without a space.

    Parameters
    ----------
    task : Task
        A task of kind ``labels``.

    Raises
    ------
    ConfigError
        If the labels cannot be read back from an output, the separator is blank, the input or
        output word holds a line break, or a shot's label is none of the labels.

    Examples
    --------
    >>> from audit.records import Shot
    >>> task = Task(labels=("Good", "Bad"), shots=(Shot(text="Yes!", label="Good"),))
    >>> print(FewShotPrompt(task).render("No."))
    Text: "Yes!"
    Label: Good
    ###
    Text: "No."
    Label:
    """

    task: Task
    stops: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        task = self.task
        check_labels(task.labels, task.separator)
        if not task.separator.strip() or len(task.separator.splitlines()) > 1:
            raise ConfigError(
                f"the separator {task.separator!r} cannot keep the examples apart",
                where="task.separator",
                hint="write a mark that texts do not hold, such as '###'",
            )
        for where, word in (("input", task.input), ("output", task.output)):
            if not word.strip() or len(word.splitlines()) > 1:
                raise ConfigError(
                    f"{word!r} is no word to put before a text", where=f"task.{where}"
                )
        for number, shot in enumerate(task.shots, start=1):
            if shot.label not in task.labels:
                raise ConfigError(
                    f"shot {number} has the label {shot.label!r}",
                    where="task.shots",
                    hint="the labels are " + ", ".join(task.labels),
                )
        object.__setattr__(self, "stops", ("\n", task.separator))

    @property
    def label_continuations(self) -> tuple[str, ...]:
        """What follows the prompt when the answer is a label: a space and the label."""
        return tuple(f" {label}" for label in self.task.labels)

    @cached_property
    def sha256(self) -> str:
        """Hash of the prompt with ``{text}`` in the place of the text."""
        return hashlib.sha256((self._head + self._item("{text}")).encode()).hexdigest()

    @property
    def changed_shots(self) -> int:
        """How many shots had characters replaced so that they stay one example each."""
        return sum(self.changes(shot.text) for shot in self.task.shots)

    def render(self, text: str) -> str:
        """Return the prompt for ``text``, exactly as sent."""
        return self._head + self._item(self.clean(text))

    def turns(self, text: str) -> list[tuple[bool, str]]:
        """Return the shots and ``text`` as turns of a talk.

        Returns
        -------
        list of (bool, str)
            Whether the audited side speaks, and what: each shot's label, after its text.
        """
        spoken = []
        for shot in self.task.shots:
            spoken += [(False, self._item(self.clean(shot.text))), (True, shot.label)]
        return [*spoken, (False, self._item(self.clean(text)))]

    def clean(self, text: str) -> str:
        """Return ``text`` as it stands in the prompt: one line that cannot end its quotation.

        Line breaks and control characters become spaces, a separator is broken up by spaces, and
        straight double quotes become typographic ones.
        """
        line = "".join(
            " " if unicodedata.category(character) in _BREAKS else character for character in text
        )
        return _curl_quotes(_break_up(line, self.task.separator))

    def changes(self, text: str) -> bool:
        """Whether ``text`` has to be changed to stand in the prompt."""
        return self.clean(text) != text

    @cached_property
    def _head(self) -> str:
        """Everything before the audited text."""
        task = self.task
        parts = [task.description.strip()] if task.description.strip() else []
        parts += [f"{self._item(self.clean(shot.text))} {shot.label}" for shot in task.shots]
        return "".join(f"{part}\n{task.separator}\n" for part in parts)

    def _item(self, quoted: str) -> str:
        """One text with the label left to complete."""
        return f'{self.task.input}: "{quoted}"\n{self.task.output}:'


def _break_up(line: str, separator: str) -> str:
    """Put spaces between the characters of every occurrence of ``separator``."""
    broken = " ".join(separator) if len(separator) > 1 else " "
    while separator in line:
        line = line.replace(separator, broken)
    return line


def _curl_quotes(line: str) -> str:
    """Replace straight double quotes by opening or closing ones, by what stands before them."""
    out: list[str] = []
    for character in line:
        if character != '"':
            out.append(character)
        elif not out or out[-1].isspace() or out[-1] in _OPENERS:
            out.append("\u201c")
        else:
            out.append("\u201d")
    return "".join(out)
