"""Turkish: case and plural by vowel harmony, softened consonants, dotted capitals.

What describes a noun stands before it and does not change ("kör bir kadın"), so only nouns take
suffixes: ``{noun:accusative}``. Where a suffix depends on what spelling does not show (a compound
that already ends in a possessive, most nouns in t), the form must be written in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.probes.grammar.plain import Plain
from audit.probes.grammar.turkish_words import (
    AGENT_ENDINGS,
    ENDS_LIKE_PLURAL,
    FRONT,
    HARD,
    NUMERALS,
    SOFT,
    VOWEL_NOUNS,
)
from audit.records import Template, Term

_CASES = ("accusative", "dative", "locative", "ablative", "genitive", "instrumental")
_VOWELS = "aıoueiöü"
_BACK = "aıou"
_CLOSE = {"a": "ı", "ı": "ı", "o": "u", "u": "u", "e": "i", "i": "i", "ö": "ü", "ü": "ü"}
_VOICELESS = "çfhkpsşt"
_SOFTENED = {"p": "b", "ç": "c", "k": "ğ"}
_LOWER = str.maketrans({"I": "ı", "İ": "i"})
_CLITIC = re.compile(r"([^\W\d_]+) (de|da|m[iıuü](?:yim|yım|yum|yüm|yiz|yız|sin|sın|dir|dır)?)\b")
_COUNTED = re.compile(rf"\b(?:{'|'.join(NUMERALS)}|\d+)\s+(?:\{{pre\}}\s*)?\{{", re.IGNORECASE)
_BIR_MANY = re.compile(r"\bbir ([^\W\d_]+l[ae]r)(?:[ıiae]|[ıi]n|d[ae]n?|l[ae])?\b", re.IGNORECASE)


class Turkish(Plain):
    """The Turkish rules; see `audit.probes.grammar.Grammar` for what each answers."""

    cases = _CASES
    form_names = (*_CASES, *(f"plural-{case}" for case in _CASES))

    def agree(self, term: Term, template: Template, case: str | None = None) -> str | None:
        """Return a noun in case and number; a description stays as it is."""
        if term.form != "noun":
            return term.text
        needed = self.needed_form(template, case)
        if needed == "singular":
            return term.text
        written = term.plural if needed == "plural" else dict(term.forms).get(needed)
        if written is not None:
            return written
        if template.number == "singular":
            return declined(term.text, case or "")
        many = term.plural or plural(term.text)
        return many if many is None or case is None else declined(many, case)

    def decline(self, noun: str, template: Template, case: str) -> str | None:
        """Return the template's own noun in a case."""
        return declined(noun, case)

    def needed_form(self, template: Template, case: str | None = None) -> str:
        """Name singular, plural, a case, or a case in the plural (``plural-dative``)."""
        if case is None:
            return template.number
        return f"plural-{case}" if template.number == "plural" else case

    def upper(self, letter: str) -> str:
        """Keep the dot of i, and leave ı without one."""
        return {"i": "İ", "ı": "I"}.get(letter, letter.upper())

    def faults(self, text: str) -> Iterator[str]:
        """Name a separate de, da or mi that breaks vowel harmony, and bir before a plural."""
        for match in _CLITIC.finditer(text):
            word, clitic = match.groups()
            wanted = _harmonic_clitic(word, clitic)
            if wanted is not None and wanted != clitic:
                yield f"'{word} {clitic}' should be '{word} {wanted}'"
        for match in _BIR_MANY.finditer(text):
            if _lower(match.group(1)) in ENDS_LIKE_PLURAL:
                continue
            yield f"'{match.group()}': bir stands before a singular"

    def template_fault(self, template: Template) -> str | None:
        """Say when the noun has another number than the template, or a number word before it."""
        many = template.number == "plural"
        if many and _COUNTED.search(template.text):
            return "after a number the noun stays singular; delete `number`"
        if template.noun is None:
            return None
        ends = template.noun.endswith(("lar", "ler"))
        if many and not ends:
            return f"the noun {template.noun!r} is singular, but `number: plural` is set"
        return f"the noun {template.noun!r} is plural" if ends and not many else None


