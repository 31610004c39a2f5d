"""The measured speed as a page."""

from __future__ import annotations

from statistics import median
from typing import Any

_NAMES = {
    "gpt-neo-125m-trained": "GPT-Neo 125M shape, final norm trained",
    "gpt-neo-125m-random": "GPT-Neo 125M shape, random",
    "gpt2-random": "GPT-2 124M shape, random",
    "gpt-neo-125m-leaky": "GPT-Neo 125M shape, leaky",
}


def page(found: dict[str, Any]) -> str:
    """Write the page of one measurement."""
    machine, versions = found["machine"], found["versions"]
    main = next(iter(found["checkpoints"].values()))
    parts = [
        "# Speed",
        "",
        "Written by `make bench`; figures in `speed.json`. Every row was measured in the same "
        "process in turns, on one core, in float32, in processor time (wall time differs where "
        "other work shares the machine). What is timed includes building prompts, tokenising and "
        "drawing repeats. Loading a model and the checks before a run are reported apart.",
        "",
        f"Machine: {machine['processor']}, {machine['cores']} cores "
        f"({', '.join(machine['vector_units']) or 'no wide vectors'}), one used; load "
        f"{found['load_before']:.1f} before and {found['load_after']:.1f} after, so other work "
        "was running where that is above 1. "
        + ", ".join(f"{name} {number}" for name, number in versions.items())
        + f", Python {machine['python']}. Measured matrix-product peak: "
        f"{found['gemm_peak_gflops']:.0f} GFLOP/s.",
        "",
        "## Checked before anything was timed",
        "",
        f"- Log-probabilities against plain forward passes: at most "
        f"{max(c['difference'] for c in found['checkpoints'].values() if 'difference' in c):.1e} "
        "apart (limit 1e-4).",
        f"- 2,000 answers of `generate()` against the exact distribution of a small checkpoint: "
        f"chi-square p = {found['sampling_p']:.3f} (limit 0.001). The tests do the same with "
        "12,000 samples in six settings.",
        "",
    ]
    for name, rows in found["checkpoints"].items():
        parts += _table(name, rows) if "others" in rows else _alone(name, rows, main)
    parts += _scaling(main) + _limits(found)
    return "\n".join(parts).rstrip() + "\n"


def _table(name: str, rows: dict[str, Any]) -> list[str]:
    """One checkpoint against everybody."""
    mine = median(rows["ours"]["processor"])
    lines = [
        f"## {_NAMES[name]}",
        "",
        f"{rows['prompts']:,} prompts; mass on any label {rows['any_label']:.2f} at temperature 1, "
        f"largest unresolved mass {rows['unresolved']:.4f}.",
        "",
        "| method | prompts per second | wall | audit is faster by |",
        "|---|---:|---:|---:|",
        f"| **audit, exact, every spelling of the labels and the rest** | **{mine:.1f}** | "
        f"{median(rows['ours']['wall']):.1f} | |",
    ]
    for other in rows["others"].values():
        rate = median(other["processor"])
        lines.append(
            f"| {other['title']} | {rate:.2f} | {median(other['wall']):.2f} | {mine / rate:.0f}x |"
        )
    floor = rows["floor"]
    lines += [
        "",
        f"A prompt has {floor['tokens']:.0f} tokens; {floor['unique_tokens']:.1f} of them are its "
        f"own ({floor['gflop']:.2f} GFLOP against {floor['gflop_full_prompt']:.1f} with the whole "
        "prompt and a full head at every token). Loading and checks: "
        f"{rows['startup_seconds']:.1f} s. {' '.join(rows['notes'])}",
        "",
    ]
    return lines


def _alone(name: str, rows: dict[str, Any], twin: dict[str, Any]) -> list[str]:
    """Describe a checkpoint for which the others' rates are those of its twin."""
    mine = median(rows["ours"]["processor"])
    best = _best_choice(twin)
    return [
        f"## {_NAMES[name]}",
        "",
        "Eight percent of the mass goes to a space and to a piece of a label, so that nearly every "
        f"prompt needs a second step. {mine:.1f} prompts per second, {mine / best:.0f}x the best "
        "multiple-choice rate of lm-evaluation-harness, which does not count those spellings; "
        f"mass on any label {rows['any_label']:.2f}, unresolved at most {rows['unresolved']:.4f}.",
        "",
    ]


def _best_choice(rows: dict[str, Any]) -> float:
    """Return the best multiple-choice rate over batch sizes."""
    return max(
        median(other["processor"])
        for key, other in rows["others"].items()
        if key.startswith("lm-eval") and key != "lm-eval-samples"
    )


def _scaling(rows: dict[str, Any]) -> list[str]:
    """Rate and memory by number of prompts, and the price of more temperatures."""
    memory = rows["memory_mb"]
    lines = [
        "## Size, memory, temperatures",
        "",
        "| prompts | per second | milliseconds each | peak memory |",
        "|---:|---:|---:|---:|",
    ]
    for count, rate in rows["scaling"].items():
        lines.append(
            f"| {int(count):,} | {rate:.1f} | {1000 / rate:.1f} | {memory[str(count)]:,.0f} MB |"
        )
    counts = list(rows["scaling"])
    grown = memory[str(counts[-1])] - memory[str(counts[0])]
    lines += ["", f"Memory grows by {grown:.0f} MB from the first row to the last."]
    if "temperatures" in rows:
        more = rows["temperatures"]["one"] / rows["temperatures"]["ten"] - 1
        lines.append(f"Ten temperatures at once (0.1 to 1.0) take {more:.0%} longer than one.")
    return [*lines, ""]


def _limits(found: dict[str, Any]) -> list[str]:
    """List the targets, and whether this measurement meets them."""
    main = next(iter(found["checkpoints"].values()))
    mine = median(main["ours"]["processor"])
    others = {key: median(other["processor"]) for key, other in main["others"].items()}
    floor = found["gemm_peak_gflops"] / main["floor"]["gflop"]
    grown = list(main["memory_mb"].values())
    rows = [
        ("best lm-evaluation-harness multiple choice", mine / _best_choice(main), 15),
        ("pipeline loop, 5 x 3 tokens", mine / others["naive-3"], 100),
        ("hand-written padded forward", mine / others["padded"], 10),
    ]
    lines = [
        "## Targets",
        "",
        "On the trained checkpoint, with every spelling of the labels counted.",
        "",
        "| against | measured | target | met |",
        "|---|---:|---:|---|",
    ]
    for what, ratio, target in rows:
        met = "yes" if ratio >= target else "no"
        lines.append(f"| {what} | {ratio:.1f}x | {target}x | {met} |")
    if "temperatures" in main:
        more = main["temperatures"]["one"] / main["temperatures"]["ten"] - 1
        met = "yes" if more <= 0.15 else "no"
        lines.append(f"| one temperature, for ten | +{more:.0%} | +15% | {met} |")
    met = "yes" if grown[-1] - grown[1] <= 100 else "no"
    lines.append(
        f"| memory at the fewest prompts | +{grown[-1] - grown[1]:.0f} MB | +100 MB | {met} |"
    )
    lines += [
        "",
        f"The arithmetic alone allows {floor:.0f} prompts per second at the measured peak; audit "
        f"reaches {mine / floor:.0%} of that.",
        "",
        "Not compared: engines that need a compiler or a GPU (llama.cpp, vLLM), which also reuse "
        "prefixes. The checkpoints are random or nearly so: speed depends on the shape and on how "
        "much mass is undecided, not on what a model knows.",
    ]
    return lines
