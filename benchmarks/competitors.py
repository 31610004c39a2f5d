"""The other ways to get the same answers, each as its users would write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from audit.classifiers.causal import CausalClassifier
from audit.classifiers.loading import LoadedModel, load_model
from audit.classifiers.prompt import FewShotPrompt
from audit.engines import LocalEngine
from audit.records import ClassifierOptions, Request, Sampling, Task
from benchmarks.workload import TASK, Workload

REPEATS = 5
LABELS = tuple(f" {label}" for label in TASK.labels)


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
        Takes sentences; what it returns is not looked at.
    """

    key: str
    title: str
    prompts: int
    answer: Callable[[Sequence[str]], Any]


def ours(
    work: Workload, *, task: Task = TASK, temperature: float = 1.0
) -> tuple[CausalClassifier, LoadedModel]:
    """Load the product's classifier as ``audit run --model causal:FOLDER`` does."""
    options = ClassifierOptions(
        sampling=Sampling(repeats=REPEATS, temperature=temperature, max_new_tokens=6)
    )
    loaded = load_model("causal", str(work.folder), "causal", options)
    return CausalClassifier(loaded, task, options), loaded


def ask(classifier: CausalClassifier, texts: Sequence[str]) -> list[Any]:
    """Send sentences through the product's own engine: prompts, tokens, draws and all."""
    requests = (Request(id=str(number), text=text) for number, text in enumerate(texts))
    return [answer for batch in LocalEngine().run(classifier, requests) for answer in batch]


def competitors(work: Workload, *, quick: bool = False) -> list[Method]:
    """Return every competitor, on one copy of a checkpoint in float32."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(work.folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(work.folder, dtype=torch.float32)
    model.eval()
    render = FewShotPrompt(TASK).render
    few = 1 if quick else 3
    methods = [
        Method("naive-3", "pipeline loop, 5 samples of 3 tokens", few, _naive(model, tokenizer, 3)),
        Method(
            "naive-25", "pipeline loop, 5 samples of 25 tokens", 1, _naive(model, tokenizer, 25)
        ),
        Method("batched-3", "batched `generate`, 5 x 3 tokens", 8, _batched(model, tokenizer)),
        Method("padded", "hand-written padded forward, 16 rows", 32, _padded(model, tokenizer)),
        *(
            Method(
                f"lm-eval-{rows}",
                f"lm-evaluation-harness, multiple choice, batch {rows}",
                16,
                _harness_choice(model, tokenizer, rows),
            )
            for rows in (1, 2, 4)
        ),
        Method(
            "lm-eval-samples",
            "lm-evaluation-harness, 5 samples of 3 tokens",
            4,
            _harness_samples(model, tokenizer),
        ),
    ]

    def rendered(method: Method) -> Callable[[Sequence[str]], Any]:
        """Count building the prompts too."""
        return lambda texts: method.answer([render(text) for text in texts])

    return [Method(m.key, m.title, m.prompts, rendered(m)) for m in methods]


def _naive(model: Any, tokenizer: Any, tokens: int) -> Callable[[Sequence[str]], Any]:
    """Loop over prompts and samples with the text-generation pipeline."""
    import transformers

    pipeline = transformers.pipeline("text-generation", model=model, tokenizer=tokenizer)
    given = {"do_sample": True, "temperature": 1.0, "top_k": 0, "return_full_text": False}

    def answer(prompts: Sequence[str]) -> Any:
        return [
            pipeline(prompt, max_new_tokens=tokens, min_new_tokens=tokens, **given)
            for prompt in prompts
            for _ in range(REPEATS)
        ]

    return answer


def _batched(model: Any, tokenizer: Any) -> Callable[[Sequence[str]], Any]:
    """Generate all samples of eight left-padded prompts at once."""
    tokenizer.pad_token = tokenizer.eos_token

    def answer(prompts: Sequence[str]) -> Any:
        given = tokenizer(list(prompts), return_tensors="pt", padding=True, padding_side="left")
        return model.generate(
            **given, do_sample=True, temperature=1.0, top_k=0, max_new_tokens=3,
            num_return_sequences=REPEATS, pad_token_id=tokenizer.eos_token_id,
        )  # fmt: skip

    return answer


def _padded(model: Any, tokenizer: Any) -> Callable[[Sequence[str]], Any]:
    """One padded forward pass for 16 prompts, logits at the last token only."""
    wanted = [tokenizer(label)["input_ids"][0] for label in LABELS]

    def answer(prompts: Sequence[str]) -> Any:
        found = []
        for start in range(0, len(prompts), 16):
            rows = tokenizer(list(prompts[start : start + 16]), return_tensors="pt", padding=True)
            last = rows["attention_mask"].sum(dim=1, keepdim=True) - 1
            with torch.inference_mode():
                logits = model(**rows, logits_to_keep=last).logits[:, 0]
            found.append(torch.log_softmax(logits, dim=-1)[:, wanted])
        return torch.cat(found)

    return answer


def _harness(model: Any, tokenizer: Any, rows: int) -> Any:
    """Wrap a loaded model for lm-evaluation-harness."""
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=model, tokenizer=tokenizer, batch_size=rows, device="cpu")


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
        return harness.loglikelihood(asked, disable_tqdm=True)

    return answer


def _harness_samples(model: Any, tokenizer: Any) -> Callable[[Sequence[str]], Any]:
    """Five samples of three tokens: a generation task with repeats."""
    from lm_eval.api.instance import Instance

    harness = _harness(model, tokenizer, 4)
    how = {"until": ["\n"], "max_gen_toks": 3, "do_sample": True, "temperature": 1.0, "top_k": 0}

    def answer(prompts: Sequence[str]) -> Any:
        asked = [
            Instance(request_type="generate_until", doc={}, arguments=(prompt, how), idx=place)
            for prompt in prompts
            for place in range(REPEATS)
        ]
        return harness.generate_until(asked, disable_tqdm=True)

    return answer
