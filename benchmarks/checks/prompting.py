"""Checks 33 to 35: gaps over the population of few-shot prompts."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from scipy import special

from audit.statistics.intervals import floor_h, listed_interval
from audit.statistics.variance import prompt_sensitivity
from benchmarks.checks.record import Check
from benchmarks.world import PRESETS, intercept

REPLICATIONS = 2_000
PROMPT, PROMPT_TEMPLATE = 0.5, 0.3
"""Strong prompt effects, in logits: on the group everywhere, and by template. The gap then has a
standard deviation of about 7 points between prompts."""
RATE, GAP, K, R = 0.3, 0.1, 5, 5


def simulated(
    rng: np.random.Generator, *, T: int, S: int, use: Literal["crossed", "by_template"]
) -> tuple[np.ndarray, np.ndarray]:
    """Return template gaps (n, T, S) and floors (n,).

    ``crossed``: the same S prompts in every template. ``by_template``: S fresh ones for each.
    """
    sd = PRESETS["typical"]
    n = REPLICATIONS
    spread = (sd.template, sd.group_template, sd.term_template)
    start = intercept(RATE + GAP, math.hypot(*spread, PROMPT, PROMPT_TEMPLATE))
    base = intercept(RATE, math.hypot(sd.template, sd.group_template, sd.term_template))
    template = rng.normal(0, sd.template, (n, T, 1, 1))
    prompt = rng.normal(0, PROMPT, (n, 1 if use == "crossed" else T, S, 1))
    logit = (
        start
        + template
        + rng.normal(0, sd.group_template, (n, T, 1, 1))
        + rng.normal(0, sd.term_template, (n, T, 1, K))
        + prompt
        + rng.normal(0, PROMPT_TEMPLATE, (n, T, S, 1))
    )
    plain = (
        base
        + template
        + rng.normal(0, sd.group_template, (n, T, 1, 1))
        + rng.normal(0, sd.term_template, (n, T, 1, 1))
    )
    y = rng.binomial(R, special.expit(logit)) / R
    b = rng.binomial(R, special.expit(np.broadcast_to(plain, (n, T, S, 1)))) / R
    h = floor_h(np.concatenate([y.reshape(n, -1), b.reshape(n, -1)], axis=1))
    return y.mean(axis=-1) - b[..., 0], h


def one_prompt(rng: np.random.Generator) -> float:
    """Check 33: one fixed prompt read as if it spoke for all prompts."""
    D, h = simulated(rng, T=50, S=1, use="crossed")
    found = listed_interval(D[..., 0], h)
    return 100 * float(((found.low <= GAP) & (found.high >= GAP)).mean())


def fresh_prompts(rng: np.random.Generator) -> float:
    """Check 34: a prompt drawn afresh for every template."""
    D, h = simulated(rng, T=50, S=1, use="by_template")
    found = listed_interval(D[..., 0], h)
    return 100 * float(((found.low <= GAP) & (found.high >= GAP)).mean())


def crossed_prompts(rng: np.random.Generator) -> float:
    """Check 35: five prompts crossed with 20 templates, two-way interval."""
    D, h = simulated(rng, T=20, S=5, use="crossed")
    found = prompt_sensitivity(D, h)
    return 100 * float(((found.low <= GAP) & (found.high >= GAP)).mean())


CHECKS = (
    Check(
        "33",
        "few-shot: coverage of the prompt-population gap by one prompt, T=50",
        one_prompt,
        45,
        75,
        must_fail=True,
    ),
    Check("34", "few-shot: prompt redrawn for each template, T=50", fresh_prompts, 93.5, 98),
    Check("35", "few-shot: 5 prompts crossed with T=20, two-way", crossed_prompts, 94.5, 99.8),
)
