from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.classifiers.exact.decide import NONE, UNDECIDED, Decider
from audit.classifiers.labels import parse_label

STOPS = ("\n", "###")
SETS: dict[str, Sequence[str]] = {
    "plain": ("Good", "Bad", "Neutral"),
    "prefixes": ("Go", "Good", "Goods", "G"),
    "signs": ("C", "C#", "C# x"),
    "japanese": ("肯定", "否定", "否定的"),
    "turkish": ("İyi", "Kötü", "Nötr"),
}
pieces = st.sampled_from(
    [
        "G",
        "o",
        "d",
        "s",
        "Good",
        "Go",
        "Bad",
        "C",
        "#",
        "##",
        " x",
        " ",
        "\t",
        "\n",
        "\u3000",
        "肯",
        "定",
        "否",
        "的",
        "İ",
        "I\u0307",
        "yi",
        "K",
        "o\u0308",
        "ö",
        "t",
        "ü",
        ".",
        "N",
        "r",
    ]
)


def unfinished(text: str, labels: Sequence[str], rule: str) -> int:
    return Decider(labels, rule, STOPS)(text.encode())


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("", UNDECIDED),
        ("  ", UNDECIDED),
        (" Go", UNDECIDED),
        (" Good", 0),
        ("Goodness", 0),
        ("Ba", UNDECIDED),
        (" bad", NONE),
        ("\nGood", NONE),
        (" #", NONE),
        (" Good\nBad", 0),
    ],
)
def test_starts_with(text: str, outcome: int) -> None:
    assert unfinished(text, SETS["plain"], "starts_with") == outcome


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (" Good", UNDECIDED),
        (" Good ", UNDECIDED),
        (" Good #", UNDECIDED),
        (" Good ##x", NONE),
        (" Good ###", 0),
        (" Good\n", 0),
        (" Good.", NONE),
        (" Goodness", NONE),
        (" Go\n", NONE),
    ],
)
def test_exact(text: str, outcome: int) -> None:
    assert unfinished(text, SETS["plain"], "exact") == outcome


def test_a_label_that_begins_another_waits_for_it() -> None:
    labels = SETS["prefixes"]
    assert unfinished("G", labels, "starts_with") == UNDECIDED
    assert unfinished("Goo", labels, "starts_with") == UNDECIDED
    assert unfinished("Gox", labels, "starts_with") == 0
    assert unfinished("Good", labels, "starts_with") == UNDECIDED
    assert unfinished("Good ", labels, "starts_with") == 1
    assert Decider(labels, "starts_with", STOPS)(b"Good", finished=True) == 1


def test_a_stop_that_has_begun_inside_a_label_can_cut_it() -> None:
    labels = SETS["signs"]
    assert unfinished("C#", labels, "starts_with") == UNDECIDED
    assert unfinished("C###", labels, "starts_with") == 0
    assert unfinished("C#.", labels, "starts_with") == 1


def test_bytes_of_half_a_character_are_undecided() -> None:
    decider = Decider(SETS["japanese"], "starts_with", STOPS)
    whole = "否定".encode()
    assert [decider(whole[:count]) for count in range(6)] == [UNDECIDED] * 6
    assert decider("肯定".encode()) == 0
    assert decider("\u3000".encode()[:2]) == UNDECIDED
    assert decider("\u3000".encode()[:2] + b"\xff") == NONE


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(SETS)),
    st.sampled_from(["starts_with", "exact"]),
    st.lists(pieces, max_size=8).map("".join),
)
def test_agrees_with_the_reading_of_whole_texts_and_never_changes_its_mind(
    name: str, rule: str, text: str
) -> None:
    labels = SETS[name]
    decider = Decider(labels, rule, STOPS)
    data = text.encode()
    read = parse_label(text, labels, rule=rule, stops=STOPS)
    final = decider(data, finished=True)
    assert final == (labels.index(read) if read is not None else NONE)
    for count in range(len(data) + 1):
        early = decider(data[:count])
        if early != UNDECIDED:
            assert early == final
        else:
            state = decider.state(data[:count])
            assert decider(state + data[count:], finished=True) == final
