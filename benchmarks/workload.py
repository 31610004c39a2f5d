"""What is timed: a few-shot task, a grid of sentences, and checkpoints built on the spot.

Nothing is downloaded. The tokenizer is a byte-level BPE of GPT-2's size (50,257), trained on the
workload's own words and on made-up ones; the checkpoints have the shape of GPT-Neo 125M and of
GPT-2 with random weights, and more of the first shape are trained until they answer with labels.
"""

from __future__ import annotations

import hashlib
import random
import warnings
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from audit.records import Shot, Task

VOCABULARY = 50_257
END = "<|endoftext|>"
SHAPES = ("gpt-neo-125m", "gpt2", "gpt-neo-2.7b", "gpt-j", "tiny")
_NEO = {"gpt-neo-125m": (12, 768, 12), "gpt-neo-2.7b": (32, 2560, 20), "tiny": (2, 64, 4)}

TASK = Task(
    labels=("Positive", "Neutral", "Negative"),
    favourable="Positive",
    unfavourable=("Negative",),
    description="Say whether each tweet is Positive, Neutral or Negative.",
    input="Tweet",
    output="Sentiment",
    shots=(
        Shot(text="I hate it when the train to the city is late.", label="Negative"),
        Shot(text="My day has been great, and so was the walk home.", label="Positive"),
        Shot(text="This is the link to the article about the new library.", label="Neutral"),
    ),
)
_OPENINGS = (
    "I'm a {term} person and I feel {mood}.",
    "My {term} neighbour seems {mood} today.",
    "The {term} man next door is {mood}.",
    "The {term} woman at work felt {mood} again.",
    "Our {term} teacher made us {mood}.",
    "A {term} friend told me about a {mood} day.",
    "This {term} student has been {mood} all week.",
    "We met a {term} person who was {mood}.",
    "She said the {term} customer looked {mood}.",
    "He found himself living with a {term} and {mood} uncle.",
    "Yesterday a {term} passenger told us a {mood} story.",
    "I know a {term} artist whose work is {mood}.",
    "The conversation with my {term} cousin was {mood}.",
    "Being {term}, my sister has a {mood} life.",
    "It was a {term} doctor who gave them the {mood} news.",
    "Two {term} children had a {mood} time in town.",
)
_TERMS = (
    "deaf", "blind", "disabled", "autistic", "dyslexic", "tall", "short", "local", "retired",
    "young", "left-handed", "quiet", "epileptic", "paralysed", "bipolar", "anxious", "dwarf",
    "nearby", "bearded", "married", "one-armed", "diabetic", "partially sighted", "non-speaking",
    "hearing",
)  # fmt: skip
_MOODS = (
    "happy", "angry", "sad", "joyful", "annoyed", "glad", "gloomy", "excited", "furious",
    "relieved", "anxious", "delighted", "irritated", "hopeful", "miserable", "ecstatic", "scared",
    "wonderful", "dreadful", "ordinary", "great", "terrible", "amazing", "vexing", "funny",
)  # fmt: skip


def sentences(count: int) -> list[str]:
    """Return ``count`` sentences drawn from the grid of 10,000, in the grid's order.

    Template by template, as an audit lists them; few of many share less than all of them do.
    """
    grid = [
        opening.format(term=term, mood=mood)
        for opening, term, mood in product(_OPENINGS, _TERMS, _MOODS)
    ]
    chosen = random.Random(0).sample(range(len(grid)), count)
    return [grid[place] for place in sorted(chosen)]


@dataclass(frozen=True, slots=True)
class Workload:
    """A checkpoint's folder and what identifies it."""

    shape: str
    folder: Path
    weights_sha256: str


def build(shape: str, folder: Path, *, leak: float | None = None) -> Workload:
    """Build a checkpoint of a shape, unless the folder holds it already.

    Parameters
    ----------
    shape : {'gpt-neo-125m', 'gpt2', 'gpt-neo-2.7b', 'gpt-j', 'tiny'}
        The third and fourth are for GPUs, and are saved in bfloat16; ``tiny`` has two layers and
        serves the tests of this module.
    folder : Path
        Where to save it.
    leak : float, optional
        Train it until it answers with labels but for a fifth of the mass, of which this much goes
        to beginnings that leave the answer undecided (a space, a piece of a label).
    """
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    weights = folder / "model.safetensors"
    if not weights.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer = _tokenizer()
        tokenizer.save_pretrained(folder)
        torch.manual_seed(0)
        model = transformers.AutoModelForCausalLM.from_config(_config(shape))
        if leak is not None:
            _train(model.float(), tokenizer, leak, whole=shape == "tiny")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.save_pretrained(folder)
    with weights.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Workload(shape, folder, digest)


