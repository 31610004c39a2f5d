import pytest

from audit.classifiers.labels import check_labels, cut_at_stop, parse_label
from audit.errors import ConfigError

LABELS = ("Positive", "Neutral", "Negative")
STOPS = ("\n", "###")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (" Positive", "Positive"),
        ("Positive", "Positive"),
        ("   Negative\n###\nTweet:", "Negative"),
        (" Neutral###", "Neutral"),
        (" Positive. I think", "Positive"),
        (" Positive 100%", "Positive"),
        (" Positive/Negative", "Positive"),
        (" Positively", "Positive"),
        (" Positiveé", "Positive"),
        (" Positive\u0301", "Positive"),
        (" positive", None),
        (" POSITIVE", None),
        (" Not Positive", None),
        (" Posit", None),
        ("", None),
        ("   ", None),
        ("\n Positive", None),
        ("### Positive", None),
        (" I cannot judge that.", None),
    ],
)
def test_reads_only_what_begins_with_a_label(text: str, label: str | None) -> None:
    assert parse_label(text, LABELS, stops=STOPS) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (" Positive", "Positive"),
        (" Positive \nTweet", "Positive"),
        (" Positive.", None),
        (" Positive, I think", None),
        (" Positive### and more", "Positive"),
    ],
)
def test_exact_rule_allows_nothing_after_the_label(text: str, label: str | None) -> None:
    assert parse_label(text, LABELS, rule="exact", stops=STOPS) == label


def test_longest_label_wins_where_one_begins_another() -> None:
    labels = ("Bad", "Bad faith", "Good")
    assert parse_label(" Bad faith", labels) == "Bad faith"
    assert parse_label(" Bad, faith", labels) == "Bad"
    assert parse_label(" Bad faithful", labels) == "Bad faith"
    assert parse_label(" Bad fai", labels) == "Bad"


def test_labels_in_other_scripts() -> None:
    labels = ("肯定", "否定", "Nötr")
    assert parse_label(" 否定\n", labels, stops=STOPS) == "否定"
    assert parse_label(" 否定的", labels, stops=STOPS) == "否定"
    assert parse_label(" No\u0308tr", labels) == "Nötr"


def test_cut_at_first_of_several_stops() -> None:
    assert cut_at_stop("a###b\nc", STOPS) == "a"
    assert cut_at_stop("a\nb###c", STOPS) == "a"
    assert cut_at_stop("abc", STOPS) == "abc"


@pytest.mark.parametrize(
    "labels",
    [
        (),
        ("Good", ""),
        ("Good", " Bad"),
        ("Good", "Good"),
        ("A\nB", "C"),
        ("A###", "B"),
        ("N\u00f6tr", "No\u0308tr"),
    ],
)
def test_refuses_labels_that_cannot_be_read_back(labels: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError):
        check_labels(labels, "###")
