"""A small model whose answers leak: into pieces of labels, other spellings, and other words."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

LABELS = ("Pos", "Posh", "Neg")
STOPS = ("\n", "###")
_PIECES = ["\u0120P", "Po", "os", "\u0120Po", "\u0120Pos", "Pos", "\u0120Ne", "\u0120Neg", "Ne"]


@cache
def tokenizer() -> Any:
    """Byte-level tokens: a few single bytes, and overlapping pieces of the labels."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    single = ["\u0120", "\u010a", "#", ".", "P", "o", "s", "N", "e", "g", "x", "h"]
    vocabulary = {text: number for number, text in enumerate([*single, *_PIECES])}
    merges = [
        ("\u0120", "P"), ("P", "o"), ("o", "s"), ("\u0120P", "o"), ("\u0120Po", "s"), ("Po", "s"),
        ("N", "e"), ("\u0120", "Ne"), ("\u0120Ne", "g"),
    ]  # fmt: skip
    backend = Tokenizer(models.BPE(vocabulary, merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(["<end>"])
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<end>", pad_token="<end>")


@cache
def model(seed: int = 0) -> Any:
    """A random GPT-2 whose next-token distributions differ from context to context."""
    torch.manual_seed(seed)
    size = len(tokenizer())
    config = GPT2Config(
        vocab_size=size, n_embd=32, n_layer=2, n_head=2, n_positions=64, initializer_range=0.35,
        bos_token_id=size - 1, eos_token_id=size - 1, pad_token_id=size - 1,
    )  # fmt: skip
    return GPT2LMHeadModel(config).eval()


def prompts(count: int = 3) -> list[tuple[int, ...]]:
    """Prompts that share their beginning."""
    texts = ["Pos.xx", "Pos.xNe#", "Pos.xoo.", "Pos.xsos.", "Pos.xPoPo"]
    return [tuple(tokenizer()(text)["input_ids"]) for text in texts[:count]]
