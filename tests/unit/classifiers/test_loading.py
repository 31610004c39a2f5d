import hashlib
import json
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from audit.classifiers import create_classifier, devices
from audit.classifiers.causal import DEMONSTRATION
from audit.classifiers.loading import load_model, quiet
from audit.classifiers.weights import fingerprint
from audit.errors import AuditError, ClassifierError, ConfigError
from audit.records import Request, Task

from .conftest import options, save_tokenizer


@pytest.fixture
def copied(gpt_neo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(gpt_neo, tmp_path / "copied"))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Refuse every connection and remember who was asked for."""
    asked: list[object] = []

    def refuse(address: object, *_args: object, **_given: object) -> socket.socket:
        asked.append(address)
        raise OSError("Name or service not known")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: refuse(address))
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return asked


def load_fails(locator: object, **given: object) -> AuditError:
    with pytest.raises(AuditError) as caught:
        load_model("causal", str(locator), "causal", options(**given))
    assert caught.value.hint
    return caught.value


def test_a_folder_is_loaded_without_a_network_and_without_a_word(
    gpt_neo: Path, task: Task, no_network: list[object], capfd: pytest.CaptureFixture[str]
) -> None:
    classifier = create_classifier(f"causal:{gpt_neo}", task, options())
    classifier.predict([Request(id="v", text="Hi")])
    sampled = create_classifier(f"causal:{gpt_neo}", task, options(scoring="sampled"))
    sampled.predict([Request(id="v", text="Hi")])
    assert no_network == []
    assert capfd.readouterr() == ("", "")


def test_quiet_puts_everything_back() -> None:
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    with quiet():
        assert not logging.is_progress_bar_enabled()
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before


def test_fingerprint_is_the_weights_own_hash(gpt_neo: Path, copied: Path) -> None:
    file = gpt_neo / "model.safetensors"
    expected = hashlib.sha256(file.read_bytes()).hexdigest()
    assert load_model("causal", str(gpt_neo), "causal", options()).fingerprint == expected
    assert fingerprint(copied) == expected
    shutil.copy(file, copied / "model-00002-of-00002.safetensors")
    assert fingerprint(copied) not in (expected, fingerprint(gpt_neo))


def test_sharded_weights(gpt_neo: Path, copied: Path, task: Task) -> None:
    model = load_model("causal", str(gpt_neo), "causal", options()).model
    (copied / "model.safetensors").unlink()
    with quiet():
        model.save_pretrained(copied, max_shard_size="20KB")
    assert len(list(copied.glob("model-*.safetensors"))) > 1
    asked = [Request(id="v", text="Hi")]
    whole = create_classifier(f"causal:{gpt_neo}", task, options()).predict(asked)
    assert create_classifier(f"causal:{copied}", task, options()).predict(asked) == whole


def test_pickles_are_refused_unless_allowed(copied: Path, task: Task) -> None:
    model = load_model("causal", str(copied), "causal", options()).model
    (copied / "model.safetensors").unlink()
    torch.save(model.state_dict(), copied / "pytorch_model.bin")
    error = load_fails(copied)
    assert isinstance(error, ClassifierError)
    assert "pytorch_model.bin" in str(error)
    assert "--allow-pickle" in str(error)
    allowed = create_classifier(f"causal:{copied}", task, options(allow_pickle=True))
    assert allowed.info.settings["pickle_loaded"] is True


def test_safetensors_are_taken_where_there_are_pickles_too(copied: Path) -> None:
    (copied / "pytorch_model.bin").write_bytes(b"not even a pickle")
    for allow in (False, True):
        loaded = load_model("causal", str(copied), "causal", options(allow_pickle=allow))
        assert "pickle_loaded" not in loaded.settings


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def write(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (remove("config.json"), "no config.json"),
        (remove("model.safetensors"), "no model.safetensors"),
        (remove("tokenizer.json"), "cannot be loaded"),
        (write("model.safetensors", b"torn"), "cannot be loaded"),
        (write("config.json", b"{"), "cannot be loaded"),
        (write("config.json", b'{"model_type": "unheard-of"}'), "cannot be loaded"),
        (write("config.json", b'{"model_type": "t5"}'), "not a causal language model"),
    ],
)
def test_folders_that_are_no_model(
    copied: Path, spoil: Callable[[Path], None], what: str, no_network: list[object]
) -> None:
    spoil(copied)
    error = load_fails(copied)
    assert isinstance(error, ClassifierError)
    assert what in str(error)
    assert error.where == "copied"
    assert no_network == []


def test_weights_that_are_missing_are_not_made_up(copied: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(copied / "model.safetensors")
    del weights["transformer.h.1.mlp.c_fc.weight"]
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    assert "made up at random" in str(load_fails(copied))


def test_code_of_a_model_runs_only_when_told(copied: Path, task: Task, tmp_path: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    config |= {
        "model_type": "neo-of-its-own",
        "architectures": ["OwnNeo"],
        "auto_map": {
            "AutoConfig": "own.OwnConfig",
            "AutoModelForCausalLM": "own.OwnNeo",
        },
    }
    (copied / "config.json").write_text(json.dumps(config))
    ran = tmp_path / "ran"
    (copied / "own.py").write_text(
        "from pathlib import Path\n"
        "from transformers import GPTNeoConfig, GPTNeoForCausalLM\n"
        f"Path({str(ran)!r}).touch()\n"
        "class OwnConfig(GPTNeoConfig):\n    model_type = 'neo-of-its-own'\n"
        "class OwnNeo(GPTNeoForCausalLM):\n    config_class = OwnConfig\n"
    )
    error = load_fails(copied)
    assert "--trust-remote-code" in str(error)
    assert not ran.exists()
    trusted = create_classifier(f"causal:{copied}", task, options(trust_remote_code=True))
    assert ran.exists()
    assert trusted.info.settings["trust_remote_code"] is True


@pytest.mark.parametrize("locator", ["./nothing", "/no/such/folder", "~/nothing-here", "a/b/c"])
def test_folders_that_are_not_there(locator: str, no_network: list[object]) -> None:
    assert "no such folder" in str(load_fails(locator))
    assert no_network == []


def test_a_file_is_no_model(gpt_neo: Path) -> None:
    assert "a model is a folder" in str(load_fails(gpt_neo / "model.safetensors"))


def test_unknown_id_without_a_network(no_network: list[object], tmp_path: Path) -> None:
    start = time.monotonic()
    error = load_fails("nobody/no-such-model")
    assert time.monotonic() - start < 10
    assert isinstance(error, ClassifierError)
    assert "hub is not reached" in str(error)
    assert error.where == "nobody/no-such-model"
    assert "give its folder" in str(error)
    assert no_network


def test_offline_mode_asks_nobody(
    no_network: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    load_fails("nobody/no-such-model")
    assert no_network == []


def test_an_id_in_the_cache_is_loaded_at_its_commit(
    gpt_neo: Path, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    cache = tmp_path / "hub"
    home = cache / "models--someone--tiny"
    shutil.copytree(gpt_neo, home / "snapshots" / commit)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    info = create_classifier("causal:someone/tiny", task, options()).info
    assert (info.model, info.revision) == ("causal:someone/tiny", commit)
    assert info.fingerprint == fingerprint(gpt_neo)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"device": "gpu"}, "no device called"),
        ({"dtype": "float8"}, "no number format"),
        ({"threads": 0}, "threads"),
        ({"revision": "main"}, "no revisions"),
    ],
)
def test_options_that_do_not_fit(gpt_neo: Path, given: dict[str, object], what: str) -> None:
    error = load_fails(gpt_neo, **given)
    assert isinstance(error, ConfigError)
    assert what in str(error)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there(gpt_neo: Path) -> None:
    assert "has no cuda" in str(load_fails(gpt_neo, device="cuda"))


@pytest.mark.parametrize(
    ("name", "recorded"), [("fp32", "float32"), ("bf16", "bfloat16"), ("auto", "float32")]
)
def test_number_format_is_recorded(gpt_neo: Path, name: str, recorded: str, task: Task) -> None:
    classifier = create_classifier(f"causal:{gpt_neo}", task, options(dtype=name))
    assert classifier.info.settings["dtype"] == recorded
    answer = classifier.predict([Request(id="v", text="Hi")])[0]
    assert sum((answer.probabilities or {}).values()) <= 1


def test_default_number_format_on_other_devices_is_the_checkpoints_own() -> None:
    assert devices.choose_dtype(None, "cpu") == torch.float32
    assert devices.choose_dtype(None, "cuda") == "auto"


def test_threads_are_set(gpt_neo: Path) -> None:
    load_model("causal", str(gpt_neo), "causal", options(threads=2))
    assert torch.get_num_threads() == 2


def test_idle_threads_sleep_unless_the_user_or_torch_was_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "os", SimpleNamespace(environ=(found := {})))
    devices.calm_threads()
    assert found == {}  # torch is loaded here, so it would be in vain
    monkeypatch.setattr(devices, "sys", SimpleNamespace(modules={}))
    devices.calm_threads()
    assert found == {"GOMP_SPINCOUNT": "0"}
    for wish in ({"OMP_WAIT_POLICY": "active"}, {"GOMP_SPINCOUNT": "5"}):
        monkeypatch.setattr(devices, "os", SimpleNamespace(environ=(found := dict(wish))))
        devices.calm_threads()
        assert found == wish


def test_the_reference_says_what_it_is(
    gpt_neo: Path, task: Task, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from audit.classifiers import causal

    monkeypatch.setattr(causal, "files", lambda _package: tmp_path)
    with pytest.raises(ClassifierError, match="missing from this installation"):
        create_classifier(None, task, options())
    shutil.copytree(gpt_neo, tmp_path / "reference")
    info = create_classifier("reference", task, options()).info
    assert (info.model, info.demonstration) == ("reference", True)
    assert info.notes[0] == DEMONSTRATION
    assert "deployed system" in info.notes[0]


def test_a_tokenizer_with_its_own_limit(gpt_neo: Path, copied: Path) -> None:
    config = json.loads((copied / "tokenizer_config.json").read_text())
    (copied / "tokenizer_config.json").write_text(json.dumps(config | {"model_max_length": 64}))
    assert load_model("causal", str(copied), "causal", options()).context == 64
    assert load_model("causal", str(gpt_neo), "causal", options()).context == 256


def test_a_model_that_names_no_limit(tmp_path: Path) -> None:
    from transformers import BloomConfig, BloomForCausalLM

    size = save_tokenizer(tmp_path)
    config = BloomConfig(vocab_size=size, hidden_size=32, n_layer=1, n_head=2)
    with quiet():
        BloomForCausalLM(config).save_pretrained(tmp_path)
    assert load_model("causal", str(tmp_path), "causal", options()).context is None
