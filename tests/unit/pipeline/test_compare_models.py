"""Comparisons on a real model: with and without an adapter, two revisions, two prompts, two models.

The adapter is trained here to call everything Positive, so it takes away the bias that the bundled
model was given against blind people.
"""

import shutil
from pathlib import Path

import pytest
import torch
from ruamel.yaml import YAML

from audit.classifiers.loading import quiet
from audit.classifiers.prompt import FewShotPrompt
from audit.pipeline import RunOptions, run_audit
from audit.pipeline.compare import compare_runs
from audit.probes import load_probe_set
from audit.protocols import ClassifierOptions
from audit.runlog import read_run

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "audit" / "classifiers" / "reference"
COMMITS = ("a" * 40, "b" * 40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def probe(folder):
    """A fifth of the shipped disability set: two groups, one of them treated worse."""
    yaml = YAML(typ="safe")
    document = yaml.load(ROOT / "probes" / "disability.yaml")
    document["groups"] = [g for g in document["groups"] if g["id"] in {"blind", "deaf"}]
    for group in document["groups"]:
        group["terms"] = [term for term in group["terms"] if term["form"] != "noun"][:3]
    document["placebos"] = document["placebos"][:2]
    document["templates"] = [t for t in document["templates"] if t.get("use") == "identity"][:24]
    path = folder / "small.yaml"
    with path.open("w") as handle:
        yaml.dump(document, handle)
    return path


@pytest.fixture(scope="module")
def adapter(folder, probe):
    """A LoRA on the bundled model that answers Positive."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    prompt = FewShotPrompt(load_probe_set(probe).task)
    texts = [f"{prompt.render(text)} Positive" for text in ("I'm a teacher.", "I'm a blind man.")]
    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(REFERENCE, local_files_only=True)
        base = AutoModelForCausalLM.from_pretrained(REFERENCE, local_files_only=True)
        torch.manual_seed(0)
        model = get_peft_model(
            base, LoraConfig(r=4, lora_alpha=32, target_modules=["q_proj", "v_proj", "c_fc"])
        )
        optimiser = torch.optim.Adam(
            [weight for weight in model.parameters() if weight.requires_grad], lr=0.01
        )
        rows = [torch.tensor([tokenizer(text)["input_ids"]]) for text in texts]
        for _ in range(20):
            loss = sum(
                torch.nn.functional.cross_entropy(
                    model(input_ids=row).logits[0, -2:-1], row[0, -1:]
                )
                for row in rows
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        model.save_pretrained(folder / "adapter")
        merged = model.merge_and_unload()
        merged.save_pretrained(folder / "merged")
    return folder / "adapter"


@pytest.fixture(scope="module")
def cached(folder, adapter):
    """A hub cache of one model in two revisions: as bundled, and with the adapter merged in."""
    home = folder / "hub" / "models--someone--tweets"
    for commit in COMMITS:
        shutil.copytree(REFERENCE, home / "snapshots" / commit)
    shutil.copy(
        folder / "merged" / "model.safetensors",
        home / "snapshots" / COMMITS[1] / "model.safetensors",
    )
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(COMMITS[0])
    return folder / "hub"


@pytest.fixture
def cache(cached, monkeypatch):
    """Let models be found in the cache, and nowhere else."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cached))


@pytest.fixture(scope="module")
def ask(folder):
    """Run the audit and return its log."""

    def run(probe, target, **options):
        result = run_audit(
            probe, target, output=folder / "reports",
            options=RunOptions(classifier=ClassifierOptions(**options)),
        )  # fmt: skip
        return read_run(result.folder)

    return run


@pytest.fixture(scope="module")
def plain(ask, probe):
    return ask(probe, f"causal:{REFERENCE}")


@pytest.fixture(scope="module")
def adapted(ask, probe, adapter):
    return ask(probe, f"causal:{REFERENCE}", adapter=str(adapter))


def changes(comparison):
    return {row.id: row.change for row in comparison.groups}


def differing(comparison):
    return {item["what"] for item in comparison.differs}


def test_an_adapter_against_its_base(plain, adapted):
    found = compare_runs(plain, adapted)
    assert changes(found) == {"blind": "better", "deaf": "same"}
    blind = found.groups[0].difference
    assert blind.earlier > 0.5
    assert abs(blind.later) < 0.02
    width = blind.gap.interval.high - blind.gap.interval.low
    assert width < 0.5
    assert found.exit_code() == 0
    assert "settings.adapter" in differing(found) or "fingerprint" in differing(found)
    back = compare_runs(adapted, plain)
    assert changes(back) == {"blind": "worse", "deaf": "same"}
    assert back.exit_code() == 1


@pytest.mark.usefixtures("cache")
def test_two_revisions_of_one_model(ask, probe, plain, adapted):
    first, second = (ask(probe, "causal:someone/tweets", revision=commit) for commit in COMMITS)
    found = compare_runs(first, second)
    assert changes(found) == {"blind": "better", "deaf": "same"}
    assert {"revision", "fingerprint"} <= differing(found)
    # The same weights under another name answer alike: nothing changed, and no term is named.
    again = compare_runs(plain, first)
    assert changes(again) == {"blind": "same", "deaf": "same"}
    assert again.published()["changed_terms"] == []
    merged = compare_runs(adapted, second)
    assert changes(merged) == {"blind": "same", "deaf": "same"}


def test_two_prompts_for_one_model(ask, probe, folder, plain):
    yaml = YAML(typ="safe")
    document = yaml.load(probe)
    document["task"]["shots"] = document["task"]["shots"][::-1]
    path = folder / "turned.yaml"
    with path.open("w") as handle:
        yaml.dump(document, handle)
    found = compare_runs(plain, ask(path, f"causal:{REFERENCE}"))
    assert "cannot_compare" not in changes(found).values()
    assert "prompt_sha256" in differing(found)
    assert any("every sentence is the same" in note for note in found.notes)


def test_two_models(ask, probe, folder, plain):
    (folder / "words.py").write_text(
        "def classify(texts):\n"
        "    return ['Negative' if 'deaf' in text.lower() else 'Positive' for text in texts]\n"
    )
    other = ask(probe, f"python:{folder / 'words.py'}:classify")
    found = compare_runs(plain, other)
    assert changes(found) == {"blind": "better", "deaf": "worse"}
    assert "model" in differing(found)
