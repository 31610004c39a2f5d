"""Every family few-shot practice names, each with the kind of tokenizer it comes with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from audit.classifiers import create_classifier
from audit.classifiers.causal import CausalClassifier
from audit.classifiers.labels import parse_label
from audit.errors import ClassifierError, ConfigError
from audit.records import Request, Task

from .conftest import options
from .families import FAMILIES, save_family

TEXT = "I'm a joyful person who likes the train."
Saved = Callable[[str], Path]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, _quiet_build: None) -> Saved:
    folders: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in folders:
            place = tmp_path_factory.mktemp("families") / family
            place.mkdir()
            folders[family] = save_family(family, place)
        return folders[family]

    return folder


def exact(folder: Path, task: Task, **given: object) -> CausalClassifier:
    found = create_classifier(f"causal:{folder}", task, options(temperature=1.0, **given))
    assert isinstance(found, CausalClassifier)
    return found


def walked(classifier: CausalClassifier, spoken: tuple[str, ...], most: int) -> list[float]:
    """Sum the probability of every answer that begins with a label, one forward pass a path.

    Nothing but the tokenizer's own ``decode`` says what a path spells.
    """
    model, tokenizer = classifier._loaded.model, classifier._loaded.tokenizer
    stops, masses = classifier._prompt.stops, [0.0] * len(spoken)
    size = model.config.vocab_size
    waiting: list[tuple[tuple[int, ...], float]] = [((), 1.0)]
    for depth in range(most):
        following = []
        for path, mass in waiting:
            ids = torch.tensor([[*classifier.tokens(TEXT), *path]])
            with torch.inference_mode():
                shares = model(input_ids=ids).logits[0, -1].double().softmax(-1).tolist()
            for token in range(size):
                text = tokenizer.decode([*path, token], clean_up_tokenization_spaces=False)
                label = parse_label(text, spoken, stops=stops)
                rest = text.lstrip()
                if label is not None:
                    masses[spoken.index(label)] += mass * shares[token]
                elif not any(stop in text for stop in stops) and any(
                    own.startswith(rest) for own in spoken
                ):
                    following.append(((*path, token), mass * shares[token]))
        waiting = [item for item in following if item[1] > 1e-5 and depth + 1 < most]
    return masses


@pytest.mark.parametrize("family", FAMILIES)
def test_masses_are_those_of_every_way_to_write_a_label(
    family: str, saved: Saved, task: Task
) -> None:
    """Leading spaces, labels of several tokens, labels that begin with the same token."""
    most = 5 if family in {"gpt2", "qwen"} else 2
    classifier = exact(saved(family), task, max_new_tokens=most)
    spoken = tuple(label.lower() for label in task.labels) if family == "gpt1" else task.labels
    (answer,) = classifier.predict([Request(id="v", text=TEXT)])
    found = list((answer.probabilities or {}).values())
    expected = walked(classifier, spoken, most)
    assert found == pytest.approx(expected, abs=answer.unresolved + 1e-4)
    assert max(found) > 1e-3
    assert sum(found) + (answer.unparsed or 0.0) + answer.unresolved == pytest.approx(1.0)


@pytest.mark.parametrize("family", FAMILIES)
def test_prompt_and_label_stand_side_by_side(family: str, saved: Saved, task: Task) -> None:
    classifier = exact(saved(family), task)
    tokenizer = classifier._loaded.tokenizer
    prompt = classifier.tokens(TEXT)
    for label, ids in classifier.info.settings["label_tokens"].items():
        whole = tokenizer(f"{classifier.prompt(TEXT)} {label}", add_special_tokens=True)
        assert tuple(whole["input_ids"]) == (*prompt, *ids)
        assert tokenizer.decode(ids).strip().lower() == label.lower()
    starts_with_bos = tokenizer.bos_token_id is not None and prompt[0] == tokenizer.bos_token_id
    assert starts_with_bos is (family == "llama")
    assert (tokenizer.pad_token_id is None) is (family != "qwen")


@pytest.mark.parametrize("family", FAMILIES)
def test_sampled_answers_need_no_pad_and_no_line_break(
    family: str, saved: Saved, task: Task
) -> None:
    classifier = create_classifier(
        f"causal:{saved(family)}", task, options(scoring="sampled", temperature=1.0, repeats=4)
    )
    requests = [Request(id="short", text="Late."), Request(id="long", text=TEXT)]
    answers = classifier.predict(requests)
    assert [len(answer.samples) for answer in answers] == [4, 4]
    assert all(answer.unparsed is not None for answer in answers)


def test_a_tokenizer_without_capitals_reads_the_same_labels(saved: Saved, task: Task) -> None:
    """GPT-1 writes "positive"; the audit's labels stay the task's, and the record says so."""
    classifier = exact(saved("gpt1"), task)
    (answer,) = classifier.predict([Request(id="v", text=TEXT)])
    assert list(answer.probabilities or ()) == list(task.labels)
    notes = " ".join(classifier.info.notes)
    assert "labels are read as positive, neutral, negative" in notes
    assert "no line break" in notes
    alike = replace(task, labels=("good", "GOOD"), shots=())
    with pytest.raises(ClassifierError, match="cannot write the label 'GOOD'"):
        exact(saved("gpt1"), alike)


def test_labels_that_share_their_first_token(saved: Saved, task: Task) -> None:
    pair = replace(task, labels=("Nest", "Neat"), unfavourable=("Neat",), shots=())
    classifier = exact(saved("gpt2"), pair, max_new_tokens=4)
    tokens = classifier.info.settings["label_tokens"]
    assert tokens["Nest"][0] == tokens["Neat"][0]
    (answer,) = classifier.predict([Request(id="v", text=TEXT)])
    for low, mass in zip(
        (answer.probabilities or {}).values(), walked(classifier, pair.labels, 4), strict=True
    ):
        assert low - 1e-4 <= mass <= low + answer.unresolved + 1e-4


@pytest.mark.usefixtures("_quiet_build")
def test_a_tokenizer_that_merges_over_the_boundary(tmp_path: Path, task: Task) -> None:
    folder = save_family("llama", tmp_path, across_words=True)
    with pytest.raises(ClassifierError, match="joins the end of the prompt with the label") as said:
        exact(folder, task)
    assert "choose another output word, or --scoring sampled" in str(said.value)
    sampled = create_classifier(f"causal:{folder}", task, options(scoring="sampled"))
    assert sampled.predict([Request(id="v", text=TEXT)])[0].samples


@pytest.mark.usefixtures("_quiet_build")
@pytest.mark.parametrize("family", ["gpt1", "gpt2", "gpt-j", "llama"])
def test_a_prompt_longer_than_the_context_names_the_limit(
    family: str, tmp_path: Path, task: Task
) -> None:
    folder = save_family(family, tmp_path, context=24)
    with pytest.raises((ClassifierError, ConfigError), match="the model takes 24"):
        exact(folder, task)
