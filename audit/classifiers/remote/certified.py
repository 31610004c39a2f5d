"""Label probabilities from a completion service, as intervals that hold for certain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from audit.classifiers.exact.decide import NONE, UNDECIDED, Decider
from audit.classifiers.remote.next_tokens import NextTokens, temper

EPS = 0.01
_MOST = 16  # beginnings followed for one prompt
_ENDS = frozenset(
    end.encode()
    for end in (
        "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|im_end|>", "<|end|>", "</s>", "<eos>",
        "<end_of_turn>", "[EOS]",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Beginning:
    """An undecided beginning of an answer.

    Parameters
    ----------
    data : bytes
        What was written so far.
    length : int
        In how many tokens.
    """

    data: bytes
    length: int


@dataclass(frozen=True, slots=True)
class AnswerBounds:
    """What sampling would answer: the mass of a label lies between its own and that plus ``open``.

    Parameters
    ----------
    labels : tuple of float
        Mass that is certainly on each label, in [0, 1].
    unparsed : float
        Mass that is certainly on no label, in [0, 1].
    open : float
        The rest, in [0, 1].
    missing : float
        Share of ``open`` on tokens that the service did not return, in [0, 1].
    """

    labels: tuple[float, ...]
    unparsed: float
    open: float
    missing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How answers come about and are read.

    Parameters
    ----------
    decider : Decider
        Reads them.
    n_labels : int
        Number of its labels.
    temperature : float
        From 0 to 1.
    max_new_tokens : int
        Most tokens of an answer.
    """

    decider: Decider
    n_labels: int
    temperature: float
    max_new_tokens: int


@dataclass(slots=True)
class _Tree:
    """The answer to one prompt as far as it is known."""

    labels: list[float]
    unparsed: float = 0.0
    missing: float = 0.0
    frontier: dict[Beginning, float] = field(default_factory=dict)
    met: set[Beginning] = field(default_factory=set)
    followed: int = 0


Follow = Callable[[Sequence[tuple[int, Beginning]]], list[NextTokens | None]]
"""Asks what comes after beginnings, each with the number of its prompt."""


def certify(
    count: int, follow: Follow, reading: Reading, *, eps: float = EPS
) -> list[AnswerBounds]:
    """Follow the undecided beginnings of every answer, the likeliest first, all prompts at once.

    Parameters
    ----------
    count : int
        Number of prompts.
    follow : callable
        Asks for the next tokens; ``None`` where a beginning cannot be followed, which leaves its
        mass open.
    reading : Reading
        How answers come about and are read.
    eps : float
        Beginnings with less mass than this in all stay open.

    Returns
    -------
    list of AnswerBounds
        For each prompt.
    """
    trees = [
        _Tree([0.0] * reading.n_labels, frontier={Beginning(b"", 0): 1.0}) for _ in range(count)
    ]
    while True:
        wanted = [
            (number, beginning)
            for number, tree in enumerate(trees)
            for beginning in _worth_following(tree, eps)
        ]
        if not wanted:
            break
        for (number, beginning), found in zip(wanted, follow(wanted), strict=True):
            tree = trees[number]
            mass = tree.frontier.pop(beginning)
            tree.followed += 1
            if found is not None:
                _book(tree, beginning, mass, found, reading)
    return [
        AnswerBounds(
            tuple(tree.labels),
            tree.unparsed,
            max(0.0, 1.0 - sum(tree.labels) - tree.unparsed),
            tree.missing,
        )
        for tree in trees
    ]


def _worth_following(tree: _Tree, eps: float) -> list[Beginning]:
    """Return the beginnings that hold more than ``eps`` together, the likeliest first."""
    left = sum(tree.frontier.values())
    chosen: list[Beginning] = []
    for beginning, mass in sorted(tree.frontier.items(), key=lambda item: -item[1]):
        if left < eps or tree.followed + len(chosen) >= _MOST:
            break
        chosen.append(beginning)
        left -= mass
    return chosen


def _book(
    tree: _Tree, beginning: Beginning, mass: float, found: NextTokens, reading: Reading
) -> None:
    """Divide the mass of a beginning among what its next tokens settle."""
    tempered = temper(found, reading.temperature)
    last = beginning.length + 1 >= reading.max_new_tokens
    tree.missing += mass * tempered.open
    for token, share in zip(found.tokens, tempered.masses, strict=True):
        outcome, data = _settled(beginning.data, token, reading.decider, last)
        if outcome is None:
            continue
        if outcome == UNDECIDED:
            _extend(tree, Beginning(data, beginning.length + 1), mass * share)
        elif outcome == NONE:
            tree.unparsed += mass * share
        else:
            tree.labels[outcome] += mass * share


def _extend(tree: _Tree, longer: Beginning, mass: float) -> None:
    """Add a beginning; one that two ways lead to stays open, as it can be sent in one way only."""
    if longer in tree.met:
        tree.frontier.pop(longer, None)
    else:
        tree.met.add(longer)
        tree.frontier[longer] = mass


def _settled(
    data: bytes, token: bytes | None, decider: Decider, last: bool
) -> tuple[int | None, bytes]:
    """Return what a token settles after ``data``; ``None`` where nobody can tell."""
    if token is None:
        return None, data
    if token in _ENDS:
        return decider(data, finished=True), data
    return decider(data + token, finished=last), data + token
