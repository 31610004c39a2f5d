"""Where weights lie: on one device, spread over several, or in 8 bits; and what is refused."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from audit.classifiers import create_classifier, devices
from audit.errors import ConfigError, MissingExtraError
from audit.records import Request, Task

from .conftest import options
from .families import save_family

TEXTS = ["I'm a joyful person.", "The train is late.", "My day has been great all day."]
REQUESTS = [Request(id=text, text=text) for text in TEXTS]


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory, _quiet_build: None) -> Path:
    return save_family("llama", tmp_path_factory.mktemp("devices"))


def masses(target: Path, task: Task, **given: object) -> list[dict[str, float]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of bitsandbytes, about 8 bits on a processor
        found = create_classifier(f"causal:{target}", task, options(temperature=1.0, **given))
        return [dict(answer.probabilities or {}) for answer in found.predict(REQUESTS)]


def test_eight_bits_change_answers_a_little_and_whatever_else_is_asked(
    llama: Path, task: Task
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = create_classifier(
            f"causal:{llama}", task, options(temperature=1.0, quantize="8bit")
        )
        together = found.predict(REQUESTS)
        alone = [found.predict([request])[0] for request in REQUESTS]
    whole = masses(llama, task)
    for answer, single, plain in zip(together, alone, whole, strict=True):
        own = answer.probabilities or {}
        assert own == pytest.approx(single.probabilities, abs=1e-5)
        assert own == pytest.approx(plain, abs=0.02)
        assert own != pytest.approx(plain, abs=1e-7)
    settings = found.info.settings
    assert settings["quantization"] == "8 bit (LLM.int8 without outliers)"
    assert any("were not compared with float32" in note for note in found.info.notes)


def test_a_model_spread_by_accelerate_answers_the_same(llama: Path, task: Task) -> None:
    found = create_classifier(
        f"causal:{llama}", task, options(temperature=1.0, device_map="auto", dtype="float32")
    )
    spread = [dict(answer.probabilities or {}) for answer in found.predict(REQUESTS)]
    for own, plain in zip(spread, masses(llama, task), strict=True):
        assert own == pytest.approx(plain, abs=1e-6)
    assert found.info.settings["devices"] == ["cpu"]


def test_one_device_and_all_of_them(llama: Path, task: Task) -> None:
    with pytest.raises(ConfigError, match="names one device, and --device-map uses all"):
        create_classifier(f"causal:{llama}", task, options(device="cpu", device_map="auto"))


@pytest.mark.parametrize(
    ("given", "extra"),
    [({"device_map": "auto"}, "devices"), ({"quantize": "8bit"}, "quantized")],
)
def test_what_is_not_installed_is_named(
    llama: Path, task: Task, given: dict[str, str], extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=rf"audit\[{extra}\]"):
        create_classifier(f"causal:{llama}", task, options(**given))
