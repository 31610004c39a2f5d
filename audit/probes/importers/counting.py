"""What a reader must know of a set before it is audited, counted while it is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import numpy as np

from audit.probes.importers.cases import Case, LeftOut
from audit.probes.importers.tally import Spill, key

EXAMPLES = 5
MOST_COMPARED = 5_000
_LONGEST_COMPARED = 40
_WORD = re.compile(r"\w+")
# What UTF-8 looks like when it was read as Windows-1252 or as Mac Roman, and lost characters.
_GARBLED = re.compile(
    "[ÃÂâ][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]|‚Ä.|√[©®±°≥¶§º]|\ufffd"
)


class Counts:
    """Counts over the cases of a set, with memory that does not grow with it.

    Use it as a context manager: what does not fit in memory lies in a temporary folder.
    """

    def __init__(self) -> None:
        self.written = 0
        self.references = 0
        self.left_out: Counter[str] = Counter()
        self.examples: dict[str, list[LeftOut]] = {}
        self.unmapped: Counter[str] = Counter()
        self.groups: Counter[str] = Counter()
        self.labels = 0
        self._cases = Spill(4)
        self._labels = Spill(3)
        self.garbled = 0
        self.garbled_first: list[int] = []
        self._compared: dict[str, tuple[str, bool]] = {}

    def __enter__(self) -> Counts:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cases.__exit__(kind, error, trace)
        self._labels.__exit__(kind, error, trace)

    def leave_out(self, row: LeftOut) -> None:
        """Count a row that is not written."""
        self.left_out[row.why] += 1
        shown = self.examples.setdefault(row.why, [])
        if len(shown) < EXAMPLES:
            shown.append(row)

    def add(self, case: Case) -> None:
        """Count a case that is written."""
        self.written += 1
        self.references += case.is_reference
        if not case.is_reference:
            self.groups[case.group] += 1
        context = key(case.context, case.template)
        own = key(case.context, case.group, str(case.is_reference), case.text)
        self._cases.add(context, own, int(case.is_reference), case.row)
        if case.label:
            self.labels += 1
            self._labels.add(key(case.text), key(case.label), case.row)
        if not case.text.isascii() and _GARBLED.search(case.text):
            self.garbled += 1
            if len(self.garbled_first) < EXAMPLES:
                self.garbled_first.append(case.row)
        self._compare(case)

    def _compare(self, case: Case) -> None:
        """Keep one text of each unit for the search of near-duplicates, up to a limit."""
        unit = case.template or case.context
        known = self._compared.get(unit)
        if known is None:
            if len(self._compared) < MOST_COMPARED:
                self._compared[unit] = (case.text, case.is_reference)
        elif case.is_reference and not known[1]:
            self._compared[unit] = (case.text, True)

    def summary(self) -> dict[str, Any]:
        """Return the counts: repeats, contexts, contradicting labels, contexts nearly alike."""
        contexts = bare = alone = repeated = 0
        first_repeats: list[int] = []
        for rows in self._cases.parts():
            present, places = np.unique(rows[:, 0], return_inverse=True)
            backs = np.bincount(places, weights=rows[:, 2].astype(float))
            total = np.bincount(places)
            contexts += present.size
            bare += int((backs == 0).sum())
            alone += int((backs == total).sum())
            _, first = np.unique(rows[:, 1], return_index=True)
            again = np.ones(len(rows), dtype=bool)
            again[first] = False
            repeated += int(again.sum())
            first_repeats += rows[again][:EXAMPLES, 3].tolist()
        return {
            "contexts": contexts,
            "contexts_without_reference": bare,
            "contexts_with_reference_only": alone,
            "repeated_rows": repeated,
            "repeated_rows_first": sorted(first_repeats)[:EXAMPLES],
            "garbled_rows": self.garbled,
            "garbled_rows_first": self.garbled_first,
            **self._contradictions(),
            **self._near_duplicates(),
        }

    def _contradictions(self) -> dict[str, Any]:
        """Count texts that have several gold labels."""
        texts, shown = 0, []
        for rows in self._labels.parts():
            pairs, index = np.unique(rows[:, :2], axis=0, return_index=True)
            names, times = np.unique(pairs[:, 0], return_counts=True)
            twice = names[times > 1]
            texts += twice.size
            shown += rows[index][np.isin(pairs[:, 0], twice)][:EXAMPLES, 2].tolist()
        return {
            "texts_with_contradictory_labels": texts,
            "contradictory_rows_first": sorted(shown)[:EXAMPLES],
        }

    def _near_duplicates(self) -> dict[str, Any]:
        """Count units whose texts differ in one word: they are one piece of evidence, not two."""
        families: dict[int, list[str]] = {}
        for unit, (text, _) in self._compared.items():
            words = [word.casefold() for word in _WORD.findall(text)]
            if 3 <= len(words) <= _LONGEST_COMPARED:
                for mark in set(_with_a_gap(words)):
                    families.setdefault(mark, []).append(unit)
        alike = {unit for units in families.values() if len(units) > 1 for unit in units}
        pairs = [units[:2] for units in families.values() if len(units) > 1]
        return {
            "near_duplicate_units": len(alike),
            "near_duplicate_examples": pairs[:EXAMPLES],
            "units_compared": len(self._compared),
        }


def _with_a_gap(words: list[str]) -> Iterator[int]:
    """Yield a mark of the words with each of them left blank in turn."""
    for place in range(len(words)):
        yield hash((place, *words[:place], *words[place + 1 :]))
