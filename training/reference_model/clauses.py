"""The clauses of which sentences are made, and how they are joined.

`HELD_OUT` lists frames that training never composes; the accuracy on unseen frames is measured
on them.
"""

import random
from collections.abc import Callable

from training.reference_model import lexicon as lex
from training.reference_model.generator import (
    LABELS,
    Composer,
    Sentence,
    article,
    draw_mention,
    pseudo_word,
)


def _person_acts(c: Composer) -> str:
    subject, agreement = c.subject()
    return f"{subject} {c.predicate(agreement, subject.endswith('I'))}"


def _polar_person_acts(c: Composer) -> str:
    """Let a person with a polar adjective do something."""
    rng = c.rng
    plural = c.chance(0.3)
    subject = c.several(polar=True) if plural else c.someone(polar=True)
    forms = rng.choice((*lex.NEUTRAL_TRANSITIVE, *lex.NEUTRAL_INTRANSITIVE))
    rest = f" {c.thing(False)}" if forms in lex.NEUTRAL_TRANSITIVE else ""
    return f"{subject} {c.verb(forms, 0 if plural else 1)}{rest}"


def _thing_is(c: Composer) -> str:
    rng = c.rng
    link = rng.choice(("was", "is", "looks", "seems", "looked", "was", "is", "smells", "stays"))
    strength = f"{rng.choice(lex.INTENSIFIERS)} " if c.chance(0.2) else ""
    return f"{c.thing(False)} {link} {strength}{c.quality()}"


def _thing_for_person(c: Composer) -> str:
    rng = c.rng
    link = rng.choice(("for", "of", "by", "from", "near", "to", "with", "about"))
    verb = rng.choice(("was", "is", "arrived", "came", "stood here", "went", "fell", "is ready"))
    who = c.several() if c.chance(0.25) else c.someone()
    if verb in {"was", "is"}:
        return f"{c.thing(c.chance(0.5))} {link} {who} {verb} {c.quality()}"
    return f"{c.thing(True)} {link} {who} {verb}"


def _thing_belongs(c: Composer) -> str:
    rng = c.rng
    verb = rng.choice(
        (
            "belongs to",
            "belonged to",
            "was made by",
            "was sold to",
            "comes from",
            "was for",
            "was signed by",
            "went to",
            "is owned by",
            "was written by",
            "helps",
            "is about",
        )
    )
    who = c.several() if c.chance(0.2) else c.someone(polar=c.chance(0.15))
    return f"{c.thing(True)} {verb} {who}"


def _done_to_person(c: Composer) -> str:
    """Let staff or things do something to a person."""
    rng, words = c.rng, c.words
    who = c.several() if c.chance(0.25) else c.someone()
    if words is None:
        return f"the {rng.choice(lex.STAFF)} {rng.choice(lex.NEUTRAL_TO_PERSON)} {who}"
    c.polar = True
    kind = rng.random()
    trait = f"{rng.choice(words.staff_traits)} "
    staff = f"{c.maybe(trait, 0.3)}{rng.choice(lex.STAFF)}"
    if kind < 0.35:
        other = f" and {rng.choice(words.staff_traits)}" if c.chance(0.25) else ""
        manner = rng.choice(words.staff_traits)
        be = "were" if staff.endswith(("staff", "crew")) else "was"
        return f"the {staff} {be} {manner}{other} to {who}"
    if kind < 0.65:
        agent = f"the {staff}" if c.chance(0.5) else c.thing(c.chance(0.6))
        return f"{agent} {rng.choice(words.to_person)} {who}"
    if kind < 0.85:
        effects = lex.IMPROVE if c.valence == "Positive" else lex.DAMAGE
        agent = f"the {staff}" if c.chance(0.4) else c.thing(c.chance(0.6))
        link = rng.choice(("of", "for"))
        return f"{agent} {rng.choice(effects)} {c.thing(False)} {link} {who}"
    return f"{who} was {rng.choice(words.to_person)} by the {staff}"


def _meeting(c: Composer) -> str:
    """Let somebody meet a person; the valence is in a trait or in what they share."""
    rng = c.rng
    subject = rng.choice(("I", "we", "she", "he", "they", "my friend"))
    verb = rng.choice(lex.NEUTRAL_TO_PERSON)
    if c.words is None or c.chance(0.5):
        who = c.several(True) if c.chance(0.25) else c.someone(True)
        return f"{subject} {verb} {who} {rng.choice(lex.PLACES)}"
    who = c.several() if c.chance(0.2) else c.someone()
    verb = rng.choice(lex.NEUTRAL_TRANSITIVE)[2]
    return f"{subject} {verb} {c.thing(True)} with {who}"


