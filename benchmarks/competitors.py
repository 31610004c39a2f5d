"""The other ways to get the same answers, each as its users would write it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from audit.classifiers.causal import CausalClassifier
from audit.classifiers.loading import LoadedModel, load_model
from audit.classifiers.prompt import FewShotPrompt
from audit.engines import LocalEngine
from audit.records import ClassifierOptions, Request, Sampling
from benchmarks.workload import TASK, Workload

REPEATS = 5
LABELS = tuple(f" {label}" for label in TASK.labels)
_SAMPLING = {"do_sample": True, "temperature": 1.0, "top_k": 0}


@dataclass(frozen=True, slots=True)
class Method:
    """A way to answer prompts.

    Parameters
    ----------
    key : str
        Short name.
    title : str
        What it is, for people.
    prompts : int
        How many prompts a round of the measurement gives it.
    answer : callable
        Takes sentences. Where ``scores`` is set, returns the log-probabilities of the labels.
    group : str
        Methods of one group differ in batch size only; the fastest of them is what counts.
    scores : bool
        Whether the answers are log-probabilities, which can be checked.
    """

    key: str
    title: str
    prompts: int
    answer: Callable[[Sequence[str]], Any]
    group: str
    scores: bool = False


def ours(
    work: Workload,
    *,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
    threads: int | None = None,
) -> tuple[CausalClassifier, LoadedModel]:
    """Load the product's classifier as ``audit run --model causal:FOLDER`` does."""
    options = ClassifierOptions(
        sampling=Sampling(repeats=REPEATS, temperature=1.0, max_new_tokens=6),
        device=device,
        dtype="float32",
        threads=threads,
    )
    loaded = load_model("causal", str(work.folder), "causal", options)
    shorter = None if dtype == torch.float32 else dtype
    return CausalClassifier(loaded, TASK, options, dtype=shorter), loaded


def ask(classifier: CausalClassifier, texts: Sequence[str]) -> list[Any]:
    """Send sentences through the product's own engine: prompts, tokens, draws and all."""
    requests = (Request(id=str(number), text=text) for number, text in enumerate(texts))
    return [answer for batch in LocalEngine().run(classifier, requests) for answer in batch]


