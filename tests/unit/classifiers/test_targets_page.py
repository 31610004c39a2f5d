"""Every scheme of ``--model`` runs on this machine, and docs/targets.md says what was seen."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.classifiers import list_schemes
from audit.classifiers.loading import quiet
from audit.records import ClassifierOptions, RemoteOptions, Sampling, Task
from tests.targets_page import PAGE, SENTENCES, Trial, check_table, row_of, target_of

from .conftest import save_gpt_neo
from .encoders import save_bart, save_bert, save_t5
from .families import save_family
from .remote.servers import answer, serve

FAMILIES = {
    "gpt1": "GPT-1, lower-cased BPE",
    "gpt2": "GPT-2, byte-level BPE",
    "gpt-neo": "GPT-Neo, byte-level BPE",
    "gpt-j": "GPT-J, byte-level BPE",
    "llama": "Llama, SentencePiece BPE",
    "llama-unigram": "Llama, SentencePiece Unigram",
    "qwen": "Qwen, byte-level BPE",
}
PYTHON = """
def label(texts: list[str]) -> list[str]:
    return ["Positive" for _ in texts]

def score(texts: list[str]) -> list[float]:
    return [0.5 for _ in texts]

def masses(texts: list[str]) -> list[dict[str, float]]:
    return [{"Positive": 0.5, "Neutral": 0.25, "Negative": 0.25} for _ in texts]
"""
OPTIONS = ClassifierOptions(sampling=Sampling(temperature=1.0, repeats=2))


def prompted(folder: Path, task: Task) -> Iterator[Trial]:
    """Language models: every family, an adapter, eight bits, sampling."""
    yield Trial("reference", "the bundled GPT-Neo", task, OPTIONS)
    for family, name in FAMILIES.items():
        save_family(family, folder / family)
        yield Trial(f"causal:{folder / family}", name, task, OPTIONS)
    neo = save_gpt_neo(folder / "neo")
    sampled = replace(OPTIONS, scoring="sampled")
    yield Trial(f"causal:{neo}", "GPT-Neo, `--scoring sampled`", task, sampled)
    adapted = replace(OPTIONS, adapter=str(_lora(neo, folder / "lora")))
    yield Trial(f"causal:{neo}", "GPT-Neo with a LoRA, `--adapter`", task, adapted, "peft")
    yield Trial(
        f"causal:{folder / 'llama'}", "Llama in 8 bits, `--quantize 8bit`", task,
        replace(OPTIONS, quantize="8bit"), "bitsandbytes, accelerate",
    )  # fmt: skip
    yield Trial(
        f"causal:{folder / 'llama'}", "Llama, `--device-map auto`", task,
        replace(OPTIONS, device_map="auto"), "accelerate",
    )  # fmt: skip
    for kind in ("T5", "MT5"):
        name = {"T5": "T5", "MT5": "mT5"}[kind]
        yield Trial(f"seq2seq:{save_t5(folder / kind, kind)}", name, task, OPTIONS)
    yield Trial(f"seq2seq:{save_bart(folder / 'bart')}", "BART", task, OPTIONS)
    masked = save_bert(folder / "mlm", "BertForMaskedLM")
    yield Trial(f"masked:{masked}", "BERT without a head, label words", task, OPTIONS)


def other_models(folder: Path, task: Task, bert: Path) -> Iterator[Trial]:
    """Encoders, functions, files and lexicons."""
    names = {name.upper(): name for name in task.labels}
    fitted = replace(OPTIONS, label_map=names)
    yield Trial(f"classifier:{bert}", "fine-tuned BERT, `--label-map`", task, fitted)
    encoder = save_bert(folder / "encoder", "BertModel")
    yield Trial(f"embedding:{encoder}", "BERT encoder, logistic head on the shots", task, OPTIONS)
    (folder / "own.py").write_text(PYTHON)
    scores = Task(kind="score", range=(0.0, 1.0), favourable_end="high")
    for function, asked in (("label", task), ("masses", task), ("score", scores)):
        yield Trial(f"python:{folder / 'own.py'}:{function}", f"a function, `{function}`", asked,
                    OPTIONS)  # fmt: skip
    lines = "".join(f'"{text}",Positive\n' for text in SENTENCES)
    (folder / "made.csv").write_text(f"text,label\n{lines}")
    recorded = replace(OPTIONS, columns={"text": "text", "label": "label"})
    yield Trial(f"recorded:{folder / 'made.csv'}", "labels in a CSV", task, recorded)
    whole = Task(kind="score", range=(-1.0, 1.0), favourable_end="high")
    for lexicon in ("vader", "textblob"):
        yield Trial(lexicon, "sentiment lexicon, score", whole, OPTIONS)
        yield Trial(lexicon, "sentiment lexicon, labels", task, OPTIONS)


@contextmanager
def services(folder: Path, task: Task) -> Iterator[list[Trial]]:
    """Services that no model stands behind: a loopback server that keeps to the interface."""
    flagged = {"flagged": False, "category_scores": {"hate": 0.25}}

    def reply(_: int, body: Any) -> Any:
        if "text" in body:
            return answer({"label": "Positive"})
        return answer({"results": [flagged for _ in body["input"]]})

    with serve(reply) as service:
        remote = RemoteOptions(base_url=service.base)
        (folder / "service.yaml").write_text(
            f"url: {service.url}\nbody: {{text: '{{text}}'}}\nresponse: {{label: label}}\n"
        )
        pair = replace(task, labels=("Positive", "Negative"), shots=())
        named = {"flagged": "Negative", "not flagged": "Positive"}
        yield [
            Trial(f"http:{folder / 'service.yaml'}", "a JSON service (loopback server)", task,
                  OPTIONS),
            Trial("moderation:m", "moderation endpoint (loopback server)", pair,
                  replace(OPTIONS, remote=remote, label_map=named)),
        ]  # fmt: skip


def _lora(base: Path, folder: Path) -> Path:
    """Save a LoRA as it begins."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    with quiet():
        model = AutoModelForCausalLM.from_pretrained(base, local_files_only=True)
        get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"])).save_pretrained(folder)
    return folder


def test_every_scheme_runs_here_and_the_page_says_so(
    tmp_path: Path, task: Task, bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    with warnings.catch_warnings(), services(tmp_path, task) as served:
        warnings.simplefilter("ignore")  # of saving models, and of bitsandbytes on a processor
        with quiet():
            trials = [*prompted(tmp_path, task), *other_models(tmp_path, task, bert), *served]
        rows = [row_of(trial) for trial in trials]
    check_table("local", rows)


def test_the_page_leaves_no_scheme_out() -> None:
    page = PAGE.read_text(encoding="utf-8")
    missing = [s.name for s in list_schemes() if f"| `{target_of(s)}` |" not in page]
    assert missing == []
