from dataclasses import replace
from pathlib import Path

import pytest
import torch

from audit.classifiers import create_classifier
from audit.classifiers.loading import quiet
from audit.errors import ClassifierError, ConfigError
from audit.records import Request, Task

from .conftest import options

MAP = {"POSITIVE": "Positive", "NEUTRAL": "Neutral", "NEGATIVE": "Negative"}


@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_softmax_of_the_plain_model_whatever_the_batch(
    bert: Path, task: Task, requests: list[Request], batch_size: int
) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    given = options(label_map=MAP, batch_size=batch_size)
    answers = create_classifier(f"classifier:{bert}", task, given).predict(requests)
    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(bert, local_files_only=True)
        model = AutoModelForSequenceClassification.from_pretrained(bert, local_files_only=True)
    for asked, answer in zip(requests, answers, strict=True):
        with torch.inference_mode():
            logits = model(**tokenizer(asked.text, return_tensors="pt")).logits[0]
        negative, neutral, positive = logits.double().softmax(dim=-1).tolist()
        assert answer.id == asked.id
        assert answer.probabilities == pytest.approx(
            {"Positive": positive, "Neutral": neutral, "Negative": negative}, abs=1e-5
        )
        best = max((positive, "Positive"), (neutral, "Neutral"), (negative, "Negative"))
        assert answer.samples == (best[1],)
        assert answer.unparsed == 0.0


def test_record(bert: Path, task: Task) -> None:
    info = create_classifier(f"classifier:{bert}", task, options(label_map=MAP)).info
    assert (info.model, info.scoring) == ("classifier:tiny-bert", "exact")
    assert info.settings["labels"] == MAP
    assert info.prompt_sha256 is None
    assert str(bert.parent) not in repr(info)


def test_labels_that_differ_in_case_are_proposed_not_taken(bert: Path, task: Task) -> None:
    with pytest.raises(ConfigError) as caught:
        create_classifier(f"classifier:{bert}", task, options())
    assert "--label-map NEGATIVE=Negative" in str(caught.value)
    assert "--label-map POSITIVE=Positive" in str(caught.value)


@pytest.mark.parametrize(
    ("label_map", "what"),
    [
        ({"POSITIVE": "Positive"}, "NEGATIVE=Negative"),
        ({**MAP, "NEUTRAL": "Positive"}, "never answer Neutral"),
        ({**MAP, "LABEL_0": "Neutral"}, "no label 'LABEL_0'"),
        ({**MAP, "NEUTRAL": "Unsure"}, "no label 'Unsure'"),
    ],
)
def test_maps_that_do_not_fit(bert: Path, task: Task, label_map: dict[str, str], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        create_classifier(f"classifier:{bert}", task, options(label_map=label_map))


def test_two_labels_of_the_model_may_be_one_of_the_task(
    bert: Path, task: Task, requests: list[Request]
) -> None:
    both = replace(task, labels=("good", "bad"), shots=())
    fine = create_classifier(f"classifier:{bert}", task, options(label_map=MAP)).predict(requests)
    joined = create_classifier(
        f"classifier:{bert}",
        both,
        options(label_map={"POSITIVE": "good", "NEUTRAL": "good", "NEGATIVE": "bad"}),
    ).predict(requests)
    for one, two in zip(fine, joined, strict=True):
        assert one.probabilities is not None
        assert two.probabilities is not None
        assert two.probabilities["bad"] == pytest.approx(one.probabilities["Negative"])
        assert sum(two.probabilities.values()) == pytest.approx(1.0)


def test_scores_and_sampling_are_refused(bert: Path, task: Task, score_task: Task) -> None:
    with pytest.raises(ConfigError, match="the task asks for a score"):
        create_classifier(f"classifier:{bert}", score_task, options())
    with pytest.raises(ConfigError, match="declares no task"):
        create_classifier(f"classifier:{bert}", None, options())
    with pytest.raises(ConfigError, match="nothing to sample"):
        create_classifier(f"classifier:{bert}", task, options(scoring="sampled"))


def test_a_text_longer_than_the_model_takes(bert: Path, task: Task) -> None:
    classifier = create_classifier(f"classifier:{bert}", task, options(label_map=MAP))
    with pytest.raises(ClassifierError, match="takes 128"):
        classifier.predict([Request(id="v", text="word " * 200)])
    assert classifier.predict([]) == []


def test_a_model_without_its_head_is_refused(bert: Path, task: Task, tmp_path: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    with quiet():
        AutoModel.from_pretrained(bert, local_files_only=True).save_pretrained(tmp_path)
        AutoTokenizer.from_pretrained(bert, local_files_only=True).save_pretrained(tmp_path)
    with pytest.raises(ClassifierError, match="made up at random"):
        create_classifier(f"classifier:{tmp_path}", task, options())


@pytest.mark.parametrize("change", [{"num_labels": 1}, {"problem": "multi_label_classification"}])
def test_models_that_choose_no_single_label(
    bert: Path, task: Task, tmp_path: Path, change: dict[str, object]
) -> None:
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    config = BertConfig.from_pretrained(bert, local_files_only=True)
    config.num_labels = change.get("num_labels", 3)
    config.problem_type = change.get("problem")
    with quiet():
        BertForSequenceClassification(config).save_pretrained(tmp_path)
        AutoTokenizer.from_pretrained(bert, local_files_only=True).save_pretrained(tmp_path)
    with pytest.raises(ClassifierError, match="one label out of several"):
        create_classifier(f"classifier:{tmp_path}", task, options())


def test_output_that_is_no_number(bert: Path, task: Task, requests: list[Request]) -> None:
    from audit.classifiers.loading import load_model
    from audit.classifiers.sequence import SequenceClassifier

    loaded = load_model("classifier", str(bert), "sequence", options())
    with torch.no_grad():
        loaded.model.classifier.bias[0] = float("nan")
    classifier = SequenceClassifier(loaded, task, options(label_map=MAP))
    with pytest.raises(ClassifierError, match="not a number"):
        classifier.predict(requests)
