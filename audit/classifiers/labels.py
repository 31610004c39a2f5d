"""What counts as an answer: the strict reading of generated text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Literal

from audit.errors import ConfigError

LabelRule = Literal["starts_with", "exact"]


def check_labels(labels: Sequence[str], separator: str = "") -> None:
    """Refuse label sets that no output could be read against.

    Raises
    ------
    ConfigError
        If there are no labels, or one is empty, repeated, has space at its ends, holds a line
        break, or holds the separator.
    """
    if not labels:
        raise ConfigError("the task names no labels", where="task.labels")
    for position, label in enumerate(labels):
        problem = None
        if not label or label != label.strip():
            problem = "is empty or begins or ends with a space"
        elif len(label.splitlines()) > 1:
            problem = "has a line break in it"
        elif separator and separator in label:
            problem = f"holds the separator {separator!r}"
        elif label in labels[:position]:
            problem = "is there twice"
        if problem:
            raise ConfigError(f"the label {label!r} {problem}", where="task.labels")


def cut_at_stop(text: str, stops: Sequence[str]) -> str:
    """Return ``text`` up to the first of ``stops``."""
    ends = [place for place in (text.find(stop) for stop in stops) if place >= 0]
    return text[: min(ends)] if ends else text


def parse_label(
    text: str, labels: Sequence[str], *, rule: LabelRule = "starts_with", stops: Sequence[str] = ()
) -> str | None:
    """Read one label off a generated text, or ``None`` where there is none.

    The text is cut at the first stop, then leading space is dropped. Case matters. Nothing is
    ever guessed: what is no label is unparsed, and unparsed is not neutral.

    Parameters
    ----------
    text : str
        What was generated after the prompt.
    labels : sequence of str
        The task's labels; where one begins another, the longest that fits is read.
    rule : {'starts_with', 'exact'}
        Whether text may follow the label. After a label only the end or something that is no
        letter may come, so "Positively" is not "Positive".
    stops : sequence of str
        Where generation ends: a line break and the task's separator.

    Returns
    -------
    str or None
        One of ``labels``.

    Examples
    --------
    >>> parse_label(" Positive, I think", ["Positive", "Negative"])
    'Positive'
    >>> parse_label(" positive", ["Positive", "Negative"]) is None
    True
    """
    answer = unicodedata.normalize("NFC", cut_at_stop(text, stops)).lstrip()
    for label in sorted(labels, key=len, reverse=True):
        shown = unicodedata.normalize("NFC", label)
        if rule == "exact":
            if answer.rstrip() == shown:
                return label
        elif answer.startswith(shown) and not _continues_word(answer[len(shown) :]):
            return label
    return None


def _continues_word(rest: str) -> bool:
    """Whether ``rest`` begins with a letter or a mark that belongs to the letter before it."""
    return bool(rest) and unicodedata.category(rest[0])[0] in "LM"
