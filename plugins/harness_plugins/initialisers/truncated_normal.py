"""A normal distribution without its tails."""

from __future__ import annotations

import math

from torch import Generator, Tensor, nn

import harness
from harness_plugins.checks import positive


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("truncated_normal", truncated_normal, space={"sd": harness.log(1e-3, 1.0)})


CLIPPED_SD = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))
"""Standard deviation of N(0, 1) clipped at ±2, 0.8796…: its variance is 1 − 2·2φ(2)/(2Φ(2) − 1)."""


def truncated_normal(weight: Tensor, *, generator: Generator, sd: float = 0.01) -> None:
    """N(0, (sd/0.8796…)²) clipped at twice its standard deviation, variance sd²: Johnson, Kotz & Balakrishnan 1994.

    Clipping narrows a normal to 0.8796… of its width, so a wider one is clipped. Not for carrying a value over to
    another width: the sd knows nothing of the layer's size.
    """
    positive(sd=sd)
    whole = sd / CLIPPED_SD
    nn.init.trunc_normal_(weight, std=whole, a=-2 * whole, b=2 * whole, generator=generator)
