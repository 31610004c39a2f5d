"""The text without the words that mention a group, and what its answer says in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from audit.oversight.mentions import Mention
from audit.oversight.policy_schema import PolicyDocument

if TYPE_CHECKING:
    import inflect

# Where an adjective is followed by one of these, or by no word, it is said of somebody ("is deaf
# and") and cannot be left out; another has to stand there.
_NO_NOUN = {
    "en": re.compile(
        r"(and|or|but|nor|so|yet|because|since|when|while|if|as|than|that|which|who|whom|whose|"
        r"where|at|in|on|to|for|from|by|with|without|of|about|into|over|under|after|before|until|"
        r"during|is|are|was|were|am|be|been|has|have|had|do|does|did|can|could|will|would|shall|"
        r"should|may|might|must|not|too|also|again|now|then|here|there)",
        re.IGNORECASE,
    )
}
_COPULA = {
    "es": re.compile(
        r"\b(es|son|soy|eres|somos|era|eran|fue|fueron|está|están|estoy|ser)\s+$", re.IGNORECASE
    )
}
_PARTICLES = {"ja": ("の", "な")}
_ARTICLE = re.compile(r"\b(an?)(\s+)$", re.IGNORECASE)
_FIRST_WORD = re.compile(r"\s*(\w[\w'’-]*)")
_NEXT_WORD = re.compile(r"[ \t]+([^\W\d_][\w'’]*)")
_NEAR = 60
_SPACES = re.compile(r"[ \t]{2,}")
_BEFORE_STOP = re.compile(r"\s+([,.;:!?])")
_WORDING = {
    "en": (
        "Without the words {words} the answer would have been {label}.",
        "Without the words {words} the answer would still have been {label}.",
        "With other words in place of {words} the answer would have been {label}.",
        "With other words in place of {words} the answer would still have been {label}.",
        "“{}”", ", ",
    ),
    "es": (
        "Sin las palabras {words} la respuesta habría sido {label}.",
        "Sin las palabras {words} la respuesta habría sido igualmente {label}.",
        "Con otras palabras en lugar de {words} la respuesta habría sido {label}.",
        "Con otras palabras en lugar de {words} la respuesta habría sido igualmente {label}.",
        "«{}»", ", ",
    ),
    "ja": (
        "{words}という語がなければ、答えは{label}でした。",
        "{words}という語がなくても、答えは同じ{label}でした。",
        "{words}の代わりに別の語であれば、答えは{label}でした。",
        "{words}の代わりに別の語であっても、答えは同じ{label}でした。",
        "「{}」", "、",
    ),
    "tr": (
        "{words} sözcükleri olmasaydı yanıt {label} olurdu.",
        "{words} sözcükleri olmasaydı da yanıt {label} olurdu.",
        "{words} yerine başka sözcükler olsaydı yanıt {label} olurdu.",
        "{words} yerine başka sözcükler olsaydı da yanıt {label} olurdu.",
        "“{}”", ", ",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """A text without the mention of its groups.

    Parameters
    ----------
    text : str
        What the classifier is asked about.
    words : tuple of str
        What was taken out, as it stood there.
    replaced : bool
        Whether other words stand in the place of some.
    """

    text: str
    words: tuple[str, ...]
    replaced: bool


class Unmentioner:
    """Takes the mentions out of a text by what the policy says of each form."""

    def __init__(self, policy: PolicyDocument) -> None:
        self._language = policy.probe.language
        self._tag = self._language.lower().split("-")[0]
        if self._tag == "en":
            _inflect()
        self._neutral = policy.neutral.get(self._language) or policy.neutral.get(self._tag)
        self._instead: dict[tuple[str, str], str | None] = {
            (rule.group, form): text
            for rule in policy.rules
            for forms in rule.instead.values()
            for form, text in forms.items()
        }

    def without(self, text: str, mentions: Sequence[Mention]) -> Counterfactual | None:
        """Return the text without the mentions.

        Returns
        -------
        Counterfactual or None
            ``None`` where a mention cannot be taken out without breaking the sentence.
        """
        pieces: list[str] = []
        words: list[str] = []
        replaced = False
        place = 0
        for mention in sorted(mentions, key=lambda each: (each.start, -each.end)):
            if mention.start < place:
                continue  # the same words mention another group too
            other = self._other(text, mention)
            if other is None:
                return None
            before = text[place : mention.start]
            pieces += [
                self._fitted(before, other or text[mention.end : mention.end + _NEAR]),
                other,
            ]
            words.append(text[mention.start : mention.end])
            replaced = replaced or bool(other)
            place = mention.end
            if not other:
                place += self._particle(text[place : place + 1])
        whole = _BEFORE_STOP.sub(r"\1", _SPACES.sub(" ", "".join([*pieces, text[place:]])))
        if not words or whole == text or not whole.strip():
            return None
        return Counterfactual(whole, tuple(words), replaced)

    def _other(self, text: str, mention: Mention) -> str | None:
        """Return what stands in the place of a mention: nothing, other words, or no way."""
        if not mention.exact:
            return None
        other = self._instead.get((mention.group, mention.form), "")
        if other != "":
            return other
        if self._needed(text, mention):
            return self._neutral
        return ""

    def _needed(self, text: str, mention: Mention) -> bool:
        """Tell whether something must stand there: an adjective that is said of somebody."""
        if " " in mention.form.strip() and mention.form.split()[0] in {"who", "with", "que", "con"}:
            return False
        if self._tag in _COPULA:
            before = text[max(0, mention.start - _NEAR) : mention.start]
            return _COPULA[self._tag].search(before) is not None
        if self._tag in _NO_NOUN:
            after = _NEXT_WORD.match(text[mention.end : mention.end + _NEAR])
            return after is None or _NO_NOUN[self._tag].fullmatch(after[1]) is not None
        return False

    def _particle(self, following: str) -> int:
        """Return how much goes with a form that is left out: a particle that tied it to a noun."""
        return int(following in _PARTICLES.get(self._tag, ()) and bool(following))

    def _fitted(self, before: str, following: str) -> str:
        """Let an article fit the word that follows it now."""
        article, word = _ARTICLE.search(before), _FIRST_WORD.match(following)
        if self._tag != "en" or article is None or word is None:
            return before
        written = article[1]
        fitting = str(_inflect().a(word[1])).split()[0]
        fitting = fitting.capitalize() if written[0].isupper() else fitting
        return f"{before[: article.start()]}{fitting}{article[2]}"


def explain(counterfactual: Counterfactual, label: str, *, differs: bool, language: str) -> str:
    """Say in one sentence what the answer without the mention was.

    Examples
    --------
    >>> explain(Counterfactual("I am here.", ("who is deaf",), False), "Positive",
    ...         differs=True, language="en")
    'Without the words “who is deaf” the answer would have been Positive.'
    """
    wording: Mapping[str, tuple[str, ...]] = _WORDING
    sentences = wording.get(language.lower().split("-")[0], wording["en"])
    sentence = sentences[2 * counterfactual.replaced + (not differs)]
    words = sentences[5].join(sentences[4].format(word) for word in counterfactual.words)
    return sentence.format(words=words, label=label)


@lru_cache(maxsize=1)
def _inflect() -> inflect.engine:
    """Load the English rules, before the first decision: that takes longer than one may."""
    import inflect

    engine = inflect.engine()
    engine.a("word")
    return engine
