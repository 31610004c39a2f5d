import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from audit.classifiers import create_classifier
from audit.classifiers.loading import quiet
from audit.errors import ClassifierError, ConfigError
from audit.records import Request, Task

from .conftest import options
from .encoders import save_bert


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory, _quiet_build: None) -> Path:
    return save_bert(tmp_path_factory.mktemp("models") / "tiny-encoder", "BertModel")


def vector(folder: Path, text: str, *, first: bool = False) -> np.ndarray:
    """Encode one text with the plain model, unpadded."""
    from transformers import AutoModel, AutoTokenizer

    with quiet(), torch.inference_mode():
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
        hidden = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].double()
    found = (hidden[0] if first else hidden.mean(dim=0)).numpy()
    return found / np.linalg.norm(found)


@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_a_logistic_regression_on_the_shots(
    encoder: Path, task: Task, requests: list[Request], batch_size: int
) -> None:
    from sklearn.linear_model import LogisticRegression

    answers = create_classifier(
        f"embedding:{encoder}", task, options(batch_size=batch_size)
    ).predict(requests)
    head = LogisticRegression(C=1.0, max_iter=10_000, tol=1e-8).fit(
        [vector(encoder, shot.text) for shot in task.shots], [shot.label for shot in task.shots]
    )
    for asked, answer in zip(requests, answers, strict=True):
        shares = head.predict_proba([vector(encoder, asked.text)])[0]
        expected = dict(zip(head.classes_, shares, strict=True))
        assert answer.probabilities == pytest.approx(expected, abs=1e-4)
        assert answer.samples == (max(expected, key=expected.__getitem__),)
    assert len({tuple(answer.probabilities.values()) for answer in answers}) > 3


def test_twice_the_same(encoder: Path, task: Task, requests: list[Request]) -> None:
    first, second = (
        create_classifier(f"embedding:{encoder}", task, options()).predict(requests)
        for _ in range(2)
    )
    assert first == second


@pytest.mark.usefixtures("_quiet_build")
def test_pooling_is_read_from_the_folder(tmp_path: Path, task: Task) -> None:
    folder = save_bert(tmp_path / "first", "BertModel")
    (folder / "1_Pooling").mkdir()
    config = folder / "1_Pooling/config.json"
    config.write_text(
        json.dumps({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False})
    )
    target = create_classifier(f"embedding:{folder}", task, options())
    assert target.info.settings["pooling"] == "cls"
    config.write_text(json.dumps({"pooling_mode": "mean"}))
    target = create_classifier(f"embedding:{folder}", task, options())
    assert target.info.settings["pooling"] == "mean"
    config.write_text(json.dumps({"pooling_mode_max_tokens": True}))
    with pytest.raises(ClassifierError, match="pools its tokens by pooling_mode_max"):
        create_classifier(f"embedding:{folder}", task, options())


def test_every_label_needs_a_shot(encoder: Path, task: Task) -> None:
    with pytest.raises(ConfigError, match="no shot has the label Neutral"):
        create_classifier(f"embedding:{encoder}", replace(task, shots=task.shots[:2]), options())
