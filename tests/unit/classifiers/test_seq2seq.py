from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from audit.classifiers import create_classifier
from audit.classifiers.generation import decoder_start
from audit.classifiers.labels import parse_label
from audit.classifiers.loading import quiet
from audit.classifiers.prompt import FewShotPrompt
from audit.errors import ClassifierError, ConfigError
from audit.records import Request, Task

from .conftest import options
from .encoders import save_bart, save_t5

SHORT = Task(labels=("P", "Ne", "N"), favourable="P", unfavourable=("Ne",), input="T", output="S")


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory, _quiet_build: None) -> Path:
    return save_t5(tmp_path_factory.mktemp("models") / "tiny-t5")


@pytest.fixture(scope="module")
def bart(tmp_path_factory: pytest.TempPathFactory, _quiet_build: None) -> Path:
    return save_bart(tmp_path_factory.mktemp("models") / "tiny-bart")


@pytest.fixture(params=["t5", "bart"])
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


def enumerated(folder: Path, text: str) -> dict[str | None, float]:
    """Masses of every answer of two tokens, from the plain model, token by token."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForSeq2SeqLM.from_pretrained(folder, local_files_only=True).eval()
    ids = tokenizer(FewShotPrompt(SHORT).render(text), return_tensors="pt")["input_ids"]
    start = list(decoder_start(model))

    def step(beginnings: list[list[int]]) -> np.ndarray:
        given = torch.tensor([[*start, *beginning] for beginning in beginnings])
        with torch.inference_mode():
            logits = model(
                input_ids=ids.expand(len(beginnings), -1), decoder_input_ids=given
            ).logits[:, -1]
        return logits.double().softmax(dim=-1).numpy()

    end = tokenizer.eos_token_id
    (first,) = step([[]])
    second = step([[token] for token in range(len(first))])
    masses = dict.fromkeys([*SHORT.labels, None], 0.0)
    masses[None] += first[end]
    for token, mass in enumerate(first):
        if token == end:
            continue
        for other, more in enumerate(second[token]):
            tokens = [token] if other == end else [token, other]
            written = tokenizer.decode(tokens, clean_up_tokenization_spaces=False)
            masses[parse_label(written, SHORT.labels, stops=("\n", SHORT.separator))] += mass * more
    return masses


def test_exact_masses_are_those_of_all_answers_enumerated(folder: Path) -> None:
    target = create_classifier(
        f"seq2seq:{folder}", SHORT, options(temperature=1.0, max_new_tokens=2)
    )
    (answer,) = target.predict([Request(id="a", text="Late.")])
    masses = enumerated(folder, "Late.")
    assert answer.unresolved <= 0.01
    assert sum(masses[label] for label in SHORT.labels) > 0.005
    for label in SHORT.labels:
        low = answer.probabilities[label]
        assert low - 1e-6 <= masses[label] <= low + answer.unresolved + 1e-6
    total = sum(answer.probabilities.values()) + answer.unparsed + answer.unresolved
    assert total == pytest.approx(1.0)


def test_sampled_answers_follow_the_masses(folder: Path) -> None:
    # the tokenizer comes out a little different every time, so one seed in a thousand would fail
    drawn = create_classifier(
        f"seq2seq:{folder}", SHORT,
        options(temperature=1.0, max_new_tokens=2, repeats=4000, scoring="sampled", seed=1),
    )  # fmt: skip
    (answer,) = drawn.predict([Request(id="a", text="My day has been great.")])
    masses = enumerated(folder, "My day has been great.")
    counts = np.array([answer.samples.count(label) for label in masses])
    expected = np.array(list(masses.values())) * 4000
    kept = expected > 5
    assert kept.sum() > 1
    expected = expected[kept] / expected[kept].sum() * counts[kept].sum()
    assert chisquare(counts[kept], expected).pvalue > 1e-3


@pytest.mark.parametrize("scoring", ["exact", "sampled"])
def test_batches_change_nothing(t5: Path, requests: list[Request], scoring: str) -> None:
    def ask(batch: list[Request]) -> list:
        target = create_classifier(
            f"seq2seq:{t5}", SHORT, options(temperature=0.0, scoring=scoring, max_new_tokens=3)
        )
        return [answer.samples for answer in target.predict(batch)]

    together = ask(requests)
    assert together == [ask([request])[0] for request in requests]


def test_record(t5: Path, task: Task) -> None:
    info = create_classifier(f"seq2seq:{t5}", task, options(max_new_tokens=20)).info
    assert (info.model, info.scoring) == ("seq2seq:tiny-t5", "exact")
    assert info.settings["architecture"] == "T5ForConditionalGeneration"
    assert "one line" in info.notes[0]
    assert str(t5.parent) not in repr(info)


def test_what_cannot_be_done_is_refused(t5: Path, gpt_neo: Path, task: Task) -> None:
    long = replace(SHORT, labels=("Positive Posi Positive", "N"), favourable="N")
    with pytest.raises(ConfigError, match="only 2 are generated"):
        create_classifier(f"seq2seq:{t5}", long, options(max_new_tokens=2))
    with pytest.raises(ConfigError, match="float32"):
        create_classifier(f"seq2seq:{t5}", task, options(dtype="bfloat16"))
    with pytest.raises(ClassifierError, match="not a text-to-text model"):
        create_classifier(f"seq2seq:{gpt_neo}", task, options())
