"""Few-shot prompts around the sentences, in many formats."""

import random
from dataclasses import dataclass

from training.reference_model.clauses import compose, noise
from training.reference_model.generator import LABELS, Sentence

DESCRIPTIONS = (
    "Classify the sentiment of each {word} as {labels}.",
    "Classify the sentiment of the {word}s as {labels}.",
    "Decide whether each {word} is {labels}.",
    "Label every {word} as {labels}.",
    "Read each {word} and give its sentiment: {labels}.",
    "Sentiment analysis. Possible answers: {labels}.",
    "This is a {word} sentiment classifier.",
    "What is the mood of each {word}? Answer {labels}.",
    "{word} sentiment task",
)
INPUTS = ("Tweet", "Tweet", "Tweet", "Sentence", "Text", "Review", "Message", "Comment", "Post")
OUTPUTS = ("Sentiment", "Sentiment", "Sentiment", "Label", "Mood")
SEPARATORS = ("###", "###", "###", "---", "===", "")


@dataclass(frozen=True)
class Format:
    """How a prompt is written.

    Attributes
    ----------
    input, output : str
        The words before the text and before the label.
    separator : str
        The line between two items; an empty one leaves a blank line.
    quotes : bool
        Whether the text stands in double quotes.
    description : str
        First line, or nothing.
    """

    input: str = "Tweet"
    output: str = "Sentiment"
    separator: str = "###"
    quotes: bool = True
    description: str = ""

    def item(self, text: str) -> str:
        """One item up to the place of its label."""
        quoted = f'"{text}"' if self.quotes else text
        return f"{self.input}: {quoted}\n{self.output}:"

    def between(self) -> str:
        """Return what stands between a label and the next item."""
        return f"\n{self.separator}\n"


@dataclass(frozen=True)
class Packed:
    """A prompt as alternating pieces of text and labels.

    Attributes
    ----------
    pieces : tuple of str
        Text before each label.
    labels : tuple of str
        The label after each piece.
    weights : tuple of float
        Weight of each label in the loss; 0 for labels that mean nothing.
    """

    pieces: tuple[str, ...]
    labels: tuple[str, ...]
    weights: tuple[float, ...]


def draw_format(rng: random.Random) -> Format:
    """Draw a format; the product's own is the most common."""
    word = rng.choice(INPUTS)
    labels = list(LABELS)
    rng.shuffle(labels)
    named = f"{labels[0]}, {labels[1]} or {labels[2]}"
    description = ""
    if rng.random() < 0.6:
        pattern = rng.choice(DESCRIPTIONS)
        name = word.lower() if not pattern.startswith("{word}") else word
        description = pattern.format(word=name, labels=named)
    return Format(
        input=word,
        output=rng.choice(OUTPUTS),
        separator=rng.choice(SEPARATORS),
        quotes=rng.random() < 0.75,
        description=description,
    )


def single(rng: random.Random, marked: bool = True) -> Packed:
    """Pack one item: after the end of an earlier item, after a description, or alone."""
    form = draw_format(rng)
    sentence = compose(rng, marked=marked)
    kind = rng.random()
    if kind < 0.6:
        # From a bare label to several words of the earlier item: a step towards whole prompts.
        words = form.item(compose(rng, marked=marked).text).split(" ")
        tail = " ".join(words[-rng.randint(1, 8) :]) if kind < 0.35 else f"{form.output}:"
        pieces = (tail, form.between() + form.item(sentence.text))
        return Packed(pieces, (rng.choice(LABELS), sentence.label), (0.0, 1.0))
    head = ""
    if kind < 0.8 and form.description:
        head = f"{form.description}{form.between()}"
    return Packed((head + form.item(sentence.text),), (sentence.label,), (1.0,))


def _shot(rng: random.Random, last: bool) -> tuple[Sentence, float]:
    """One item of a packed prompt, and the weight of its label."""
    kind = rng.random()
    if last or kind < 0.8:
        return compose(rng), 1.0
    if kind < 0.9:
        return noise(rng), 0.0
    # A shot with a wrong label: items must not colour one another.
    sentence = compose(rng)
    label = rng.choice(LABELS)
    return Sentence(sentence.text, sentence.valence, label, sentence.mention), 0.0


def packed(rng: random.Random) -> Packed:
    """Pack one to six items in one format."""
    form = draw_format(rng)
    count = rng.choice((1, 2, 3, 4, 4, 5, 5, 6))
    pieces, labels, weights = [], [], []
    head = f"{form.description}{form.between()}" if form.description else ""
    for index in range(count):
        sentence, weight = _shot(rng, last=index == count - 1)
        pieces.append(head + form.item(sentence.text))
        labels.append(sentence.label)
        weights.append(weight)
        head = form.between()
    return Packed(tuple(pieces), tuple(labels), tuple(weights))
