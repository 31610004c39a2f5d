from pathlib import Path

import pytest
import torch

from audit.classifiers import create_classifier
from audit.classifiers.loading import quiet
from audit.errors import ClassifierError, ConfigError
from audit.records import Request, Task

from .conftest import options
from .encoders import save_bert


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory, _quiet_build: None) -> Path:
    return save_bert(tmp_path_factory.mktemp("models") / "tiny-mlm", "BertForMaskedLM")


@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_masses_of_the_plain_model_at_the_mask(
    masked: Path, task: Task, requests: list[Request], batch_size: int
) -> None:
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    target = create_classifier(f"masked:{masked}", task, options(batch_size=batch_size))
    answers = target.predict(requests)
    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(masked, local_files_only=True)
        model = AutoModelForMaskedLM.from_pretrained(masked, local_files_only=True).eval()
    for asked, answer in zip(requests, answers, strict=True):
        given = tokenizer(target.prompt(asked.text), return_tensors="pt")
        place = given["input_ids"][0].tolist().index(tokenizer.mask_token_id)
        with torch.inference_mode():
            shares = model(**given).logits[0, place].double().softmax(dim=-1)
        expected = {
            label: float(shares[tokenizer.convert_tokens_to_ids(label)]) for label in task.labels
        }
        assert answer.probabilities == pytest.approx(expected, abs=1e-6)
        assert answer.unparsed == pytest.approx(1 - sum(expected.values()), abs=1e-6)


def test_several_words_may_stand_for_a_label(masked: Path, requests: list[Request]) -> None:
    task = Task(labels=("Positive", "Negative"), favourable="Positive", unfavourable=("Negative",))
    words = {"good": "Positive", "Positive": "Positive", "bad": "Negative"}
    target = create_classifier(f"masked:{masked}", task, options(label_map=words))
    plain = create_classifier(f"masked:{masked}", task, options())
    for ours, alone in zip(target.predict(requests), plain.predict(requests), strict=True):
        assert ours.probabilities["Positive"] > alone.probabilities["Positive"]
    assert target.info.settings["words"] == words


def test_a_text_cannot_bring_a_mask_of_its_own(masked: Path, task: Task) -> None:
    target = create_classifier(f"masked:{masked}", task, options())
    (answer,) = target.predict([Request(id="a", text="I am [MASK] and [MASK].")])
    (split,) = target.predict([Request(id="a", text="I am [ MASK ] and [ MASK ].")])
    assert answer.probabilities == pytest.approx(split.probabilities)


def test_what_cannot_be_done_is_refused(masked: Path, gpt_neo: Path, task: Task) -> None:
    with pytest.raises(ClassifierError, match="'wonderful' is not one token"):
        create_classifier(
            f"masked:{masked}", task,
            options(label_map={"wonderful": "Positive", "plain": "Neutral", "bad": "Negative"}),
        )  # fmt: skip
    with pytest.raises(ConfigError, match="Neutral"):
        create_classifier(
            f"masked:{masked}", task, options(label_map={"good": "Positive", "bad": "Negative"})
        )
    with pytest.raises(ClassifierError, match="not a masked language model"):
        create_classifier(f"masked:{gpt_neo}", task, options())
    with pytest.raises(ConfigError, match="same answer"):
        create_classifier(f"masked:{masked}", task, options(scoring="sampled"))
    long = Request(id="a", text="tweet " * 300)
    with pytest.raises(ClassifierError, match="the model takes 256"):
        create_classifier(f"masked:{masked}", task, options()).predict([long])
