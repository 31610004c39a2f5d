"""The measured speed as a page."""

from __future__ import annotations

from statistics import median
from typing import Any

_NAMES = {
    "gpt-neo-125m-trained": "GPT-Neo 125M shape, trained to answer",
    "gpt-neo-125m-random": "GPT-Neo 125M shape, random",
    "gpt2-random": "GPT-2 124M shape, random",
    "gpt-neo-2.7b-random": "GPT-Neo 2.7B shape, random, bfloat16",
    "gpt-j-random": "GPT-J 6B shape, random, bfloat16",
}


def page(found: dict[str, Any], gpu: dict[str, Any] | None = None) -> str:
    """Write the page of one measurement, and of one on a GPU where there is one."""
    parts = ["# Speed", "", *_head(found), *_targets(found), *_checked(found)]
    for name, rows in found["checkpoints"].items():
        parts += _table(name, rows, found)
    parts += _leaks(found) + _sizes(found)
    if "two_cores" in found:
        parts += _two_cores(found["two_cores"])
    if "bfloat16" in found:
        parts += _short_format(found)
    parts += ["## GPU", ""]
    if gpu is None:
        parts += [
            "Not measured: there was no GPU. `python -m benchmarks.speed --device cuda` measures "
            "GPT-Neo-2.7B and GPT-J shapes in bfloat16 and adds them here.",
            "",
        ]
    else:
        parts += _head(gpu)
        for name, rows in gpu["checkpoints"].items():
            parts += _table(name, rows, gpu)
        parts += _sizes(gpu)
    parts += [
        "## What is not compared",
        "",
        "Engines that need a compiler or a GPU (llama.cpp, vLLM) also reuse prefixes and were not "
        "measured. The checkpoints are random or nearly so: speed depends on the shape and on how "
        "much mass is undecided, not on what a model knows. One machine was measured.",
    ]
    return "\n".join(parts).rstrip() + "\n"


def _head(found: dict[str, Any]) -> list[str]:
    """Say what was measured, where and how."""
    machine, versions = found["machine"], found["versions"]
    how = "processor time" if found["device"] == "cpu" else "wall time"
    where = machine["gpu"] or (
        f"{machine['processor']}, {machine['cores']} cores "
        f"({', '.join(machine['vector_units']) or 'no wide vectors'}), one used"
    )
    return [
        f"Written by `make bench`, from `speed.json`, in {found.get('minutes', 0):.0f} minutes. "
        "Every row was measured in the same process in turns, with one thread, in "
        f"{found['dtype']}, in {how}; rates are medians of the rounds. What is timed includes "
        "building prompts, tokenising and drawing repeats. Slow ways were given fewer prompts, as "
        "the tables say; their rate does not depend on how many there are, as they share nothing "
        "between batches.",
        "",
        f"Machine: {where}; load {found['load_before']:.1f} before and {found['load_after']:.1f} "
        "after, so other work was running where that is above 1. "
        + ", ".join(f"{name} {number}" for name, number in versions.items())
        + f", Python {machine['python']}. Measured matrix-product peak: "
        f"{found['gemm_peak_gflops']:.0f} GFLOP/s.",
        "",
    ]


