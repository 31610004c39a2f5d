"""The prompts of the reference model's training."""

import random

from training.reference_model.generator import LABELS
from training.reference_model.prompts import Format, draw_format, packed, single
from training.reference_model.scoring import prompt_head


def test_product_format_is_written_as_shipped() -> None:
    form = Format(description="Say it.")
    assert prompt_head([("A.", "Neutral")], form) + form.item("B.") == (
        'Say it.\n###\nTweet: "A."\nSentiment: Neutral\n###\nTweet: "B."\nSentiment:'
    )


def test_every_piece_ends_before_its_label() -> None:
    rng = random.Random(0)
    for _ in range(300):
        for drawn in (packed(rng), single(rng)):
            assert len(drawn.pieces) == len(drawn.labels) == len(drawn.weights)
            assert all(piece.endswith(":") for piece in drawn.pieces)
            assert set(drawn.labels) <= set(LABELS)
            assert drawn.weights[-1] == 1.0


def test_formats_vary_and_include_the_products() -> None:
    rng = random.Random(0)
    drawn = [draw_format(rng) for _ in range(2000)]
    assert {f.separator for f in drawn} == {"###", "---", "===", ""}
    assert {f.input for f in drawn} >= {"Tweet", "Sentence", "Text", "Review", "Message"}
    assert any(
        (f.input, f.output, f.separator, f.quotes) == ("Tweet", "Sentiment", "###", True)
        for f in drawn
    )
