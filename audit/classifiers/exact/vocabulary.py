"""The bytes of every token, and what each token would settle after the bytes before it."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.classifiers.exact.decide import NONE, UNDECIDED, Decider
from audit.errors import ClassifierError, ConfigError

_SAMPLED_HINT = "use --scoring sampled, which only decodes what was generated"


@dataclass(frozen=True, slots=True)
class Table:
    """The tokens that do not settle for no label, and what they settle for.

    Parameters
    ----------
    ids : ndarray of shape (n_tokens,)
        Token ids. Every token that is not among them ends in no label.
    outcomes : ndarray of shape (n_tokens,)
        Number of the label, or ``UNDECIDED``.
    """

    ids: NDArray[np.int64]
    outcomes: NDArray[np.int64]


class Vocabulary:
    """Token bytes, sorted so that tokens with the same beginning lie together.

    Parameters
    ----------
    tokens : sequence of bytes
        Bytes of each token; empty where a token writes nothing.
    ends : collection of int
        Tokens that end the answer.
    """

    def __init__(self, tokens: Sequence[bytes], ends: Sequence[int]) -> None:
        self.tokens = tuple(tokens)
        self._ends = sorted({token for token in ends if 0 <= token < len(tokens)})
        drawn = sorted(set(range(len(tokens))) - set(self._ends), key=self.tokens.__getitem__)
        self._ids = np.array(drawn, dtype=np.int64)
        self._sorted = [self.tokens[token] for token in drawn]

    def table(self, decider: Decider, data: bytes, *, last: bool) -> Table:
        """Say what each next token settles.

        Parameters
        ----------
        decider : Decider
            Reads the bytes.
        data : bytes
            What was generated so far; undecided.
        last : bool
            Whether no token can follow the next one (``max_new_tokens`` is reached).

        Returns
        -------
        Table
            By label or undecided; with ``last`` nothing stays undecided.
        """
        found: list[tuple[int, int]] = []
        for low, high, outcome in self._settle(decider, data, 0, len(self._sorted), 0):
            ending = last and outcome == UNDECIDED
            final = decider(data + self._sorted[low], finished=True) if ending else outcome
            if final != NONE:
                found.extend((int(token), final) for token in self._ids[low:high])
        if (ended := decider(data, finished=True)) != NONE:
            found.extend((token, ended) for token in self._ends)
        pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
        return Table(ids=pairs[:, 0], outcomes=pairs[:, 1])

    def _settle(
        self, decider: Decider, data: bytes, low: int, high: int, depth: int
    ) -> Iterator[tuple[int, int, int]]:
        """Yield ranges of the sorted tokens, all of one outcome, from those that share a start."""
        if low == high:
            return
        start = self._sorted[low][:depth]
        outcome = decider(data + start)
        if outcome != UNDECIDED:
            yield low, high, outcome
            return
        here = low
        while here < high and len(self._sorted[here]) == depth:
            here += 1
        if here > low:
            yield low, here, UNDECIDED
        while here < high:
            byte = self._sorted[here][depth]
            beyond = (
                high
                if byte == 255
                else bisect_left(self._sorted, start + bytes([byte + 1]), here, high)
            )
            yield from self._settle(decider, data, here, beyond, depth + 1)
            here = beyond

    def fewest_tokens(self, written: bytes) -> int | None:
        """Return with how many tokens ``written`` can be generated, after any space or none.

        Returns
        -------
        int or None
            ``None`` where the tokens cannot write it.
        """
        # a first token may bring the space before it, as all few-shot prompts end before one, and
        # a last token the space after it, where tokens mark the ends of words
        inside = {token for token in self._sorted if token}
        steps: list[float] = [0.0, *[float("inf")] * len(written)]
        for end in range(1, len(written) + 1):
            for start in range(end):
                piece = written[start:end]
                forms = {piece}
                if start == 0:
                    forms.add(b" " + piece)
                if end == len(written):
                    forms |= {form + b" " for form in forms}
                if forms & inside:
                    steps[end] = min(steps[end], steps[start] + 1)
        return None if steps[-1] == float("inf") else int(steps[-1])


def read_vocabulary(tokenizer: Any, size: int, ends: Sequence[int], name: str) -> Vocabulary:
    """Read the bytes of each token off a tokenizer.

    Parameters
    ----------
    tokenizer : PreTrainedTokenizerBase
        A tokenizer of the tokenizers library.
    size : int
        Number of logits of the model; rows that the tokenizer has no token for write nothing.
    ends : sequence of int
        Tokens that end the answer.
    name : str
        Name of the model, for messages.

    Returns
    -------
    Vocabulary
        Checked against the tokenizer's own ``decode`` by `check_vocabulary`, not here.

    Raises
    ------
    ClassifierError
        If the tokenizer's way to write bytes is not known here.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ClassifierError(
            "the bytes of the tokens cannot be read off this kind of tokenizer",
            where=name,
            hint=_SAMPLED_HINT,
        )
    decoder = json.loads(backend.to_str()).get("decoder") or {}
    steps = {step["type"]: step for step in _steps(decoder)}
    added = {token: added.content for token, added in tokenizer.added_tokens_decoder.items()}
    alphabet = _byte_alphabet() if "ByteLevel" in steps else None
    tokens = [b""] * size
    for text, token in backend.get_vocab(with_added_tokens=True).items():
        if token >= size:
            continue
        if token in added:
            tokens[token] = added[token].encode()
        elif alphabet is not None:
            tokens[token] = _from_alphabet(text, alphabet)
        else:
            tokens[token] = _piece(text, steps, name)
    return Vocabulary(tokens, ends)