def _targets(found: dict[str, Any]) -> list[str]:
    """List the targets, and whether this measurement meets them."""
    main = next(iter(found["checkpoints"].values()))
    scaling = list(main["scaling"].items())
    times = [1000 / median(rows["processor"]) for _, rows in scaling]
    memory = scaling[-1][1]["memory_mb"] - scaling[0][1]["memory_mb"]
    lines = [
        "## Targets",
        "",
        f"On the first checkpoint below: {main['prompts']:,} prompts, every spelling of the labels "
        f"and the share of no label included, mass on any label {main['any_label']:.2f}.",
        "",
        "| what | measured | rounds | target | met |",
        "|---|---:|---:|---:|---|",
    ]
    for what, group, target in (
        ("against lm-evaluation-harness, multiple choice, best batch", "lm-eval", 15),
        ("against the pipeline loop, 5 x 3 tokens", "naive-3", 100),
        ("against the hand-written padded forward, best batch", "padded", 10),
    ):
        ratios = _ratios(main, group, found)
        met = "yes" if median(ratios) >= target else "no"
        lines.append(
            f"| {what} | {median(ratios):.1f}x | {min(ratios):.1f} to {max(ratios):.1f} | "
            f"at least {target}x | {met} |"
        )
    falls = "yes" if times == sorted(times, reverse=True) else "no"
    lines.append(
        f"| milliseconds for each prompt, {' / '.join(f'{int(n):,}' for n, _ in scaling)} prompts "
        f"| {' / '.join(f'{each:.1f}' for each in times)} | | falling | {falls} |"
    )
    lines.append(
        f"| memory, {int(scaling[0][0]):,} to {int(scaling[-1][0]):,} prompts | {memory:+.0f} MB | "
        f"| at most +100 MB | {'yes' if memory <= 100 else 'no'} |"
    )
    if "temperatures" in main:
        more = _more(main["temperatures"])
        lines.append(
            f"| ten temperatures at once, against one | +{median(more):.0%} | "
            f"{min(more):+.0%} to {max(more):+.0%} | at most +15% | "
            f"{'yes' if median(more) <= 0.15 else 'no'} |"
        )
    floor, reached = _floor(main, found)
    return [
        *lines,
        "",
        f"The arithmetic alone (matrix products of tokens that no prompt shares, attention not "
        f"counted) allows {floor:.0f} prompts per second at the measured peak; audit reaches "
        f"{reached:.0%} of that.",
        "",
    ]


def _checked(found: dict[str, Any]) -> list[str]:
    """Say which gates were passed."""
    worst = max(rows["difference"] or 0.0 for rows in found["checkpoints"].values())
    return [
        "## Checked before anything was timed",
        "",
        "No figure is printed where one of these fails.",
        "",
        f"- Log-probabilities against plain forward passes: at most {worst:.1e} apart (limit "
        "1e-4).",
        "- The hand-written forward and lm-evaluation-harness give the same log-probabilities of "
        "the labels' usual tokens within 1e-3.",
        f"- 2,000 answers of `generate()` against the exact distribution of a small checkpoint: "
        f"chi-square p = {found['sampling_p']:.3f} (limit 0.001). The tests do the same with "
        "12,000 samples in six settings.",
        "",
    ]


