"""Three ways to the logits after token sequences: one by one, after a shared prefix, as a trie.

All three use the public interface of transformers only (cache, attention mask, position ids,
``logits_to_keep``), so that they serve every architecture that keeps to it; which of them a model
may be trusted with is found out by `audit.classifiers.exact.selfcheck`.
"""

from __future__ import annotations

import copy
import inspect
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import torch

from audit.classifiers.exact.kernels import FastKernels
from audit.classifiers.exact.trie import Block, common_length
from audit.classifiers.exact.workers import Result, Workers, workers
from audit.errors import ClassifierError

Engine = Literal["trie", "prefix", "plain"]
Ids = tuple[int, ...]

_LOG = logging.getLogger("audit")
_TOKENS = 256  # a block of this size is fastest on the processors measured (docs/speed.md)
_ROWS = 32
_MEMORY_ERRORS = (torch.OutOfMemoryError, MemoryError, RuntimeError)
_LONGER = 16  # tokens that a new prefix must save in every sequence before it is computed


class Forward(ABC):
    """Computes the logits after the last token of sequences, in parts that fit memory.

    Parameters
    ----------
    model : PreTrainedModel
        A causal language model in evaluation mode.
    name : str
        Its name, for messages.
    """

    engine: Engine

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self._name = name
        self._keeps = "logits_to_keep" in inspect.signature(model.forward).parameters
        self._budget = _TOKENS
        self._kernels = FastKernels(model, used=self.engine != "plain")

    def run(self, sequences: Sequence[Ids]) -> Iterator[tuple[list[int], torch.Tensor]]:
        """Yield the logits, part by part.

        Parameters
        ----------
        sequences : sequence of tuple of int
            Token ids, each at least one token.

        Yields
        ------
        tuple of (list of int, Tensor of shape (n, vocabulary))
            Places in ``sequences``, and the logits after those sequences.

        Raises
        ------
        ClassifierError
            If not even one sequence fits into memory.
        """
        order = sorted(range(len(sequences)), key=lambda place: self._order(sequences[place]))
        if not order:
            return
        with self._kernels, workers(self._model) as others:
            try:
                self.prepare(sequences)
            except _MEMORY_ERRORS as error:
                self._shrink(1, error)
            yield from self._parts([sequences[place] for place in order], order, others)

    def _parts(
        self, ordered: Sequence[Ids], places: list[int], others: Workers
    ) -> Iterator[tuple[list[int], torch.Tensor]]:
        """Yield the logits of ordered sequences; start the next parts before one is done."""
        started: deque[tuple[int, Result]] = deque()
        done = planned = 0
        while done < len(ordered):
            while planned < len(ordered) and len(started) < others.ahead:
                # a part holds fewer sequences than tokens, but for equal ones
                count, work = self._next(ordered[planned : planned + 2 * self._budget])
                started.append((count, others.start(work)))
                planned += count
            count, result = started.popleft()
            try:
                logits = result()
            except _MEMORY_ERRORS as error:
                self._shrink(count, error)
                started.clear()
                planned = done
                continue
            yield places[done : done + count], logits
            done += count

    def _shrink(self, count: int, error: Exception) -> None:
        """Go on with half the size after running out of memory; raise any other error."""
        if not _out_of_memory(error):
            raise error
        if count <= 1:
            raise ClassifierError(
                "there is not enough memory for one prompt",
                where=self._name,
                hint="use a smaller model, --dtype bfloat16, or a machine with more memory",
            ) from error
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        self._budget = max(1, self._budget // 2)
        _LOG.warning("%s: out of memory; going on with batches of half the size", self._name)

    def _order(self, sequence: Ids) -> Any:
        """Sort so that sequences that are computed together come together."""
        return len(sequence), sequence

    def prepare(self, sequences: Sequence[Ids]) -> None:  # noqa: B027
        """Compute what the sequences share, where this way shares anything."""

    @abstractmethod
    def _next(self, waiting: Sequence[Ids]) -> tuple[int, Callable[[], torch.Tensor]]:
        """Return how many of ``waiting`` come next, and how to compute their logits."""

    @torch.inference_mode()
    def _last(self, rows: Sequence[Ids], cache: Any = None) -> torch.Tensor:
        """Logits after rows of one length, with or without a cache before them."""
        given: dict[str, Any] = {"logits_to_keep": 1} if self._keeps else {}
        if cache is not None:
            given |= {"past_key_values": cache, "use_cache": True}
        elif "use_cache" in inspect.signature(self._model.forward).parameters:
            given["use_cache"] = False
        ids = torch.tensor(rows, device=self._model.device)
        with self._kernels.computing():
            logits: torch.Tensor = self._model(input_ids=ids, **given).logits[:, -1]
        return logits


class PlainForward(Forward):
    """The model as it stands: sequences of one length together, so that nothing is padded."""

    engine: Engine = "plain"

    def _next(self, waiting: Sequence[Ids]) -> tuple[int, Callable[[], torch.Tensor]]:
        rows = _of_one_length(waiting, self._budget * 4)
        return len(rows), lambda: self._last(rows)


class PrefixForward(Forward):
    """What all sequences share is computed once; their ends go in batches of one length."""

    engine: Engine = "prefix"

    def __init__(self, model: Any, name: str) -> None:
        super().__init__(model, name)
        self._prefix: Ids = ()
        self._cache: Any = None
        self._dtype = model.dtype

    def prepare(self, sequences: Sequence[Ids]) -> None:
        """Compute the cache of the shared beginning, unless the last one serves."""
        low, high = min(sequences), max(sequences)
        shared = min(common_length(low, high), min(map(len, sequences)) - 1)
        kept = len(self._prefix)
        serves = kept <= shared < kept + _LONGER and low[:kept] == self._prefix
        if serves and (self._cache is None or self._dtype == self._model.dtype):
            return
        self._prefix, self._cache, self._dtype = low[:shared], None, self._model.dtype
        if shared:
            from transformers import DynamicCache

            cache = DynamicCache(config=self._model.config)
            self._last([self._prefix], cache)
            if cache.get_seq_length() != shared:
                raise ClassifierError("the model keeps no cache of its tokens", where=self._name)
            self._cache = cache

    def _fresh_cache(self) -> Any:
        """Return a cache of the prefix that may be written to."""
        from transformers import DynamicCache

        if self._cache is None:
            return DynamicCache(config=self._model.config)
        return copy.deepcopy(self._cache)

    def _next(self, waiting: Sequence[Ids]) -> tuple[int, Callable[[], torch.Tensor]]:
        rows = _of_one_length(waiting, self._budget, skipped=len(self._prefix))
        return len(rows), lambda: self._after_prefix([row[len(self._prefix) :] for row in rows])

    @torch.inference_mode()
    def _after_prefix(self, rows: Sequence[Ids]) -> torch.Tensor:
        cache = self._fresh_cache()
        if len(rows) > 1 and self._prefix:
            cache.batch_repeat_interleave(len(rows))
        return self._last(rows, cache)


class TrieForward(PrefixForward):
    """After the shared prefix, blocks of sequences as a trie under a tree-shaped mask.

    Parameters
    ----------
    model, name
        As for every forward.
    tokens : int
        Most tokens of a block.
    slots : int, optional
        Most tokens of prefix and block together. A model whose attention is limited to a window
        may count these, not the positions of the tokens.
    """

    engine: Engine = "trie"

    def __init__(
        self, model: Any, name: str, tokens: int = _TOKENS, slots: int | None = None
    ) -> None:
        super().__init__(model, name)
        self._budget = tokens
        self.slots = slots

    @property
    def block_tokens(self) -> int:
        """Most tokens of a block."""
        return self._budget

    def _order(self, sequence: Ids) -> Any:
        return sequence

    def _next(self, waiting: Sequence[Ids]) -> tuple[int, Callable[[], torch.Tensor]]:
        start = len(self._prefix)
        room = self._budget if self.slots is None else min(self._budget, self.slots - start)
        block, count = Block(), 0
        for sequence in waiting:
            rest = sequence[start:]
            if count and len(block.tokens) + block.cost(rest) > room:
                break
            block.add(rest)
            count += 1
        if self.slots is not None and start + len(block.tokens) > self.slots:
            # one sequence alone is a trie without branches: slots are positions
            return 1, lambda: self._after_prefix([waiting[0][start:]])
        return count, lambda: self._block(block)

    @torch.inference_mode()
    def _block(self, block: Block) -> torch.Tensor:
        """Logits after every sequence of a block."""
        device, dtype = self._model.device, self._model.dtype
        start, size = len(self._prefix), len(block.tokens)
        blocked = torch.finfo(dtype).min
        mask = torch.zeros((size, start + size), dtype=dtype)
        mask[:, start:].masked_fill_(~torch.from_numpy(block.ancestors()), blocked)
        kept, place = torch.unique(torch.tensor(block.ends), return_inverse=True)
        kept = kept.to(device)
        given: dict[str, Any] = {"logits_to_keep": kept} if self._keeps else {}
        with self._kernels.computing(kept):
            logits: torch.Tensor = self._model(
                input_ids=torch.tensor([block.tokens], device=device),
                attention_mask=mask[None, None].to(device),
                position_ids=torch.tensor([block.depths], device=device) + start,
                past_key_values=self._fresh_cache(),
                use_cache=True,
                **given,
            ).logits[0]
        if not self._keeps:
            logits = logits[kept]
        # equal sequences share a place; ends that are in order already need no copy
        return logits if len(kept) == len(block.ends) else logits[place.to(device)]


def _of_one_length(waiting: Sequence[Ids], budget: int, *, skipped: int = 0) -> list[Ids]:
    """Return the first of the sorted sequences that have one length and fit the budget."""
    length = len(waiting[0])
    most = min(_ROWS, max(1, budget // max(1, length - skipped)))
    rows = []
    for sequence in waiting[:most]:
        if len(sequence) != length:
            break
        rows.append(sequence)
    return rows


def _out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "allocate memory" in str(
        error
    )
