from dataclasses import replace
from pathlib import Path

import pytest
import torch

from audit.classifiers import create_classifier
from audit.classifiers.causal import CausalClassifier
from audit.classifiers.labels import parse_label
from audit.classifiers.loading import load_model
from audit.classifiers.prompt import FewShotPrompt
from audit.classifiers.tokens import encode, label_tokens
from audit.errors import ClassifierError, ConfigError
from audit.records import Prediction, Request, Task

from .conftest import options, save_gpt_neo


def ask(folder: Path, task: Task, requests: list[Request], **given: object) -> list[Prediction]:
    return create_classifier(f"causal:{folder}", task, options(**given)).predict(requests)


@pytest.mark.parametrize("checkpoint", ["gpt_neo", "gpt_neo_pieces", "gpt2"])
def test_answers_do_not_depend_on_batch_or_order(
    checkpoint: str, task: Task, requests: list[Request], request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(checkpoint)
    classifier = create_classifier(f"causal:{folder}", task, options(temperature=1.0, repeats=50))
    together = {p.id: p for p in classifier.predict(requests)}
    backwards = {p.id: p for p in classifier.predict(requests[::-1])}
    alone = {p.id: p for asked in requests for p in classifier.predict([asked])}
    assert list(together) == [asked.id for asked in requests]
    assert list(backwards) == [asked.id for asked in requests[::-1]]
    for name, answer in together.items():
        for other in (backwards[name], alone[name]):
            assert other.probabilities == pytest.approx(answer.probabilities, abs=1e-5)
            assert other.samples == answer.samples
    first, second = together["v0"], together["v4"]  # the same text, asked twice
    assert first.probabilities == second.probabilities
    total = sum((first.probabilities or {}).values()) + (first.unparsed or 0) + first.unresolved
    assert total == pytest.approx(1)


def test_repeats_are_drawn_from_the_probabilities_by_seed(
    gpt_neo: Path, task: Task, requests: list[Request]
) -> None:
    own = replace(task, labels=(*task.labels, "person"))  # a likely word, so that labels are drawn
    given = {"temperature": 5.0, "repeats": 200}
    first = ask(gpt_neo, own, requests, seed=1, **given)
    again = ask(gpt_neo, own, requests, seed=1, **given)
    other = ask(gpt_neo, own, requests, seed=2, **given)
    assert [p.samples for p in first] == [p.samples for p in again]
    assert [p.samples for p in first] != [p.samples for p in other]
    assert all(len(p.samples) == 200 for p in first)
    assert first[0].samples != first[4].samples  # the same text under two ids


def test_record_of_an_exact_run(gpt_neo: Path, task: Task) -> None:
    info = create_classifier(
        f"causal:{gpt_neo}", task, options(temperature=0.3, top_k=7, top_p=0.9, seed=5)
    ).info
    assert (info.model, info.scoring, info.demonstration) == ("causal:tiny-neo", "exact", False)
    assert info.prompt_sha256 == FewShotPrompt(task).sha256
    assert set(info.versions) == {"torch", "transformers"}
    expected = {
        "temperature": 0.3,
        "top_k": 7,
        "top_p": 0.9,
        "max_new_tokens": 6,
        "repeats": 5,
        "seed": 5,
        "stops": ["\n", "###"],
        "label_rule": "starts_with",
        "dtype": "float32",
        "device": "cpu",
        "engine": "prefix",  # the window of 64 tokens has no room for a trie
        "eps": 0.01,
    }
    assert {name: info.settings[name] for name in expected} == expected
    assert list(info.settings["label_tokens"]) == list(task.labels)
    assert "trust_remote_code" not in info.settings
    assert str(gpt_neo.parent) not in repr(info)
    assert "a label if it begins with the label" in info.notes[0]
    assert "within" in info.notes[1]
    assert "plain forward passes" in info.notes[1]


def test_prompt_is_shown_as_sent(gpt_neo: Path, task: Task) -> None:
    classifier = create_classifier(f"causal:{gpt_neo}", task, options())
    assert isinstance(classifier, CausalClassifier)
    assert classifier.prompt("Hi") == FewShotPrompt(task).render("Hi")


def test_changed_texts_are_noted(gpt_neo: Path, task: Task) -> None:
    classifier = create_classifier(f"causal:{gpt_neo}", task, options())
    assert len(classifier.info.notes) == 2  # what counts as a label, and how it was computed
    texts = ["plain", 'a "quoted" word', "two\nlines", 'a "quoted" word']
    classifier.predict([Request(id=str(n), text=text) for n, text in enumerate(texts)])
    assert "2 texts" in classifier.info.notes[2]


def test_special_tokens_in_a_text_are_text(gpt_neo: Path, task: Task) -> None:
    tokenizer = load_model("causal", str(gpt_neo), "causal", options()).tokenizer
    prompt = FewShotPrompt(task)
    ids = encode(tokenizer, [prompt.render("a <|endoftext|> b"), prompt.render("a b")])
    assert all(tokenizer.eos_token_id not in row for row in ids)
    assert tokenizer.decode(ids[0]) == prompt.render("a <|endoftext|> b")


def test_appended_special_tokens_are_dropped(gpt_neo: Path) -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = load_model("causal", str(gpt_neo), "causal", options()).tokenizer
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|endoftext|> $A <|endoftext|>", special_tokens=[("<|endoftext|>", 0)]
    )
    ids = encode(tokenizer, ["Sentiment:"])[0]
    assert ids[0] == 0
    assert ids[-1] != 0
    assert encode(tokenizer, []) == []