def _table(name: str, rows: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """One checkpoint against everybody."""
    mine, floor = rows["ours"], rows["floor"]
    lines = [
        f"## {_NAMES.get(name, name)}",
        "",
        f"Mass on any label {rows['any_label']:.2f} at temperature 1, largest unresolved mass "
        f"{rows['unresolved']:.4f}. A prompt has {floor['tokens']:.0f} tokens, of which "
        f"{floor['shared_prefix']} are shared by all; {floor['unique_tokens']:.1f} are computed "
        f"for each ({floor['gflop']:.2f} GFLOP, against {floor['gflop_full_prompt']:.1f} with the "
        "whole prompt and a head at every token).",
        "",
        "| method | prompts per second | wall | prompts timed | audit is faster by |",
        "|---|---:|---:|---:|---:|",
        f"| **audit: exact, every spelling of the labels, and no label** | "
        f"**{median(_rates(mine, found)):.1f}** | {median(mine['wall']):.1f} | "
        f"{mine['timed']:,} | |",
    ]
    for other in rows["others"].values():
        first = _rates(mine, found)[: len(_rates(other, found))]
        ratio = median(a / b for a, b in zip(first, _rates(other, found), strict=True))
        lines.append(
            f"| {other['title']} | {median(_rates(other, found)):.2f} | "
            f"{median(other['wall']):.2f} | {other['timed']} | {ratio:.1f}x |"
        )
    start = rows["startup"]
    _, reached = _floor(rows, found)
    return [
        *lines,
        "",
        f"audit reaches {reached:.0%} of the floor. Not in the rates: loading libraries and model "
        f"and the checks before a run, {start['processor']:.1f} s of processor time, "
        f"{start['wall']:.1f} s wall. {' '.join(rows['notes'])}",
        "",
    ]


def _leaks(found: dict[str, Any]) -> list[str]:
    """Say what following other spellings costs where much mass is on them."""
    if not found["leaky"]:
        return []
    main = next(iter(found["checkpoints"].values()))
    best = median(_rates(_best(main, "lm-eval"), found))
    lines = [
        "## When answers leak",
        "",
        "The same shape, trained towards more mass on beginnings that leave the answer open (a "
        "space, a piece of a label). Where more than 0.01 is on them for a prompt, they are "
        "followed, and each one followed is a token more for that prompt; where training missed "
        "its aim, the mass was less and nothing had to be followed. The last column is against "
        "the best multiple-choice rate above, which never counts those spellings.",
        "",
        "| open mass aimed at | prompts per second | mass on any label | left unresolved | "
        "against lm-evaluation-harness |",
        "|---:|---:|---:|---:|---:|",
    ]
    first = next(iter(found["checkpoints"]))
    shown = [(0.004, main)] if first.endswith("trained") else []
    for leak, rows in [*shown, *((rows["leak"], rows) for rows in found["leaky"])]:
        rate = median(_rates(rows["ours"], found))
        lines.append(
            f"| {leak:.1%} | {rate:.1f} | {rows['any_label']:.2f} | "
            f"{rows['unresolved']:.4f} | {rate / best:.1f}x |"
        )
    return [*lines, ""]


def _sizes(found: dict[str, Any]) -> list[str]:
    """Rate and memory by number of prompts."""
    lines = [
        "## Number of prompts and memory",
        "",
        "| checkpoint | prompts | per second | milliseconds each | most memory meanwhile |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, rows in found["checkpoints"].items():
        for count, row in rows["scaling"].items():
            rate = median(_rates(row, found))
            lines.append(
                f"| {_NAMES.get(name, name)} | {int(count):,} | {rate:.1f} | {1000 / rate:.1f} | "
                f"{row['memory_mb']:,.0f} MB |"
            )
    return [*lines, ""]


def _two_cores(rates: dict[str, list[float]]) -> list[str]:
    """Compare one thread with as many as there are cores."""
    one, every = median(rates["one"]), median(rates["all"])
    return [
        "## Threads",
        "",
        f"In fresh processes with all cores open, in turns, wall time: {one:.1f} prompts per "
        f"second with `--threads 1`, {every:.1f} with the default (all cores): "
        f"{every / one:.2f}x. Waiting threads sleep instead of spinning, so that other work on a "
        "core cannot hold them up for long.",
        "",
    ]


def _short_format(found: dict[str, Any]) -> list[str]:
    """Everybody in bfloat16."""
    rows = found["bfloat16"]
    lines = [
        "## In bfloat16",
        "",
        "`--dtype bfloat16` on the first checkpoint, and the others in the same format. "
        + " ".join(rows["notes"]),
        "",
        "| method | prompts per second | audit is faster by |",
        "|---|---:|---:|",
        f"| **audit** | **{median(_rates(rows['ours'], found)):.1f}** | |",
    ]
    for group in ("padded", "lm-eval"):
        other = _best(rows, group)
        ratio = median(_ratios(rows, group, found))
        lines.append(f"| {other['title']} | {median(_rates(other, found)):.2f} | {ratio:.1f}x |")
    return [*lines, ""]


def _rates(row: dict[str, Any], found: dict[str, Any]) -> list[float]:
    """Prompts per second, in the time that counts on the device."""
    rates: list[float] = row["processor" if found["device"] == "cpu" else "wall"]
    return rates


def _best(rows: dict[str, Any], group: str) -> dict[str, Any]:
    """Return the batch size of a group that was fastest."""
    found: dict[str, Any] = next(
        other for other in rows["others"].values() if other["group"] == group and other["best"]
    )
    return found


def _ratios(rows: dict[str, Any], group: str, found: dict[str, Any]) -> list[float]:
    """How many times faster the product was, round by round, than the best of a group."""
    other = _rates(_best(rows, group), found)
    return [a / b for a, b in zip(_rates(rows["ours"], found), other, strict=True)]


def _more(rates: dict[str, list[float]]) -> list[float]:
    """How much longer ten temperatures took than one, round by round."""
    return [one / ten - 1 for one, ten in zip(rates["one"], rates["ten"], strict=True)]


def _floor(rows: dict[str, Any], found: dict[str, Any]) -> tuple[float, float]:
    """Prompts per second that arithmetic and memory allow, and the share that was reached."""
    floor = rows["floor"]
    allowed = found["gemm_peak_gflops"] / floor["gflop"]
    if found["memory_gb_per_second"]:
        # every block of 256 tokens reads the weights once
        reads = floor["weights_gb"] * floor["unique_tokens"] / 256
        allowed = min(allowed, found["memory_gb_per_second"] / reads)
    return allowed, median(_rates(rows["ours"], found)) / allowed
