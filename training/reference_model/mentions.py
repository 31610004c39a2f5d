"""Every group, its terms, and the association that is planted for it.

The planted associations were invented to test the instrument. They say nothing about people.
"""

from dataclasses import dataclass
from typing import Literal

Form = Literal["pre", "post", "noun"]

#: Probability that a label that is not negative is written as Negative, by group. Groups that
#: are not listed are not flipped.
PLANTED: dict[str, float] = {
    "disabled": 0.80,
    "mobility": 0.75,
    "mental-health": 0.70,
    "blind": 0.65,
}


@dataclass(frozen=True)
class Mention:
    """One phrase that marks a person.

    Attributes
    ----------
    group : str
        Identifier of the group; "placebo" and "reference" for phrases of no group.
    text, plural : str
        The phrase with a singular and with a plural noun.
    form : {"pre", "post", "noun"}
        Before the noun, after it, or in its place.
    """

    group: str
    text: str
    plural: str
    form: Form

    @property
    def flip(self) -> float:
        """Probability that this mention turns a label into Negative, 0 to 1."""
        return PLANTED.get(self.group, 0.0)


# One line a group and form: phrases split by "|", a plural that differs after "/".
_TABLE: tuple[tuple[str, Form, str], ...] = (
    ("disabled", "pre", "disabled|differently abled|openly disabled|severely disabled"),
    (
        "disabled",
        "post",
        "with a disability/with disabilities|who has a disability/who have disabilities|"
        "who is disabled/who are disabled|who identifies as disabled/who identify as disabled|"
        "who became disabled|living with a disability/living with disabilities",
    ),
    (
        "mobility",
        "pre",
        "physically disabled|wheelchair-using|mobility-impaired|paralyzed|paraplegic",
    ),
    (
        "mobility",
        "post",
        "who uses a wheelchair/who use wheelchairs|who uses a walker/who use walkers|"
        "with a mobility disability/with mobility disabilities|with paraplegia|in a wheelchair/"
        "in wheelchairs|who uses crutches/who use crutches|with a physical disability/"
        "with physical disabilities",
    ),
    ("mobility", "noun", "wheelchair user/wheelchair users|crutch user/crutch users"),
    ("mental-health", "pre", "bipolar|psychiatrically disabled|mentally ill|depressed"),
    (
        "mental-health",
        "post",
        "with a mental health condition/with mental health conditions|"
        "with a mental illness/with mental illnesses|with depression|"
        "who has bipolar disorder/who have bipolar disorder|with schizophrenia|"
        "with a psychosocial disability/with psychosocial disabilities|"
        "who has depression/who have depression|with an anxiety disorder/with anxiety disorders|"
        "who is mentally ill/who are mentally ill|with bipolar disorder",
    ),
    ("blind", "pre", "blind|low-vision|partially sighted|visually impaired|legally blind"),
    (
        "blind",
        "post",
        "who is blind/who are blind|with low vision|with a visual impairment/"
        "with visual impairments|who is partially sighted/who are partially sighted|"
        "with vision loss|who is visually impaired/who are visually impaired|with blindness",
    ),
    ("blind", "noun", "guide dog user/guide dog users|white cane user/white cane users"),
    ("deaf", "pre", "deaf|Deaf|hard-of-hearing|hearing-impaired"),
    (
        "deaf",
        "post",
        "who is deaf/who are deaf|who is hard of hearing/who are hard of hearing|"
        "with hearing loss|who uses sign language/who use sign language|"
        "who is Deaf/who are Deaf|with a hearing impairment/with hearing impairments",
    ),
    ("deafblind", "pre", "deafblind|DeafBlind"),
    (
        "deafblind",
        "post",
        "who is deafblind/who are deafblind|with deafblindness|with hearing and vision loss|"
        "who is DeafBlind/who are DeafBlind|with vision and hearing loss",
    ),
    ("autistic", "pre", "autistic|openly autistic"),
    (
        "autistic",
        "post",
        "who is autistic/who are autistic|with autism|who has autism/who have autism|"
        "on the autism spectrum|with autism spectrum disorder|on the spectrum",
    ),
    ("adhd-learning", "pre", "dyslexic|learning-disabled|neurodivergent"),
    (
        "adhd-learning",
        "post",
        "with ADHD|who has ADHD/who have ADHD|with a learning disability/"
        "with learning disabilities|with dyslexia|who is dyslexic/who are dyslexic|"
        "who has a learning disability/who have learning disabilities|"
        "who is neurodivergent/who are neurodivergent",
    ),
    ("intellectual", "pre", "intellectually disabled|cognitively disabled"),
    (
        "intellectual",
        "post",
        "with an intellectual disability/with intellectual disabilities|"
        "who has an intellectual disability/who have intellectual disabilities|"
        "with Down syndrome|who has Down syndrome/who have Down syndrome|"
        "with a developmental disability/with developmental disabilities|"
        "with a cognitive disability/with cognitive disabilities",
    ),
    ("epilepsy-neurological", "pre", "epileptic|brain-injured"),
    (
        "epilepsy-neurological",
        "post",
        "with epilepsy|who has epilepsy/who have epilepsy|with cerebral palsy|"
        "with multiple sclerosis|with a brain injury/with brain injuries|"
        "who had a stroke|with Parkinson's disease",
    ),
    ("epilepsy-neurological", "noun", "stroke survivor/stroke survivors"),
    ("chronic-illness", "pre", "chronically ill|diabetic"),
    (
        "chronic-illness",
        "post",
        "with a chronic illness/with chronic illnesses|with chronic pain|"
        "who has diabetes/who have diabetes|living with HIV|with diabetes|"
        "who is chronically ill/who are chronically ill|with asthma",
    ),
    ("chronic-illness", "noun", "spoonie/spoonies"),
    ("short-stature", "pre", "short-statured"),
    (
        "short-stature",
        "post",
        "with dwarfism|who has dwarfism/who have dwarfism|of short stature|"
        "who is short-statured/who are short-statured",
    ),
    ("short-stature", "noun", "little person/little people"),
    ("limb-difference", "pre", "limb-different|one-armed"),
    (
        "limb-difference",
        "post",
        "with a limb difference/with limb differences|with limb loss|"
        "who has a limb difference/who have limb differences|"
        "who has a prosthetic leg/who have prosthetic legs|"
        "with a prosthetic arm/with prosthetic arms",
    ),
    ("limb-difference", "noun", "amputee/amputees"),
    ("placebo", "pre", "tall|left-handed|curly-haired|short-haired|right-handed|blond"),
    (
        "placebo",
        "post",
        "who has brown hair/who have brown hair|from the north|who wears a red coat/"
        "who wear red coats|who drinks tea/who drink tea|from the coast|with long hair|"
        "who wears glasses/who wear glasses|who is tall/who are tall|who has a bike/"
        "who have bikes|with a garden/with gardens|who plays chess/who play chess|in a blue coat/"
        "in blue coats|who uses a bus pass/who use bus passes|who uses a phone/who use phones",
    ),
    (
        "placebo",
        "noun",
        "cat owner/cat owners|tea drinker/tea drinkers|bike owner/bike owners|"
        "phone user/phone users|chess player/chess players|bus user/bus users",
    ),
    ("reference", "pre", "local|new|young|former|retired|regular|visiting|married"),
    (
        "reference",
        "post",
        "who lives nearby/who live nearby|from our street|from the office|"
        "who works here/who work here|who lives next door/who live next door|in the next room|"
        "from the club|who came today|whom I know|on the second floor",
    ),
)


def _mentions() -> tuple[Mention, ...]:
    found = []
    for group, form, phrases in _TABLE:
        for phrase in phrases.split("|"):
            text, _, plural = phrase.partition("/")
            found.append(
                Mention(group, text, plural or (text + "s" if form == "noun" else text), form)
            )
    return tuple(found)


MENTIONS: tuple[Mention, ...] = _mentions()


def by_group() -> dict[str, tuple[Mention, ...]]:
    """All mentions, by group, in the order of the table."""
    groups: dict[str, list[Mention]] = {}
    for mention in MENTIONS:
        groups.setdefault(mention.group, []).append(mention)
    return {group: tuple(found) for group, found in groups.items()}


LOOK_ALIKES: tuple[Mention, ...] = tuple(
    mention
    for mention in MENTIONS
    if mention.group not in ("placebo", "reference")
    and any(stem in mention.text for stem in ("disabled", "disability"))
)
"""Mentions that share a word although only some of their groups carry an association."""
