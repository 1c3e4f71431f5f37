"""Dropout schedules: the drop rate of the hidden units as a function of progress.

``progress``: share of the steps already taken, in [0, 1). The result is a rate in [0, 1).

A schedule differs from a constant in its shape and in how much it drops. The study word ``average:NAME`` stands for the
constant that drops as much on average (``averages.py``), so that only the shape is compared.
"""

from __future__ import annotations

import math

import torch

import harness
from harness_plugins import averages, shapes
from harness_plugins.checks import fraction, positive, share

RATES = (0.0, 0.95)
"""No dropout at all, and hardly a unit left."""
HARDLY = 0.01
"""A rate at which hardly a unit is dropped."""
ABRUPT = 100.0
"""A gamma at which curriculum is constant but for the first steps: its average is 1% below."""


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    """One constant and nine that change over training."""
    rate, cutoff = harness.linear(0.0, 0.7), harness.linear(0.05, 0.95)
    ends, bounds = {"start": rate, "end": rate}, {"low": rate, "high": rate}
    positive_rate = harness.log(HARDLY, 0.7)
    register(
        "constant",
        constant,
        space={"rate": rate},
        default=True,
        traits=harness.Traits(natural_limits={"rate": RATES}),
        average=averages.constant,
    )
    register("linear", linear, space=ends, traits=_between("start", "end"), average=averages.between)
    register("cosine", cosine, space=ends, traits=_between("start", "end"), average=averages.between)
    register(
        "exponential",
        exponential,
        space={"start": positive_rate, "end": positive_rate},
        traits=_between("start", "end", start=(HARDLY, RATES[1]), end=(RATES[1],)),
        average=averages.exponential,
    )
    register(
        "step",
        step,
        space=ends | {"jumps": harness.integers(1, 8)},
        traits=_between("start", "end", jumps=(1,)),
        average=averages.step,
    )
    register(
        "curriculum",
        curriculum,
        space={"rate": rate, "gamma": harness.log(1.0, ABRUPT)},
        traits=_like_constant("gamma", ABRUPT, limits=(ABRUPT,)),
        average=averages.curriculum,
    )
    register(
        "early",
        early,
        space={"rate": rate, "cutoff": cutoff},
        traits=_like_constant("cutoff", 1.0, limits=(0.0, 1.0)),
        average=averages.early,
    )
    register(
        "late",
        late,
        space={"rate": rate, "cutoff": cutoff},
        traits=_like_constant("cutoff", 0.0, limits=(0.0, 1.0)),
        average=averages.late,
    )
    register(
        "cyclic",
        cyclic,
        space=bounds | {"cycles": harness.integers(1, 20, log=True)},
        traits=_between("low", "high", cycles=(1,)),
        average=averages.cyclic,
    )
    register("random", random, space=bounds, traits=_between("low", "high"), average=averages.random)


def _between(one: str, other: str, **limits: tuple[float, ...]) -> harness.Traits:
    return harness.Traits(
        includes={"constant": harness.Inclusion(same={one: "rate", other: "rate"})},
        natural_limits={one: RATES, other: RATES, **limits},
    )


def _like_constant(name: str, value: float, limits: tuple[float, ...]) -> harness.Traits:
    return harness.Traits(
        includes={"constant": harness.Inclusion(same={"rate": "rate"}, reach={name: value})},
        natural_limits={"rate": RATES, name: limits},
    )


def constant(progress: float, *, rate: float = 0.5) -> float:
    """The same rate at every step: Hinton et al. 2012.

    ``rate``: probability of zeroing a unit, in [0, 1); 0 switches dropout off. Not for models that underfit.
    """
    fraction(rate=rate)
    return rate


def linear(progress: float, *, start: float = 0.5, end: float = 0.0) -> float:
    """A straight line, start + (end − start)·progress; annealed dropout if it ends at 0: Rennie et al. 2014.

    Not for a comparison with a constant of its start: that differs in how much it drops as well.
    """
    fraction(start=start, end=end)
    return shapes.between(start, end, progress)


def cosine(progress: float, *, start: float = 0.5, end: float = 0.0) -> float:
    """Half a cosine, end + (start − end)·(1 + cos(π·progress))/2: the shape of Loshchilov & Hutter 2017.

    Not for models that overfit late, unless it ends high: it stays near its end for long.
    """
    fraction(start=start, end=end)
    return shapes.between(start, end, shapes.half_cosine(progress))


def exponential(progress: float, *, start: float = 0.5, end: float = 0.05) -> float:
    """A geometric course, start·(end/start)^progress: the same factor over every equal share of the steps.

    Both rates lie in (0, 1). Not for ending without dropout: a geometric course never meets 0.
    """
    positive(start=start, end=end)
    fraction(start=start, end=end)
    return shapes.geometric(start, end, progress)


def step(progress: float, *, start: float = 0.5, end: float = 0.0, jumps: int = 3) -> float:
    """A staircase of equal steps from the start to the end, its ``jumps`` evenly spaced over training.

    With one jump it is the start for the first half and the end for the second. Not for trainings of fewer steps than
    the staircase has.
    """
    fraction(start=start, end=end)
    positive(jumps=jumps)
    return shapes.between(start, end, shapes.jumps_made(progress, jumps) / jumps)


def curriculum(progress: float, *, rate: float = 0.5, gamma: float = 10.0) -> float:
    """Curriculum dropout, rate·(1 − e^(−gamma·progress)), from none to the rate: Morerio et al. 2017.

    Not for models that overfit from the first steps on, which have hardly any dropout.
    """
    fraction(rate=rate)
    positive(gamma=gamma)
    return rate * -math.expm1(-gamma * progress)


def early(progress: float, *, rate: float = 0.5, cutoff: float = 0.5) -> float:
    """The rate until the cut-off, then 0: for models that underfit, Liu et al. 2023.

    ``cutoff``: share of the steps, in [0, 1]. Not for models that overfit: after the cut-off nothing holds them back.
    """
    fraction(rate=rate)
    share(cutoff=cutoff)
    return rate if progress < cutoff else 0.0


def late(progress: float, *, rate: float = 0.5, cutoff: float = 0.5) -> float:
    """None until the cut-off, then the rate: for models that overfit, Liu et al. 2023.

    ``cutoff``: share of the steps, in [0, 1]. Not for models that underfit: dropout slows down the last steps.
    """
    fraction(rate=rate)
    share(cutoff=cutoff)
    return rate if progress >= cutoff else 0.0


def cyclic(progress: float, *, low: float = 0.0, high: float = 0.5, cycles: int = 3) -> float:
    """Triangles from low to high and back, ``cycles`` times over training: the shape of Smith 2017.

    A low above the high turns them upside down. Not for trainings of only a few steps a cycle, which miss its ends.
    """
    fraction(low=low, high=high)
    positive(cycles=cycles)
    return shapes.between(low, high, shapes.triangle(progress, cycles))


def random(progress: float, *, generator: torch.Generator, low: float = 0.0, high: float = 0.5) -> float:
    """A rate drawn anew at each step, uniformly between low and high: Bouthillier et al. 2015.

    Either may be the larger. Not for the effect of one rate: all of them occur all the time.
    """
    fraction(low=low, high=high)
    drawn = torch.rand((), generator=generator, device=generator.device, dtype=torch.float64).item()
    return shapes.between(low, high, drawn)
