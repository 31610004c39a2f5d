"""The engine as a run uses it: checks before and on the way, precision, odd labels."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from audit.classifiers import create_classifier
from audit.classifiers.causal import CausalClassifier
from audit.classifiers.exact.engine import ExactEngine
from audit.classifiers.exact.masses import Draws
from audit.classifiers.exact.precision import allowance, measured_error, widen
from audit.classifiers.exact.samples import sample_texts
from audit.classifiers.exact.scorer import AnswerMasses, AnswerRule
from audit.errors import ClassifierError, ConfigError
from audit.probes import load_probe_set
from audit.records import ClassifierOptions, Request, Sampling, Shot, Task

from .leaky import LABELS, STOPS, model, prompts, tokenizer

RULE = AnswerRule(
    labels=LABELS, rule="starts_with", stops=STOPS, max_new_tokens=4,
    draws=Draws(temperatures=(1.0,)),
)  # fmt: skip


def engine(
    given: Any = None, *, dtype: torch.dtype | None = None, rule: AnswerRule = RULE
) -> ExactEngine:
    return ExactEngine(
        given or model(), tokenizer(), rule, samples=prompts(5),
        ends=[tokenizer().eos_token_id], name="leaky", dtype=dtype,
    )  # fmt: skip


def test_longer_prompts_than_checked_are_checked_first() -> None:
    found = engine()
    assert found.engine == "trie"
    first = found.check
    assert first.longest is not None
    found.score([prompts(1)[0]])
    assert found.check is first
    long = (*prompts(1)[0], *[4, 5] * 10)
    found.score([long])
    assert found.check is not first
    assert found.check.longest == len(long)


def test_a_shorter_format_measures_its_error_and_widens() -> None:
    # weights of a real scale, where bfloat16 moves probabilities a little
    calm = copy.deepcopy(model())
    with torch.no_grad():
        for weights in calm.parameters():
            weights.mul_(0.5)
    exact = engine(copy.deepcopy(calm)).score(prompts(5))
    short = engine(calm, dtype=torch.bfloat16)
    assert short.dtype == "bfloat16"
    assert short.precision_error is not None
    assert 0 < short.precision_error < 0.2
    assert "bfloat16" in short.notes[1]
    found = short.score(prompts(5))
    assert np.all(found.labels <= exact.labels + 1e-6)
    assert np.all(exact.labels <= found.labels + found.unresolved[..., None] + 1e-6)
    assert np.all(found.unresolved > exact.unresolved)


def test_a_format_too_short_for_the_model_is_refused() -> None:
    chaotic = copy.deepcopy(model())
    with torch.no_grad():
        for weights in chaotic.parameters():
            weights.mul_(1.6)
    cold = replace(RULE, draws=Draws(temperatures=(0.1,)))
    with pytest.raises(ClassifierError, match="bfloat16 moves this model's probabilities"):
        engine(chaotic, dtype=torch.bfloat16, rule=cold)


def test_error_that_is_no_number_is_refused() -> None:
    with pytest.raises(ClassifierError):
        allowance(float("nan"), "float16", "m")


def test_an_error_shows_on_prompts_whose_answer_is_all_but_certain() -> None:
    sure = AnswerMasses(np.array([[[1 - 1e-12, 1e-12]]]), np.zeros((1, 1)))
    moved = AnswerMasses(np.array([[[1 - 1.2e-12, 1.2e-12]]]), np.zeros((1, 1)))
    assert measured_error(sure, moved) == pytest.approx(np.log(1.2), rel=1e-3)
    assert measured_error(sure, sure) == 0
    # what one of them left open is no error
    opened = AnswerMasses(np.array([[[1 - 1e-3, 1e-12]]]), np.full((1, 1), 1e-3))
    assert measured_error(sure, opened) == 0


def test_widening_keeps_the_sum_and_holds_the_error_either_way() -> None:
    given = [[[0.7, 0.0]], [[0.0, 0.0]], [[0.5, 0.5]], [[1 - 1e-9, 1e-9]], [[0.2, 0.3]]]
    masses = AnswerMasses(np.array(given), np.array([[0.0], [0.01], [0.0], [0.0], [0.002]]))
    assert widen(masses, 0.0) is masses
    wide = widen(masses, 0.1)
    total = wide.labels.sum(-1) + wide.unparsed + wide.unresolved
    assert total == pytest.approx(1.0)
    for mass in (masses.labels, masses.labels + masses.unresolved[..., None]):
        for sign in (-1, 1):
            odds = mass * np.exp(sign * 0.1)
            moved = odds / (odds + 1 - mass)
            assert np.all(wide.labels <= moved + 1e-12)
            assert np.all(moved <= wide.labels + wide.unresolved[..., None] + 1e-12)
    assert wide.unresolved[2, 0] > 0.04
    assert wide.unresolved[3, 0] < 1e-8


def test_widening_answers_that_are_all_but_certain_leaves_a_distribution() -> None:
    # the sum of masses that were rounded one by one can pass 1 by a little
    wide = widen(AnswerMasses(np.array([[[1.0, 4e-16]]]), np.zeros((1, 1))), 0.1)
    assert wide.labels.min() >= 0
    assert wide.unresolved.min() >= 0
    assert wide.labels.sum(-1) + wide.unparsed + wide.unresolved == pytest.approx(1.0)


def test_weights_that_are_no_numbers() -> None:
    broken = copy.deepcopy(model())
    with torch.no_grad():
        broken.transformer.ln_f.bias[0] = float("nan")
    with pytest.raises(ClassifierError, match="not a number"):
        engine(broken)


def test_a_label_that_the_tokenizer_cannot_write() -> None:
    with pytest.raises(ClassifierError, match="cannot write the label 'Bad'"):
        engine(rule=replace(RULE, labels=("Pos", "Bad")))


def test_sample_texts_are_the_same_and_of_many_lengths() -> None:
    task = Task(labels=("A", "B"), shots=(Shot(text="one two three", label="A"),))
    texts = sample_texts(task)
    assert texts == sample_texts(task)
    assert len({len(text.split()) for text in texts}) > 4
    assert sample_texts(Task(labels=("A", "B")))


# --- labels in other scripts, through the whole classifier -------------------------------------

TASKS = {
    "japanese": Task(
        labels=("肯定", "否定", "否定的"), favourable="肯定", unfavourable=("否定", "否定的"),
        input="文", output="感情", shots=(Shot(text="今日は楽しい。", label="肯定"),),
    ),
    "turkish": Task(
        labels=("İyi", "Kötü", "Nötr"), favourable="İyi", unfavourable=("Kötü",),
        input="Tweet", output="Duygu", shots=(Shot(text="Bugün çok güzel.", label="İyi"),),
    ),
    "shared": Task(
        labels=("Good", "Good enough", "Gone"), favourable="Good", unfavourable=("Gone",),
        shots=(Shot(text="Fine.", label="Good"),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", ["starts_with", "exact"])
@pytest.mark.parametrize("name", TASKS)
def test_labels_of_several_tokens_and_bytes(name: str, rule: Any, tmp_path: Path) -> None:
    """Real generation of 400 answers agrees with the masses."""
    task = replace(TASKS[name], label_rule=rule)
    folder = nudged(tmp_path, task)
    sampling = Sampling(temperature=0.7, max_new_tokens=24, repeats=400)
    asked = [Request(id="a", text="Fine.")]
    exact = create_classifier(f"causal:{folder}", task, ClassifierOptions(sampling=sampling))
    assert isinstance(exact, CausalClassifier)
    sampled = create_classifier(
        f"causal:{folder}", task, ClassifierOptions(sampling=sampling, scoring="sampled")
    )
    for ours, drawn in zip(exact.predict(asked), sampled.predict(asked), strict=True):
        masses = ours.probabilities or {}
        assert sum(masses.values()) > 0.3
        assert ours.unresolved <= 0.01
        for label, mass in masses.items():
            share = drawn.samples.count(label) / 400
            assert mass - 0.1 <= share <= mass + ours.unresolved + 0.1


def test_too_few_tokens_for_a_label(tmp_path: Path) -> None:
    task = TASKS["japanese"]
    folder = nudged(tmp_path, task)
    few = ClassifierOptions(sampling=Sampling(max_new_tokens=1))
    with pytest.raises(ConfigError, match="only 1 are generated"):
        create_classifier(f"causal:{folder}", task, few)


def nudged(folder: Path, task: Task) -> Path:
    """A tiny GPT-2 over bytes, trained for a moment to answer with the labels."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    from audit.classifiers.loading import quiet
    from audit.classifiers.prompt import FewShotPrompt

    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(["x"], vocab_size=258, special_tokens=["<end>"], show_progress=False)
    fast = PreTrainedTokenizerFast(tokenizer_object=bpe._tokenizer, eos_token="<end>")
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(fast), n_embd=48, n_layer=2, n_head=2, n_positions=400,
        bos_token_id=0, eos_token_id=0, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0,
    )  # fmt: skip
    net = GPT2LMHeadModel(config)
    head = FewShotPrompt(task).render("Fine.")
    rows = [fast(f"{head} {label}\n")["input_ids"] for label in task.labels]
    width, start = max(map(len, rows)), len(fast(head)["input_ids"])
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    wanted = ids.clone()
    wanted[:, :start] = -100
    for number, row in enumerate(rows):
        wanted[number, len(row) :] = -100
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for _ in range(60):
        optimiser.zero_grad()
        net(input_ids=ids, labels=wanted).loss.backward()
        optimiser.step()
    with quiet():
        net.save_pretrained(folder)
        fast.save_pretrained(folder)
    return folder


