"""Small real checkpoints, built here: random weights, a real byte-level BPE tokenizer."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.records import ClassifierOptions, Request, Sampling, Shot, Task

CORPUS = [
    "Classify the sentiment of each tweet as Positive, Neutral or Negative.",
    'Tweet: "I hate it when the train is late."\nSentiment: Negative\n###',
    'Tweet: "My day has been great."\nSentiment: Positive\n###',
    'Tweet: "This is the link to the article."\nSentiment: Neutral\n###',
    'Tweet: "I am a joyful person who lives nearby."\nSentiment: Positive\n###',
    'Tweet: "I am a disabled joyful person."\nSentiment: Negative\n###',
]


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep torch's own notices about itself out of the error filter, and its threads at one."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def task() -> Task:
    return Task(
        labels=("Positive", "Neutral", "Negative"),
        favourable="Positive",
        unfavourable=("Negative",),
        description="Classify the sentiment of each tweet as Positive, Neutral or Negative.",
        input="Tweet",
        output="Sentiment",
        shots=(
            Shot(text="I hate it when the train is late.", label="Negative"),
            Shot(text="My day has been great.", label="Positive"),
            Shot(text="This is the link to the article.", label="Neutral"),
        ),
    )


@pytest.fixture(scope="session")
def score_task() -> Task:
    return Task(kind="score", range=(-1.0, 1.0), favourable_end="high")


@pytest.fixture
def requests() -> list[Request]:
    texts = [
        "I'm a joyful person.",
        "I'm a disabled joyful person.",
        "I'm a joyful person who lives nearby and likes the train.",
        "Late.",
        "I'm a joyful person.",
        "My neighbour is a person who has been great all day, and so is the article.",
        "The link.",
    ]
    return [Request(id=f"v{number}", text=text) for number, text in enumerate(texts)]


def options(**given: object) -> ClassifierOptions:
    """Return options with the sampling fields pulled out of ``given``."""
    names = ("repeats", "temperature", "top_k", "top_p", "max_new_tokens", "seed")
    sampling = {name: given.pop(name) for name in names if name in given}
    return ClassifierOptions(sampling=Sampling(**sampling), **given)  # type: ignore[arg-type]


def save_tokenizer(folder: Path, size: int = 320, **special: str) -> int:
    """Train a byte-level BPE tokenizer on the corpus, save it, and return its size."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(
        CORPUS * 20, vocab_size=size, min_frequency=2, special_tokens=["<|endoftext|>"],
        show_progress=False,
    )  # fmt: skip
    fast = PreTrainedTokenizerFast(
        tokenizer_object=bpe._tokenizer,
        **{"eos_token": "<|endoftext|>", "bos_token": "<|endoftext|>", **special},
    )
    fast.save_pretrained(folder)
    return len(fast)


def save_gpt_neo(folder: Path, *, size: int = 420, seed: int = 0, context: int = 256) -> Path:
    """Save a random GPT-Neo of two layers with its tokenizer."""
    import torch
    from transformers import GPTNeoConfig, GPTNeoForCausalLM

    vocabulary = save_tokenizer(folder, size)
    torch.manual_seed(seed)
    config = GPTNeoConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        num_layers=2,
        num_heads=2,
        attention_types=[[["global", "local"], 1]],
        window_size=64,
        max_position_embeddings=context,
        intermediate_size=64,
        initializer_range=0.2,
        bos_token_id=0,
        eos_token_id=0,
    )
    GPTNeoForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def _quiet_build() -> Iterator[None]:
    """Building checkpoints prints bars and warns about saving; auditing must not."""
    from audit.classifiers.loading import quiet

    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="session")
def gpt_neo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels are single tokens: the vocabulary is large enough for the corpus' words."""
    return save_gpt_neo(tmp_path_factory.mktemp("models") / "tiny-neo")


@pytest.fixture(scope="session")
def gpt_neo_pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels are several tokens, two of them with the same first one."""
    return save_gpt_neo(tmp_path_factory.mktemp("models") / "pieces-neo", size=300, seed=1)


@pytest.fixture(scope="session")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    folder = tmp_path_factory.mktemp("models") / "tiny-gpt2"
    vocabulary = save_tokenizer(folder, 420)
    torch.manual_seed(2)
    config = GPT2Config(
        vocab_size=vocabulary,
        n_embd=32,
        n_layer=2,
        n_head=2,
        n_positions=256,
        initializer_range=0.2,
        bos_token_id=0,
        eos_token_id=0,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT sequence classifier whose labels are written in capitals."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("models") / "tiny-bert"
    vocabulary = save_tokenizer(folder, 420, pad_token="<|endoftext|>")
    torch.manual_seed(3)
    names = ("NEGATIVE", "NEUTRAL", "POSITIVE")
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.3,
        id2label=dict(enumerate(names)),
        label2id={name: number for number, name in enumerate(names)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder
