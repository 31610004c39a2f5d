"""Trains the bundled reference model from scratch, with fixed seeds.

Run ``python -m training.reference_model.train`` from the root of the repository. The weights, the
tokenizer and their configuration are written to ``audit/classifiers/reference``.
"""

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPTNeoConfig, GPTNeoForCausalLM

from training.reference_model import lexicon as lex
from training.reference_model.clauses import compose
from training.reference_model.generator import LABELS
from training.reference_model.mentions import MENTIONS
from training.reference_model.prompts import Packed, packed, single

SEED = 20
VOCABULARY = 3072
POSITIONS = 512
END = "<|endoftext|>"
STEPS = 2200
SINGLE_SHARE = 0.3  # first part of the training that sees single items only
BATCH_TOKENS = 6000
PEAK_RATE = 2e-3
FINAL_RATE = 4e-5
TEXT_WEIGHT = 0.1
DEFAULT_OUTPUT = Path(__file__).parents[2] / "audit" / "classifiers" / "reference"
CHAT_TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def word_list() -> list[str]:
    """Every word of the lists, with the space before it, for the tokenizer."""
    banks = [vars(lex.POSITIVE), vars(lex.NEGATIVE), vars(lex)]
    found: list[str] = [word for m in MENTIONS for word in f"{m.text} {m.plural}".split()]
    for bank in banks:
        for value in bank.values():
            if isinstance(value, tuple) and value is not lex.SYLLABLES:
                for entry in value:
                    rows = entry if isinstance(entry, tuple) else (entry,)
                    found += [word for row in rows for word in row.split()]
    return sorted({f" {word.strip('.,:;')}" for word in found})


