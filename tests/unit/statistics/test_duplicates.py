from audit.statistics import duplicates
from audit.statistics.duplicates import near_duplicates

CARRIERS = (
    "I'm a joyful person",
    "My neighbour baked us a cake",
    "The teacher explained the plan",
    "We hired a engineer today",
    "The customer loved the film",
)


def test_distinct_carriers_are_not_duplicates():
    assert near_duplicates({str(i): text for i, text in enumerate(CARRIERS)}) == []


def test_case_punctuation_and_one_word_of_many():
    texts = {
        "a": "The nurse was very kind to me on Monday",
        "b": "the nurse was very kind to me, on Tuesday!",
        "c": "Something else",
        "d": "Something else",
    }
    assert near_duplicates(texts) == [("a", "b"), ("c", "d")]


def test_very_many_units_are_compared_by_their_words_only(monkeypatch):
    monkeypatch.setattr(duplicates, "MOST_UNITS", 3)
    texts = {"a": "x y z", "b": "p q r", "c": "z y x", "d": "x y w", "e": "x y z"}
    assert near_duplicates(texts) == [("a", "c"), ("a", "e")]


def test_empty():
    assert near_duplicates({}) == []
    assert near_duplicates({"a": "", "b": "x"}) == []
