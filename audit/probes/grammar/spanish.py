"""Spanish: articles and adjectives by gender and number, contractions, e and u before a vowel.

Words that follow the noun agree up to the first preposition ("ciega", "sordas y ciegas", "usuaria
de silla de ruedas"); in a relative clause the verb has the number and what follows a copula agrees
("que son ciegas"). The masculine singular is what the file writes as ``text``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.probes.grammar.plain import Plain
from audit.probes.grammar.spanish_words import (
    ABBREVIATIONS,
    ADJECTIVES,
    ARTICLES,
    COPULAS,
    DETERMINERS,
    INVARIABLE,
    NOUNS,
    PLURALS,
    PREPOSITIONS,
    STRESSED_A,
    VERBS,
)
from audit.records import Gender, Template, Term

_WORD = re.compile(r"[\s\"'“‘«(¿¡]*([^\W\d_][\w-]*)")
_DE_EL = re.compile(r"\b([Dd]e|[Aa]) el\b")
_AND = re.compile(r"\b([Yy])(?= [Hh]?[IiÍí](?![aeoáéó]))")
_OR = re.compile(r"\b([Oo])(?= [Hh]?[OoÓó])")
_PRONOUNS = ("la", "las", "le", "les", "lo", "los", "me", "no", "nos", "se", "te", "ya")
_INVARIABLE_OR = (
    "anterior", "exterior", "inferior", "interior", "mayor", "mejor", "menor", "peor",
    "posterior", "superior",
)  # fmt: skip
_PLAIN_VOWELS = str.maketrans("áéíóú", "aeiou")


class Spanish(Plain):
    """The Spanish rules; see `audit.probes.grammar.Grammar` for what each answers."""

    articles = ("a", "the")
    genders: tuple[Gender, ...] = ("masculine", "feminine")
    form_names = ("feminine", "feminine-plural")
    abbreviations = ABBREVIATIONS

    def article(self, following: str, template: Template, name: str = "a") -> str | None:
        """Return un, una, unos, unas, or el, la, los, las."""
        word = _WORD.match(following)
        if word is None or template.gender is None:
            return None
        feminine, plural = template.gender == "feminine", template.number == "plural"
        if feminine and not plural and word.group(1).lower() in STRESSED_A:
            feminine = False
        return ARTICLES[name][2 * plural + feminine]

    def agree(self, term: Term, template: Template, case: str | None = None) -> str | None:
        """Return the term in the gender and number of the template."""
        needed = self.needed_form(template)
        own_gender = term.form == "noun" and term.gender is not None
        if needed == "masculine" or (own_gender and template.number == "singular"):
            return term.text
        if (needed == "plural" or own_gender) and term.plural is not None:
            return term.plural
        written = dict(term.forms).get(needed)
        if written is not None:
            return written
        feminine = template.gender == "feminine" and not own_gender
        return agreeing(term.text, feminine=feminine, plural=template.number == "plural")

    def needed_form(self, template: Template, case: str | None = None) -> str:
        """Name one of masculine (the text itself), plural, feminine and feminine-plural."""
        if template.gender == "feminine":
            return "feminine-plural" if template.number == "plural" else "feminine"
        return "plural" if template.number == "plural" else "masculine"

    def finish(self, text: str) -> str:
        """Contract de el and a el; write e before an i sound and u before an o sound."""
        text = _DE_EL.sub(lambda match: f"{match.group(1)}l", text)
        text = _AND.sub(lambda match: "E" if match.group(1) == "Y" else "e", text)
        return _OR.sub(lambda match: "U" if match.group(1) == "O" else "u", text)

    def faults(self, text: str) -> Iterator[str]:
        """Name what does not contract or agree, and a question without its opening mark."""
        if self.finish(text) != text:
            yield "'de el', 'a el', 'y' before i or 'o' before o"
        for closing, opening in (("?", "¿"), ("!", "¡")):
            if text.count(closing) > text.count(opening):
                yield f"{closing!r} without {opening!r} before the sentence"
        words = re.findall(r"[^\W_]+|[^\w\s]", text)
        for place in range(len(words) - 1):
            yield from _disagreement(words, place)

    def template_fault(self, template: Template) -> str | None:
        """Say when the gender is missing, or the noun has another gender or number."""
        if template.gender is None:
            return "the template names no `gender` (masculine or feminine)"
        known = NOUNS.get((template.noun or "").lower().split(" ")[0])
        if known is None:
            return None
        gender, number = known
        if gender is not None and gender != template.gender:
            return f"the noun {template.noun!r} is {gender}"
        if number != template.number:
            return f"the noun {template.noun!r} is {number}"
        return None


def _disagreement(words: list[str], place: int) -> Iterator[str]:
    """Compare a noun that is known with the article before it and the adjective after it."""
    noun = words[place].lower()
    if noun not in NOUNS:
        return
    gender, number = NOUNS[noun]
    before = DETERMINERS.get(words[place - 1].lower()) if place else None
    if before is not None and _differs(before, (gender, number)) and noun not in STRESSED_A:
        yield f"'{words[place - 1]} {words[place]}' do not agree"
    after = ADJECTIVES.get(words[place + 1].lower())
    if after is not None and _differs(after, (gender, number)):
        yield f"'{words[place]} {words[place + 1]}' do not agree"


def _differs(one: tuple[str | None, str], other: tuple[str | None, str]) -> bool:
    """Tell whether gender or number differ; ``None`` is both genders."""
    gender, number = one
    genders = {gender, other[0]} - {None}
    return len(genders) > 1 or number != other[1]


def agreeing(text: str, *, feminine: bool, plural: bool) -> str | None:
    """Return a phrase after a noun in its gender and number; ``None`` where no rule is sure.

    Examples
    --------
    >>> agreeing("sordo y ciego", feminine=True, plural=True)
    'sordas y ciegas'
    >>> agreeing("que es ciego", feminine=True, plural=False)
    'que es ciega'
    >>> agreeing("con discapacidad", feminine=True, plural=True)
    'con discapacidad'
    """
    words = text.split(" ")
    if words[0].lower() == "que":
        return _clause(words, feminine, plural)
    return _until_preposition(words, feminine, plural)


def _until_preposition(words: list[str], feminine: bool, plural: bool) -> str | None:
    """Inflect every word up to the first preposition."""
    found: list[str] = []
    for place, word in enumerate(words):
        if word.lower() in PREPOSITIONS:
            return " ".join([*found, *words[place:]])
        form = inflected(word, feminine=feminine, plural=plural)
        if form is None:
            return None
        found.append(form)
    return " ".join(found)


def _clause(words: list[str], feminine: bool, plural: bool) -> str | None:
    """Inflect a relative clause: its verb, and what follows a copula."""
    place = 1
    while place < len(words) and words[place].lower() in _PRONOUNS:
        place += 1
    if place == len(words) or {"como", "y", "o", "e"} & set(words):
        return None
    verb = words[place]
    many = _plural_verb(verb)
    if many is None:
        return None
    rest = words[place + 1 :]
    if verb in COPULAS and rest:
        if rest[0] in DETERMINERS:
            return None
        agreed = _until_preposition(rest, feminine, plural)
        if agreed is None:
            return None
        rest = [agreed]
    return " ".join([*words[:place], many if plural else verb, *rest])


def _plural_verb(verb: str) -> str | None:
    """Return the third person plural of a verb in the present tense."""
    if verb in VERBS:
        return VERBS[verb]
    return f"{verb}n" if verb.endswith(("a", "e")) else None


def inflected(word: str, *, feminine: bool, plural: bool) -> str | None:
    """Return an adjective or noun in another gender and number; ``None`` where unsure.

    Examples
    --------
    >>> inflected("trabajador", feminine=True, plural=True)
    'trabajadoras'
    >>> inflected("joven", feminine=True, plural=True)
    'jóvenes'
    """
    if word.lower() in INVARIABLE or word.endswith("mente") or not word.islower():
        return word
    if feminine:
        changed = _feminine(word)
        if changed is None:
            return None
        word = changed
    return _plural(word) if plural else word


def _feminine(word: str) -> str | None:
    """Return the feminine of a word in the singular."""
    if word.endswith("o"):
        return f"{word[:-1]}a"
    if word.endswith("or"):
        return word if word in _INVARIABLE_OR else f"{word}a"
    if word.endswith("és"):
        return f"{word[:-2]}esa"
    if word.endswith(("ón", "án", "ín")):
        return None
    return word


def _plural(word: str) -> str | None:
    """Return the plural of a word in the singular."""
    if word in PLURALS:
        return PLURALS[word]
    last = word[-1]
    if last in "aeiouáéó":
        return f"{word}s"
    if last == "z":
        return f"{word[:-1]}ces"
    if last in "ns" and word[-2] in "áéíóú":
        return f"{word[:-2]}{word[-2].translate(_PLAIN_VOWELS)}{last}es"
    return f"{word}es" if last in "íúrldjy" else None


GRAMMAR = Spanish()
