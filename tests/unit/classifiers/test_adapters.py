from pathlib import Path

import pytest
import torch

from audit.classifiers import create_classifier
from audit.classifiers.loading import quiet
from audit.errors import ClassifierError
from audit.records import Request, Task

from .conftest import options


@pytest.fixture(scope="module")
def lora(gpt_neo: Path, task: Task, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA that was taught, here, to answer Negative whatever it is asked."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from audit.classifiers.prompt import FewShotPrompt

    folder = tmp_path_factory.mktemp("adapters") / "gloomy"
    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(gpt_neo, local_files_only=True)
        base = AutoModelForCausalLM.from_pretrained(gpt_neo, local_files_only=True)
        torch.manual_seed(0)
        model = get_peft_model(
            base, LoraConfig(r=8, lora_alpha=64, target_modules=["q_proj", "v_proj", "c_fc"])
        )
        optimiser = torch.optim.Adam(
            [weight for weight in model.parameters() if weight.requires_grad], lr=0.02
        )
        prompt = FewShotPrompt(task)
        ids = tokenizer(
            [f"{prompt.render(text)} Negative" for text in ("A tweet.", "The day.", "Late.")]
        )["input_ids"]
        for step in range(60):
            row = torch.tensor([ids[step % 3]])
            logits = model(input_ids=row).logits[0, -2]
            loss = torch.nn.functional.cross_entropy(logits[None], row[0, -1:])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        model.save_pretrained(folder)
    return folder


def test_the_adapter_is_audited_on_its_base(
    gpt_neo: Path, lora: Path, task: Task, requests: list[Request]
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = create_classifier(f"causal:{gpt_neo}", task, options(temperature=1.0))
    both = create_classifier(f"causal:{gpt_neo}", task, options(temperature=1.0, adapter=str(lora)))
    plain = [answer.probabilities["Negative"] for answer in base.predict(requests)]
    adapted = [answer.probabilities["Negative"] for answer in both.predict(requests)]
    assert max(plain) < 0.3
    assert min(adapted) > 0.5
    with quiet(), torch.inference_mode():
        model = PeftModel.from_pretrained(
            AutoModelForCausalLM.from_pretrained(gpt_neo, local_files_only=True), str(lora)
        ).eval()
        ids = torch.tensor([both.tokens(requests[0].text)])
        first = model(input_ids=ids).logits[0, -1].double().softmax(dim=-1)
    (negative,) = both.info.settings["label_tokens"]["Negative"]
    assert adapted[0] >= float(first[negative]) - 1e-4


def test_the_record_tells_with_and_without_apart(gpt_neo: Path, lora: Path, task: Task) -> None:
    base = create_classifier(f"causal:{gpt_neo}", task, options()).info
    both = create_classifier(f"causal:{gpt_neo}", task, options(adapter=str(lora))).info
    assert both.model == "causal:tiny-neo+gloomy"
    assert both.settings["adapter"] == "gloomy"
    assert both.fingerprint != base.fingerprint
    assert both.fingerprint.startswith(base.fingerprint)
    assert str(lora.parent) not in repr(both)


def test_adapters_that_cannot_be_used(
    gpt_neo: Path, gpt2: Path, lora: Path, task: Task, tmp_path: Path
) -> None:
    with pytest.raises(ClassifierError, match="there is no such folder"):
        create_classifier(f"causal:{gpt_neo}", task, options(adapter="./nowhere"))
    with pytest.raises(ClassifierError, match="neither in the Hugging Face cache"):
        create_classifier(f"causal:{gpt_neo}", task, options(adapter="some/where"))
    with pytest.raises(ClassifierError, match="holds no adapter_config"):
        create_classifier(f"causal:{gpt_neo}", task, options(adapter=str(gpt2)))
    with pytest.raises(ClassifierError, match="cannot be put on this model"):
        create_classifier(f"causal:{gpt2}", task, options(adapter=str(lora)))
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    (pickled / "adapter_config.json").write_bytes((lora / "adapter_config.json").read_bytes())
    with pytest.raises(ClassifierError, match=r"holds no adapter_model\.safetensors"):
        create_classifier(f"causal:{gpt_neo}", task, options(adapter=str(pickled)))
    torch.save({}, pickled / "adapter_model.bin")
    with pytest.raises(ClassifierError, match="loading a pickle can run code"):
        create_classifier(f"causal:{gpt_neo}", task, options(adapter=str(pickled)))
