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
        elif label_forms(label) in map(label_forms, labels[:position]):
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
        ``starts_with`` is literal: anything may follow the label, so "Positively" is read as
        "Positive" and "否定的" as "否定". ``exact`` allows nothing but space after it.
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
    answer = cut_at_stop(text, stops).lstrip()
    forms = [(form, label) for label in labels for form in label_forms(label)]
    for form, label in sorted(forms, key=lambda pair: len(pair[0]), reverse=True):
        if answer.rstrip() == form if rule == "exact" else answer.startswith(form):
            return label
    return None


def rule_in_words(rule: LabelRule, stops: Sequence[str]) -> str:
    r"""Say what counts as a label, for the record.

    Examples
    --------
    >>> print(rule_in_words("exact", ["\n"]).replace(";", ";\n"))
    An answer is what stands before the first line break;
     it counts as a label if it is the label and nothing else but space.
    """
    ends = " or ".join("line break" if stop == "\n" else f'"{stop}"' for stop in stops)
    counts = {
        "starts_with": "if it begins with the label, after any space and whatever follows",
        "exact": "if it is the label and nothing else but space",
    }[rule]
    return f"An answer is what stands before the first {ends}; it counts as a label {counts}."


def label_forms(label: str) -> tuple[str, ...]:
    """Return the ways to write a label: with composed and with decomposed characters."""
    return tuple(dict.fromkeys(unicodedata.normalize(kind, label) for kind in ("NFC", "NFD")))
