"""What is read back from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision as the store has it.

    Parameters
    ----------
    seq : int
        Its place in the chain, from 1.
    id, time, route : str
        As decided.
    body : mapping
        What is kept: label, reasons, audit and policy.
    groups : tuple of str or None
        Groups mentioned; ``None`` once the tag has expired.
    personal : mapping or None
        Explanation, and the text where it was kept; ``None`` once erased.
    owner : str or None
        Name of the key that seals it: it begins with the subject's pseudonym, where one was named.
    """

    seq: int
    id: str
    time: str
    route: str
    body: Mapping[str, Any]
    groups: tuple[str, ...] | None
    personal: Mapping[str, Any] | None
    owner: str | None = None
