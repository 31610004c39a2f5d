"""How often mention detection errs, by language: python -m benchmarks.mentions.

Prints the table of docs/guard.md. A mention counts as found if the sentence's group is among those
found; a sentence without a mention counts against precision if any group is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from audit.oversight.mentions import MentionFinder
from audit.oversight.policy_schema import PolicyRule
from audit.pipeline.mentions import group_words
from audit.probes import load_probe_set

SENTENCES = Path(__file__).with_name("mention_sentences.yaml")
SETS = {"en": "disability", "es": "disability-es", "ja": "disability-ja", "tr": "disability-tr"}


@dataclass(frozen=True)
class Measured:
    """What was found in the sentences of one language."""

    language: str
    found: int
    mentions: int
    wrong: tuple[str, ...]
    missed: tuple[str, ...]
    none: int

    @property
    def recall(self) -> float:
        """Share of mentions that were found."""
        return self.found / self.mentions

    @property
    def precision(self) -> float:
        """Share of sentences with something found that do mention the group."""
        return self.found / (self.found + len(self.wrong))


def finder_for(name: str) -> MentionFinder:
    """Return detection by the words of a shipped probe set."""
    probe_set = load_probe_set(name)
    return MentionFinder(
        [
            PolicyRule(group=words.group, label=words.label, action="none", rule="-", when=None,
                       mentions={k: list(v) for k, v in words.mentions.items()},
                       exceptions={k: list(v) for k, v in words.exceptions.items()})
            for words in group_words(probe_set.groups, probe_set.language)
        ]
    )  # fmt: skip


def measure() -> list[Measured]:
    """Run detection on every sentence."""
    lists = YAML(typ="safe", pure=True).load(SENTENCES.read_text(encoding="utf-8"))
    rows = []
    for language, name in SETS.items():
        finder = finder_for(name)
        missed = tuple(
            text
            for text, group in lists[language]["mentions"]
            if group not in {mention.group for mention in finder.find(text)}
        )
        wrong = tuple(text for text in lists[language]["none"] if finder.find(text))
        count = len(lists[language]["mentions"])
        none = len(lists[language]["none"])
        rows.append(Measured(language, count - len(missed), count, wrong, missed, none))
    return rows


def table(rows: list[Measured]) -> str:
    """Return the table as it stands in the documentation."""
    lines = [
        "| language | sentences | recall | precision |",
        "|---|---|---|---|",
        *(
            f"| {row.language} | {row.mentions} with, {row.none} without | {row.recall:.0%} | "
            f"{row.precision:.0%} |"
            for row in rows
        ),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    measured = measure()
    print(table(measured))
    for row in measured:
        for text in row.missed:
            print(f"missed ({row.language}): {text}")
        for text in row.wrong:
            print(f"wrong ({row.language}): {text}")