def _lower(text: str) -> str:
    """Return a text in lower case; I is the capital of ı."""
    return text.translate(_LOWER).lower()


def _last_vowel(word: str) -> str | None:
    """Return the vowel that suffixes follow, or ``None`` if there is none."""
    plain = _lower(word).translate(str.maketrans("âîû", "aiu"))
    found = next((letter for letter in reversed(plain) if letter in _VOWELS), None)
    if found in set(_BACK) and plain in FRONT:
        return {"a": "e", "ı": "i", "o": "ö", "u": "ü"}[str(found)]
    return found


def _harmonic_clitic(word: str, clitic: str) -> str | None:
    """Return de, da or mi as the word before asks for it."""
    vowel = _last_vowel(word)
    if vowel is None:
        return None
    if clitic in {"de", "da"}:
        return "da" if vowel in _BACK else "de"
    if len(clitic) > 2:
        return None
    return f"m{_CLOSE[vowel]}"


def plural(noun: str) -> str | None:
    """Return the plural of a noun; ``None`` for what may be a possessive compound.

    Examples
    --------
    >>> plural("kadın"), plural("öğretmen"), plural("tekerlekli sandalye kullanıcısı") is None
    ('kadınlar', 'öğretmenler', True)
    """
    vowel = _last_vowel(noun.rsplit(" ", maxsplit=1)[-1])
    if vowel is None or _may_be_possessive(noun):
        return None
    return f"{noun}{'lar' if vowel in _BACK else 'ler'}"


def _may_be_possessive(noun: str) -> bool:
    """Tell whether a phrase may end in a possessive, after which other suffixes stand."""
    words = _lower(noun).split(" ")
    if len(words) == 1 or words[-1][-1] not in "ıiuü":
        return False
    return not (words[-1].endswith(AGENT_ENDINGS) or words[-1] in VOWEL_NOUNS)


def declined(noun: str, case: str) -> str | None:
    """Return a noun in a case; ``None`` where spelling does not tell the suffix.

    Examples
    --------
    >>> [declined("komşu", case) for case in ("accusative", "dative", "genitive", "ablative")]
    ['komşuyu', 'komşuya', 'komşunun', 'komşudan']
    >>> declined("çocuk", "accusative"), declined("öğretmen", "dative")
    ('çocuğu', 'öğretmene')
    """
    vowel = _last_vowel(noun.rsplit(" ", maxsplit=1)[-1])
    if vowel is None or _may_be_possessive(noun):
        return None
    open_vowel, close_vowel = ("a" if vowel in _BACK else "e"), _CLOSE[vowel]
    ends_in_vowel = _lower(noun)[-1] in _VOWELS
    if case in {"locative", "ablative"}:
        stop = "t" if _lower(noun)[-1] in _VOICELESS else "d"
        return f"{noun}{stop}{open_vowel}{'n' if case == 'ablative' else ''}"
    if case == "instrumental":
        return f"{noun}{'y' if ends_in_vowel else ''}l{open_vowel}"
    stem = noun if ends_in_vowel else softened(noun)
    if stem is None:
        return None
    if case == "genitive":
        return f"{stem}{'n' if ends_in_vowel else ''}{close_vowel}n"
    vowel = open_vowel if case == "dative" else close_vowel
    return f"{stem}{'y' if ends_in_vowel else ''}{vowel}"


def softened(noun: str) -> str | None:
    """Return the stem before a vowel: çocuğ-, kitab-, genc-; ``None`` where nothing tells.

    Examples
    --------
    >>> softened("çocuk"), softened("genç"), softened("kadın"), softened("avukat")
    ('çocuğ', 'genc', 'kadın', 'avukat')
    """
    word = _lower(noun.rsplit(" ", maxsplit=1)[-1])
    if word in SOFT:
        return noun[: -len(word)] + SOFT[word]
    last = word[-1]
    if word in HARD or last not in "pçtk":
        return noun
    syllables = sum(letter in _VOWELS for letter in word)
    if last == "t":
        return None
    if syllables < 2:
        return noun
    return f"{noun[:-1]}g" if word.endswith("nk") else f"{noun[:-1]}{_SOFTENED[last]}"


GRAMMAR = Turkish()
