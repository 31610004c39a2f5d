"""The guard around a real transformers pipeline, on a small model that was taught a gap."""

import pytest

from audit.errors import ConfigError
from audit.oversight import dump_policy
from audit.oversight.adapters import guard_pipeline
from tests.unit.classifiers.encoders import save_wordpiece
from tests.unit.oversight.test_guard import NOW, SCORES, policy

TAUGHT = {
    "A teacher came.": 1, "A deaf teacher came.": 0, "A person who is late.": 1,
    "A deaf person.": 0, "The train is great.": 1, "I hate it.": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A BERT of one layer that says NEGATIVE of deaf people."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("models") / "taught-bert"
    size = save_wordpiece(folder)
    torch.manual_seed(0)
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=size, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=64,
            id2label={0: "NEGATIVE", 1: "POSITIVE"}, label2id={"NEGATIVE": 0, "POSITIVE": 1},
        )
    )  # fmt: skip
    batch = AutoTokenizer.from_pretrained(folder)(list(TAUGHT), padding=True, return_tensors="pt")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        loss = model(**batch, labels=torch.tensor(list(TAUGHT.values()))).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def pipe(checkpoint):
    from transformers import pipeline

    return pipeline("text-classification", model=str(checkpoint), device="cpu")


def written(folder, made=None):
    """Write a policy and return its path."""
    path = folder / "override-policy.yaml"
    path.write_text(dump_policy((made or policy()).model_dump(mode="json")), encoding="utf-8")
    return path


def test_its_answers_are_guarded(pipe, tmp_path):
    guard = guard_pipeline(pipe, written(tmp_path), now=lambda: NOW, timeout=60)
    told, plain, again = guard.decide_many(
        ["A deaf teacher came.", "A teacher came.", "I hate it."]
    )
    assert (told.route, told.label, told.reasons) == ("review", "Negative", ("rule_applies",))
    assert told.explanation.text == "Without the words “deaf” the answer would have been Positive."
    assert (plain.route, plain.label) == ("auto", "Positive")
    assert (again.route, again.label) == ("auto", "Negative")
    (best,) = pipe("A teacher came.", top_k=1)
    assert plain.confidence == pytest.approx(best["score"], abs=1e-6)
    assert guard.decide("A teacher came.").label == "Positive"


def test_a_text_that_the_model_cannot_take_goes_to_a_person(pipe, tmp_path):
    guard = guard_pipeline(pipe, written(tmp_path), now=lambda: NOW, timeout=60)
    decision = guard.decide("A teacher came. " * 100)
    assert (decision.route, decision.reasons) == ("review", ("classifier_error",))


def test_labels_of_another_name_are_refused_until_they_are_mapped(pipe, tmp_path):
    pipe.model.config.id2label = {0: "LABEL_0", 1: "LABEL_1"}
    path = written(tmp_path)
    with pytest.raises(ConfigError, match="LABEL_0, LABEL_1 are no labels of the policy"):
        guard_pipeline(pipe, path)
    with pytest.raises(ConfigError, match="LABEL_1 are no labels"):
        guard_pipeline(pipe, path, label_map={"LABEL_0": "Negative", "LABEL_1": "Great"})
    names = {"LABEL_0": "Negative", "LABEL_1": "Positive"}
    guard = guard_pipeline(pipe, path, label_map=names, now=lambda: NOW, timeout=60)
    assert guard.decide("A deaf teacher came.").label == "Negative"
    assert guard.decide("A teacher came.").route == "auto"


def test_labels_that_mean_the_same_are_one(pipe, tmp_path):
    names = {"NEGATIVE": "Negative", "POSITIVE": "Negative"}
    guard = guard_pipeline(pipe, written(tmp_path), label_map=names, now=lambda: NOW, timeout=60)
    decision = guard.decide("A teacher came.")
    assert (decision.label, decision.confidence) == ("Negative", pytest.approx(1.0))


def test_a_policy_about_scores_is_refused(pipe, tmp_path):
    with pytest.raises(ConfigError, match="no labels"):
        guard_pipeline(pipe, written(tmp_path, policy(task=SCORES)))
