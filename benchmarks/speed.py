"""How fast exact answers are, side by side with the other ways, on the reader's own machine.

``python -m benchmarks.speed`` writes ``docs/speed.md`` and ``docs/speed.json``. With ``--device
cuda`` it measures larger shapes in bfloat16 instead and adds them to the page. ``--quick`` uses
fewer prompts, and ``--shape tiny`` a model of two layers; both print only.
"""

from __future__ import annotations

import os

os.environ.setdefault("GOMP_SPINCOUNT", "0")  # before torch is loaded

import argparse
import gc
import json
import platform
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from benchmarks import timing
from benchmarks.competitors import Method, ask, competitors, ours
from benchmarks.gates import (
    agreement_with_sampling,
    check_competitor,
    difference_from_plain,
    plain_scores,
)
from benchmarks.speed_page import page
from benchmarks.two_cores import two_cores
from benchmarks.workload import Workload, build, sentences

_DOCS = Path(__file__).resolve().parent.parent / "docs"
_TEMPERATURES = tuple(round(0.1 * step, 1) for step in range(1, 11))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured.

    Parameters
    ----------
    checkpoints : tuple of (str, str, float or None, tuple of int, int)
        Name, shape, leak, numbers of prompts of the product alone, rounds with the others; the
        first is the one the targets are about.
    leaks : tuple of float
        Leaks at which the product alone is measured besides.
    prompts : int
        Prompts of the product in a round.
    largest : int
        Prompts of a round, and largest batch, of the others.
    device : str
        Where everything runs.
    dtype : torch.dtype
        Number format of everybody.
    """

    checkpoints: tuple[tuple[str, str, float | None, tuple[int, ...], int], ...]
    leaks: tuple[float, ...] = ()
    prompts: int = 1_000
    largest: int = 32
    device: str = "cpu"
    dtype: torch.dtype = torch.float32


_SIZES = (100, 1_000, 10_000)
FULL = Plan(
    checkpoints=(
        ("gpt-neo-125m-trained", "gpt-neo-125m", 0.004, _SIZES, 4),
        ("gpt-neo-125m-random", "gpt-neo-125m", None, _SIZES[:2], 2),
        ("gpt2-random", "gpt2", None, _SIZES, 2),
    ),
    leaks=(0.02, 0.08),
)
GPU = Plan(
    checkpoints=(
        ("gpt-neo-2.7b-random", "gpt-neo-2.7b", None, _SIZES, 3),
        ("gpt-j-random", "gpt-j", None, _SIZES, 3),
    ),
    largest=128,
    device="cuda",
    dtype=torch.bfloat16,
)


def quick(shape: str = "gpt-neo-125m") -> Plan:
    """Return a plan of a few minutes, or of seconds with the tiny shape."""
    return Plan(
        checkpoints=((f"{shape}-trained", shape, 0.004, (50, 200), 1),),
        leaks=(0.08,),
        prompts=200,
        largest=8,
    )


def main() -> None:
    """Build, check, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer prompts; print only")
    parser.add_argument("--shape", help="a quick measurement of this shape")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--folder", type=Path, help="where to keep the checkpoints")
    given = parser.parse_args()
    short = given.quick or given.shape is not None
    plan = GPU if given.device == "cuda" else quick(given.shape or "gpt-neo-125m")
    if given.device == "cpu" and not short:
        plan = FULL
    with tempfile.TemporaryDirectory() as temporary:
        found = measure(plan, given.folder or Path(temporary))
    if short:
        print(page(found))
        return
    mine = _DOCS / ("speed-gpu.json" if given.device == "cuda" else "speed.json")
    mine.write_text(json.dumps(found, indent=1) + "\n")
    kept = [path for path in (_DOCS / "speed.json", _DOCS / "speed-gpu.json") if path.exists()]
    text = page(*(json.loads(path.read_text()) for path in kept))
    (_DOCS / "speed.md").write_text(text)
    print(text)


