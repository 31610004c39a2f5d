"""Small random checkpoints of the families few-shot practice names, with their own tokenizers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers as t

from .conftest import CORPUS, save_tokenizer

LOWER = [text.lower() for text in CORPUS]


def lower_cased(folder: Path, **special: str) -> int:
    """Save a tokenizer as GPT-1's: lower case, ends of words marked, no line break kept."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    tokenizer.train_from_iterator(
        CORPUS * 20,
        trainers.BpeTrainer(
            vocab_size=260, special_tokens=["<unk>"], end_of_word_suffix="</w>",
            show_progress=False,
        ),
    )  # fmt: skip
    fast = t.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", **special)
    fast.save_pretrained(folder)
    return len(fast)


def pieces(folder: Path, *, across_words: bool = False, **special: str) -> int:
    """Save a tokenizer as SentencePiece's for Llama: a sign for the space, bytes as a last way.

    ``across_words`` lets its tokens run over spaces, and so over the end of a prompt.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
        prepend_scheme="first", split=not across_words
    )
    spelled = [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer.train_from_iterator(
        CORPUS * 20,
        trainers.BpeTrainer(
            vocab_size=480, special_tokens=["<unk>", "<s>", "</s>", *spelled],
            show_progress=False, max_token_length=16,
        ),
    )  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("\u2581", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    fast = t.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", **special
    )
    fast.save_pretrained(folder)
    return len(fast)


def unigram(folder: Path, **special: str) -> int:
    """Save a Unigram tokenizer, as SentencePiece trains it by default; it has no BOS and no pad."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        CORPUS * 20,
        trainers.UnigramTrainer(
            vocab_size=220, special_tokens=["<unk>", "</s>"], unk_token="<unk>",
            show_progress=False,
        ),
    )  # fmt: skip
    fast = t.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", unk_token="<unk>", **special
    )
    fast.save_pretrained(folder)
    return len(fast)


def byte_level(folder: Path, **special: str) -> int:
    """Save a byte-level BPE tokenizer whose labels are whole words."""
    return save_tokenizer(folder, 420, **special)


def byte_level_pieces(folder: Path, **special: str) -> int:
    """Save a byte-level BPE tokenizer that writes every label in several tokens."""
    return save_tokenizer(folder, 300, **special)


Tokenizer = Callable[..., int]
_ROPE = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 64, "initializer_range": 0.2,
}  # fmt: skip


def _gpt(kind: Any, size: int, context: int, **more: Any) -> Any:
    return kind(
        vocab_size=size, n_embd=32, n_layer=2, n_head=4, n_positions=context,
        initializer_range=0.2, **more,
    )  # fmt: skip


def _neo(size: int, context: int) -> Any:
    return t.GPTNeoConfig(
        vocab_size=size, hidden_size=32, num_layers=2, num_heads=4, window_size=64,
        attention_types=[[["global", "local"], 1]], max_position_embeddings=context,
        intermediate_size=64, initializer_range=0.2,
    )  # fmt: skip


CONFIGS: dict[str, Callable[[int, int], Any]] = {
    "gpt1": lambda size, context: _gpt(t.OpenAIGPTConfig, size, context),
    "gpt2": lambda size, context: _gpt(t.GPT2Config, size, context),
    "gpt-neo": _neo,
    "gpt-j": lambda size, context: _gpt(t.GPTJConfig, size, context, rotary_dim=4),
    "llama": lambda size, context: t.LlamaConfig(
        vocab_size=size, max_position_embeddings=context, **_ROPE
    ),
    "qwen": lambda size, context: t.Qwen2Config(
        vocab_size=size, max_position_embeddings=context, **_ROPE
    ),
}
FAMILIES: dict[str, tuple[str, Tokenizer]] = {
    "gpt1": ("gpt1", lower_cased),
    "gpt2": ("gpt2", byte_level_pieces),
    "gpt-neo": ("gpt-neo", byte_level),
    "gpt-j": ("gpt-j", byte_level),
    "llama": ("llama", pieces),
    "llama-unigram": ("llama", unigram),
    "qwen": ("qwen", byte_level_pieces),
}
"""Family: its architecture and the kind of tokenizer it comes with."""


def save_family(
    family: str, folder: Path, *, context: int = 320, seed: int = 11, **how: bool
) -> Path:
    """Save a random checkpoint of two layers; ``how`` goes to the tokenizer.

    Only Llama's tokenizer has a BOS and only Qwen's a pad, which transformers gives it.
    """
    name, tokenizer = FAMILIES[family]
    given = {} if tokenizer in {lower_cased, pieces, unigram} else {"bos_token": None}
    size = tokenizer(folder, **given, **how)
    config = CONFIGS[name](size, context)
    config.bos_token_id = config.eos_token_id = config.pad_token_id = None
    torch.manual_seed(seed)
    model = t.AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    return folder
