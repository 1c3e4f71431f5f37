"""Dropout schedules: the drop rate of the hidden units as a function of progress.

``progress``: share of the steps already taken, in [0, 1). The result is a rate in [0, 1).
"""

from __future__ import annotations

import math

import harness
from harness_plugins.checks import fraction, positive


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    """One constant and five that change over training."""
    rate, cutoff = harness.linear(0.0, 0.7), harness.linear(0.05, 0.95)
    between = harness.Traits(
        includes={"constant": harness.Inclusion(same={"start": "rate", "end": "rate"})},
        natural_limits={"start": RATES, "end": RATES},
    )
    register(
        "constant",
        constant,
        space={"rate": rate},
        default=True,
        traits=harness.Traits(natural_limits={"rate": RATES}),
    )
    register("linear", linear, space={"start": rate, "end": rate}, traits=between)
    register("cosine", cosine, space={"start": rate, "end": rate}, traits=between)
    register(
        "curriculum",
        curriculum,
        space={"rate": rate, "gamma": harness.log(1.0, ABRUPT)},
        traits=_like_constant("gamma", ABRUPT, limits=(ABRUPT,)),
    )
    register(
        "early",
        early,
        space={"rate": rate, "cutoff": cutoff},
        traits=_like_constant("cutoff", 1.0, limits=(0.0, 1.0)),
    )
    register(
        "late",
        late,
        space={"rate": rate, "cutoff": cutoff},
        traits=_like_constant("cutoff", 0.0, limits=(0.0, 1.0)),
    )


RATES = (0.0, 0.95)
"""No dropout at all, and hardly a unit left."""
ABRUPT = 100.0
"""A gamma at which curriculum is constant but for the first steps: its average is 1% below."""


def _like_constant(name: str, value: float, limits: tuple[float, ...]) -> harness.Traits:
    return harness.Traits(
        includes={"constant": harness.Inclusion(same={"rate": "rate"}, reach={name: value})},
        natural_limits={"rate": RATES, name: limits},
    )


def constant(progress: float, *, rate: float = 0.5) -> float:
    """The same rate at every step: Hinton et al. 2012.

    ``rate``: probability of zeroing a unit, in [0, 1); 0 switches dropout off.
    """
    fraction(rate=rate)
    return rate


def linear(progress: float, *, start: float = 0.5, end: float = 0.0) -> float:
    """A straight line, start + (end − start)·progress; annealed dropout if it ends at 0: Rennie et al. 2014.

    Its average over training is (start + end)/2: compare it with a constant of that rate.
    """
    fraction(start=start, end=end)
    return _between(start, end, progress)


def cosine(progress: float, *, start: float = 0.5, end: float = 0.0) -> float:
    """Half a cosine, end + (start − end)·(1 + cos(π·progress))/2: the shape of Loshchilov & Hutter 2017.

    Its average over training is (start + end)/2: compare it with a constant of that rate.
    """
    fraction(start=start, end=end)
    return _between(start, end, (1 - math.cos(math.pi * progress)) / 2)


def curriculum(progress: float, *, rate: float = 0.5, gamma: float = 10.0) -> float:
    """Curriculum dropout, rate·(1 − e^(−gamma·progress)), from none to the rate: Morerio et al. 2017.

    Its average over training is rate·(1 − (1 − e^(−gamma))/gamma): compare it with a constant of that rate.
    """
    fraction(rate=rate)
    positive(gamma=gamma)
    return rate * -math.expm1(-gamma * progress)


def early(progress: float, *, rate: float = 0.5, cutoff: float = 0.5) -> float:
    """The rate until the cut-off, then 0: for models that underfit, Liu et al. 2023.

    ``cutoff``: share of the steps, in [0, 1]. Its average over training is rate·cutoff.
    """
    fraction(rate=rate)
    return rate if progress < _cutoff(cutoff) else 0.0


def late(progress: float, *, rate: float = 0.5, cutoff: float = 0.5) -> float:
    """None until the cut-off, then the rate: for models that overfit, Liu et al. 2023.

    ``cutoff``: share of the steps, in [0, 1]. Its average over training is rate·(1 − cutoff).
    """
    fraction(rate=rate)
    return rate if progress >= _cutoff(cutoff) else 0.0


def _between(start: float, end: float, share: float) -> float:
    # Rounding may carry the sum past either end, and 1 is no rate.
    return min(max(start + (end - start) * share, min(start, end)), max(start, end))


def _cutoff(cutoff: float) -> float:
    if not 0 <= cutoff <= 1:
        raise ValueError(f"cutoff must lie in [0, 1], got {cutoff!r}")
    return cutoff
