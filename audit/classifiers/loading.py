"""Loading a model of transformers: from a folder or a hub, quietly, and only what is safe."""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from audit.classifiers.adapters import merge_adapter
from audit.classifiers.devices import (
    calm_threads,
    choose_device,
    choose_dtype,
    placement,
    set_threads,
)
from audit.classifiers.weights import (
    fingerprint,
    pickled_weights,
    refuse_pickles,
    safe_weights,
    tokenizer_sha256,
)
from audit.errors import AuditError, ClassifierError, ConfigError
from audit.records import ClassifierOptions

Head = Literal["causal", "sequence", "masked", "encoder", "seq2seq"]

_HEADS = {
    "causal": "AutoModelForCausalLM",
    "sequence": "AutoModelForSequenceClassification",
    "masked": "AutoModelForMaskedLM",
    "encoder": "AutoModel",
    "seq2seq": "AutoModelForSeq2SeqLM",
}
_HEAD_WORDS = {
    "causal": "a causal language model",
    "sequence": "a sequence classifier",
    "masked": "a masked language model",
    "encoder": "an encoder of texts",
    "seq2seq": "a text-to-text model",
}
POOLING_FILE = "1_Pooling/config.json"
"""Where sentence-transformers says how the tokens of a text become one vector."""
_CONTEXT_NAMES = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")
_NO_LIMIT = 10**6  # tokenizers write a huge number where they know none


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model on its device, its tokenizer, and what the record says about both.

    ``context`` is the longest input in tokens, ``None`` where the model names no limit;
    ``source`` the folder it was read from.
    """

    model: Any
    tokenizer: Any
    name: str
    device: str
    context: int | None
    source: Path
    revision: str | None
    fingerprint: str
    versions: dict[str, str]
    settings: dict[str, Any] = field(default_factory=dict)


def load_model(scheme: str, locator: str, head: Head, options: ClassifierOptions) -> LoadedModel:
    """Load ``SCHEME:LOCATOR`` with a head of the wanted kind.

    A folder is read without any network access. An id comes from the Hugging Face cache or hub;
    where the hub cannot be reached (or ``HF_HUB_OFFLINE`` is set) only the cache is asked.

    Parameters
    ----------
    scheme : str
        The scheme's name, for the record.
    locator : str
        A folder, or an id such as ``EleutherAI/gpt-neo-125m``.
    head : {'causal', 'sequence', 'masked', 'encoder', 'seq2seq'}
        What the model must be.
    options : ClassifierOptions
        ``revision``, ``adapter``, ``dtype``, ``device``, ``device_map``, ``quantize``, ``threads``,
        ``allow_pickle``, ``trust_remote_code``.

    Returns
    -------
    LoadedModel
        In evaluation mode.

    Raises
    ------
    ConfigError
        If an option does not fit this machine or target.
    ClassifierError
        If the model is not there, needs a pickle or code that was not allowed, is of another
        kind, or lacks weights.
    """
    calm_threads()
    set_threads(options)
    device = choose_device(options.device)
    folder = _local_folder(locator)
    if folder is not None:
        _check_local(folder, options)
    given = str(folder) if folder is not None else locator
    shared = {
        "trust_remote_code": options.trust_remote_code,
        "local_files_only": folder is not None or not _hub_is_reachable(),
        "revision": options.revision,
    }
    with quiet():
        tokenizer, model, source = _load(given, head, options, device, shared)
        own: dict[str, Any] = {}
        name = f"{scheme}:{folder.name if folder is not None else locator}"
        weights = fingerprint(source)
        if options.adapter is not None:
            model, adapter, digest = merge_adapter(
                model, options.adapter,
                allow_pickle=options.allow_pickle, only_cache=not _hub_is_reachable(),
            )  # fmt: skip
            name, weights = f"{name}+{adapter}", f"{weights}+{digest}"
            own = {"adapter": adapter, "adapter_sha256": digest}
    return LoadedModel(
        model=model,
        tokenizer=tokenizer,
        name=name,
        device=device,
        context=_context(model, tokenizer),
        source=source,
        revision=None if folder is not None else _commit(source, options),
        fingerprint=weights,
        versions=_versions(),
        settings={**_settings(model, source, device, options), **own},
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' and the hub client's bars and notices off the terminal."""
    from huggingface_hub.utils import logging as hub_logging
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )
    from transformers.utils import logging

    verbosity, hub_verbosity = logging.get_verbosity(), hub_logging.get_verbosity()
    bars, hub_bars = logging.is_progress_bar_enabled(), not are_progress_bars_disabled()
    logging.set_verbosity_error()
    hub_logging.set_verbosity_error()
    logging.disable_progress_bar()
    disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        hub_logging.set_verbosity(hub_verbosity)
        if bars:
            logging.enable_progress_bar()
        if hub_bars:
            enable_progress_bars()


def _local_folder(locator: str) -> Path | None:
    """Return the folder that ``locator`` is, or ``None`` if it can only be an id."""
    path = Path(locator).expanduser()
    if path.is_dir():
        return path.resolve()
    if path.is_file():
        raise ClassifierError(
            "this is a file, and a model is a folder",
            where=locator,
            hint="give the folder that holds config.json, the weights and the tokenizer",
        )
    if locator.startswith((".", "/", "~")) or locator.count("/") > 1 or "\\" in locator:
        raise ClassifierError(
            "there is no such folder",
            where=locator,
            hint="give the folder that the model was saved to, or a Hugging Face id",
        )
    return None


