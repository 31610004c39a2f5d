"""The files of a model: where they lie, whether they are safe to load, and their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from audit.errors import ClassifierError

_SAFE = ("model.safetensors", "model-*.safetensors")
_PICKLES = ("pytorch_model*.bin",)
_TOKENIZER = (
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "spiece.model",
)


def safe_weights(folder: Path) -> list[Path]:
    """Return the safetensors files of a model folder, by name."""
    return _matching(folder, _SAFE)


def pickled_weights(folder: Path) -> list[Path]:
    """Return the files of a model folder that loading would unpickle, by name."""
    return _matching(folder, _PICKLES)


def refuse_pickles(folder: Path, *, allowed: bool) -> None:
    """Refuse a folder whose weights could only be unpickled, unless the user allowed it.

    Raises
    ------
    ClassifierError
        If there are no weights, or only pickles and ``allowed`` is false.
    """
    if safe_weights(folder):
        return
    pickles = pickled_weights(folder)
    if not pickles:
        raise ClassifierError(
            "the folder holds no model.safetensors",
            where=folder.name,
            hint="give the folder that the model was saved to with save_pretrained",
        )
    if not allowed:
        raise ClassifierError(
            f"the weights are a pickle ({pickles[0].name}), and loading a pickle can run code",
            where=folder.name,
            hint="save the model again as safetensors, or pass --allow-pickle if you trust it",
        )


def fingerprint(folder: Path) -> str:
    """Return the SHA-256 of what the weights were loaded from.

    One file gives its own hash, as ``sha256sum`` prints it; several give the hash of their
    lines ``HASH  NAME``.
    """
    return _sha256(safe_weights(folder) or pickled_weights(folder))


def tokenizer_sha256(folder: Path) -> str:
    """Return the SHA-256 of the tokenizer's files, in the form of `fingerprint`."""
    return _sha256(_matching(folder, _TOKENIZER))


def _matching(folder: Path, patterns: Sequence[str]) -> list[Path]:
    """Files of ``folder`` that fit one of ``patterns``, each once, by name."""
    return sorted({path for pattern in patterns for path in folder.glob(pattern)})


def _sha256(files: Sequence[Path]) -> str:
    """Hash one file, or the list of several files' hashes."""
    digests = []
    for file in files:
        with file.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
    if len(digests) == 1:
        return digests[0]
    lines = "".join(f"{digest}  {file.name}\n" for digest, file in zip(digests, files, strict=True))
    return hashlib.sha256(lines.encode()).hexdigest()