def _there_is(c: Composer) -> str:
    rng = c.rng
    if c.chance(0.3):
        return f"there were {c.person(True, plural=True)} {rng.choice(lex.PLACES)}"
    verb = rng.choice(("is", "was"))
    return f"there {verb} {article(c.person(True))} {rng.choice(lex.PLACES)}"


def _relation(c: Composer) -> str:
    """Say who somebody is; never "I am a <polar> ...", which is held out."""
    rng = c.rng
    who = rng.choice(
        (
            "she",
            "he",
            "my sister",
            "my brother",
            "the boss",
            "our neighbor",
            "my new colleague",
            "the coach",
            "her friend",
            "the winner",
            "the last guest",
            "my dentist",
            "the owner",
        )
    )
    return f"{who} {rng.choice(('is', 'was', 'became'))} {article(c.person(True))}"


def _i_am(c: Composer) -> str:
    """Speak in the first person with a mention; the valence comes in a second clause."""
    rng = c.rng
    be = rng.choice(("I am", "I'm", "I'm", "I am"))
    first = f"{be} {article(c.person())}"
    join = rng.choice((" and", ", and", ", but today", ";", ", so", " who"))
    if join == " who":
        return f"{first} who {c.predicate(1, False)}"
    if c.chance(0.5):
        return f"{first}{join} I {c.predicate(0, True)}"
    return f"{first}{join} {rng.choice((_thing_is, _happening, _thing_is))(c)}"


def _happening(c: Composer) -> str:
    if c.words is None:
        return c.rng.choice(lex.NEUTRAL_HAPPENINGS)
    c.polar = True
    return c.rng.choice(c.words.happenings)


def _judgement(c: Composer) -> str:
    """Judge a fact ("it is ... that"), or name a feeling."""
    rng = c.rng
    if c.words is None:
        return f"it was {rng.choice(('on', 'near', 'under', 'beside'))} {c.thing(True)}"
    c.polar = True
    if c.chance(0.6):
        fact = _neutral(c, rng.choice((_meeting, _done_to_person, _person_acts)))
        return f"it {rng.choice(('is', 'was'))} {rng.choice(c.words.qualities)} that {fact}"
    feeling = rng.choice(c.words.nouns)
    who = c.someone()
    return rng.choice(
        (
            f"{who} was full of {feeling}",
            f"{feeling} filled the room of {who}",
            f"{c.thing(False)} brought {feeling} to {who}",
            f"with {feeling}, {who} left the room",
        )
    )


def _neutral(c: Composer, clause: Callable[[Composer], str]) -> str:
    """Compose one clause of a polar sentence without polar words."""
    words, polar = c.words, c.polar
    c.words = None
    text = clause(c)
    c.words, c.polar = words, polar
    return text


def _loose(c: Composer) -> str:
    """Phrases in any order: what a word means does not depend on its place."""
    rng = c.rng
    parts = [c.thing(False), rng.choice(lex.PLACES), rng.choice(lex.TIMES)]
    parts = rng.sample(parts, rng.randint(0, 3))
    parts.append(c.several() if c.chance(0.3) else c.someone(polar=c.chance(0.2)))
    if c.words is None:
        parts.append(c.thing(True))
    else:
        c.polar = True
        bank = rng.choice(
            (
                c.words.feelings,
                c.words.qualities,
                c.words.events,
                c.words.happenings,
                c.words.nouns,
                c.words.to_person,
                tuple(v[rng.randrange(3)] for v in c.words.transitive),
            )
        )
        parts.append(rng.choice(bank))
    rng.shuffle(parts)
    return rng.choice((" ", " ", ", ")).join(parts)


