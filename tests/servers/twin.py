"""A twin of the bundled model that transformers and llama.cpp both know: GPT-2's shape.

The bundled model is a GPT-Neo whose attention looks back 32 tokens, which llama.cpp does not have.
Its twin has the same weights and looks back over the whole prompt; GPT-Neo does not scale its
attention, so the queries are scaled up by what GPT-2 divides by. It is a model of its own, and
answers as surely.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch

LAYERS, HEADS, WIDTH, CONTEXT = 4, 4, 128, 512
SOURCE = Path(str(files("audit.classifiers") / "reference"))
CHAT = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
_NAMES = {
    "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output",
    "ln_1": "attn_norm",
    "ln_2": "ffn_norm",
    "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
}


def build_twin(folder: Path) -> Path:
    """Write the twin as a checkpoint for transformers, and as ``twin.gguf`` beside it."""
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=3072, n_positions=CONTEXT, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    model = GPT2LMHeadModel(config).eval()
    model.load_state_dict(_weights())
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(SOURCE).save_pretrained(folder)
    _write_gguf(folder / "twin.gguf", model.state_dict())
    return folder


def _weights() -> dict[str, torch.Tensor]:
    """Rename the bundled model's weights; GPT-2 stores its projections transposed."""
    from safetensors.torch import load_file

    own = load_file(SOURCE / "model.safetensors")
    out = {
        f"transformer.{name}": own[f"transformer.{name}"]
        for name in ("wte.weight", "wpe.weight", "ln_f.weight", "ln_f.bias")
    }
    out["lm_head.weight"] = out["transformer.wte.weight"]
    for layer in range(LAYERS):
        here = f"transformer.h.{layer}."
        attention = here + "attn.attention."
        scale = (WIDTH // HEADS) ** 0.5
        parts = [
            own[attention + "q_proj.weight"] * scale,
            own[attention + "k_proj.weight"],
            own[attention + "v_proj.weight"],
        ]
        out[here + "attn.c_attn.weight"] = torch.cat(parts).T.contiguous()
        out[here + "attn.c_attn.bias"] = torch.zeros(3 * WIDTH)
        out[here + "attn.c_proj.weight"] = own[attention + "out_proj.weight"].T.contiguous()
        out[here + "attn.c_proj.bias"] = own[attention + "out_proj.bias"]
        for name in ("mlp.c_fc", "mlp.c_proj"):
            out[f"{here}{name}.weight"] = own[f"{here}{name}.weight"].T.contiguous()
            out[f"{here}{name}.bias"] = own[f"{here}{name}.bias"]
        for name in ("ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias"):
            out[here + name] = own[here + name]
    return out


def _write_gguf(path: Path, weights: dict[str, torch.Tensor]) -> None:
    """Write weights and tokenizer in llama.cpp's format."""
    import gguf

    file = gguf.GGUFWriter(str(path), "gpt2")
    file.add_context_length(CONTEXT)
    file.add_embedding_length(WIDTH)
    file.add_feed_forward_length(4 * WIDTH)
    file.add_block_count(LAYERS)
    file.add_head_count(HEADS)
    file.add_layer_norm_eps(1e-5)
    file.add_file_type(gguf.LlamaFileType.ALL_F32)
    _add_tokenizer(file, gguf)
    file.add_tensor("token_embd.weight", _array(weights["transformer.wte.weight"]))
    file.add_tensor("output.weight", _array(weights["transformer.wte.weight"]))
    file.add_tensor("position_embd.weight", _array(weights["transformer.wpe.weight"]))
    for part in ("weight", "bias"):
        file.add_tensor(f"output_norm.{part}", _array(weights[f"transformer.ln_f.{part}"]))
        for layer in range(LAYERS):
            for theirs, ours in _NAMES.items():
                tensor = weights[f"transformer.h.{layer}.{theirs}.{part}"]
                turned = tensor.T if ".c_" in theirs and part == "weight" else tensor
                file.add_tensor(f"blk.{layer}.{ours}.{part}", _array(turned))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def _add_tokenizer(file: Any, gguf: Any) -> None:
    model = json.loads((SOURCE / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    ends = "<|endoftext|>"
    kinds = [gguf.TokenType.CONTROL if t == ends else gguf.TokenType.NORMAL for t in tokens]
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("gpt-2")
    file.add_token_list(tokens)
    file.add_token_types(kinds)
    file.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in model["merges"]])
    file.add_bos_token_id(0)
    file.add_eos_token_id(0)
    file.add_add_bos_token(False)
    file.add_chat_template(CHAT)


def _array(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(tensor.float().numpy())
