"""Hashes of what people sign: the data, the report, and the tool that made it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import audit


def sha256_of(data: bytes | str) -> str:
    """Return the SHA-256 of bytes, or of text as UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def seal(value: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON object in one canonical form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256_of(text)


@cache
def tool_identity() -> Mapping[str, str]:
    """Return the version of this package and the SHA-256 over all its files.

    Once for a process: what runs is what it loaded.
    """
    root = Path(audit.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and "__pycache__" not in path.parts and not name.endswith(".pyc"):
            digest.update(f"{name}\0{sha256_of(path.read_bytes())}\n".encode())
    return MappingProxyType({"version": f"audit {audit.__version__}", "sha256": digest.hexdigest()})


def signature_seal(record_sha256: str, previous: str | None, signature: Mapping[str, Any]) -> str:
    """Return the hash that chains a signature to the record and to the one before it."""
    own = {key: value for key, value in signature.items() if key != "sha256"}
    return seal({"record": record_sha256, "previous": previous, "signature": own})


def same_person(first: str, second: str) -> bool:
    """Tell whether two names, or two e-mail addresses in them, are the same person's.

    Case, accents' composition, spaces and punctuation do not matter. Names are all there is: two
    people of one name must add their addresses.
    """
    mails = [re.findall(r"[^\s<>@,;]+@[^\s<>@,;]+", name.casefold()) for name in (first, second)]
    if mails[0] and mails[1]:
        return bool(set(mails[0]) & set(mails[1]))
    return _name(first) == _name(second)


def _name(text: str) -> str:
    bare = re.sub(r"<[^<>]*>", " ", unicodedata.normalize("NFKC", text)).casefold()
    return " ".join(re.findall(r"\w+", bare))
