"""Turkish words whose suffixes spelling does not tell."""

from __future__ import annotations

FRONT = frozenset({"alkol", "gol", "hal", "kalp", "kontrol", "meşgul", "rol", "saat", "sembol"})
"""Words with a back vowel that take suffixes with front vowels."""

HARD = frozenset({"avukat", "asistan", "bilet", "diplomat", "hukuk", "market", "sepet", "turist"})
"""Words whose last consonant stays hard before a vowel."""

SOFT = {"akraba": "akraba", "evlat": "evlad", "genç": "genc", "şirket": "şirket"}
"""Stems before a vowel that no rule gives."""

AGENT_ENDINGS = (
    "cı", "ci", "cu", "cü", "çı", "çi", "çu", "çü", "lı", "li", "lu", "lü", "sız", "siz",
)  # fmt: skip
"""Endings of plain nouns and adjectives, which are no possessives."""

VOWEL_NOUNS = frozenset({"kişi", "komşu", "birey", "ikili", "deli"})
"""Nouns in a vowel that are no possessives."""

NUMERALS = (
    "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz", "on", "yirmi", "yüz", "bin",
    "birkaç", "kaç",
)  # fmt: skip
"""Words after which a noun stays singular."""

ENDS_LIKE_PLURAL = frozenset({"dolar", "kiler", "kolar", "molar", "polar", "solar"})
"""Singular words that end in lar or ler."""