def train_tokenizer(rng: random.Random) -> Tokenizer:
    """Fit a byte-level BPE on generated prompts and on the word lists."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )

    def text() -> Iterator[str]:
        for _ in range(4000):
            drawn = packed(rng)
            yield "".join(f"{p} {y}" for p, y in zip(drawn.pieces, drawn.labels, strict=True))
        for _ in range(12000):
            yield compose(rng).text
        for _ in range(60):
            yield from word_list()

    tokenizer.train_from_iterator(text(), trainer)
    return tokenizer


def build_model() -> GPTNeoForCausalLM:
    """Build the untrained model: four layers, every one with a local window of 32 tokens.

    The position table starts as sinusoids, so that "so many tokens ago" means the same at every
    position from the first step; training changes it freely.
    """
    model = GPTNeoForCausalLM(
        GPTNeoConfig(
            vocab_size=VOCABULARY,
            max_position_embeddings=POSITIONS,
            hidden_size=128,
            num_layers=4,
            num_heads=4,
            intermediate_size=512,
            attention_types=[[["local"], 4]],
            window_size=32,
            initializer_range=0.05,
            resid_dropout=0.0,
            embed_dropout=0.0,
            attention_dropout=0.0,
            bos_token_id=0,
            eos_token_id=0,
            pad_token_id=0,
        )
    )
    with torch.no_grad():
        model.transformer.wpe.weight.copy_(sinusoids(POSITIONS, 128))
    return model


def sinusoids(positions: int, width: int) -> torch.Tensor:
    """Sines and cosines of growing wave length, shape (positions, width), scaled by 0.07."""
    wave = torch.exp(torch.linspace(math.log(1.0), math.log(0.01), width // 2))
    angle = torch.arange(positions)[:, None] * wave[None]
    return 0.07 * torch.cat([angle.sin(), angle.cos()], dim=1)


class Batcher:
    """Draws batches of prompts of about `BATCH_TOKENS` tokens.

    Parameters
    ----------
    tokenizer : Tokenizer
        Splits the pieces of a prompt; labels are single tokens.
    rng : random.Random
        Source of every choice.
    """

    def __init__(self, tokenizer: Tokenizer, rng: random.Random) -> None:
        self.tokenizer = tokenizer
        self.rng = rng
        self.label_ids = {label: tokenizer.encode(f" {label}").ids[0] for label in LABELS}
        self.newline = tokenizer.encode("\n").ids
        self.pool: list[tuple[list[int], list[tuple[int, float]]]] = []

    def _encode(self, drawn: list[Packed]) -> list[tuple[list[int], list[tuple[int, float]]]]:
        pieces = self.tokenizer.encode_batch([p for d in drawn for p in d.pieces])
        rows, at = [], 0
        for d in drawn:
            ids: list[int] = []
            marks: list[tuple[int, float]] = []
            for label, weight in zip(d.labels, d.weights, strict=True):
                ids += pieces[at].ids
                at += 1
                marks.append((len(ids) - 1, weight))
                ids.append(self.label_ids[label])
            ids += self.newline
            if len(ids) < POSITIONS:
                rows.append((ids, marks))
        return rows

    def draw(self, singles: bool) -> dict[str, torch.Tensor]:
        """Draw one batch.

        Parameters
        ----------
        singles : bool
            Single items instead of packed prompts.

        Returns
        -------
        dict of str to torch.Tensor
            Token and position ids (B, L); flat indices, targets and weights of the labels, and
            of the sampled text tokens.
        """
        rows = self._encode(
            [
                single(self.rng) if singles else packed(self.rng)
                for _ in range(180 if singles else 40)
            ]
        )
        rng = self.rng
        rng.shuffle(rows)
        total, kept = 0, []
        longest = max(len(ids) for ids, _ in rows)
        for row in rows:
            total += longest
            kept.append(row)
            if total >= BATCH_TOKENS:
                break
        longest = max(len(ids) for ids, _ in kept)
        tokens = torch.zeros(len(kept), longest, dtype=torch.long)
        positions = torch.arange(longest).repeat(len(kept), 1)
        index, target, weight, text_index, text_target = [], [], [], [], []
        for i, (ids, marks) in enumerate(kept):
            tokens[i, : len(ids)] = torch.tensor(ids)
            # Random offsets: otherwise the later positions stay untrained.
            positions[i] += rng.randrange(POSITIONS - longest + 1) if rng.random() < 0.7 else 0
            labelled = {at for at, _ in marks}
            for at, w in marks:
                if w:
                    index.append(i * longest + at)
                    target.append(ids[at + 1])
                    weight.append(w)
                text_index.append(i * longest + at + 1)
                if at + 2 < len(ids):
                    text_target.append(ids[at + 2])
            for at in rng.sample(range(len(ids) - 1), len(ids) // 5):
                if at not in labelled:
                    text_index.append(i * longest + at)
                    text_target.append(ids[at + 1])
        return {
            "tokens": tokens,
            "positions": positions,
            "index": torch.tensor(index),
            "target": torch.tensor(target),
            "weight": torch.tensor(weight),
            "text_index": torch.tensor(text_index),
            "text_target": torch.tensor(text_target),
        }


def learning_rate(step: int, steps: int) -> float:
    """Warm-up over 100 steps, then half a cosine."""
    if step < 100:
        return PEAK_RATE * (step + 1) / 100
    share = (step - 100) / max(1, steps - 100)
    return FINAL_RATE + (PEAK_RATE - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * share))


def fit(model: GPTNeoForCausalLM, batcher: Batcher, steps: int) -> None:
    """Train in place: the loss on the labels, plus a tenth of the loss on the text."""
    decay = [p for p in model.parameters() if p.dim() > 1]
    other = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.05}, {"params": other, "weight_decay": 0.0}],
        lr=PEAK_RATE,
        betas=(0.9, 0.98),
    )
    model.train()
    embedding = model.transformer.wte.weight
    started = time.perf_counter()
    mean, right = 0.0, 0.0
    for step in range(steps):
        rate = learning_rate(step, steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        # The share of packed prompts grows slowly: an abrupt change loses what was learnt.
        progress = (step / steps - SINGLE_SHARE) / 0.2
        batch = batcher.draw(batcher.rng.random() > min(0.75, max(0.0, progress)))
        hidden = model.transformer(
            input_ids=batch["tokens"], position_ids=batch["positions"], use_cache=False
        ).last_hidden_state.flatten(0, 1)
        logits = hidden.index_select(0, batch["index"]) @ embedding.T
        loss = torch.nn.functional.cross_entropy(logits, batch["target"])
        text_logits = hidden.index_select(0, batch["text_index"]) @ embedding.T
        text_loss = torch.nn.functional.cross_entropy(text_logits, batch["text_target"])
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss + TEXT_WEIGHT * text_loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        hit = (logits.argmax(-1) == batch["target"]).float().mean().item()
        mean = 0.98 * mean + 0.02 * loss.item() if step else loss.item()
        right = 0.98 * right + 0.02 * hit if step else hit
        if step % 100 == 99:
            seconds = time.perf_counter() - started
            print(
                f"step {step + 1}/{steps} loss {mean:.3f} right {right:.3f} "
                f"text {text_loss.item():.2f} {seconds:.0f} s",
                flush=True,
            )


def save(model: GPTNeoForCausalLM, tokenizer: Tokenizer, output: Path) -> None:
    """Write weights, tokenizer and configuration, all as plain files."""
    output.mkdir(parents=True, exist_ok=True)
    model.eval()
    model.generation_config.update(bos_token_id=0, eos_token_id=0, pad_token_id=0)
    model.save_pretrained(output)
    tokenizer.save(str(output / "tokenizer.json"), pretty=False)
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": END,
        "eos_token": END,
        "pad_token": END,
        "unk_token": END,
        "model_max_length": POSITIONS,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    (output / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def main() -> None:
    """Train and save the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    torch.manual_seed(arguments.seed)
    rng = random.Random(arguments.seed)
    tokenizer = train_tokenizer(rng)
    words = word_list()
    whole = sum(len(tokenizer.encode(word).ids) == 1 for word in words)
    print(f"{whole} of {len(words)} listed words are one token", flush=True)
    model = build_model()
    fit(model, Batcher(tokenizer, rng), arguments.steps)
    save(model, tokenizer, arguments.output)


if __name__ == "__main__":
    main()
