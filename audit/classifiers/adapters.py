"""Adapters (PEFT: LoRA and its kin) on a base model, merged into its weights."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

from audit.errors import ClassifierError, MissingExtraError

_CONFIG = "adapter_config.json"
_SAFE = "adapter_model.safetensors"
_PICKLE = "adapter_model.bin"


def merge_adapter(
    model: Any, adapter: str, *, allow_pickle: bool, only_cache: bool
) -> tuple[Any, str, str]:
    """Load an adapter onto its base model and merge it.

    Merged weights compute what base and adapter compute together, as fast as the base alone.

    Parameters
    ----------
    model : PreTrainedModel
        The base model, in the format it runs in.
    adapter : str
        A folder saved by PEFT, or a Hugging Face id.
    allow_pickle : bool
        Whether weights that are no safetensors may be unpickled.
    only_cache : bool
        Whether an id is looked for in the Hugging Face cache alone.

    Returns
    -------
    tuple of (PreTrainedModel, str, str)
        The merged model, the adapter's name without any path of the machine, and the SHA-256 of
        its weights.

    Raises
    ------
    MissingExtraError
        If PEFT is not installed.
    ClassifierError
        If the adapter is not there, is a pickle, does not fit the model, or cannot be merged.
    """
    try:
        from peft import PeftModel
    except ImportError as error:
        raise MissingExtraError(f"--adapter {adapter}", "peft", "adapter") from error
    folder = _folder(adapter, only_cache=only_cache)
    weights = _weights(folder, allow_pickle=allow_pickle)
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            merged = PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ClassifierError(
            f"the adapter cannot be put on this model: {lines[0][:200]}",
            where=f"--adapter {folder.name}",
            hint="give the base model that the adapter was trained on; adapter_config.json "
            "names it",
        ) from error
    if any("missing adapter keys" in str(warning.message) for warning in said):
        raise ClassifierError(
            "the adapter lacks weights, which would be made up at random",
            where=f"--adapter {folder.name}",
            hint="give an adapter that was saved whole, and its own base model",
        )
    with weights.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return merged.eval(), Path(adapter).name, digest


def _folder(adapter: str, *, only_cache: bool) -> Path:
    """Return the adapter's folder, from the Hugging Face cache or hub where it is an id."""
    path = Path(adapter).expanduser()
    if path.is_dir():
        if not (path / _CONFIG).is_file():
            raise ClassifierError(
                f"the folder holds no {_CONFIG}, so it is no adapter",
                where=f"--adapter {path.name}",
                hint="give the folder that PEFT saved the adapter to",
            )
        return path.resolve()
    if adapter.startswith((".", "/", "~")) or adapter.count("/") != 1:
        raise ClassifierError(
            "there is no such folder",
            where=f"--adapter {adapter}",
            hint="give the folder that PEFT saved the adapter to, or a Hugging Face id",
        )
    from huggingface_hub import snapshot_download

    try:
        wanted = [_CONFIG, _SAFE, _PICKLE]
        return Path(snapshot_download(adapter, allow_patterns=wanted, local_files_only=only_cache))
    except Exception as error:
        raise ClassifierError(
            "the adapter is neither in the Hugging Face cache nor reached on the hub",
            where=f"--adapter {adapter}",
            hint="download it where there is a network and give its folder",
        ) from error


def _weights(folder: Path, *, allow_pickle: bool) -> Path:
    """Return the file of the adapter's weights, unless it is a pickle that was not allowed."""
    if (folder / _SAFE).is_file():
        return folder / _SAFE
    if not (folder / _PICKLE).is_file():
        raise ClassifierError(
            f"the folder holds no {_SAFE}",
            where=f"--adapter {folder.name}",
            hint="give the folder that PEFT saved the adapter to",
        )
    if not allow_pickle:
        raise ClassifierError(
            f"the adapter is a pickle ({_PICKLE}), and loading a pickle can run code",
            where=f"--adapter {folder.name}",
            hint="save it again as safetensors, or pass --allow-pickle if you trust it",
        )
    return folder / _PICKLE
