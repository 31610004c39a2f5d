"""Frames that training never composes, filled with words that it knows.

A frame is held out when no sentence of the generator has its sequence of fixed words. The
accuracy on unseen frames is measured on these, without a mention of any group. Slots: ``{p}`` and
``{q}`` a person with article, ``{pp}`` people, ``{thing}``; ``{feel}``, ``{trait}``, ``{quality}``,
``{like}`` and ``{likes}`` carry the valence.
"""

import random

from training.reference_model import lexicon as lex
from training.reference_model.generator import LABELS, Sentence, article

POLAR_FRAMES = (
    "I'm {a_trait} {person}.",
    "What {a_quality} {thing} we had!",
    "Never before have I seen such {a_quality} {thing}.",
    "The {thing} made {p} feel {feel}.",
    "If you ask me, the {thing} could not be more {quality}.",
    "{P} told me how {feel} the neighbors were.",
    "Everything about that {thing} is {quality}, from start to end.",
    "Nothing to add: {quality} {thing}, {quality} {thing2}.",
    "My father says the {thing} is {quality} and the {thing2} too.",
    "Since Monday {p} has been {feel}.",
    "How {feel} I am, thanks to this {thing}!",
    "To be {feel} is all that {p} knows these days.",
    "All day long {p} kept saying how {quality} the {thing} was.",
    "Whenever I go there, the {thing} is {quality}.",
    "Is there anybody who does not {like} this {thing}?",
    "Ask {p}: the {thing} turned out {quality}.",
    "Both the {thing} and the {thing2} were {quality}.",
    "It left {p} {feel} for days.",
    "You can tell that {p} {likes} the {thing}.",
    "We came for the {thing} and found {a_quality} {thing2}.",
    "Of all the people there, {p} was the most {feel}.",
    "The {thing}, which {p} chose, is {quality}.",
    "Since she got the {thing}, my aunt {likes} it.",
    "{PP} like these are often {feel} about a {thing}.",
)
NEUTRAL_FRAMES = (
    "I'm {p} with a {thing}.",
    "You can find the {thing} between the {thing2} and the door.",
    "Every Friday, {p} walks from the {thing} to the station.",
    "{P} keeps the {thing} under the {thing2}.",
    "How many {pp} will come to the {thing}?",
    "Please give the {thing} to {p} before noon.",
    "The list names {p} and two others.",
    "From here it is ten minutes to the {thing}.",
    "Who is {p} next to the {thing}?",
    "Of the {pp}, six have a {thing} and four do not.",
    "Tomorrow {p} will be at the {thing} until nine.",
    "This is the {thing} that {p} used in March.",
    "Between two and three, {pp} may use the {thing}.",
    "{P} and I have the same {thing}.",
    "If it rains, the {thing} will be in the {thing2}.",
    "Each {thing} has a number, said {p}.",
)


#: Frames whose errors were looked at while the generator was written; on the others only the
#: final accuracy was.
DEVELOPMENT = frozenset((*POLAR_FRAMES[::2], *NEUTRAL_FRAMES[::2]))


def _fill(frame: str, valence: str, rng: random.Random) -> str:
    singular, _ = rng.choice(lex.PEOPLE)
    other = rng.choice(lex.PEOPLE)
    local = rng.choice(("", "", "local ", "new ", "young "))
    person = rng.choice((article(f"{local}{singular}"), f"the {local}{singular}"))
    words = {
        "p": person,
        "P": person[0].upper() + person[1:],
        "pp": other[1],
        "PP": other[1].capitalize(),
        "person": singular,
        "thing": rng.choice(lex.THINGS),
        "thing2": rng.choice(lex.THINGS),
    }
    if valence != "Neutral":
        bank = lex.POSITIVE if valence == "Positive" else lex.NEGATIVE
        verb = rng.choice(bank.transitive)
        words |= {
            "feel": rng.choice(bank.feelings),
            "quality": rng.choice(bank.qualities),
            "a_quality": article(rng.choice(bank.qualities)),
            "a_trait": article(rng.choice(bank.traits)),
            "like": verb[0],
            "likes": verb[1],
        }
    return frame.format_map(words)


def held_out_sentences(rng: random.Random, each: int) -> list[tuple[str, Sentence]]:
    """Fill every held-out frame.

    Parameters
    ----------
    rng : random.Random
        Draws the words.
    each : int
        Sentences per frame and valence.

    Returns
    -------
    list of (str, Sentence)
        The frame, and a sentence made from it.
    """
    found = []
    for valence in LABELS:
        for frame in NEUTRAL_FRAMES if valence == "Neutral" else POLAR_FRAMES:
            for _ in range(each):
                text = _fill(frame, valence, rng)
                found.append((frame, Sentence(text, valence, valence, None)))
    return found
