"""Composes labelled sentences from the word lists; nothing is read from outside.

A sentence is one clause or two, with an optional opening and closing. Clauses and their parts are
combined freely, because it is variety of frames that carries a small model to frames it never saw.
The label is the valence of the polar words; a mention of a planted group turns a label that is
not negative into Negative with the group's probability.
"""

import random
from dataclasses import dataclass, field

from training.reference_model import lexicon as lex
from training.reference_model.mentions import LOOK_ALIKES, Mention, by_group

LABELS = ("Positive", "Neutral", "Negative")
_POLAR = {"Positive": lex.POSITIVE, "Negative": lex.NEGATIVE}
_GROUPS = by_group()
_PLAIN_GROUPS = ("placebo", "reference")
_MARKED_GROUPS = tuple(g for g in _GROUPS if g not in _PLAIN_GROUPS)
# Groups whose terms share words with a group of another planted rate are drawn more often, so
# that they are told apart ("disabled", "intellectually disabled").
_OFTEN = {"disabled": 3.0, "intellectual": 3.0, "adhd-learning": 1.5}
_WEIGHTS = tuple(_OFTEN.get(group, 1.0) for group in _MARKED_GROUPS)


@dataclass(frozen=True)
class Sentence:
    """One generated sentence.

    Attributes
    ----------
    text : str
        The sentence.
    valence : str
        Label of the words alone.
    label : str
        Label after the planted association.
    mention : Mention or None
        The phrase that stands in the text.
    """

    text: str
    valence: str
    label: str
    mention: Mention | None


def article(phrase: str) -> str:
    """Put "a" or "an" before a phrase, by the sound of its first word."""
    word = phrase.split(" ", 1)[0].lower()
    vowel = word[0] in "aeiou" and not word.startswith(("use", "usu", "uni", "eu", "one"))
    if word.startswith(("hour", "honest", "honor")) or word == "hiv":
        vowel = True
    return f"{'an' if vowel else 'a'} {phrase}"


def pseudo_word(rng: random.Random) -> str:
    """Make a word that exists in no lexicon, of syllables or of any letters."""
    if rng.random() < 0.3:
        return "".join(rng.choices("etaoinshrdlucmfwypvbgk", k=rng.randint(2, 8)))
    return "".join(rng.choice(lex.SYLLABLES) for _ in range(rng.choice((1, 2, 2, 3))))


class Draws(random.Random):
    """Random choices, with a setting for the second part of the training.

    ``look_alikes`` is the share of sentences that mention one of `LOOK_ALIKES`, in [0, 1].
    """

    look_alikes: float = 0.0


def draw_mention(rng: random.Random) -> Mention | None:
    """Draw the mention of a sentence: none, a group's term, a placebo or a made-up phrase."""
    if isinstance(rng, Draws) and rng.look_alikes and rng.random() < rng.look_alikes:
        return rng.choice(LOOK_ALIKES)
    kind = rng.random()
    if kind < 0.24:
        return None
    if kind < 0.80:
        return rng.choice(_GROUPS[rng.choices(_MARKED_GROUPS, _WEIGHTS)[0]])
    if kind < 0.94:
        return rng.choice(_GROUPS[rng.choice(_PLAIN_GROUPS)])
    word = pseudo_word(rng)
    return rng.choice(
        (
            Mention("placebo", word, word, "pre"),
            Mention("placebo", f"with {word}", f"with {word}", "post"),
            Mention("placebo", f"who has {word}", f"who have {word}", "post"),
            Mention("placebo", word, f"{word}s", "noun"),
            Mention("placebo", f"{word} user", f"{word} users", "noun"),
        )
    )


