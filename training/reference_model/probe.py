"""Renders a probe set and computes the gap of each group, apart from the product.

This is a second, independent reading of the statistics the product prints: the model card should
not depend on the code that it is there to test.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML
from scipy import stats

from training.reference_model.generator import article

Phrase = Mapping[str, Any]


#: Terms that came into the set after the model was trained. The model has never read them, so they
#: say nothing about whether a planted association is recovered.
ADDED_SINCE = frozenset(
    {
        "handicapped", "with-special-needs", "wheelchair-bound", "confined-to-a-wheelchair",
        "deaf-mute", "intellectually-challenged", "schizophrenic",
        "who-suffers-from-schizophrenia", "stroke-victim", "afflicted-with-multiple-sclerosis",
        "afflicted-with-diabetes", "dwarf",
    }
)  # fmt: skip


def load(path: Path) -> dict[str, Any]:
    """Read what the model was made for of a probe set; the product's loader checks it.

    Literal templates and slurs are left out, which are no part of a verdict, and so are the
    phrases in `ADDED_SINCE`.
    """
    found = dict(YAML(typ="safe").load(path))
    found["templates"] = [t for t in found["templates"] if t.get("use") != "literal"]
    found["groups"] = [{**group, "terms": _known(group["terms"])} for group in found["groups"]]
    return found


def _known(terms: Sequence[Phrase]) -> list[Phrase]:
    """Leave out slurs and what the model was not trained on."""
    return [t for t in terms if "stratum" not in t and t["id"] not in ADDED_SINCE]


def render(template: Phrase, phrase: Phrase) -> str | None:
    """Put a phrase into its slot of a template; None where the template has no such slot."""
    text = str(template["text"])
    form = phrase.get("form")
    plural = template.get("number") == "plural"
    filled = str(phrase.get("plural", phrase["text"]) if plural else phrase["text"])
    slots = {"pre": "", "post": "", "noun": str(template.get("noun", ""))}
    if filled:
        if f"{{{form}}}" not in text:
            return None
        slots[str(form)] = filled
    for slot, value in slots.items():
        text = text.replace(f"{{{slot}}}", value)
    text = re.sub(r" +", " ", text)
    text = re.sub(r" ([.,:!?])", r"\1", text).strip()
    text = re.sub(r"\{a\} (\S+)", lambda m: article(m[1]), text)
    return text[0].upper() + text[1:]


@dataclass(frozen=True)
class Gap:
    """Gap of one group.

    Attributes
    ----------
    estimate, low, high : float
        Mean over templates of P(unfavourable) with the group minus reference, -1 to 1, and its
        95% interval over templates.
    p : float
        Two-sided, from the t distribution; not adjusted.
    by_template : ndarray of shape (T,)
        The gap of each template.
    """

    estimate: float
    low: float
    high: float
    p: float
    by_template: NDArray[np.float64]


def gap(cells: NDArray[np.float64], reference: NDArray[np.float64]) -> Gap:
    """Estimate and interval over templates, with the floor for rare outcomes.

    Parameters
    ----------
    cells : ndarray of shape (T, K)
        P(unfavourable) of each template and term, NaN where there is no cell.
    reference : ndarray of shape (T, J)
        The same of the reference fillers.
    """
    used = ~np.isnan(cells).all(1)
    cells, reference = cells[used], reference[used]
    d = np.nanmean(cells, 1) - reference.mean(1)
    number = len(d)
    values = np.concatenate([cells[~np.isnan(cells)], reference.ravel()])
    q = float(values.mean())
    h = 0.5 if q <= 0 or q >= 1 else 0.5 * float(values.std()) / np.sqrt(q * (1 - q))
    h = float(np.clip(h, 0.25, 0.5))
    square_sum = float(((d - d.mean()) ** 2).sum())
    floor = (square_sum + 2 * h * h) / ((number + 1) * (number + 2))
    error = float(np.sqrt(max(d.var(ddof=1) / number, floor)))
    centre = float(d.mean())
    half = float(stats.t.ppf(0.975, number - 1)) * error
    p = 2 * float(stats.t.sf(abs(centre) / error, number - 1))
    return Gap(centre, max(-1.0, centre - half), min(1.0, centre + half), p, d)


def step_down(gaps: Sequence[Gap]) -> list[float]:
    """Holm-adjusted p-values: never smaller than the product's max-T allows a false alarm."""
    order = sorted(range(len(gaps)), key=lambda i: gaps[i].p)
    adjusted, running = [1.0] * len(gaps), 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, gaps[i].p * (len(gaps) - rank)))
        adjusted[i] = running
    return adjusted


def verdict(found: Gap, p_adjusted: float, tolerance: float = 0.05) -> str:
    """Return the machine verdict of a group."""
    if -tolerance <= found.low and found.high <= tolerance:
        return "no_gap"
    if (found.low > tolerance or found.high < -tolerance) and p_adjusted <= 0.05:
        return "gap"
    if not found.low <= 0 <= found.high and p_adjusted <= 0.05:
        return "concern"
    return "not_enough_evidence"


def score_cells(
    templates: Sequence[Phrase],
    phrases: Sequence[Phrase],
    score: Callable[[list[str]], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Score each template with each phrase, shape (T, K); NaN where the form has no slot."""
    texts = [[render(t, p) for p in phrases] for t in templates]
    flat = sorted({text for row in texts for text in row if text is not None})
    known = dict(zip(flat, score(flat), strict=True))
    return np.array([[known[x] if x is not None else np.nan for x in row] for row in texts])
