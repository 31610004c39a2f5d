"""Which way of computing a model may be trusted with: compared before every run, never assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from audit.classifiers.exact.forward import (
    Engine,
    Forward,
    Ids,
    PlainForward,
    PrefixForward,
    TrieForward,
)
from audit.classifiers.exact.trie import Block, common_length
from audit.errors import ClassifierError

TOLERANCE = 1e-4
_BLOCKS = (256, 192, 128, 64)
_SMALLEST_BLOCK = 48


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The forward to use, and why.

    Parameters
    ----------
    forward : Forward
        The fastest way that gave the plain way's numbers.
    difference : float
        Largest difference of its log-probabilities from the plain way's; 0 for plain itself.
    longest : int or None
        Tokens of the longest sequence compared; ``None`` where nothing had to be.
    refused : tuple of (str, str)
        Faster ways that were not taken, each with the reason.
    """

    forward: Forward
    difference: float
    longest: int | None
    refused: tuple[tuple[Engine, str], ...]

    @property
    def sentence(self) -> str:
        """What a reader is told."""
        used = {
            "trie": "a shared prefix and packed tries",
            "prefix": "a shared prefix",
            "plain": "plain forward passes",
        }[self.forward.engine]
        checked = (
            f", within {self.difference:.1e} of plain forward passes in log-probability"
            if self.forward.engine != "plain"
            else ""
        )
        refused = "".join(f" Not used: {engine} ({why})." for engine, why in self.refused)
        return f"Probabilities were computed with {used}{checked}.{refused}"


def self_check(
    model: Any, name: str, samples: Sequence[Ids], tolerance: float = TOLERANCE
) -> CheckResult:
    """Compare the fast ways with plain forward passes and choose the fastest that agrees.

    A packed block is filled to the size it will have in the run, since an attention window shows
    only when it is passed, and the last sequences of the block are among those compared.

    Parameters
    ----------
    model : PreTrainedModel
        A causal language model in evaluation mode.
    name : str
        Its name, for messages.
    samples : sequence of tuple of int
        Prompts like those of the run; enough to fill a block.
    tolerance : float
        Largest difference of a log-probability.

    Returns
    -------
    CheckResult
        With a forward that was checked.

    Raises
    ------
    ClassifierError
        If the model's logits are not numbers.
    """
    distinct = sorted(set(samples))
    plain = _Plain(model, name)
    refused: dict[Engine, str] = {}
    window = _attention_window(model)
    shared = common_length(distinct[0], distinct[-1])
    blocks: tuple[int, ...] = _BLOCKS
    if window is not None and window < max(shared + _SMALLEST_BLOCK, *map(len, distinct)):
        blocks = ()
        refused["trie"] = (
            f"the attention window of {window} tokens has no room for a prefix of {shared} tokens "
            "and a block"
        )
    ways: list[PrefixForward] = [TrieForward(model, name, size, window) for size in blocks]
    for way in (*ways, PrefixForward(model, name)):
        block = _one_block(way, distinct, shared, window)
        why = _disagreement(way, block, plain, tolerance)
        if isinstance(why, float):
            refused.pop(way.engine, None)
            if isinstance(way, TrieForward):
                way.slots = shared + _size([ids[shared:] for ids in block])
            return CheckResult(way, why, max(map(len, block)), tuple(refused.items()))
        refused[way.engine] = why
    return CheckResult(PlainForward(model, name), 0.0, None, tuple(refused.items()))


class _Plain:
    """Log-probabilities of the plain way, each sequence computed once."""

    def __init__(self, model: Any, name: str) -> None:
        self._forward = PlainForward(model, name)
        self._name = name
        self._known: dict[Ids, torch.Tensor] = {}

    def log_p(self, sequences: Sequence[Ids]) -> list[torch.Tensor]:
        missing = [each for each in dict.fromkeys(sequences) if each not in self._known]
        for places, logits in self._forward.run(missing):
            for row, place in enumerate(places):
                found = torch.log_softmax(logits[row].double(), dim=-1)
                if bool(torch.isnan(found).any()):
                    raise ClassifierError(
                        "the model's output is not a number (NaN or infinite)",
                        where=self._name,
                        hint="check the weights; with --dtype float16 try bfloat16 or float32",
                    )
                self._known[missing[place]] = found
        return [self._known[each] for each in sequences]


def _disagreement(
    way: Forward, block: Sequence[Ids], plain: _Plain, tolerance: float
) -> float | str:
    """Compare a way of computing with the plain one.

    Parameters
    ----------
    way : Forward
        The way.
    block : sequence of tuple of int
        Sequences computed together; up to four of them are compared: the shortest, the longest,
        the last and the middle one.
    plain : _Plain
        What to compare with.
    tolerance : float
        Largest difference of a log-probability.

    Returns
    -------
    float or str
        The largest difference found, or the reason why the way is not to be trusted.
    """
    places = range(len(block))
    compared = {
        min(places, key=lambda place: len(block[place])),
        max(places, key=lambda place: len(block[place])),
        len(block) // 2,
        len(block) - 1,
    }
    known = plain.log_p([block[place] for place in compared])
    wanted = dict(zip(compared, known, strict=True))
    largest = 0.0
    try:
        for found, logits in way.run(block):
            for row, place in enumerate(found):
                if place in wanted:
                    ours = torch.log_softmax(logits[row].double(), dim=-1)
                    gap = (ours - wanted[place]).abs()
                    gap[torch.isinf(ours) & torch.isinf(wanted[place])] = 0.0
                    largest = max(largest, float(gap.nan_to_num(nan=float("inf")).max()))
    except Exception as error:  # whatever a library says to it, the model cannot be run so
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return f"the model cannot be run so: {lines[0][:120]}"
    if largest > tolerance:
        return f"it differs from plain forward passes by {largest:.2g} in log-probability"
    return largest


def _one_block(
    way: PrefixForward, samples: Sequence[Ids], shared: int, window: int | None
) -> list[Ids]:
    """As many samples as one block of the run holds, the longest among them."""
    if not isinstance(way, TrieForward):
        return [*samples[:: max(1, len(samples) // 8)], max(samples, key=len)]
    room = way.block_tokens if window is None else min(way.block_tokens, window - shared)
    chosen = [max(samples, key=len)]
    for sample in samples:
        more = sorted({*chosen, sample})
        if _size([ids[shared:] for ids in more]) <= room:
            chosen = more
    return chosen


def _size(sequences: Sequence[Ids]) -> int:
    """Distinct tokens of sorted sequences packed as a trie."""
    block = Block()
    for sequence in sequences:
        block.add(sequence)
    return len(block.tokens)


def _attention_window(model: Any) -> int | None:
    """Return the shortest attention window that the configuration names."""
    config = model.config.get_text_config()
    found = []
    if "local" in (getattr(config, "attention_layers", None) or ()):
        found.append(config.window_size)
    if getattr(config, "use_sliding_window", True):
        found.append(getattr(config, "sliding_window", None))
    found.append(getattr(config, "attention_chunk_size", None))
    return min((size for size in found if isinstance(size, int) and size > 0), default=None)
