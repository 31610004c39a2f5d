"""English words whose spelling does not tell how they are said or used."""

from __future__ import annotations

LETTERS_AN = frozenset("AEFHILMNORSX")
"""Letters whose names begin with a vowel sound."""

ACRONYMS = frozenset(
    {
        "FEMA",
        "FIFA",
        "HIPAA",
        "HUD",
        "LASIK",
        "MERS",
        "NASA",
        "NASDAQ",
        "NATO",
        "NICU",
        "RAM",
        "REM",
        "ROM",
        "SARS",
        "SIDS",
        "SIM",
        "SNAP",
        "SWAT",
    }
)
"""Capitals read as a word, not letter by letter; only those where the two readings differ."""

LONG_INITIALISMS = (
    "LGBT",
    "NAACP",
)
"""Starts of initialisms with vowels that are read letter by letter all the same."""

SOUNDS_AN = (
    "heir",
    "honest",
    "honor",
    "honour",
    "hour",
    "euler",
    "uber",
    "usher",
    "uzbek",
    "yvonne",
    "yves",
)
"""Starts of words that take *an* against their spelling."""

SOUNDS_A = (
    "oaxaca",
    "ouija",
    "ugand",
    "uighur",
    "ukrain",
    "unanim",
    "unesco",
    "unicef",
    "urugu",
    "utah",
    "utop",
    "uvul",
    "uyghur",
)
"""Starts of words that take *a* against their spelling."""

SOUNDS_A_WHOLE = frozenset(
    {
        "once",
        "one",
        "ones",
        "oneself",
        "uni",
    }
)
"""Whole words, alone or before a hyphen, that take *a* against their spelling."""

NO_NOUN = frozenset(
    {
        "and",
        "are",
        "as",
        "at",
        "if",
        "in",
        "is",
        "of",
        "on",
        "or",
        "to",
        "was",
        "were",
    }
)
"""Words before which a single *a* is a letter and no article."""

ABBREVIATIONS = frozenset(
    {
        "dr",
        "e.g",
        "etc",
        "i.e",
        "jr",
        "mr",
        "mrs",
        "ms",
        "no",
        "prof",
        "sr",
        "st",
        "vs",
    }
)
"""Words whose full stop ends no sentence."""

PLURAL_NOUNS = frozenset(
    {
        "children",
        "folk",
        "men",
        "people",
        "police",
        "staff",
        "women",
    }
)
"""Nouns that stand for several people without an s."""

MANY_ONLY = frozenset(
    {
        "children",
        "men",
        "people",
        "women",
    }
)
"""Nouns that never stand for one person."""
