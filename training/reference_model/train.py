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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from transformers import GPTNeoConfig, GPTNeoForCausalLM

from training.reference_model import lexicon as lex
from training.reference_model.clauses import compose
from training.reference_model.generator import LABELS, Draws
from training.reference_model.mentions import MENTIONS
from training.reference_model.prompts import Packed, packed, single

SEED = 20
VOCABULARY = 3072
POSITIONS = 512
END = "<|endoftext|>"
STEPS = 2000
SINGLE_SHARE = 0.2  # first part of the training that sees single items only
RAMP_SHARE = 0.2  # the part over which the share of packed prompts grows
PACKED_SHARE = 0.75
BATCH_TOKENS = 6000
PEAK_RATE = 2e-3
FINAL_RATE = 4e-5
REFINE_PARTS = 2
REFINE_STEPS = 350
REFINE_RATE = 5e-4
LOOK_ALIKE_SHARE = 0.4
TEXT_WEIGHT = 0.1
ISOLATION_WEIGHT = 1.0
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


def sinusoids(positions: int, width: int) -> Tensor:
    """Sines and cosines of growing wave length, shape (positions, width), scaled by 0.07."""
    wave = torch.exp(torch.linspace(math.log(1.0), math.log(0.01), width // 2))
    angle = torch.arange(positions)[:, None] * wave[None]
    return 0.07 * torch.cat([angle.sin(), angle.cos()], dim=1)


@dataclass(frozen=True)
class Row:
    """One tokenised prompt.

    Attributes
    ----------
    ids, items : list of int
        The tokens, and the number of the item each belongs to.
    labels : list of int
        Where the labels stand.
    counted : list of int
        Those of them that count in the loss.
    """

    ids: list[int]
    items: list[int]
    labels: list[int]
    counted: list[int]


@dataclass(frozen=True)
class Batch:
    """One batch of B rows of L tokens.

    Attributes
    ----------
    tokens, positions, items : Tensor of shape (B, L)
        Token ids, position ids, and the number of the item each token belongs to (-1: padding).
    index, target : Tensor of shape (labels,)
        Flat place before each label that counts, and the label's token.
    text_index, text_target : Tensor of shape (sampled,)
        The same for a sample of the other tokens, and for the line break after each label.
    """

    tokens: Tensor
    positions: Tensor
    items: Tensor
    index: Tensor
    target: Tensor
    text_index: Tensor
    text_target: Tensor


class Batcher:
    """Draws batches of prompts of about `BATCH_TOKENS` tokens.

    Parameters
    ----------
    tokenizer : Tokenizer
        Splits the pieces of a prompt; labels are single tokens.
    rng : random.Random
        Source of every choice.
    """

    def __init__(self, tokenizer: Tokenizer, rng: Draws) -> None:
        self.tokenizer = tokenizer
        self.rng = rng
        self.label_ids = {label: tokenizer.encode(f" {label}").ids[0] for label in LABELS}
        self.newline = tokenizer.encode("\n").ids
        self.waiting: dict[bool, list[list[Row]]] = {True: [], False: []}

    def draw(self, singles: bool) -> Batch:
        """Draw one batch, of single items or of packed prompts."""
        queue = self.waiting[singles]
        if not queue:
            queue += self._batches_of_rows(singles)
        return self._collate(queue.pop())

    def _batches_of_rows(self, singles: bool) -> list[list[Row]]:
        """Cut many prompts into batches of like length, so that little is padding."""
        drawn = [single(self.rng) if singles else packed(self.rng) for _ in range(1200)]
        rows = sorted(self._encode(drawn), key=lambda row: len(row.ids))
        batches: list[list[Row]] = [[]]
        for row in rows:
            if (len(batches[-1]) + 1) * len(row.ids) > BATCH_TOKENS:
                batches.append([])
            batches[-1].append(row)
        self.rng.shuffle(batches)
        return batches

    def _encode(self, drawn: list[Packed]) -> list[Row]:
        pieces = iter(self.tokenizer.encode_batch([p for d in drawn for p in d.pieces]))
        rows = []
        for d in drawn:
            row = Row([], [], [], [])
            for item, (label, weight) in enumerate(zip(d.labels, d.weights, strict=True)):
                added = [*next(pieces).ids, self.label_ids[label]]
                row.ids.extend(added)
                row.items.extend([item] * len(added))
                row.labels.append(len(row.ids) - 1)
                if weight:
                    row.counted.append(len(row.ids) - 1)
            row.ids.extend(self.newline)
            row.items.extend([len(d.labels) - 1] * len(self.newline))
            if len(row.ids) < POSITIONS:
                rows.append(row)
        return rows

    def _collate(self, rows: list[Row]) -> Batch:
        rng = self.rng
        longest = max(len(row.ids) for row in rows)
        tokens = torch.zeros(len(rows), longest, dtype=torch.long)
        items = torch.full((len(rows), longest), -1)
        positions = torch.arange(longest).repeat(len(rows), 1)
        counted, text = [], []
        for i, row in enumerate(rows):
            length = len(row.ids)
            tokens[i, :length] = torch.tensor(row.ids)
            items[i, :length] = torch.tensor(row.items)
            # Random offsets: otherwise the later positions stay untrained.
            positions[i] += rng.randrange(POSITIONS - longest + 1) if rng.random() < 0.7 else 0
            counted += [i * longest + at for at in row.counted]
            sampled = set(rng.sample(range(1, length), length // 5)) - set(row.labels)
            text += [i * longest + at for at in sorted(sampled | {at + 1 for at in row.labels})]
        flat = tokens.flatten()
        index, text_index = torch.tensor(counted), torch.tensor(text)
        return Batch(
            tokens, positions, items, index - 1, flat[index], text_index - 1, flat[text_index]
        )


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Warm-up over 100 steps, then half a cosine."""
    if step < 100:
        return peak * (step + 1) / 100
    share = (step - 100) / max(1, steps - 100)
    return FINAL_RATE + (peak - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * share))


def isolation_loss(attentions: tuple[Tensor, ...], items: Tensor) -> Tensor:
    """Minus the mean log share of attention that stays inside a token's own item.

    The first head of the first layer is left free, to find where an item begins.

    Parameters
    ----------
    attentions : tuple of Tensor of shape (B, heads, L, L)
        Attention weights of each layer.
    items : Tensor of shape (B, L)
        Number of the item each token belongs to, -1 for padding.
    """
    own = (items[:, :, None] == items[:, None, :])[:, None]
    real = (items >= 0)[:, None, :]
    held = [attentions[0][:, 1:], *attentions[1:]]
    inside = [(weights * own).sum(-1) for weights in held]
    shares = torch.cat([part[real.expand_as(part)] for part in inside])
    return -shares.clamp_min(1e-4).log().mean()


def fit(
    model: GPTNeoForCausalLM,
    batcher: Batcher,
    steps: int,
    *,
    peak: float,
    singles: float,
    ramp: float,
) -> None:
    """Train in place: the loss on the labels, with small parts for text and for isolation.

    Parameters
    ----------
    peak : float
        Largest learning rate.
    singles, ramp : float
        Shares of the steps that see single items only, and over which packed prompts grow.
    """
    decay = [p for p in model.parameters() if p.dim() > 1]
    other = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.05}, {"params": other, "weight_decay": 0.0}],
        lr=peak,
        betas=(0.9, 0.98),
    )
    model.train()
    embedding = model.transformer.wte.weight
    started = time.perf_counter()
    track = np.zeros(4)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps, peak)
        # The share of packed prompts grows slowly: an abrupt change loses what was learnt.
        progress = (step / steps - singles) / ramp if ramp else 1.0
        batch = batcher.draw(batcher.rng.random() > min(PACKED_SHARE, max(0.0, progress)))
        out = model.transformer(
            input_ids=batch.tokens,
            position_ids=batch.positions,
            use_cache=False,
            output_attentions=True,
        )
        hidden = out.last_hidden_state.flatten(0, 1)
        logits = hidden.index_select(0, batch.index) @ embedding.T
        loss = torch.nn.functional.cross_entropy(logits, batch.target)
        text_logits = hidden.index_select(0, batch.text_index) @ embedding.T
        text_loss = torch.nn.functional.cross_entropy(text_logits, batch.text_target)
        apart = isolation_loss(out.attentions, batch.items)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss + TEXT_WEIGHT * text_loss + ISOLATION_WEIGHT * apart)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        right = (logits.argmax(-1) == batch.target).float().mean()
        track += 0.02 * (np.array([x.item() for x in (loss, right, text_loss, apart)]) - track)
        if step % 100 == 99:
            shown = " ".join(
                f"{name} {value:.3f}"
                for name, value in zip(("loss", "right", "text", "apart"), track, strict=True)
            )
            seconds = time.perf_counter() - started
            print(f"step {step + 1}/{steps} {shown} {seconds:.0f} s", flush=True)


def refine(model: GPTNeoForCausalLM, tokenizer: Tokenizer, seed: int) -> None:
    """Tell apart groups that share a word: "disabled" and "intellectually disabled" differ here."""
    torch.manual_seed(seed)
    rng = Draws(seed)
    rng.look_alikes = LOOK_ALIKE_SHARE
    batcher = Batcher(tokenizer, rng)
    fit(model, batcher, REFINE_STEPS, peak=REFINE_RATE, singles=0.0, ramp=0.0)


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
    rng = Draws(arguments.seed)
    tokenizer = train_tokenizer(rng)
    words = word_list()
    whole = sum(len(tokenizer.encode(word).ids) == 1 for word in words)
    print(f"{whole} of {len(words)} listed words are one token", flush=True)
    model = build_model()
    batcher = Batcher(tokenizer, rng)
    fit(model, batcher, arguments.steps, peak=PEAK_RATE, singles=SINGLE_SHARE, ramp=RAMP_SHARE)
    for part in range(1, REFINE_PARTS + 1):
        refine(model, tokenizer, arguments.seed + part)
    save(model, tokenizer, arguments.output)


if __name__ == "__main__":
    main()