def _check_local(folder: Path, options: ClassifierOptions) -> None:
    """Look at a folder before anything in it is read by a library."""
    if options.revision is not None:
        raise ConfigError(
            "a folder has no revisions",
            where=f"--revision {options.revision}",
            hint="leave --revision out; the weights' hash is recorded",
        )
    if not (folder / "config.json").is_file():
        raise ClassifierError(
            "the folder holds no config.json, so it is no model",
            where=folder.name,
            hint="give the folder that the model was saved to with save_pretrained",
        )
    refuse_pickles(folder, allowed=options.allow_pickle)


def _hub_is_reachable(timeout: float = 5.0) -> bool:
    """Whether asking the hub makes sense; it retries for a minute where it cannot be reached."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")):
        return True
    address = urlsplit(constants.ENDPOINT)
    port = address.port or (80 if address.scheme == "http" else 443)
    try:
        socket.create_connection((address.hostname or "", port), timeout=timeout).close()
    except OSError:
        return False
    return True


def _load(
    given: str, head: Head, options: ClassifierOptions, device: str, shared: dict[str, Any]
) -> tuple[Any, Any, Path]:
    """Read tokenizer and model, and name the folder they were read from."""
    import transformers
    from transformers.utils.hub import cached_file

    placed = placement(options, device)
    local = Path(given).is_dir()
    where = Path(given).name if local else given
    try:
        # cached_file knows no trust_remote_code
        lookup = {key: value for key, value in shared.items() if key != "trust_remote_code"}
        config = cached_file(given, "config.json", **lookup)
        if head == "encoder":
            cached_file(given, POOLING_FILE, _raise_exceptions_for_missing_entries=False, **lookup)
        tokenizer = transformers.AutoTokenizer.from_pretrained(given, **shared)
        model, report = getattr(transformers, _HEADS[head]).from_pretrained(
            given,
            **shared,
            dtype=choose_dtype(options.dtype, device),
            **placed,
            use_safetensors=None if options.allow_pickle else True,
            output_loading_info=True,
        )
    except AuditError:
        raise
    except Exception as error:
        only_cache = shared["local_files_only"] and not local
        raise _load_failed(error, where, head, only_cache=only_cache) from error
    # an encoder saved without the pooler that nothing here asks for is whole
    missing = sorted(key for key in report["missing_keys"] if not key.startswith("pooler."))
    if missing:
        raise ClassifierError(
            f"the checkpoint lacks {len(missing)} weights of {_HEAD_WORDS[head]} "
            f"({missing[0]}), which would be made up at random",
            where=where,
            hint="give a model that was saved with this head",
        )
    model.eval()
    return tokenizer, model if placed else model.to(device), Path(str(config)).parent


def _load_failed(error: Exception, where: str, head: Head, *, only_cache: bool) -> ClassifierError:
    """Say in plain words why transformers could not load a model."""
    said = str(error)
    first = said.strip().splitlines()[0] if said.strip() else type(error).__name__
    if "trust_remote_code" in said:
        return ClassifierError(
            "the model brings code of its own, which is not run unless you say so",
            where=where,
            hint="read that code, then pass --trust-remote-code (it is recorded)",
        )
    if "Unrecognized configuration class" in said:
        return ClassifierError(
            f"the model is not {_HEAD_WORDS[head]}",
            where=where,
            hint="`audit models` says which scheme fits which kind of model",
        )
    if "safetensors" in said and isinstance(error, OSError):
        return ClassifierError(
            "the model has no safetensors weights, and loading a pickle can run code",
            where=where,
            hint="take a revision with safetensors, or pass --allow-pickle if you trust it",
        )
    if only_cache and isinstance(error, OSError):
        return ClassifierError(
            "the model is not in the Hugging Face cache, and the hub is not reached from here",
            where=where,
            hint="download it where there is a network and give its folder, or fill the cache "
            "(`hf download ID`); HF_HOME says where the cache is",
        )
    return ClassifierError(
        f"the model cannot be loaded: {first}",
        where=where,
        hint="check the id or the folder; `audit doctor --model` tries a model alone",
    )


def _context(model: Any, tokenizer: Any) -> int | None:
    """Return the longest input the model takes, where it says so."""
    limits = [
        value
        for name in _CONTEXT_NAMES
        if isinstance(value := getattr(model.config, name, None), int) and value > 0
    ]
    if 0 < tokenizer.model_max_length < _NO_LIMIT:
        limits.append(int(tokenizer.model_max_length))
    return min(limits) if limits else None


def _commit(source: Path, options: ClassifierOptions) -> str | None:
    """Return the exact commit an id was loaded at, which the cache names its folder by."""
    return source.name if source.parent.name == "snapshots" else options.revision


def _versions() -> dict[str, str]:
    """Return the versions of the libraries that computed the answers."""
    import torch
    import transformers

    return {"torch": torch.__version__, "transformers": transformers.__version__}


def _settings(model: Any, source: Path, device: str, options: ClassifierOptions) -> dict[str, Any]:
    """Return what of the loading determines the answers."""
    settings: dict[str, Any] = {
        "architecture": type(model).__name__,
        "dtype": str(model.dtype).removeprefix("torch."),
        "device": device,
        "tokenizer_sha256": tokenizer_sha256(source),
    }
    if options.device_map is not None:
        spread = getattr(model, "hf_device_map", None) or {"": model.device}
        settings["devices"] = sorted({str(place) for place in spread.values()})
    if options.quantize is not None:
        settings["quantization"] = "8 bit (LLM.int8 without outliers)"
    if options.trust_remote_code:
        settings["trust_remote_code"] = True
    if not safe_weights(source) and pickled_weights(source):
        settings["pickle_loaded"] = True
    return settings