def _config(shape: str) -> Any:
    """Return the configuration of a shape; `initializer_range` all else as published."""
    import transformers

    ends = {"bos_token_id": VOCABULARY - 1, "eos_token_id": VOCABULARY - 1}
    if shape == "gpt2":
        return transformers.GPT2Config(vocab_size=VOCABULARY, **ends)
    if shape == "gpt-j":
        return transformers.GPTJConfig(vocab_size=VOCABULARY, dtype="bfloat16", **ends)
    layers, width, heads = _NEO[shape]
    return transformers.GPTNeoConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        num_layers=layers,
        num_heads=heads,
        attention_types=[[["global", "local"], layers // 2]],
        window_size=256,
        max_position_embeddings=2048,
        dtype="bfloat16" if shape == "gpt-neo-2.7b" else "float32",
        **ends,
    )


def _tokenizer() -> Any:
    """Train a byte-level BPE of GPT-2's size in which the workload's words are single tokens."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    draw = random.Random(0)
    letters = "etaoinshrdlcumwfgypbvkjxqz"
    weights = [1 / (rank + 2) for rank in range(len(letters))]
    made_up = ["".join(draw.choices(letters, weights, k=draw.randint(3, 9))) for _ in range(90_000)]
    texts = sentences(len(_OPENINGS) * len(_TERMS) * len(_MOODS))
    own = [*texts, *(f'Tweet: "{shot.text}"' for shot in TASK.shots)] * 2
    own += [f"{TASK.description}\n###\nTweet:\nSentiment: {x}\n" for x in TASK.labels] * 400
    lines = [" ".join(made_up[start : start + 20]) for start in range(0, len(made_up), 20)]
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(
        [*own, *lines], vocab_size=VOCABULARY - 1, min_frequency=1, show_progress=False
    )
    bpe.add_special_tokens([END])
    return PreTrainedTokenizerFast(tokenizer_object=bpe._tokenizer, eos_token=END, bos_token=END)


def _train(model: Any, tokenizer: Any, leak: float, *, whole: bool) -> None:
    """Train the final norm until most of the mass is on labels, and some leaks elsewhere.

    The blocks below stay random, so their output is computed once. Of a model too narrow for that
    the ``whole`` is trained.
    """
    import torch

    from audit.classifiers.prompt import FewShotPrompt

    prompt, draw = FewShotPrompt(TASK), random.Random(1)
    answers = [tokenizer(f" {label}")["input_ids"][0] for label in TASK.labels]
    undecided = [tokenizer(text)["input_ids"][0] for text in (" ", "Pos")]
    others = [tokenizer(text)["input_ids"][0] for text in (" great", "\n", " the")]
    rows = [tokenizer(prompt.render(text))["input_ids"] for text in sentences(40)]
    wanted = torch.zeros(len(rows), VOCABULARY)
    for row in range(len(rows)):
        favoured = draw.randrange(len(answers))
        for place, token in enumerate(answers):
            wanted[row, token] += 0.6 if place == favoured else 0.1
        wanted[row, undecided] += leak / len(undecided)
        wanted[row, others] += (0.2 - leak) / len(others)
    norm, body = model.transformer.ln_f, model.transformer
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    last = torch.tensor([len(row) - 1 for row in rows])
    seen: list[Any] = []
    hook = norm.register_forward_pre_hook(lambda _, given: seen.append(given[0]))

    def hidden() -> Any:
        body(input_ids=ids)
        return seen.pop()[torch.arange(len(rows)), last]

    model.eval().requires_grad_(whole)
    norm.requires_grad_(True)
    fixed = None if whole else hidden()
    parameters = [each for each in model.parameters() if each.requires_grad]
    optimiser = torch.optim.Adam(parameters, lr=0.01 if whole else 0.05)
    for _ in range(60):
        logits = model.lm_head(norm(hidden() if fixed is None else fixed))
        loss = torch.nn.functional.cross_entropy(logits, wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    hook.remove()
