"""Which groups a text mentions, and where: whole words, their forms, and not by every look.

The forms come from the policy. Languages with spaces are read word by word; Turkish words may carry
endings; Japanese is read letter by letter. Where a longer phrase begins at the same place it wins,
and where that phrase is an exception ("blind spot") nothing is mentioned.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.oversight.plain_letters import PlainText, plain, unmasked
from audit.oversight.policy_schema import PolicyRule

_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_HIRAGANA = re.compile("[\u3041-\u309f]")
_UNSPACED = {"ja", "zh", "th", "lo", "km", "my"}
_TURKISH_ENDING = re.compile(
    r"(l[ae]r)?(im|in|i|imiz|iniz|leri|lari|si|m|n)?"
    r"(y[aei]|a|e|i|u|da|de|ta|te|dan|den|tan|ten|nin|nun|in|un|na|ne|ni|nu|la|le|yla|yle)?"
    r"(ki)?(yim|sin|dir|dur|tir|tur|yiz|siniz|ydi|ymis|di|ydim|yken)?"
)
_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a text mentions a group.

    Parameters
    ----------
    group : str
        Id of the group.
    form : str
        The policy's form.
    start, end : int
        Where it stands in the text.
    exact : bool
        Whether the form stood there as such, without a further ending.
    """

    group: str
    form: str
    start: int
    end: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class _Form:
    """A form or an exception, in plain letters; ``group`` is empty for exceptions."""

    words: tuple[str, ...]
    group: str
    form: str


class MentionFinder:
    """Finds mentions by the forms of a policy's rules.

    Parameters
    ----------
    rules : sequence of PolicyRule
        All groups, with an action or without.
    """

    def __init__(self, rules: Sequence[PolicyRule]) -> None:
        readers: tuple[_Spaced | _Unspaced, ...] = (
            _Spaced(rules, suffixes=False),
            _Spaced(rules, suffixes=True),
            _Unspaced(rules),
        )
        self._readers = [reader for reader in readers if reader.has_forms]

    def find(self, text: str) -> tuple[Mention, ...]:
        """Return the mentions in a text, in order; overlapping ones are of different groups."""
        letters = plain(text)
        found = [mention for each in self._readers for mention in each.find(letters)]
        if len(self._readers) > 1:
            found.sort(key=lambda mention: (mention.start, mention.end))
        return tuple(found)


def _forms(rules: Sequence[PolicyRule], languages: frozenset[str] | None) -> Iterator[_Form]:
    """Yield forms and exceptions of the languages (``None``: all the others)."""
    special = _UNSPACED | {"tr"}
    for rule in rules:
        for phrases, group in ((rule.mentions, rule.group), (rule.exceptions, "")):
            for language, forms in phrases.items():
                tag = language.lower().split("-")[0]
                if (tag in languages) if languages is not None else (tag not in special):
                    for form in forms:
                        words = tuple(_WORD.findall(plain(form).letters))
                        if words:
                            yield _Form(words, group, form)


class _Spaced:
    """Word by word; ``suffixes`` lets the last word carry a Turkish ending."""

    def __init__(self, rules: Sequence[PolicyRule], *, suffixes: bool) -> None:
        self._suffixes = suffixes
        chosen: defaultdict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
        for form in _forms(rules, frozenset({"tr"}) if suffixes else None):
            chosen[form.words].setdefault(form.group, form.form)
        self._by_first: dict[str, list[tuple[tuple[str, ...], dict[str, str]]]] = {}
        for words in sorted(chosen, key=len, reverse=True):
            self._by_first.setdefault(words[0], []).append((words, chosen[words]))
        self.has_forms = bool(chosen)

    def find(self, text: PlainText) -> Iterator[Mention]:
        """Yield the mentions, from left to right."""
        letters = text.letters
        words = _WORD.findall(letters)
        if _DIGIT.search(letters):
            words = [unmasked(w) if _masked(w) else w for w in words]
        known = self._by_first
        if not self._suffixes and known.keys().isdisjoint(words):
            return
        places = [(m.start(), m.end()) for m in _WORD.finditer(letters)]
        index = 0
        while index < len(words):
            hit = self._longest(words, index)
            if hit is None:
                index += 1
                continue
            length, groups, exact = hit
            if "" not in groups:
                start, end = text.span(places[index][0], places[index + length - 1][1])
                for group, form in groups.items():
                    yield Mention(group, form, start, end, exact)
            index += length

    def _longest(self, words: list[str], index: int) -> tuple[int, dict[str, str], bool] | None:
        """Return the longest phrase that begins at a word: its length, groups, and if exact."""
        first = words[index]
        best = None
        for phrase, groups in self._candidates(first):
            length = len(phrase)
            if best is not None and length <= best[0]:
                continue
            part = words[index : index + length]
            if tuple(part) == phrase:
                best = (length, groups, True)
            elif (
                self._suffixes
                and len(part) == length
                and tuple(part[:-1]) == phrase[:-1]
                and _ending(part[-1], phrase[-1])
            ):
                best = (length, groups, False)
        return best

    def _candidates(self, first: str) -> Sequence[tuple[tuple[str, ...], dict[str, str]]]:
        """Return the phrases that may begin with a word, longest first."""
        found = self._by_first.get(first, [])
        if not self._suffixes:
            return found
        stems = (first[:end] for end in range(len(first) - 1, _SHORTEST_STEM - 1, -1))
        more = [
            each for stem in stems for each in self._by_first.get(stem, ()) if len(each[0]) == 1
        ]
        return [*found, *more]


class _Unspaced:
    """Letter by letter, the longest phrase first; forms of letters that sound alike are not words.

    A form of hiragana alone that follows hiragana of its own word cannot be told from it, so the
    exceptions of the policy name such words. A form that begins in one and goes on with another
    letter than hiragana is a word of its own: "ろう者" in "彼はろう者です", though "はろう" is one.
    """

    def __init__(self, rules: Sequence[PolicyRule]) -> None:
        self._groups: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for form in _forms(rules, frozenset(_UNSPACED)):
            self._groups["".join(form.words)].setdefault(form.group, form.form)
        phrases = sorted(self._groups, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(self._expression, phrases)))
        self.has_forms = bool(phrases)

    def _expression(self, phrase: str) -> str:
        """Return the pattern of a phrase; an exception leaves the forms that outgrow it."""
        expression = re.escape(phrase)
        if "" not in self._groups[phrase]:
            return expression
        outgrown = {
            form[len(phrase) - start :]
            for start in range(1, len(phrase))
            for form, groups in self._groups.items()
            if "" not in groups and form.startswith(phrase[start:])
        }
        rests = sorted(rest for rest in outgrown if rest and not _HIRAGANA.match(rest))
        return f"{expression}(?!{'|'.join(map(re.escape, rests))})" if rests else expression

    def find(self, text: PlainText) -> Iterator[Mention]:
        """Yield the mentions, from left to right."""
        for match in self._pattern.finditer(text.letters):
            groups = self._groups[match.group()]
            if "" not in groups:
                start, end = text.span(match.start(), match.end())
                for group, form in groups.items():
                    yield Mention(group, form, start, end)


def _masked(word: str) -> bool:
    """Tell whether a word mixes letters and digits, as in "bl1nd"."""
    return not word.isdigit() and not word.isalpha()


def _ending(word: str, stem: str) -> bool:
    """Tell whether a Turkish word is the stem with an ending."""
    if len(stem) < _SHORTEST_STEM or not word.startswith(stem):
        return False
    return _TURKISH_ENDING.fullmatch(word, len(stem)) is not None
