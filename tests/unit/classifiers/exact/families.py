"""Tiny random models of many architectures, and prompts that share a beginning."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import torch
import transformers as t

VOCABULARY = 96
SMALL = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 512,
    "initializer_range": 0.2,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": 1,
}
GROUPED = {**SMALL, "num_key_value_heads": 2}


def _neo(window: int) -> Any:
    return t.GPTNeoConfig(
        vocab_size=VOCABULARY, hidden_size=32, num_layers=2, num_heads=4, window_size=window,
        attention_types=[[["global", "local"], 1]], max_position_embeddings=512,
        intermediate_size=64, initializer_range=0.2, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip


def _gpt(kind: Any, **more: Any) -> Any:
    return kind(
        vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=4, n_positions=512,
        initializer_range=0.2, bos_token_id=0, eos_token_id=0, **more,
    )  # fmt: skip


CONFIGS: dict[str, Callable[[], Any]] = {
    "gpt2": lambda: _gpt(t.GPT2Config),
    "gptj": lambda: _gpt(t.GPTJConfig, rotary_dim=4),
    "gpt_neo": lambda: _neo(256),
    "gpt_neo-window-32": lambda: _neo(32),
    "gpt_neox": lambda: t.GPTNeoXConfig(**SMALL),
    "opt": lambda: t.OPTConfig(
        **{**SMALL, "ffn_dim": 64, "word_embed_proj_dim": 32, "init_std": 0.2}
    ),
    "llama": lambda: t.LlamaConfig(**GROUPED),
    "mistral": lambda: t.MistralConfig(**GROUPED, sliding_window=None),
    "mistral-window-32": lambda: t.MistralConfig(**GROUPED, sliding_window=32),
    "qwen2": lambda: t.Qwen2Config(**GROUPED),
    "qwen3": lambda: t.Qwen3Config(**GROUPED, head_dim=8),
    "gemma": lambda: t.GemmaConfig(**GROUPED, head_dim=8),
    "gemma2-window-32": lambda: t.Gemma2Config(**GROUPED, head_dim=8, sliding_window=32),
    "phi": lambda: t.PhiConfig(**SMALL),
    "falcon": lambda: t.FalconConfig(
        **{**SMALL, "alibi": False, "new_decoder_architecture": False}
    ),
    "falcon-alibi": lambda: t.FalconConfig(**{**SMALL, "alibi": True}),
    "stablelm": lambda: t.StableLmConfig(**GROUPED),
    "olmo2": lambda: t.Olmo2Config(**GROUPED),
    "bloom": lambda: t.BloomConfig(
        vocab_size=VOCABULARY, hidden_size=32, n_layer=2, n_head=4, initializer_range=0.2
    ),
    "mpt": lambda: t.MptConfig(
        vocab_size=VOCABULARY, d_model=32, n_layers=2, n_heads=4, max_seq_len=512,
        initializer_range=0.2,
    ),
    "mamba": lambda: t.MambaConfig(
        vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, state_size=8
    ),
    "mixtral": lambda: t.MixtralConfig(
        **GROUPED, num_local_experts=4, num_experts_per_tok=2, sliding_window=None
    ),
}  # fmt: skip


def build(family: str, seed: int = 0) -> Any:
    """A random model, its weights large enough that every token matters."""
    torch.manual_seed(seed)
    model = t.AutoModelForCausalLM.from_config(CONFIGS[family]()).eval()
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if weights.dim() > 1 and "mamba" not in family and float(weights.std()) < 0.1:
                weights.normal_(0.0, 0.2, generator=torch.Generator().manual_seed(len(name)))
    return model


def prompts(count: int, *, prefix: int = 40, seed: int = 0) -> list[tuple[int, ...]]:
    """Prompts that share their first tokens, and many of the following ones."""
    draw = random.Random(seed)  # noqa: S311
    head = [draw.randrange(2, VOCABULARY) for _ in range(prefix)]
    return [
        tuple(head + [draw.randrange(2, 6) for _ in range(draw.randrange(4, 16))])
        for _ in range(count)
    ]
