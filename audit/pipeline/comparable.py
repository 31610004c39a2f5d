"""Whether two runs asked the same questions, and of which sentences that is true."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from audit.records import Prediction, Task, Variant
from audit.runlog import RunLog, to_json

# What an answer means. The rest of a task is its prompt, which two runs may differ in.
_MEANING = ("kind", "labels", "favourable", "unfavourable", "range", "favourable_end")
_SETTINGS = ("model", "revision", "fingerprint", "prompt_sha256", "scoring", "temperature",
             "repeats", "seed", "shot_orders", "probe_set", "probe_sha256")  # fmt: skip


TermKey = tuple[str, str | None, str]
REFERENCE: TermKey = ("reference", None, "")


@dataclass(frozen=True)
class SharedSentences:
    """Sentences that both runs asked about.

    Attributes
    ----------
    variants : tuple of Variant
        As the later run has them.
    earlier : mapping of id to Prediction
        The earlier run's answers, by the later run's ids.
    missing : mapping of (role, group, term) to count
        Sentences that only one of the runs asked about; the reference has one key for all fillers.
    dropped : mapping of (role, group, term) to count
        Those of them that only the earlier run asked about.
    """

    variants: tuple[Variant, ...]
    earlier: Mapping[str, Prediction]
    missing: Mapping[TermKey, int]
    dropped: Mapping[TermKey, int]

    def missing_of(self, group: str) -> int:
        """Count what is missing to compare a group: its own sentences and the reference's."""
        return sum(n for key, n in self.missing.items() if key[1] == group or key == REFERENCE)

    def dropped_of(self, group: str) -> int:
        """Count the sentences behind a group's gap that the later run did not ask about."""
        return sum(n for key, n in self.dropped.items() if key[1] == group or key == REFERENCE)


def shared_sentences(earlier: RunLog, later: RunLog) -> SharedSentences:
    """Match the sentences of two runs by place and text, in order where a text repeats."""
    waiting: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for variant in earlier.variants:
        waiting[_place(variant)].append(variant.id)
    missing: Counter[TermKey] = Counter()
    shared, answers = [], {}
    for variant in later.variants:
        ids = waiting[_place(variant)]
        if not ids:
            missing[term_key(variant)] += 1
            continue
        shared.append(variant)
        answers[variant.id] = earlier.predictions[ids.pop(0)]
    left = {name for ids in waiting.values() for name in ids}
    dropped = Counter(term_key(variant) for variant in earlier.variants if variant.id in left)
    return SharedSentences(tuple(shared), answers, missing + dropped, dropped)


def term_key(variant: Variant) -> TermKey:
    """Return which term a sentence is about; all fillers of the reference belong together."""
    if variant.role == "reference":
        return REFERENCE
    return variant.role, variant.group, variant.term


def _place(variant: Variant) -> tuple[Any, ...]:
    return (
        variant.context, variant.unit, variant.role, variant.group, variant.term, variant.text,
    )  # fmt: skip


def obstacle(earlier: RunLog, later: RunLog, tasks: tuple[Task | None, Task | None]) -> str | None:
    """Return why nothing of two runs can be compared, or ``None``."""
    task = _other_task(*tasks)
    if task is not None:
        return task
    if earlier.header["score_range"] != later.header["score_range"] and _scores(later):
        return "another score range"
    if earlier.header.get("redacted", False) != later.header.get("redacted", False):
        return "one of the runs holds hashes in place of its sentences, the other their text"
    heat = earlier.header["spec"]["temperature"], later.header["spec"]["temperature"]
    if None not in heat and heat[0] != heat[1]:
        return f"another temperature: {heat[0]:g} in the earlier run, {heat[1]:g} in the later one"
    quick = [log.header["run_id"] for log in (earlier, later) if log.header["spec"]["quick"]]
    if quick:
        return f"run {quick[0]} was a quick run, which decides nothing"
    return None


def _other_task(*tasks: Task | None) -> str | None:
    """Return how the meaning of the answers differs, or ``None``."""
    first, second = (to_json(task) if task is not None else None for task in tasks)
    if first is None or second is None:
        same = first is None and second is None
        return None if same else "another task: only one of the runs has one"
    names = [name for name in _MEANING if first[name] != second[name]]
    if not names:
        return None
    return f"another task: {_and(names)} {'differs' if len(names) == 1 else 'differ'}"


def _scores(log: RunLog) -> bool:
    return bool(log.header["spec"]["scoring"] == "score")


def same_probe(earlier: RunLog, later: RunLog) -> bool:
    """Tell whether both runs used the same probe file, byte for byte."""
    first, second = (log.header["spec"]["probe_sha256"] for log in (earlier, later))
    return bool(first == second)


def differences(earlier: RunLog, later: RunLog) -> list[dict[str, Any]]:
    """List every setting in which two runs differ."""
    first, second = earlier.header["spec"], later.header["spec"]
    found = [
        {"what": name, "baseline": first.get(name), "current": second.get(name)}
        for name in _SETTINGS
        if first.get(name) != second.get(name)
    ]
    for kind in ("settings", "versions"):
        ours, theirs = second.get(kind) or {}, first.get(kind) or {}
        found += [
            {"what": f"{kind}.{name}", "baseline": theirs.get(name), "current": ours.get(name)}
            for name in sorted({*ours, *theirs})
            if ours.get(name) != theirs.get(name)
        ]
    if earlier.header["limits"] != later.header["limits"]:
        found.append(
            {"what": "limits", "baseline": earlier.header["limits"],
             "current": later.header["limits"]}
        )  # fmt: skip
    return found


def deterministic(log: RunLog) -> bool:
    """Tell whether asking again would give the same answers."""
    spec = log.header["spec"]
    if spec["scoring"] in {"exact", "score"} or spec["temperature"] == 0.0:
        return True
    once = all(len(answer.samples) <= 1 for answer in log.predictions.values())
    return spec["temperature"] is None and once


def _and(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