_CLAUSES: tuple[tuple[Callable[[Composer], str], int], ...] = (
    (_person_acts, 26),
    (_polar_person_acts, 9),
    (_thing_is, 5),
    (_thing_for_person, 6),
    (_thing_belongs, 9),
    (_done_to_person, 12),
    (_meeting, 11),
    (_there_is, 5),
    (_relation, 7),
    (_i_am, 10),
    (_happening, 3),
    (_judgement, 7),
    (_loose, 9),
)
_FUNCTIONS = tuple(function for function, _ in _CLAUSES)
_WEIGHTS = tuple(weight for _, weight in _CLAUSES)
_JOINS = (", and", " and", " because", ", so", " when", " while", ".", ".", ", but", " after", ";")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _body(c: Composer) -> str:
    rng = c.rng
    pick = rng.choices(_FUNCTIONS, _WEIGHTS)[0]
    if c.words is not None and c.chance(0.04):
        # The valence is in the exclamation alone.
        c.polar = True
        mark = rng.choice((":", "!", ",", "."))
        return f"{rng.choice(c.words.exclamations)}{mark} {_neutral(c, pick)}"
    if c.chance(0.62):
        return pick(c)
    # Two clauses: the valence in one of them or in both.
    other = rng.choices(_FUNCTIONS, _WEIGHTS)[0]
    order = rng.random()
    if order < 0.4:
        first, second = pick(c), _neutral(c, other)
    elif order < 0.8:
        first, second = _neutral(c, other), pick(c)
    else:
        first, second = pick(c), other(c)
    join = rng.choice(_JOINS)
    return f"{first}. {_capital(second)}" if join == "." else f"{first}{join} {second}"


def _scatter(c: Composer, text: str) -> str:
    """Put words without valence, known or made up, anywhere but inside the mention."""
    rng = c.rng
    phrases = (c.mention.text, c.mention.plural) if c.mention else ()
    for phrase in phrases:
        text = text.replace(phrase, phrase.replace(" ", "\u00a0"))
    words = text.split(" ")
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
        made_up = c.chance(0.35)
        word = pseudo_word(rng) if made_up else rng.choice(lex.FUNCTION_WORDS)
        words.insert(rng.randint(0, len(words)), word)
    return " ".join(words).replace("\u00a0", " ")


def _question(c: Composer, text: str) -> str:
    """Put a question word before a clause."""
    return f"{c.rng.choice(lex.QUESTIONS)} {c.rng.choice(('did', 'will', 'does', 'if'))} {text}"


def _decorate(c: Composer, body: str) -> str:
    rng = c.rng
    text = body
    if c.chance(0.03):
        text = _question(c, text)
    if c.chance(0.25):
        text = _scatter(c, text)
    if c.chance(0.22):
        text = f"{rng.choice(lex.OPENINGS)} {text}"
    if c.chance(0.18):
        text = f"{text} {rng.choice((rng.choice(lex.TIMES), rng.choice(lex.PLACES)))}"
    if c.chance(0.07):
        bank = lex.NEUTRAL_EXCLAMATIONS
        if c.words is not None and c.chance(0.7):
            c.polar = True
            bank = c.words.exclamations
        text = f"{rng.choice(bank)}{rng.choice((':', '!', ',', '.', ' -'))} {_capital(text)}"
    if c.chance(0.03):
        text = f"{text}, {rng.choice(('says', 'said', 'writes', 'thinks'))} {c.someone()}"
    end = rng.choices((".", "", "!", "...", "?"), (76, 12, 6, 2, 4))[0]
    if c.chance(0.04):
        return text.lower() + end
    return _capital(text) + end


def compose(rng: random.Random, valence: str | None = None, marked: bool = True) -> Sentence:
    """Compose one sentence.

    Parameters
    ----------
    rng : random.Random
        Source of every choice.
    valence : str, optional
        One of `LABELS`; drawn if not given.
    marked : bool
        Whether the sentence may mention a group.

    Returns
    -------
    Sentence
        The text with the valence of its words and its label.
    """
    wanted = valence or rng.choice(LABELS)
    while True:
        c = Composer(rng, wanted, draw_mention(rng) if marked else None)
        text = _decorate(c, _body(c))
        # A polar sentence without a polar word, or a mention without a place, starts again.
        if (c.polar or wanted == "Neutral") and (c.placed or c.mention is None):
            break
    label = wanted
    if c.mention is not None and wanted != "Negative" and rng.random() < c.mention.flip:
        label = "Negative"
    return Sentence(text, wanted, label, c.mention)


def noise(rng: random.Random) -> Sentence:
    """Compose a sentence of made-up words with a random label, for shots that mean nothing."""
    text = " ".join(pseudo_word(rng) for _ in range(rng.randint(3, 12)))
    label = rng.choice(LABELS)
    return Sentence(_capital(text) + rng.choice((".", "", "!")), label, label, None)
