"""English: a or an by sound, plurals, the verb of a relative clause, capitals.

Cases that spelling decides are settled here; `inflect` is asked for the rest. Importing it takes
more than a second, so it is loaded when a word first needs it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from audit.probes.grammar.english_words import (
    ABBREVIATIONS,
    ACRONYMS,
    LETTERS_AN,
    LONG_INITIALISMS,
    MANY_ONLY,
    NO_NOUN,
    PLURAL_NOUNS,
    SOUNDS_A,
    SOUNDS_A_WHOLE,
    SOUNDS_AN,
)
from audit.probes.grammar.plain import Plain
from audit.records import Template, Term

if TYPE_CHECKING:
    import inflect

_FIRST_WORD = re.compile(r"[\s\"'“‘«(\[]*([^\W_][\w'’.,-]*)")
_PLAIN_UN = re.compile(r"un[^i]")  # unemployed; before an i the prefixes un- and uni- look alike
_MIXED_INITIALISM = re.compile(r"[a-z][A-Z]{2}")  # mRNA, iOS
_EITHER = re.compile(r"hist|herb|hotel|heroic|habitual|hallucinat|heredit|hilarious|homage|humble")
_ARTICLE = re.compile(r"(?<![\w'’.-])([Aa]n?)\s+(?=[^\W_])")
_DOUBLED = re.compile(r"(?<![\w'’.-])([Aa]n?|[Tt]he)\s+(an?|the)\s")
_RELATIVE = re.compile(r"(who|that|which)(['’]s)?( .*)?", re.IGNORECASE)
_VERBS = {
    "is": "are", "was": "were", "has": "have", "does": "do",
    "isn't": "aren't", "wasn't": "weren't", "hasn't": "haven't", "doesn't": "don't",
}  # fmt: skip
_FINITE = re.compile(r"\b(is|was|has|does|isn['’]t|wasn['’]t|hasn['’]t|doesn['’]t)\b")
_HAS_NOT_IS = ("been", "become", "got", "had", "lost")
_JOINED = re.compile(r"\b(and|or|but)\s+(?:\w+ly\s+)?(\w+s)\b")
_A_PERSON = re.compile(r"(is|was|isn['’]t|wasn['’]t)( not)? an? ", re.IGNORECASE)


class English(Plain):
    """The English rules; see `audit.probes.grammar.Grammar` for what each answers."""

    articles = ("a",)
    abbreviations = ABBREVIATIONS

    def article(self, following: str, template: Template, name: str = "a") -> str | None:
        """Return a or an by the sound of the next word; ``None`` in a plural sentence."""
        match = _FIRST_WORD.match(following)
        if match is None or template.number == "plural":
            return None
        return indefinite_article(match.group(1))

    def agree(self, term: Term, template: Template, case: str | None = None) -> str | None:
        """Return the term, in a sentence about several people its plural."""
        if template.number == "singular":
            return term.text
        if term.plural is not None:
            return term.plural
        if term.form == "noun":
            return plural_noun(term.text)
        return plural_clause(term.text) if term.form == "post" else term.text

    def faults(self, text: str) -> Iterator[str]:
        """Name a wrong article and a doubled one."""
        for match in _DOUBLED.finditer(text):
            yield f"two articles in {match.group().strip()!r}"
        for match in _ARTICLE.finditer(text):
            fault = _article_fault(text, match)
            if fault:
                yield fault

    def template_fault(self, template: Template) -> str | None:
        """Say when the default noun is singular in a plural sentence, or the other way."""
        if template.noun is None:
            return None
        head = template.noun.lower().split()[-1]
        if template.number == "singular":
            return f"the noun {template.noun!r} is plural" if head in MANY_ONLY else None
        if head in PLURAL_NOUNS or head.endswith("s") or _is_plural(head):
            return None
        return f"the noun {template.noun!r} is singular, but `number: plural` is set"


def _article_fault(text: str, match: re.Match[str]) -> str | None:
    """Say when the article before a word is not the one that its sound asks for."""
    given = match.group(1)
    following = _FIRST_WORD.match(text, match.end())
    word = following.group(1).rstrip(".,") if following else ""
    # "vitamin A helps", "an historic day": a letter is no article, and some words take both.
    letter = given == "A" and not GRAMMAR.opens_sentence(text[: match.start()])
    if not word or letter or word.lower() in NO_NOUN or _EITHER.match(word.lower()):
        return None
    wanted = indefinite_article(word)
    if given.lower() == wanted:
        return None
    return f"'{given} {word}' should be '{wanted} {word}'"


@cache
def indefinite_article(word: str) -> str:
    """Return ``a`` or ``an`` for a word, by its sound.

    Examples
    --------
    >>> [indefinite_article(word) for word in ("epileptic", "HIV-positive", "one-armed", "hour")]
    ['an', 'an', 'a', 'an']
    """
    head = word.rstrip(".,").split("-")[0]
    if head[0].isdigit():
        return _number_article(head)
    if _is_initialism(head):
        return "an" if head[0].upper() in LETTERS_AN else "a"
    return _word_article(word.lower())


def _is_initialism(head: str) -> bool:
    """Tell whether capitals are read letter by letter: ADHD and X-ray, not NASA or HAPPY."""
    letters = head.rstrip("s0123456789").replace(".", "")
    if len(head) == 1 or _MIXED_INITIALISM.match(head):
        return True
    if not letters.isupper() or letters in ACRONYMS:
        return False
    vowels = any(letter in "AEIOU" for letter in letters)
    return len(letters) < 5 or not vowels or letters.startswith(LONG_INITIALISMS)


def _word_article(word: str) -> str:
    """Return the article of a word in lower case; accents do not change it."""
    plain = unicodedata.normalize("NFKD", word)
    head = re.split(r"[-'’.]", plain)[0]
    if head in SOUNDS_A_WHOLE or head.startswith(SOUNDS_A):
        return "a"
    if head.startswith(SOUNDS_AN):
        return "an"
    if head[0] == "y":
        return "a" if head[1:2] in set("aeiou") else "an"
    if head[0] in "bcdfghjklmnpqrstvwxz" or head[:2] in {"eu", "ew"}:
        return "a"
    if head[0] in "aeio" or _PLAIN_UN.match(head):
        return "an"
    return str(_engine().a(head)).split()[0]


def _number_article(head: str) -> str:
    """Return the article of a number by how it is spoken: eight, eleven, eighteen."""
    match = re.match(r"\d[\d,]*", head)
    digits = match.group().rstrip(",") if match else head
    first = digits.split(",")[0]
    if first.startswith("8"):
        return "an"
    hundreds = "," not in digits and len(first) == 4
    spoken = hundreds or len(first) % 3 == 2
    return "an" if spoken and first.startswith(("11", "18")) else "a"


@cache
def plural_noun(noun: str) -> str:
    """Return the plural of a noun phrase: ``wheelchair users``, ``little people``."""
    return str(_engine().plural_noun(noun))


@cache
def plural_clause(text: str) -> str | None:
    """Return what follows several people instead of one, or ``None`` where no rule is sure.

    Only the verb of a relative clause changes; a phrase ("with epilepsy") stays.

    Examples
    --------
    >>> plural_clause("who has epilepsy"), plural_clause("with epilepsy")
    ('who have epilepsy', 'with epilepsy')
    >>> plural_clause("who is a wheelchair user") is None
    True
    """
    match = _RELATIVE.fullmatch(text)
    if match is None:
        return None if _FINITE.search(text) else text
    pronoun, contracted, rest = match.group(1), match.group(2), (match.group(3) or "").strip()
    if contracted:
        if rest.startswith(_HAS_NOT_IS):
            return None
        rest = f"is {rest}"
    words = rest.split(" ")
    place = 0
    while place < len(words) - 1 and _is_adverb(words[place]):
        place += 1
    after = " ".join(words[place + 1 :])
    if _A_PERSON.match(" ".join(words[place:]) + " ") or _FINITE.search(after):
        return None
    if any(_third_person(joined.group(2)) for joined in _JOINED.finditer(after)):
        return None
    verb = _plural_verb(words[place])
    return " ".join([pronoun, *words[:place], verb, *words[place + 1 :]])


def _is_adverb(word: str) -> bool:
    """Tell whether a word may stand between *who* and its verb."""
    return word.endswith("ly") or word in {"also", "always", "never", "often", "sometimes", "still"}


def _plural_verb(verb: str) -> str:
    """Return the plural of a verb in the third person; other forms stay (can, walked)."""
    straight = verb.replace("’", "'")
    if straight in _VERBS:
        return _VERBS[straight].replace("'", "’" if "’" in verb else "'")
    return _third_person(verb) or verb


@cache
def _third_person(verb: str) -> str | None:
    """Return the plural of a verb that ends in the s of the third person, else ``None``."""
    if not verb.endswith("s") or verb.endswith("ss"):
        return None
    plural = _VERBS.get(verb) or str(_engine().plural_verb(verb))
    return plural if plural != verb else None


@cache
def _is_plural(noun: str) -> bool:
    """Ask `inflect` whether a noun has a singular of another form."""
    return bool(_engine().singular_noun(noun))


@cache
def _engine() -> inflect.engine:
    """Load the inflection library once."""
    import inflect

    return inflect.engine()


GRAMMAR = English()