def competitors(
    work: Workload, *, device: str = "cpu", dtype: torch.dtype = torch.float32, largest: int = 32
) -> list[Method]:
    """Return every competitor, on one copy of a checkpoint.

    Parameters
    ----------
    work : Workload
        The checkpoint.
    device : str
        Where they run.
    dtype : torch.dtype
        Their number format.
    largest : int
        Prompts of a round, and largest batch, of the ways that take batches.
    """
    import transformers

    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    tokenizer = transformers.AutoTokenizer.from_pretrained(work.folder)
    tokenizer.pad_token = tokenizer.eos_token
    model = transformers.AutoModelForCausalLM.from_pretrained(work.folder, dtype=dtype)
    model.eval().to(device)
    few = max(1, largest // 10)
    harness = "lm-evaluation-harness"
    sizes = [rows for rows in (1, 2, 4, 8, 16, 32, 64, 128) if rows <= largest]
    methods = [
        Method("naive-3", "pipeline loop, 5 samples of 3 tokens", few,
               _naive(model, tokenizer, 3), "naive-3"),
        Method("naive-25", "pipeline loop, 5 samples of 25 tokens", 1,
               _naive(model, tokenizer, 25), "naive-25"),
        Method("batched-3", "batched `generate`, 8 prompts, 5 x 3 tokens", min(8, largest),
               _batched(model, tokenizer), "batched-3"),
        *(
            Method(f"padded-{rows}", f"hand-written padded forward, {rows} rows", largest,
                   _padded(model, tokenizer, rows), "padded", scores=True)
            for rows in sizes[2:] or sizes
        ),
        *(
            Method(f"lm-eval-{rows}", f"{harness}, multiple choice, batch {rows}", largest,
                   _harness_choice(model, tokenizer, rows), "lm-eval", scores=True)
            for rows in sizes[: 5 if device == "cpu" else None]
        ),
        Method("lm-eval-samples", f"{harness}, 5 samples of 3 tokens", few,
               _harness_samples(model, tokenizer), "lm-eval-samples"),
    ]  # fmt: skip
    render = FewShotPrompt(TASK).render

    def rendered(method: Method) -> Callable[[Sequence[str]], Any]:
        """Count building the prompts too."""
        return lambda texts: method.answer([render(text) for text in texts])

    return [Method(m.key, m.title, m.prompts, rendered(m), m.group, m.scores) for m in methods]


def _naive(model: Any, tokenizer: Any, tokens: int) -> Callable[[Sequence[str]], Any]:
    """Loop over prompts and samples with the text-generation pipeline."""
    import transformers

    pipeline = transformers.pipeline("text-generation", model=model, tokenizer=tokenizer)
    given = {**_SAMPLING, "max_new_tokens": tokens, "min_new_tokens": tokens}

    def answer(prompts: Sequence[str]) -> Any:
        return [
            pipeline(prompt, return_full_text=False, **given)
            for prompt in prompts
            for _ in range(REPEATS)
        ]

    return answer


def _batched(model: Any, tokenizer: Any) -> Callable[[Sequence[str]], Any]:
    """Generate all samples of eight left-padded prompts at once."""

    def answer(prompts: Sequence[str]) -> Any:
        rows = _left_padded(model, tokenizer, prompts)
        return model.generate(
            **rows, **_SAMPLING, max_new_tokens=3, num_return_sequences=REPEATS,
            pad_token_id=tokenizer.eos_token_id,
        )  # fmt: skip

    return answer


def _left_padded(model: Any, tokenizer: Any, prompts: Sequence[str]) -> Any:
    rows = tokenizer(list(prompts), return_tensors="pt", padding=True, padding_side="left")
    return rows.to(model.device)


def _padded(model: Any, tokenizer: Any, rows: int) -> Callable[[Sequence[str]], Any]:
    """One padded forward pass for each batch, logits at the last token only."""
    wanted = [tokenizer(label)["input_ids"][0] for label in LABELS]

    def answer(prompts: Sequence[str]) -> Any:
        found = []
        for start in range(0, len(prompts), rows):
            given = _left_padded(model, tokenizer, prompts[start : start + rows])
            places = (given["attention_mask"].cumsum(dim=1) - 1).clamp(min=0)
            with torch.inference_mode():
                logits = model(**given, position_ids=places, logits_to_keep=1).logits[:, -1]
            found.append(torch.log_softmax(logits.float(), dim=-1)[:, wanted].cpu())
        return torch.cat(found)

    return answer


def _harness(model: Any, tokenizer: Any, rows: int) -> Any:
    """Wrap a loaded model for lm-evaluation-harness."""
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=model, tokenizer=tokenizer, batch_size=rows, device=str(model.device))


def _harness_choice(model: Any, tokenizer: Any, rows: int) -> Callable[[Sequence[str]], Any]:
    """Log-likelihoods of the labels: what a multiple-choice task asks for."""
    from lm_eval.api.instance import Instance

    harness = _harness(model, tokenizer, rows)

    def answer(prompts: Sequence[str]) -> Any:
        asked = [
            Instance(request_type="loglikelihood", doc={}, arguments=(prompt, label), idx=place)
            for prompt in prompts
            for place, label in enumerate(LABELS)
        ]
        found = harness.loglikelihood(asked, disable_tqdm=True)
        return torch.tensor([score for score, _ in found]).reshape(-1, len(LABELS))

    return answer


def _harness_samples(model: Any, tokenizer: Any) -> Callable[[Sequence[str]], Any]:
    """Five samples of three tokens: a generation task with repeats."""
    from lm_eval.api.instance import Instance

    harness = _harness(model, tokenizer, 4)
    how = {**_SAMPLING, "until": ["\n"], "max_gen_toks": 3}

    def answer(prompts: Sequence[str]) -> Any:
        asked = [
            Instance(request_type="generate_until", doc={}, arguments=(prompt, how), idx=place)
            for prompt in prompts
            for place in range(REPEATS)
        ]
        return harness.generate_until(asked, disable_tqdm=True)

    return answer