def test_equal_texts_and_no_texts(gpt_neo: Path, task: Task) -> None:
    assert ask(gpt_neo, task, []) == []


def test_temperature_zero_is_certain(gpt_neo: Path, task: Task, requests: list[Request]) -> None:
    for answer in ask(gpt_neo, task, requests, temperature=0):
        assert set((answer.probabilities or {}).values()) | {answer.unparsed} <= {0.0, 1.0}
        assert len(set(answer.samples)) == 1


# --- sampled ----------------------------------------------------------------------------------


@pytest.mark.parametrize("checkpoint", ["gpt_neo", "gpt_neo_pieces", "gpt2"])
def test_sampled_outputs_are_read_and_kept(
    checkpoint: str, task: Task, requests: list[Request], request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(checkpoint)
    given = {"scoring": "sampled", "temperature": 1.5, "repeats": 8, "batch_size": 3}
    answers = ask(folder, task, requests, **given)
    assert [p.id for p in answers] == [asked.id for asked in requests]
    for answer in answers:
        assert answer.probabilities is None
        assert len(answer.samples) == 8
        assert answer.unparsed == answer.samples.count(None) / 8
        assert len(answer.raw) == answer.samples.count(None)
        for text in answer.raw:
            assert len(text) <= 200
            assert not {"\n", "###"} & {text, *text}
            assert parse_label(text, task.labels, stops=("\n", "###")) is None
    assert [p.samples for p in ask(folder, task, requests, **given)] == [p.samples for p in answers]
    assert len({p.raw for p in answers}) > 1


def test_record_of_a_sampled_run(gpt_neo: Path, task: Task) -> None:
    info = create_classifier(f"causal:{gpt_neo}", task, options(scoring="sampled")).info
    assert info.scoring == "sampled"
    assert info.settings["top_k"] == 0
    assert "seed of each batch" in info.settings["seeding"]


def test_sampling_leaves_torchs_own_seed_alone(
    gpt_neo: Path, task: Task, requests: list[Request]
) -> None:
    classifier = create_classifier(f"causal:{gpt_neo}", task, options(scoring="sampled"))
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    classifier.predict(requests)
    assert torch.equal(torch.rand(3), expected)


def test_models_own_generation_defaults_are_put_aside(
    gpt_neo: Path, task: Task, tmp_path: Path, requests: list[Request]
) -> None:
    folder = copy_model(gpt_neo, tmp_path)
    (folder / "generation_config.json").write_text(
        '{"eos_token_id": 0, "do_sample": true, "top_k": 1, "repetition_penalty": 50.0,'
        ' "min_new_tokens": 40, "temperature": 0.01}'
    )
    given = {"scoring": "sampled", "temperature": 2.0, "repeats": 6}
    assert ask(folder, task, requests, **given) == ask(gpt_neo, task, requests, **given)


def test_greedy_sampling_says_one_thing(gpt_neo: Path, task: Task, requests: list[Request]) -> None:
    exact = ask(gpt_neo, task, requests, temperature=0, max_new_tokens=1)
    for asked, answer in zip(
        exact,
        ask(gpt_neo, task, requests, scoring="sampled", temperature=0, max_new_tokens=1),
        strict=True,
    ):
        assert len(answer.samples) == 5
        assert set(answer.samples) == set(asked.samples)


def test_sampled_output_that_is_no_number(gpt_neo: Path, task: Task) -> None:
    loaded = load_model("causal", str(gpt_neo), "causal", options())
    classifier = CausalClassifier(loaded, task, options(scoring="sampled"))
    with torch.no_grad():
        loaded.model.transformer.ln_f.bias[0] = float("nan")
    with pytest.raises(ClassifierError, match="not a number"):
        classifier.predict([Request(id="v", text="x")])


# --- what cannot be done ----------------------------------------------------------------------


def test_prompt_longer_than_the_context(task: Task, tmp_path: Path) -> None:
    folder = save_gpt_neo(tmp_path / "short", context=100)
    long = Request(id="v", text="a joyful person " * 40)
    for scoring in ("exact", "sampled"):
        classifier = create_classifier(f"causal:{folder}", task, options(scoring=scoring))
        with pytest.raises(ClassifierError) as caught:
            classifier.predict([long])
        assert "the model takes 100" in str(caught.value)
        assert "a prompt has" in str(caught.value)


def test_labels_longer_than_what_is_generated(gpt_neo_pieces: Path, task: Task) -> None:
    with pytest.raises(ConfigError, match="max_new_tokens"):
        create_classifier(f"causal:{gpt_neo_pieces}", task, options(max_new_tokens=1))


def test_tokenizer_that_joins_prompt_and_label(gpt_neo: Path, task: Task) -> None:
    tokenizer = load_model("causal", str(gpt_neo), "causal", options()).tokenizer

    class Joining:
        """The tokenizer, with the colon and the label's first letter merged into one token."""

        all_special_ids = tokenizer.all_special_ids

        def __call__(self, texts: list[str], **given: object) -> object:
            return tokenizer([text.replace(": P", "^") for text in texts], **given)

    with pytest.raises(ClassifierError, match="joins the end of the prompt"):
        label_tokens(Joining(), FewShotPrompt(task), "x")


def test_tokenizer_that_cannot_write_a_label(gpt_neo: Path, task: Task, tmp_path: Path) -> None:
    from tokenizers.normalizers import Lowercase, Replace

    from audit.classifiers.loading import quiet

    loaded = load_model("causal", str(gpt_neo), "causal", options())
    loaded.tokenizer.backend_tokenizer.normalizer = Replace("P", "R")
    folder = copy_model(gpt_neo, tmp_path)
    with quiet():
        loaded.tokenizer.save_pretrained(folder)
    with pytest.raises(ClassifierError, match="it writes 'Rositive'"):
        create_classifier(f"causal:{folder}", task, options())
    loaded.tokenizer.backend_tokenizer.normalizer = Lowercase()
    with quiet():
        loaded.tokenizer.save_pretrained(folder)
    same = replace(task, labels=("good", "GOOD"), shots=())
    with pytest.raises(ClassifierError, match="cannot write the label 'GOOD'"):
        create_classifier(f"causal:{folder}", same, options())


def test_tasks_without_labels(gpt_neo: Path, score_task: Task) -> None:
    for task in (score_task, None):
        with pytest.raises(ConfigError, match="gives labels"):
            create_classifier(f"causal:{gpt_neo}", task, options())


@pytest.mark.parametrize(
    "given",
    [
        {"repeats": 0},
        {"temperature": -0.1},
        {"temperature": float("nan")},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"max_new_tokens": 0},
    ],
)
def test_sampling_that_cannot_be_done(gpt_neo: Path, task: Task, given: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        create_classifier(f"causal:{gpt_neo}", task, options(**given))
    assert next(iter(given)) in str(caught.value)


def copy_model(folder: Path, target: Path) -> Path:
    """Copy a checkpoint, to change something in it."""
    import shutil

    return Path(shutil.copytree(folder, target / "changed"))