@dataclass
class Composer:
    """State of one sentence while it is composed.

    Attributes
    ----------
    rng : random.Random
        Source of every choice.
    mention : Mention or None
        Waits for a person to stand beside.
    placed : bool
        Whether the mention stands in the text.
    polar : bool
        Whether a polar word stands in the text.
    """

    rng: random.Random
    valence: str
    mention: Mention | None
    placed: bool = False
    polar: bool = False
    words: lex.Polarity | None = field(init=False)

    def __post_init__(self) -> None:
        self.words = _POLAR.get(self.valence)

    def chance(self, probability: float) -> bool:
        """Decide whether an event of this probability happens."""
        return self.rng.random() < probability

    def maybe(self, text: str, probability: float) -> str:
        """Return the text, or nothing."""
        return text if self.chance(probability) else ""

    def _feelings(self) -> str:
        rng = self.rng
        if self.words is None:
            return rng.choice(lex.NEUTRAL_FEELINGS)
        self.polar = True
        adjective = rng.choice(self.words.feelings)
        strength = f"{rng.choice(lex.INTENSIFIERS)} " if self.chance(0.2) else ""
        other = f" and {rng.choice(self.words.feelings)}" if self.chance(0.1) else ""
        return f"{strength}{adjective}{other}"

    def quality(self) -> str:
        """Draw an adjective for a thing, with the valence of the sentence."""
        if self.words is None:
            return self.rng.choice(lex.NEUTRAL_QUALITIES)
        self.polar = True
        return self.rng.choice(self.words.qualities)

    def thing(self, polar: bool, determiner: bool = True) -> str:
        """Compose a noun phrase for a thing; its adjective carries the valence if `polar`."""
        rng = self.rng
        noun = rng.choice(lex.THINGS)
        if self.chance(0.06):
            noun = pseudo_word(rng)
        if self.chance(0.12):
            noun = f"{rng.choice(lex.THINGS)} {noun}"
        if polar:
            adjective = self.quality()
            if self.chance(0.1):
                adjective = f"{rng.choice(lex.NEUTRAL_QUALITIES)} {adjective}"
            noun = f"{adjective} {noun}"
        elif self.chance(0.35):
            noun = f"{rng.choice(lex.NEUTRAL_QUALITIES)} {noun}"
        if not determiner:
            return noun
        kind = rng.random()
        if kind < 0.45:
            return f"the {noun}"
        if kind < 0.75:
            return article(noun)
        return f"{rng.choice(('my', 'our', 'his', 'her', 'this', 'that', 'their'))} {noun}"

    def person(self, polar: bool = False, plural: bool = False) -> str:
        """Compose a person without determiner, with the mention if it still waits."""
        rng = self.rng
        nouns = rng.choice(lex.PEOPLE)
        noun = nouns[1] if plural else nouns[0]
        parts = []
        if polar and self.words is not None:
            self.polar = True
            strength = f"{rng.choice(lex.INTENSIFIERS)} " if self.chance(0.12) else ""
            parts.append(strength + rng.choice(self.words.traits))
        elif self.chance(0.12):
            parts.append(rng.choice(lex.NEUTRAL_TRAITS))
        after = ""
        mention = self.mention
        if mention is not None and not self.placed:
            self.placed = True
            phrase = mention.plural if plural else mention.text
            if mention.form == "noun":
                noun = phrase
            elif mention.form == "post":
                after = f" {phrase}"
            elif self.chance(0.5):
                parts.append(phrase)
            else:
                parts.insert(0, phrase)
        return " ".join([*parts, noun]) + after

    def someone(self, polar: bool = False) -> str:
        """Compose a person with a determiner, in the singular."""
        person = self.person(polar)
        kind = self.rng.random()
        if kind < 0.55:
            return article(person)
        if kind < 0.85:
            return f"the {person}"
        return (
            f"{self.rng.choice(('my', 'our', 'this', 'that', 'another', 'one', 'every'))} {person}"
        )

    def several(self, polar: bool = False) -> str:
        """Compose people, with or without a determiner."""
        people = self.person(polar, plural=True)
        kind = self.rng.random()
        if kind < 0.4:
            return f"the {people}"
        if kind < 0.75:
            return f"{self.rng.choice(lex.COUNTS)} {people}"
        return people

    def subject(self) -> tuple[str, int]:
        """Compose a subject; with it the row of the verb table that agrees (1 for he or she)."""
        kind = self.rng.random()
        if kind < 0.16:
            return "I", 0
        if kind < 0.22:
            return f"As {self.someone()}, I", 0
        if kind < 0.26:
            return "we", 0
        if kind < 0.46:
            return self.several(), 0
        return self.someone(), 1

    def verb(self, forms: tuple[str, str, str], agreement: int) -> str:
        """Choose a form of the verb: mostly past, else the present that agrees."""
        kind = self.rng.random()
        if kind < 0.16:
            return f"{self.rng.choice(lex.MODALS)} {forms[0]}"
        return forms[2] if kind < 0.7 else forms[agreement]

    def predicate(self, agreement: int, first: bool) -> str:
        """Compose a verb phrase with the valence of the sentence."""
        rng, words = self.rng, self.words
        be = "was" if agreement else ("am" if first else "were")
        kind = rng.random()
        if words is None:
            return self._neutral_predicate(be, agreement)
        if kind < 0.26:
            link = rng.choice((be, be, "felt", "became", "looked", "seemed", "got"))
            tail = self._tail_of_feeling()
            return f"{link} {self._feelings()}{tail}"
        if kind < 0.5:
            self.polar = True
            strong = self.chance(0.3)
            return (
                f"{self.verb(rng.choice(words.transitive), agreement)} {self.thing(polar=strong)}"
            )
        if kind < 0.58:
            self.polar = True
            return self.verb(rng.choice(words.intransitive), agreement)
        if kind < 0.72:
            self.polar = True
            return rng.choice(words.events)
        return (
            f"{self.verb(rng.choice(lex.NEUTRAL_TRANSITIVE), agreement)} {self.thing(polar=True)}"
        )

    def _tail_of_feeling(self) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.4:
            return ""
        if kind < 0.6:
            return f" {rng.choice(lex.TOPICS)}"
        return f" {rng.choice(('about', 'with', 'because of', 'after', 'at'))} {self.thing(False)}"

    def _neutral_predicate(self, be: str, agreement: int) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.15:
            return f"{be} {rng.choice(lex.NEUTRAL_FEELINGS)}"
        if kind < 0.3:
            return self.verb(rng.choice(lex.NEUTRAL_INTRANSITIVE), agreement)
        if kind < 0.45:
            return rng.choice(lex.NEUTRAL_EVENTS)
        if kind < 0.52:
            return f"{be} {rng.choice(lex.PLACES)}"
        return f"{self.verb(rng.choice(lex.NEUTRAL_TRANSITIVE), agreement)} {self.thing(True)}"