def check_vocabulary(
    vocabulary: Vocabulary, tokenizer: Any, samples: Sequence[Sequence[int]], name: str
) -> None:
    """Compare the tokens' bytes with what the tokenizer itself decodes.

    Raises
    ------
    ClassifierError
        If they differ in more than space at the ends.
    """
    for ids in samples:
        own = tokenizer.decode(list(ids), clean_up_tokenization_spaces=False).strip()
        ours = b"".join(vocabulary.tokens[token] for token in ids).decode(errors="replace").strip()
        if own != ours:
            raise ClassifierError(
                f"the tokens' bytes spell {ours[-40:]!r}, and the tokenizer decodes {own[-40:]!r}",
                where=name,
                hint=_SAMPLED_HINT,
            )


def check_reachable(
    vocabulary: Vocabulary, decider: Decider, labels: Sequence[str], most: int, name: str
) -> None:
    """Refuse labels that the model cannot write in ``most`` tokens.

    Raises
    ------
    ClassifierError
        If no tokens spell a label.
    ConfigError
        If they are more than are generated.
    """
    for number, label in enumerate(labels):
        ways = [
            count
            for form in decider.forms(number)
            if (count := vocabulary.fewest_tokens(form)) is not None
        ]
        if not ways:
            raise ClassifierError(
                f"the tokenizer cannot write the label {label!r}",
                where=name,
                hint="give the task labels that the tokenizer can write",
            )
        if min(ways) > most:
            raise ConfigError(
                f"the label {label!r} has {min(ways)} tokens, and only {most} are generated",
                where="sampling.max_new_tokens",
                hint=f"set max_new_tokens to {min(ways)} or more",
            )


def _steps(decoder: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every single step of a decoder."""
    if decoder.get("type") == "Sequence":
        for step in decoder["decoders"]:
            yield from _steps(step)
    elif decoder:
        yield decoder


def _piece(text: str, steps: Mapping[str, Mapping[str, Any]], name: str) -> bytes:
    """Bytes of a token that is written in characters, not in the byte alphabet."""
    if "ByteFallback" in steps and len(text) == 6 and text.startswith("<0x") and text[-1] == ">":
        return bytes([int(text[3:5], 16)])
    if "Metaspace" in steps:
        return text.replace(str(steps["Metaspace"]["replacement"]), " ").encode()
    if "BPEDecoder" in steps:
        suffix = str(steps["BPEDecoder"]["suffix"])
        return (text.removesuffix(suffix) + " " * text.endswith(suffix)).encode()
    if "Replace" in steps:
        replace = steps["Replace"]
        return text.replace(str(replace["pattern"]["String"]), str(replace["content"])).encode()
    raise ClassifierError(
        "the tokenizer joins its tokens in a way that is not known here: "
        + (", ".join(steps) or "no decoder"),
        where=name,
        hint=_SAMPLED_HINT,
    )


def _byte_alphabet() -> dict[str, int]:
    """Byte of each character of the byte-level alphabet.

    Printable characters of Latin-1 stand for themselves, the other bytes for the characters from
    256 on, in order (Radford et al. 2019, the code of GPT-2).
    """
    own = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)]
    others = [byte for byte in range(256) if byte not in own]
    return {chr(byte): byte for byte in own} | {
        chr(256 + number): byte for number, byte in enumerate(others)
    }


def _from_alphabet(text: str, alphabet: Mapping[str, int]) -> bytes:
    """Bytes of a byte-level token; a token outside the alphabet is its own text."""
    if all(character in alphabet for character in text):
        return bytes(alphabet[character] for character in text)
    return text.encode()