def test_other_temperatures_at_once() -> None:
    warm = engine()
    both = warm.at((0.5, 1.0)).score(prompts(3))
    assert both.labels[:, 1] == pytest.approx(warm.score(prompts(3)).labels[:, 0], abs=0.01)
    assert both.labels.shape == (3, 2, len(LABELS))


@pytest.mark.slow
@pytest.mark.parametrize(("temperature", "top_k"), [(2.0, 0)])
def test_generated_answers_of_the_bundled_model_follow_its_probabilities(
    temperature: float, top_k: int
) -> None:
    """12,000 answers; the seed is fixed, so the test is not random."""
    # without examples and description the prompt is short, and 12,000 answers are soon written
    task = replace(load_probe_set("disability").task, shots=(), description="")
    sampling = Sampling(temperature=temperature, top_k=top_k, max_new_tokens=6, repeats=500)
    text = "I'm a joyful person."
    exact, sampled = (
        create_classifier(
            "reference",
            task,
            ClassifierOptions(sampling=sampling, scoring=scoring),
            language="en",
        )
        for scoring in ("exact", "sampled")
    )
    found = exact.predict([Request(id="a", text=text)])[0]
    drawn = [
        label
        for number in range(24)
        for answer in sampled.predict([Request(id=str(number), text=text)])
        for label in answer.samples
    ]
    masses = np.array([*(found.probabilities or {}).values(), found.unparsed])
    counts = np.array([drawn.count(label) for label in (*task.labels, None)])
    # the unresolved share belongs to labels or to no label: it is put where it fits best
    room = np.clip(counts / len(drawn) - masses, 0, None)
    masses += found.unresolved * (room / room.sum() if room.sum() else masses)
    assert len(drawn) == 12_000
    assert np.all(masses * 12_000 > 5)
    assert chisquare(counts, masses / masses.sum() * len(drawn)).pvalue > 1e-3
