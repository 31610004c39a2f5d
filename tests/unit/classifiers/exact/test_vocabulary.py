"""Token bytes of every kind of tokenizer, and tables against trying every token."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from tokenizers import (
    AddedToken,
    ByteLevelBPETokenizer,
    Tokenizer,
    decoders,
    models,
    pre_tokenizers,
)
from transformers import PreTrainedTokenizerFast

from audit.classifiers.exact.decide import NONE, UNDECIDED, Decider
from audit.classifiers.exact.vocabulary import (
    Vocabulary,
    check_reachable,
    check_vocabulary,
    read_vocabulary,
)
from audit.errors import ClassifierError, ConfigError

TEXT = 'Tweet: "Nötr, 否定 – İyi"\nSentiment: Positive ###'


def fast(tokenizer: Any) -> Any:
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")


@pytest.fixture(scope="module")
def byte_level() -> Any:
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator([TEXT] * 3, vocab_size=300, show_progress=False)
    bpe.add_special_tokens(["<end>"])
    bpe._tokenizer.add_tokens([AddedToken("    ", normalized=False)])
    return fast(bpe._tokenizer)


@pytest.fixture(scope="module")
def byte_pieces() -> Any:
    """As SentencePiece writes it: a sign for the space, and bytes for what has no piece."""
    words = ["\u2581", "P", "o", "s", "\u2581Po", ":", "S", "e", "n", "t", "\u2581Pos"]
    vocabulary = {"<unk>": 0, "<end>": 1}
    for text in [*(f"<0x{byte:02X}>" for byte in range(256)), *words]:
        vocabulary[text] = len(vocabulary)
    merges = [("\u2581", "P"), ("\u2581P", "o")]
    vocabulary["\u2581P"] = len(vocabulary)
    merges.append(("\u2581Po", "s"))
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=False)
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("\u2581", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return fast(tokenizer)


@pytest.mark.parametrize("kind", ["byte_level", "byte_pieces"])
def test_bytes_spell_the_text(kind: str, request: pytest.FixtureRequest) -> None:
    tokenizer = request.getfixturevalue(kind)
    vocabulary = read_vocabulary(tokenizer, len(tokenizer) + 3, [1], "m")
    ids = tokenizer(TEXT)["input_ids"]
    assert b"".join(vocabulary.tokens[token] for token in ids).decode() == TEXT
    check_vocabulary(vocabulary, tokenizer, [ids], "m")
    assert vocabulary.tokens[-3:] == (b"", b"", b"")


def test_added_tokens_are_their_own_text(byte_level: Any) -> None:
    vocabulary = read_vocabulary(byte_level, len(byte_level), [], "m")
    assert vocabulary.tokens[byte_level.convert_tokens_to_ids("    ")] == b"    "


def test_suffixes_of_words_are_spaces() -> None:
    tokenizer = Tokenizer(models.BPE({"a</w>": 0, "b": 1, "<end>": 2}, []))
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    vocabulary = read_vocabulary(fast(tokenizer), 3, [2], "m")
    assert vocabulary.tokens[:2] == (b"a ", b"b")


def test_an_unknown_way_to_join_tokens_is_refused() -> None:
    tokenizer = Tokenizer(models.WordLevel({"good": 0, "bad": 1}, unk_token="good"))
    with pytest.raises(ClassifierError, match="no decoder") as caught:
        read_vocabulary(fast(tokenizer), 2, [], "m")
    assert "--scoring sampled" in str(caught.value)
    with pytest.raises(ClassifierError, match="kind of tokenizer"):
        read_vocabulary(object(), 2, [], "m")


def test_bytes_that_differ_from_decoding_are_refused(byte_level: Any) -> None:
    wrong = Vocabulary([b"x"] * len(byte_level), [])
    with pytest.raises(ClassifierError, match="the tokenizer decodes"):
        check_vocabulary(wrong, byte_level, [byte_level(TEXT)["input_ids"]], "m")


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    ("rule", "data"),
    [
        *itertools.product(["starts_with", "exact"], [b"", b"  ", b" Po", "\u3000否".encode()]),
        ("exact", b" Positive"),  # the other rule has decided by then
    ],
)
def test_tables_equal_trying_every_token(
    byte_level: Any, rule: Any, last: bool, data: bytes
) -> None:
    end = byte_level.eos_token_id
    vocabulary = read_vocabulary(byte_level, len(byte_level) + 2, [end], "m")
    decider = Decider(["Positive", "Pos", "否定", "Nötr"], rule, ["\n", "###"])
    assert decider(data) == UNDECIDED
    table = vocabulary.table(decider, data, last=last)
    expected = {}
    for token, written in enumerate(vocabulary.tokens):
        ended = token == end
        outcome = decider(data + (b"" if ended else written), finished=ended or last)
        if outcome != NONE:
            expected[token] = outcome
    assert dict(zip(table.ids.tolist(), table.outcomes.tolist(), strict=True)) == expected
    assert not (last and np.any(table.outcomes == UNDECIDED))


def test_labels_that_cannot_be_written() -> None:
    vocabulary = Vocabulary([b" Po", b"s", b"Neg", b"<end>"], [3])
    decider = Decider(["Pos", "Neg", "Bad"], "starts_with", ["\n"])
    check_reachable(vocabulary, decider, ["Pos", "Neg"], 2, "m")
    with pytest.raises(ConfigError, match="'Pos' has 2 tokens, and only 1"):
        check_reachable(vocabulary, decider, ["Pos"], 1, "m")
    with pytest.raises(ClassifierError, match="cannot write the label 'Bad'"):
        check_reachable(vocabulary, decider, ["Pos", "Neg", "Bad"], 6, "m")
