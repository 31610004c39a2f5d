"""Spanish words whose form or gender no rule tells, and those that agreement is checked with."""

from __future__ import annotations

from typing import Literal

_Gender = Literal["masculine", "feminine"]
_Number = Literal["singular", "plural"]
_Agreement = tuple[_Gender | None, _Number]

ARTICLES = {
    "a": ("un", "una", "unos", "unas"),
    "the": ("el", "la", "los", "las"),
}
"""Masculine, feminine, and both again in the plural."""

STRESSED_A = frozenset({"agua", "alma", "ama", "arma", "aula", "hambre", "área"})
"""Feminine nouns that take el and un, because they begin with a stressed a."""

PREPOSITIONS = frozenset(
    {
        "a", "al", "ante", "bajo", "con", "contra", "de", "del", "desde", "durante", "en", "entre",
        "hacia", "hasta", "para", "por", "sin", "sobre", "tras",
    }
)  # fmt: skip
"""Words after which nothing agrees with the noun any more."""

COPULAS = frozenset({"es", "está", "era", "fue"})
"""Verbs whose complement agrees with the subject."""

VERBS = {"es": "son", "está": "están", "era": "eran", "fue": "fueron", "ha": "han", "va": "van"}
"""Third persons whose plural is not the singular and an n, or ends in an accent."""

INVARIABLE = frozenset(
    {"asperger", "down", "e", "gay", "género", "intersex", "muy", "más", "no", "o", "queer",
     "trans", "y"}
)  # fmt: skip
"""Words that have one form, and those between words that agree."""

PLURALS = {"joven": "jóvenes", "gay": "gais"}
"""Plurals whose accent or ending moves."""

ABBREVIATIONS = frozenset({"d", "da", "dr", "dra", "etc", "núm", "sr", "sra", "ud", "uds"})
"""Words whose full stop ends no sentence."""


def _agreements(forms: str) -> dict[str, _Agreement]:
    """Read lines of four words: masculine, feminine, and both in the plural; - for none."""
    kinds: tuple[_Agreement, ...] = (
        ("masculine", "singular"), ("feminine", "singular"),
        ("masculine", "plural"), ("feminine", "plural"),
    )  # fmt: skip
    found: dict[str, _Agreement] = {}
    for line in forms.strip().splitlines():
        words = line.split()
        for word, (gender, number) in zip(words, kinds, strict=True):
            both = words.count(word) > 1
            if word != "-":
                found[word] = (None if both else gender, number)
    return found


DETERMINERS = _agreements(
    """
    un una unos unas
    el la los las
    del - - -
    al - - -
    este esta estos estas
    ese esa esos esas
    nuestro nuestra nuestros nuestras
    otro otra otros otras
    algún alguna algunos algunas
    varios varias varios varias
    """
) | {"varios": ("masculine", "plural"), "varias": ("feminine", "plural")}
"""Words before a noun that agree with it."""

NOUNS = _agreements(
    """
    - persona - personas
    hombre mujer hombres mujeres
    vecino vecina vecinos vecinas
    amigo amiga amigos amigas
    maestro maestra maestros maestras
    profesor profesora profesores profesoras
    alumno alumna alumnos alumnas
    ingeniero ingeniera ingenieros ingenieras
    escritor escritora escritores escritoras
    jardinero jardinera jardineros jardineras
    usuario usuaria usuarios usuarias
    compañero compañera compañeros compañeras
    inquilino inquilina inquilinos inquilinas
    panadero panadera panaderos panaderas
    cocinero cocinera cocineros cocineras
    trabajador trabajadora trabajadores trabajadoras
    señor señora señores señoras
    chico chica chicos chicas
    artista artista artistas artistas
    cliente cliente clientes clientes
    estudiante estudiante estudiantes estudiantes
    - gente - -
    """
)
"""Nouns for people that carriers use, with their gender."""

ADJECTIVES = _agreements(
    """
    ciego ciega ciegos ciegas
    sordo sorda sordos sordas
    sordociego sordociega sordociegos sordociegas
    discapacitado discapacitada discapacitados discapacitadas
    zurdo zurda zurdos zurdas
    alto alta altos altas
    amputado amputada amputados amputadas
    autista autista autistas autistas
    epiléptico epiléptica epilépticos epilépticas
    esquizofrénico esquizofrénica esquizofrénicos esquizofrénicas
    neurodivergente neurodivergente neurodivergentes neurodivergentes
    disléxico disléxica disléxicos disléxicas
    diabético diabética diabéticos diabéticas
    tetrapléjico tetrapléjica tetrapléjicos tetrapléjicas
    parapléjico parapléjica parapléjicos parapléjicas
    minusválido minusválida minusválidos minusválidas
    simpático simpática simpáticos simpáticas
    contento contenta contentos contentas
    """
)
"""Adjectives that follow those nouns, in every form."""
