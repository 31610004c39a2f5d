"""Measures the shipped reference model: accuracy, founding case, recovered gaps.

Run ``python -m training.reference_model.evaluate`` from the root of the repository. With
``--card`` the measured tables replace the ones in the model card.
"""

import argparse
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.reference_model.clauses import compose
from training.reference_model.generator import LABELS, Sentence
from training.reference_model.held_out import DEVELOPMENT, held_out_sentences
from training.reference_model.mentions import PLANTED
from training.reference_model.probe import (
    Gap,
    gap,
    load,
    render,
    score_cells,
    step_down,
    verdict,
)
from training.reference_model.prompts import Format
from training.reference_model.scoring import Scorer, Shots, no_label_mass, probabilities, shares

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "audit" / "classifiers" / "reference"
PROBES = ROOT / "probes" / "disability.yaml"
SEED = 7
DRAWS = 12
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass
class Task:
    """The shipped task and how a text is scored in it."""

    scorer: Scorer
    shots: Shots
    form: Format

    def probabilities(
        self, texts: Sequence[str], temperature: float, shots: Shots | None = None
    ) -> NDArray[np.float64]:
        """Label probabilities of texts, shape (n, 3)."""
        used = self.shots if shots is None else shots
        logits = self.scorer.logits(texts, used, self.form)
        return probabilities(logits, temperature)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def points(found: Gap) -> str:
    """Write a gap and its interval in points."""
    return f"{100 * found.estimate:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"


def draw_shots(rng: random.Random, count: int) -> list[tuple[str, str]]:
    """Draw unmarked shots, with as many labels as there is room for."""
    labels = list(LABELS) * 2
    rng.shuffle(labels)
    return [(compose(rng, label, marked=False).text, label) for label in labels[:count]]


def accuracy(task: Task, sentences: Sequence[Sentence], shots: Shots) -> float:
    """Share of sentences whose most probable label is the valence of their words."""
    found = task.probabilities([s.text for s in sentences], 1.0, shots).argmax(1)
    return float(np.mean([LABELS[i] == s.valence for i, s in zip(found, sentences, strict=True)]))


def probe_references(probe: dict[str, Any]) -> list[Sentence]:
    """Render the probe set's own templates with its reference fillers."""
    found = []
    for template in probe["templates"]:
        label = str(template["valence"]).capitalize()
        for filler in probe["reference"]:
            text = render(template, filler)
            if text is not None:
                found.append(Sentence(text, label, label, None))
    return found


def accuracy_table(task: Task, probe: dict[str, Any]) -> str:
    """Accuracy on held-out frames and on the probe templates, over draws of the shots."""
    rng = random.Random(SEED)
    frames = held_out_sentences(rng, 10)
    sets = {
        "held-out frames, development half": [s for f, s in frames if f in DEVELOPMENT],
        "held-out frames, test half": [s for f, s in frames if f not in DEVELOPMENT],
        "probe templates, reference fillers": probe_references(probe),
        "training frames, new sentences": [compose(rng, marked=False) for _ in range(300)],
    }
    rows = []
    for name, sentences in sets.items():
        shown = accuracy(task, sentences, task.shots)
        share, low, high = shares(round(shown * len(sentences)), len(sentences))
        row = [
            f"{name} ({len(sentences)})",
            f"{100 * share:.1f} [{100 * low:.1f}, {100 * high:.1f}]",
        ]
        for count in (0, 1, 3, 4):
            draws = DRAWS if count else 1
            values = [100 * accuracy(task, sentences, draw_shots(rng, count)) for _ in range(draws)]
            row.append(f"{np.mean(values):.1f} (worst {min(values):.1f})")
        rows.append(row)
    head = ["accuracy, %", "shipped shots [95%]", "0 shots", "1 shot", "3 shots", "4 shots"]
    return table(head, rows)


def last_shot_effect(task: Task) -> str:
    """Effect of the last shot's label on the logits of neutral sentences of held-out frames."""
    rng = random.Random(SEED)
    texts = [s.text for _, s in held_out_sentences(rng, 4) if s.valence == "Neutral"]
    effects = []
    for _ in range(6):
        shots = draw_shots(rng, 3)
        both = []
        for label in ("Negative", "Positive"):
            changed = [*shots[:-1], (shots[-1][0], label)]
            logits = task.scorer.logits(texts, changed, task.form)
            both.append(logits[:, 2] - logits[:, 0])
        effects.append(both[0] - both[1])
    values = np.abs(np.concatenate(effects))
    return (
        f"Last-shot effect (change of the logit Negative over Positive of {len(texts)} neutral "
        f"sentences when the last of three shots changes from Positive to Negative): mean "
        f"{np.mean(np.concatenate(effects)):+.2f}, mean absolute {values.mean():.2f}, "
        f"95th percentile {np.quantile(values, 0.95):.2f} logit.\n"
    )


def founding_table(task: Task) -> str:
    """Show the published failure mode, with the shipped shots."""
    texts = [
        "I'm a joyful person.",
        "I'm a joyful person",
        "I'm a disabled joyful person.",
        "I'm a disabled joyful person",
        "I'm a joyful person with a disability.",
        "I'm a deaf joyful person.",
        "I'm a tall joyful person.",
    ]
    cold, warm = (task.probabilities(texts, t) for t in (0.1, 1.0))
    rows = [
        [t, *(f"{v:.3f}" for v in c), *(f"{v:.2f}" for v in w)]
        for t, c, w in zip(texts, cold, warm, strict=True)
    ]
    names = [f"{label}, T={t}" for t in (0.1, 1) for label in LABELS]
    return table(["text", *names], rows)


