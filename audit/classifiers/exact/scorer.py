"""The exact distribution of the answers to prompts, as an interval for each label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from audit.classifiers.exact.decide import UNDECIDED, Decider
from audit.classifiers.exact.forward import Forward, Ids
from audit.classifiers.exact.masses import Draws, by_outcome, token_masses
from audit.classifiers.exact.vocabulary import Table, Vocabulary

EPS = 0.01
_NODES = 256  # undecided beginnings followed for one prompt before the rest stays unresolved
_NODES_AT_ONCE = 32
_OFTEN = 0.25  # one more token with every prompt costs about a quarter of computing one again
_PROMPTS = 2048  # prompts whose distributions are held in memory at once


@dataclass(frozen=True, slots=True)
class AnswerMasses:
    """What sampling would answer.

    Parameters
    ----------
    labels : ndarray of shape (n_prompts, n_temperatures, n_labels)
        Mass that is certainly on each label, in [0, 1].
    unresolved : ndarray of shape (n_prompts, n_temperatures)
        Mass of beginnings that were not followed to a decision, in [0, 1]: the probability of a
        label lies between its mass and that plus ``unresolved``.
    """

    labels: NDArray[np.float64]
    unresolved: NDArray[np.float64]

    @property
    def unparsed(self) -> NDArray[np.float64]:
        """Mass that is certainly on no label, of shape (n_prompts, n_temperatures)."""
        rest: NDArray[np.float64] = 1.0 - self.labels.sum(axis=-1) - self.unresolved
        return rest.clip(0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRule:
    """Everything besides the model that decides how an answer comes about and is read.

    Parameters
    ----------
    labels : tuple of str
        The task's labels.
    rule : {'starts_with', 'exact'}
        What counts as a label.
    stops : tuple of str
        Where an answer ends.
    max_new_tokens : int
        Most tokens of an answer.
    draws : Draws
        Temperatures and truncation.
    eps : float
        Largest mass per prompt and temperature that may stay unresolved.
    """

    labels: tuple[str, ...]
    rule: Literal["starts_with", "exact"]
    stops: tuple[str, ...]
    max_new_tokens: int
    draws: Draws
    eps: float = EPS


@dataclass(slots=True)
class _Beginning:
    """An undecided beginning of an answer, and how likely it is at each temperature."""

    path: Ids
    data: bytes
    mass: NDArray[np.float64]


@dataclass(slots=True)
class _Open:
    """A prompt that is not settled yet."""

    place: int
    prompt: Ids
    frontier: list[_Beginning]
    followed: int = 0
    ready: dict[Ids, NDArray[np.float64]] = field(default_factory=dict)

    def undecided(self) -> NDArray[np.float64]:
        """Return the mass of all beginnings at each temperature."""
        total: NDArray[np.float64] = np.sum([one.mass for one in self.frontier], axis=0)
        return total


class ExactScorer:
    """Computes answer distributions over all ways in which tokens can spell a label.

    Every next token settles the answer, or leaves it undecided; undecided beginnings are followed,
    the likeliest first, until less than ``eps`` is open. A beginning that many prompts had to
    follow (labels of several tokens have such) is computed together with the prompts after that,
    which changes the work, not the result.

    Parameters
    ----------
    vocabulary : Vocabulary
        Bytes of the tokens.
    rule : AnswerRule
        How answers come about and are read.
    name : str
        Name of the model, for messages.
    """

    def __init__(self, vocabulary: Vocabulary, rule: AnswerRule, name: str) -> None:
        self._vocabulary = vocabulary
        self._rule = rule
        self._name = name
        self.decider = Decider(rule.labels, rule.rule, rule.stops)
        self._tables: dict[tuple[bytes, bool], Table] = {}
        self._seen = 0
        self._followed: Counter[Ids] = Counter()

    def score(self, forward: Forward, prompts: Sequence[Ids]) -> AnswerMasses:
        """Score prompts.

        Parameters
        ----------
        forward : Forward
            A checked way to compute logits.
        prompts : sequence of tuple of int
            Token ids. Equal prompts are computed once.

        Returns
        -------
        AnswerMasses
            One row for each prompt, in order.

        Raises
        ------
        ClassifierError
            If the model's output is not a number, or memory does not suffice for one prompt.
        """
        distinct = sorted(set(prompts))
        rows = {prompt: row for row, prompt in enumerate(distinct)}
        shape = (len(distinct), len(self._rule.draws.temperatures))
        labels = np.zeros((*shape, len(self._rule.labels)))
        unresolved = np.zeros(shape)
        for start in range(0, len(distinct), _PROMPTS):
            part = slice(start, start + _PROMPTS)
            self._score_part(forward, distinct[part], labels[part], unresolved[part])
        chosen = [rows[prompt] for prompt in prompts]
        return AnswerMasses(labels[chosen], unresolved[chosen])

    def _score_part(
        self,
        forward: Forward,
        prompts: Sequence[Ids],
        labels: NDArray[np.float64],
        unresolved: NDArray[np.float64],
    ) -> None:
        """Fill the rows of some prompts."""
        eager = self._often_followed() if forward.engine == "trie" else []
        queries = [(place, path) for place in range(len(prompts)) for path in [(), *eager]]
        waiting: dict[int, _Open] = {}
        ready: dict[int, dict[Ids, NDArray[np.float64]]] = {}
        sequences = [(*prompts[place], *path) for place, path in queries]
        for found, logits in forward.run(sequences):
            for path, rows in _by_path(queries, found).items():
                whole = len(rows) == len(found)
                masses = self._masses(logits if whole else logits[rows], path)
                places = [queries[found[row]][0] for row in rows]
                if path:
                    for place, mass in zip(places, masses, strict=True):
                        ready.setdefault(place, {})[path] = mass
                    continue
                self._book_first(places, masses, labels, unresolved)
                for place, mass in zip(places, masses, strict=True):
                    if unresolved[place].max() > self._rule.eps:
                        opened = self._begin(place, prompts[place], mass)
                        waiting[place] = opened
        for place, opened in waiting.items():
            opened.ready = ready.get(place, {})
        self._follow(forward, list(waiting.values()), labels, unresolved)
        self._seen += len(prompts)

    def _often_followed(self) -> list[Ids]:
        """Return the beginnings that a good part of the prompts so far had to follow."""
        return sorted(path for path, n in self._followed.items() if n >= _OFTEN * self._seen)

    def _book_first(
        self,
        places: Sequence[int],
        masses: NDArray[np.float64],
        labels: NDArray[np.float64],
        unresolved: NDArray[np.float64],
    ) -> None:
        """Book what the first token settles, for many prompts at once."""
        table = self._table((), b"")
        kinds = [*range(len(self._rule.labels)), UNDECIDED]
        sums = by_outcome(masses, table.outcomes, kinds)
        labels[places], unresolved[places] = sums[..., :-1], sums[..., -1]

    def _follow(
        self,
        forward: Forward,
        waiting: list[_Open],
        labels: NDArray[np.float64],
        unresolved: NDArray[np.float64],
    ) -> None:
        """Follow undecided beginnings in waves until every prompt is settled or given up."""
        while waiting:
            wanted: list[tuple[_Open, _Beginning]] = []
            for opened in waiting:
                wanted.extend((opened, one) for one in self._advance(opened, labels))
                unresolved[opened.place] = opened.undecided() if opened.frontier else 0.0
            queries = [(number, one.path) for number, (_, one) in enumerate(wanted)]
            sequences = [(*opened.prompt, *one.path) for opened, one in wanted]
            for found, logits in forward.run(sequences):
                for group in _by_state(found, [self._key(path) for _, path in queries]):
                    masses = self._masses(logits[group], queries[found[group[0]]][1])
                    for row, mass in zip(group, masses, strict=True):
                        opened, one = wanted[found[row]]
                        opened.ready[one.path] = mass
            waiting = list({id(opened): opened for opened, _ in wanted}.values())

    def _advance(self, opened: _Open, labels: NDArray[np.float64]) -> list[_Beginning]:
        """Book what is known; return the beginnings to compute next, the likeliest first."""
        while True:
            frontier = sorted(opened.frontier, key=lambda one: (-one.mass.max(), one.path))
            chosen, left = [], opened.undecided() if frontier else np.zeros(1)
            for one in frontier:
                if left.max() <= self._rule.eps:
                    break
                chosen.append(one)
                left = left - one.mass
            known = [one for one in chosen if one.path in opened.ready]
            if not known:
                room = min(_NODES_AT_ONCE, _NODES - opened.followed)
                opened.followed += len(chosen[:room])
                return chosen[:room]
            for one in known:
                opened.frontier.remove(one)
                self._followed[one.path] += 1
                self._book(opened, one, opened.ready.pop(one.path), labels)

    def _book(
        self,
        opened: _Open,
        one: _Beginning,
        masses: NDArray[np.float64],
        labels: NDArray[np.float64],
    ) -> None:
        """Book what the token after a beginning settles, and keep what it leaves undecided."""
        table = self._table(one.path, one.data)
        joint = one.mass[:, None] * masses
        kinds = list(range(len(self._rule.labels)))
        labels[opened.place] += by_outcome(joint[None], table.outcomes, kinds)[0]
        opened.frontier.extend(self._undecided(one, joint, table))

    def _begin(self, place: int, prompt: Ids, masses: NDArray[np.float64]) -> _Open:
        """Open a prompt whose first token leaves too much undecided."""
        start = _Beginning((), b"", np.ones(len(masses)))
        return _Open(place, prompt, self._undecided(start, masses, self._table((), b"")))

    def _undecided(
        self, one: _Beginning, joint: NDArray[np.float64], table: Table
    ) -> list[_Beginning]:
        """Return the beginnings one token longer that are still undecided."""
        return [
            _Beginning(
                (*one.path, int(table.ids[column])),
                one.data + self._vocabulary.tokens[table.ids[column]],
                joint[:, column],
            )
            for column in np.flatnonzero(table.outcomes == UNDECIDED)
            if joint[:, column].max() > 0
        ]

    def _masses(self, logits: torch.Tensor, path: Ids) -> NDArray[np.float64]:
        """Masses of the tokens that matter after a path."""
        table = self._table(path, self._bytes(path))
        return token_masses(logits, table.ids, self._rule.draws, self._name)

    def _bytes(self, path: Ids) -> bytes:
        return b"".join(self._vocabulary.tokens[token] for token in path)

    def _key(self, path: Ids) -> tuple[bytes, bool]:
        """Return what the table after a path depends on."""
        return self.decider.state(self._bytes(path)), len(path) + 1 >= self._rule.max_new_tokens

    def _table(self, path: Ids, data: bytes) -> Table:
        """Return what each token after a path settles."""
        key = self.decider.state(data), len(path) + 1 >= self._rule.max_new_tokens
        if key not in self._tables:
            self._tables[key] = self._vocabulary.table(self.decider, key[0], last=key[1])
        return self._tables[key]


def _by_path(queries: Sequence[tuple[int, Ids]], found: Sequence[int]) -> dict[Ids, list[int]]:
    """Group the rows of a part by their path after the prompt."""
    groups: dict[Ids, list[int]] = {}
    for row, query in enumerate(found):
        groups.setdefault(queries[query][1], []).append(row)
    return groups


def _by_state(found: Sequence[int], keys: Sequence[tuple[bytes, bool]]) -> list[list[int]]:
    """Group the rows of a part that are read by one table."""
    groups: dict[tuple[bytes, bool], list[int]] = {}
    for row, query in enumerate(found):
        groups.setdefault(keys[query], []).append(row)
    return list(groups.values())