def measure(plan: Plan, folder: Path) -> dict[str, Any]:
    """Return every figure of the page.

    Raises
    ------
    GateError
        If an answer of anybody's is wrong.
    """
    started = time.time()
    on_cpu = plan.device == "cpu"
    if on_cpu:
        timing.one_core()
    found: dict[str, Any] = {
        "machine": _machine(plan.device),
        "device": plan.device,
        "dtype": str(plan.dtype).removeprefix("torch."),
        "versions": {name: version(name) for name in ("torch", "transformers", "lm-eval")},
        "load_before": os.getloadavg()[0],
        "gemm_peak_gflops": timing.gemm_peak(
            *((256, 768, 3072) if on_cpu else (4096, 4096, 16384)),
            device=plan.device, dtype=plan.dtype,
        ),
        "memory_gb_per_second": None if on_cpu else timing.memory_rate(plan.device),
        "checkpoints": {},
        "leaky": [],
    }  # fmt: skip
    _say("gate: generated answers follow the exact distribution")
    tiny, loaded = ours(build("tiny", folder / "tiny", leak=0.08))
    found["sampling_p"] = agreement_with_sampling(tiny, loaded, sentences(1)[0])
    for number, (name, shape, leak, sizes, rounds) in enumerate(plan.checkpoints):
        work = build(shape, folder / name, leak=leak)
        _say(f"{name}: checkpoint ready")
        found["checkpoints"][name] = _checkpoint(work, plan, sizes, rounds, full=number == 0)
        gc.collect()
    first = plan.checkpoints[0]
    for leak in plan.leaks:
        work = build(first[1], folder / f"{first[1]}-leak-{leak}", leak=leak)
        found["leaky"].append({"leak": leak, **_alone(work, plan.prompts)})
    if on_cpu:
        found["two_cores"] = two_cores(folder / first[0], plan.prompts // 2)
        found["bfloat16"] = _short_format(build(first[1], folder / first[0]), plan)
    found["load_after"] = os.getloadavg()[0]
    found["minutes"] = (time.time() - started) / 60
    return found


def _checkpoint(
    work: Workload, plan: Plan, sizes: tuple[int, ...], rounds: int, *, full: bool
) -> dict[str, Any]:
    """Measure one checkpoint: gates, sizes, and everybody in turns."""
    start, wall = time.process_time(), time.perf_counter()
    classifier, loaded = ours(work, device=plan.device, dtype=plan.dtype)
    assert_exact = plan.dtype == torch.float32
    found: dict[str, Any] = {
        "weights_sha256": work.weights_sha256,
        "startup": {
            "processor": time.process_time() - start, "wall": time.perf_counter() - wall
        },
        "notes": list(classifier.info.notes),
        "difference": (
            difference_from_plain(classifier, loaded, sentences(12)) if assert_exact else None
        ),
        "scaling": _scaling(classifier, sizes),
        "prompts": plan.prompts,
        "floor": _floor(classifier, loaded, plan.prompts),
    }  # fmt: skip
    others = competitors(work, device=plan.device, dtype=plan.dtype, largest=plan.largest)
    checked = sentences(3)
    plain = plain_scores(classifier, loaded, checked)
    for method in others:
        check_competitor(method, plain, checked, 1e-3 if assert_exact else 0.5)
    found |= _in_turns(classifier, others, rounds, plan.prompts)
    if full:
        found["temperatures"] = _temperatures(classifier, plan.prompts)
    return found


def _scaling(classifier: Any, sizes: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """Measure the product alone by number of prompts: rate, and most memory held meanwhile."""
    ask(classifier, sentences(20))  # the first pass of all pays for setting up
    found = {}
    for count in sizes:
        timing.forget_peak()
        rate = timing.Rate()
        rate.time(lambda texts: ask(classifier, texts), sentences(count))
        found[str(count)] = {**rate.record(), "memory_mb": timing.peak_memory()}
        _say(f"audit, {count} prompts: {rate.median:.1f}/s")
    return found


def _in_turns(classifier: Any, others: list[Method], rounds: int, prompts: int) -> dict[str, Any]:
    """Measure the product and the others in turns; batch sizes that lost are left out."""
    texts = sentences(prompts)
    mine, rates = timing.Rate(), {method.key: timing.Rate() for method in others}
    playing = others
    for turn in range(rounds):
        answers = mine.time(lambda asked: ask(classifier, asked), texts)
        _say(f"round {turn + 1}: audit: {mine.processor[-1]:.1f}/s")
        for method in playing:
            start = turn * method.prompts % max(1, prompts - method.prompts)
            rates[method.key].time(method.answer, texts[start : start + method.prompts])
            _say(f"round {turn + 1}: {method.title}: {rates[method.key].processor[-1]:.2f}/s")
        best: dict[str, Method] = {}
        for method in playing:
            other = best.get(method.group)
            if other is None or rates[method.key].median > rates[other.key].median:
                best[method.group] = method
        playing = list(best.values())
    return {
        "ours": mine.record(),
        "others": {
            method.key: {
                "title": method.title,
                "group": method.group,
                "best": method in playing,
                **rates[method.key].record(),
            }
            for method in others
        },
        **_masses(answers),
    }


def _masses(answers: list[Any]) -> dict[str, float]:
    """Mean mass on any label, and the largest unresolved mass."""
    return {
        "any_label": sum(sum(a.probabilities.values()) for a in answers) / len(answers),
        "unresolved": max(answer.unresolved for answer in answers),
    }


def _alone(work: Workload, prompts: int) -> dict[str, Any]:
    """Measure the product on a checkpoint whose competitors' speed is known from its twin."""
    classifier, loaded = ours(work)
    difference_from_plain(classifier, loaded, sentences(4))
    rate = timing.Rate()
    ask(classifier, sentences(20))
    answers = rate.time(lambda texts: ask(classifier, texts), sentences(prompts))
    _say(f"audit, {work.folder.name}: {rate.median:.1f}/s")
    return {"ours": rate.record(), **_masses(answers)}


def _temperatures(classifier: Any, prompts: int) -> dict[str, list[float]]:
    """Time one temperature against ten at once, in turns, with the engine alone."""
    one, ten = timing.Rate(), timing.Rate()
    asked = [classifier.tokens(text) for text in sentences(prompts)]
    for _ in range(2):
        for rate, temperatures in ((one, (1.0,)), (ten, _TEMPERATURES)):
            rate.time(classifier.engine.at(temperatures).score, asked)
    return {"one": one.processor, "ten": ten.processor}


def _short_format(work: Workload, plan: Plan) -> dict[str, Any]:
    """Measure the product in bfloat16, and the best of the others in the same format."""
    classifier, _ = ours(work, dtype=torch.bfloat16)
    methods = competitors(work, dtype=torch.bfloat16, largest=plan.largest)
    wanted = [method for method in methods if method.group in ("padded", "lm-eval")]
    found = _in_turns(classifier, wanted, 1, plan.prompts)
    return {**found, "notes": list(classifier.info.notes)}


def _floor(classifier: Any, loaded: Any, size: int) -> dict[str, float]:
    """Count the arithmetic that no way to share prompts can avoid."""
    from audit.classifiers.exact.trie import Block, common_length

    prompts = sorted({classifier.tokens(text) for text in sentences(size)})
    shared = common_length(prompts[0], prompts[-1])
    block = Block()
    for prompt in prompts:
        block.add(prompt[shared:])
    head = loaded.model.get_output_embeddings().weight.numel()
    inner = sum(p.numel() for p in loaded.model.transformer.h.parameters())
    unique = (len(block.tokens) + shared) / len(prompts)
    tokens = sum(map(len, prompts)) / len(prompts)
    return {
        "tokens": tokens,
        "shared_prefix": shared,
        "unique_tokens": unique,
        "gflop": (2 * inner * unique + 2 * head) / 1e9,
        "gflop_full_prompt": 2 * (inner + head) * tokens / 1e9,
        "weights_gb": sum(p.nbytes for p in loaded.model.parameters()) / 1e9,
    }


def _machine(device: str) -> dict[str, Any]:
    """Describe the machine without naming it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    facts = dict(line.split("\t: ", 1) for line in lines if "\t: " in line)
    flags = facts.get("flags\t", facts.get("flags", "")).split()
    return {
        "processor": facts.get("model name", platform.processor()),
        "gpu": torch.cuda.get_device_name() if device == "cuda" else None,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "vector_units": sorted(
            f for f in flags if f in ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
        ),
    }


def _say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


if __name__ == "__main__":
    main()