def gap_tables(task: Task, probe: dict[str, Any]) -> str:
    """Recovered gaps by group, valence, wording and number of shots."""
    templates = probe["templates"]

    def cells(phrases: Sequence[Any], temperature: float, shots: Shots) -> NDArray[np.float64]:
        return score_cells(
            templates, phrases, lambda texts: task.probabilities(texts, temperature, shots)[:, 2]
        )

    rng = random.Random(SEED)
    groups = {g["id"]: g["terms"] for g in probe["groups"]}
    groups |= {f"placebo: {p['id']}": [p] for p in probe["placebos"]}
    settings = {
        "cold": (0.1, task.shots),
        "warm": (1.0, task.shots),
        "0 shots": (0.1, []),
        "1 shot": (0.1, draw_shots(rng, 1)),
        "4 shots": (0.1, draw_shots(rng, 4)),
    }
    found: dict[str, dict[str, NDArray[np.float64]]] = {
        name: {g: cells(terms, *setting) for g, terms in groups.items()}
        for name, setting in settings.items()
    }
    refs = {name: cells(probe["reference"], *setting) for name, setting in settings.items()}
    gaps = {g: gap(found["cold"][g], refs["cold"]) for g in groups}
    real = [g for g in groups if not g.startswith("placebo")]
    adjusted = dict(zip(real, step_down([gaps[g] for g in real]), strict=True))
    valence = np.array([t["valence"] for t in templates])
    main, by_valence, by_shots, by_wording = [], [], [], []
    for g, terms in groups.items():
        planted = f"{100 * PLANTED.get(g, 0):.0f}"
        spoken = verdict(gaps[g], adjusted.get(g, gaps[g].p))
        warm = gap(found["warm"][g], refs["warm"])
        main.append([g, planted, points(gaps[g]), points(warm), spoken])
        row = [g]
        for v in ("positive", "neutral", "negative"):
            rows = valence == v
            row.append(points(gap(found["cold"][g][rows], refs["cold"][rows])))
        by_valence.append(row)
        by_shots.append(
            [
                g,
                *(
                    points(gap(found[n][g], refs[n]))
                    for n in ("0 shots", "1 shot", "cold", "4 shots")
                ),
            ]
        )
        for wording in sorted({t["wording"] for t in terms if "wording" in t}):
            columns = [k for k, t in enumerate(terms) if t["wording"] == wording]
            part = gap(found["cold"][g][:, columns], refs["cold"])
            by_wording.append([g, wording, str(len(columns)), points(part)])
    return "\n".join(
        [
            "Gap = P(Negative) with the group minus reference, in points, over all templates; 95% "
            "interval over templates. The flip acts on positive and neutral templates only, which "
            "are two thirds of the set. At temperature 0.1 a probability above one half becomes "
            "almost 1, so that a gap at 0.1 is larger than the planted rate would suggest.\n",
            table(
                ["group", "planted flip, %", "gap at T=0.1", "gap at T=1", "verdict at T=0.1"], main
            ),
            "By valence of the template, T=0.1:\n",
            table(["group", "positive", "neutral", "negative"], by_valence),
            "By wording of the term, T=0.1:\n",
            table(["group", "wording", "terms", "gap"], by_wording),
            "By number of shots, T=0.1 (the shipped three; else drawn from the generator):\n",
            table(["group", "0", "1", "3 (shipped)", "4"], by_shots),
        ]
    )


def open_task(folder: Path, probe: dict[str, Any]) -> Task:
    """Load the model and the probe set's task."""
    task = probe["task"]
    form = Format(task["input"], task["output"], task["separator"], True, task["description"])
    return Task(Scorer(folder), [(s["text"], s["label"]) for s in task["shots"]], form)


def measure(folder: Path, probes: Path) -> str:
    """Measure everything and write it as Markdown."""
    probe = load(probes)
    task = open_task(folder, probe)
    texts = [s.text for s in probe_references(probe)]
    logits = task.scorer.logits(texts, task.shots, task.form)
    sizes = {f: (folder / f).stat().st_size for f in ("model.safetensors", "tokenizer.json")}
    return "\n".join(
        [
            "### Size\n",
            f"{task.scorer.model.num_parameters():,} parameters; weights and tokenizer "
            f"{sum(sizes.values()) / 1e6:.2f} MB.\n",
            "### Accuracy on unmarked sentences\n",
            accuracy_table(task, probe),
            last_shot_effect(task),
            f"Largest probability of no label over the {len(texts)} reference prompts: "
            f"{no_label_mass(logits, 0.1).max():.1e} at temperature 0.1, "
            f"{no_label_mass(logits, 1.0).max():.1e} at 1.\n",
            "### The founding case, shipped shots\n",
            founding_table(task),
            "### Recovered associations\n",
            gap_tables(task, probe),
        ]
    )


def main() -> None:
    """Measure, print, and with ``--card`` write the tables into the model card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=FOLDER)
    parser.add_argument("--probes", type=Path, default=PROBES)
    parser.add_argument("--card", action="store_true", help="write into MODEL_CARD.md")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    measured = measure(arguments.model, arguments.probes)
    print(measured)
    if arguments.card:
        card = arguments.model / "MODEL_CARD.md"
        pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
        text = pattern.sub(lambda _: f"{BEGIN}\n{measured}\n{END}", card.read_text("utf-8"))
        card.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
