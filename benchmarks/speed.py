"""How fast exact answers are, side by side with the other ways, on the reader's own machine.

``python -m benchmarks.speed`` writes ``docs/speed.md`` and ``docs/speed.json``; ``--quick`` uses
fewer prompts and prints only.
"""

from __future__ import annotations

import os

os.environ.setdefault("GOMP_SPINCOUNT", "0")  # before torch is loaded

import argparse
import json
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import timing
from benchmarks.competitors import ask, competitors, ours
from benchmarks.gates import agreement_with_sampling, difference_from_plain
from benchmarks.speed_page import page
from benchmarks.workload import Workload, build, sentences

_DOCS = Path(__file__).resolve().parent.parent / "docs"
_CHECKPOINTS: tuple[tuple[str, str, float | None], ...] = (
    ("gpt-neo-125m-trained", "gpt-neo-125m", 0.004),
    ("gpt-neo-125m-random", "gpt-neo-125m", None),
    ("gpt2-random", "gpt2", None),
)
_LEAKY = ("gpt-neo-125m-leaky", "gpt-neo-125m", 0.08)
_TEMPERATURES = tuple(round(0.1 * step, 1) for step in range(1, 11))


def main() -> None:
    """Build, check, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer prompts; print only")
    parser.add_argument("--folder", type=Path, help="where to keep the checkpoints")
    given = parser.parse_args()
    started = time.time()
    with tempfile.TemporaryDirectory() as temporary:
        found = measure(given.folder or Path(temporary), quick=given.quick)
    found["minutes"] = (time.time() - started) / 60
    text = page(found)
    if not given.quick:
        (_DOCS / "speed.json").write_text(json.dumps(found, indent=1) + "\n")
        (_DOCS / "speed.md").write_text(text)
    print(text)


def measure(folder: Path, *, quick: bool) -> dict[str, Any]:
    """Return every figure of the page."""
    timing.one_core()
    found: dict[str, Any] = {
        "machine": _machine(),
        "versions": {name: version(name) for name in ("torch", "transformers", "lm-eval")},
        "load_before": os.getloadavg()[0],
        "gemm_peak_gflops": timing.gemm_peak(),
        "checkpoints": {},
    }
    _say("gate: generated answers follow the exact distribution")
    tiny, loaded = ours(build("tiny", folder / "tiny", leak=0.08))
    found["sampling_p"] = agreement_with_sampling(tiny, loaded, sentences(1)[0])
    main_name = _CHECKPOINTS[0][0]
    for name, shape, leak in _CHECKPOINTS:
        work = build(shape, folder / name, leak=leak)
        _say(f"{name}: checkpoint ready")
        rounds = 1 if quick else 2
        found["checkpoints"][name] = _checkpoint(work, rounds=rounds, full=name == main_name,
                                                 quick=quick)  # fmt: skip
    leaky = build(_LEAKY[1], folder / _LEAKY[0], leak=_LEAKY[2])
    found["checkpoints"][_LEAKY[0]] = _ours_alone(leaky, 100 if quick else 500)
    found["load_after"] = os.getloadavg()[0]
    return found


def _checkpoint(work: Workload, *, rounds: int, full: bool, quick: bool) -> dict[str, Any]:
    """Measure one checkpoint: gates, sizes, and everybody in turns."""
    start = time.process_time()
    classifier, loaded = ours(work)
    startup = time.process_time() - start
    size = 100 if quick else 1_000
    found: dict[str, Any] = {
        "weights_sha256": work.weights_sha256,
        "startup_seconds": startup,
        "notes": list(classifier.info.notes),
        "difference": difference_from_plain(classifier, loaded, sentences(12)),
    }
    memory = {"loaded": timing.peak_memory()}
    scaling = {}
    for count in (100, 1_000, 10_000) if full and not quick else (100,):
        rate = timing.Rate()
        answers = rate.time(lambda texts: ask(classifier, texts), sentences(count))
        scaling[count] = rate.median
        memory[str(count)] = timing.peak_memory()
        _say(f"ours, {count} prompts: {rate.median:.1f}/s")
    found |= {"scaling": scaling, "memory_mb": memory}
    others = competitors(work, quick=quick)
    rates = {method.key: timing.Rate() for method in others}
    mine = timing.Rate()
    for turn in range(rounds):
        answers = mine.time(lambda texts: ask(classifier, texts), sentences(size))
        for method in others:
            texts = sentences(size)[turn * method.prompts : (turn + 1) * method.prompts]
            rates[method.key].time(method.answer, texts)
            _say(f"round {turn + 1}: {method.title}: {rates[method.key].processor[-1]:.2f}/s")
    found["prompts"] = size
    found["ours"] = {"processor": mine.processor, "wall": mine.wall}
    found["others"] = {
        method.key: {
            "title": method.title,
            "processor": rates[method.key].processor,
            "wall": rates[method.key].wall,
        }
        for method in others
    }
    found["any_label"] = sum(sum(a.probabilities.values()) for a in answers) / len(answers)
    found["unresolved"] = max(answer.unresolved for answer in answers)
    found["floor"] = _floor(classifier, loaded, size)
    if full:
        found["temperatures"] = _temperatures(classifier, size)
    return found


def _ours_alone(work: Workload, size: int) -> dict[str, Any]:
    """Measure the product on a checkpoint whose competitors' speed is known from its twin."""
    classifier, _ = ours(work)
    rate = timing.Rate()
    answers = rate.time(lambda texts: ask(classifier, texts), sentences(size))
    return {
        "prompts": size,
        "ours": {"processor": rate.processor, "wall": rate.wall},
        "any_label": sum(sum(a.probabilities.values()) for a in answers) / len(answers),
        "unresolved": max(answer.unresolved for answer in answers),
    }


def _temperatures(classifier: Any, size: int) -> dict[str, float]:
    """Time one temperature against ten at once, in turns, with the engine alone."""
    one, ten = timing.Rate(), timing.Rate()
    texts = sentences(size)
    for _ in range(2):
        for rate, temperatures in ((one, (1.0,)), (ten, _TEMPERATURES)):
            engine = classifier.engine.at(temperatures)
            prompts = [classifier.tokens(text) for text in texts]
            rate.time(engine.score, prompts)
    return {"one": one.median, "ten": ten.median}


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
    return {
        "tokens": sum(map(len, prompts)) / len(prompts),
        "shared_prefix": shared,
        "unique_tokens": unique,
        "gflop": (2 * inner * unique + 2 * head) / 1e9,
        "gflop_full_prompt": 2 * (inner + head) * sum(map(len, prompts)) / len(prompts) / 1e9,
    }


def _machine() -> dict[str, Any]:
    """Describe the machine without naming it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    facts = dict(line.split("\t: ", 1) for line in lines if "\t: " in line)
    flags = facts.get("flags\t", facts.get("flags", "")).split()
    return {
        "processor": facts.get("model name", platform.processor()),
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
