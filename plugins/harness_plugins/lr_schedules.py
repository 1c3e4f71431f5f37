"""Learning-rate schedules: a factor in [0, 1] on every learning rate as a function of progress.

``progress``: share of the steps already taken, in [0, 1). The last step is taken a little before the end of the shape.

``warmup``: share of the steps, in [0, 1), over which the factor rises in a straight line to 1; the shape then runs over
the rest of the steps. A schedule does not know how many steps there are, so it cannot start at one step's share of the
rise; starting at 0 would waste the first step. It starts at 1%, and a warm-up of less than one step is one step at 1%.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import harness
from harness_plugins.checks import fraction, positive, share
from harness_plugins.shapes import between, geometric, half_cosine, jumps_made

FIRST = 0.01
"""Where a warm-up starts."""


@harness.hookimpl
def register_lr_schedules(register: harness.Register) -> None:
    """One constant and nine that change over training."""
    end, warmup = {"end": harness.linear(0.0, 1.0)}, {"warmup": harness.linear(0.0, 0.3)}
    down = {"end": (0.0, 1.0), "warmup": (0.0,)}
    register("constant", constant, default=True)
    register("linear", linear, space=end | warmup, traits=_traits(down, constant={"end": 1.0}))
    register("cosine", cosine, space=end | warmup, traits=_traits(down, constant={"end": 1.0}))
    register(
        "polynomial",
        polynomial,
        space={"power": harness.log(0.5, 4.0)} | end | warmup,
        traits=_traits(down, constant={"end": 1.0}, linear={"power": 1.0}),
    )
    register(
        "exponential",
        exponential,
        space={"end": harness.log(1e-4, 1.0)} | warmup,
        traits=_traits({"end": (1.0,), "warmup": (0.0,)}, constant={"end": 1.0}),
    )
    register(
        "step",
        step,
        space={"factor": harness.log(0.05, 1.0), "drops": harness.integers(1, 6)} | warmup,
        traits=_traits({"factor": (1.0,), "drops": (1,), "warmup": (0.0,)}, constant={"factor": 1.0}),
    )
    register(
        "inverse_sqrt",
        inverse_sqrt,
        space={"timescale": harness.log(1e-3, 1.0)} | warmup,
        traits=harness.Traits(natural_limits={"warmup": (0.0,)}),
    )
    register(
        "one_cycle",
        one_cycle,
        space={
            "warmup": harness.linear(SHORT, 0.5),
            "start": harness.log(0.01, 1.0),
            "end": harness.linear(0.0, 0.1),
        },
        traits=harness.Traits(
            includes={"constant": harness.Inclusion(reach={"start": 1.0, "end": 1.0})},
            natural_limits={"warmup": (SHORT, 0.5), "start": (1.0,), "end": (0.0, 1.0)},
        ),
    )
    register(
        "wsd",
        wsd,
        space={"decay": harness.linear(0.0, 1.0)} | end | warmup,
        traits=_traits(down | {"decay": (0.0, 1.0)}, constant={"decay": 0.0}, linear={"decay": 1.0}),
    )
    register("rex", rex, space=end | warmup, traits=_traits(down, constant={"end": 1.0}))


SHORT = 0.1
"""A cycle that rises faster than this is a warm-up and no cycle."""


def _traits(
    limits: dict[str, tuple[float, ...]], *, constant: dict[str, float], linear: dict[str, float] | None = None
) -> harness.Traits:
    includes = {"constant": harness.Inclusion(reach=constant | {"warmup": 0.0})}
    if linear:
        includes["linear"] = harness.Inclusion(same={"end": "end", "warmup": "warmup"}, reach=linear)
    return harness.Traits(includes=includes, natural_limits=limits)


def constant(progress: float) -> float:
    """Always 1: the learning rate as it is given.

    Not for the best result of a large learning rate: its noise does not die down.
    """
    return 1.0


def linear(progress: float, *, end: float = 0.0, warmup: float = 0.0) -> float:
    """A straight line from 1 to ``end``, 1 − (1 − end)·s: Defazio et al. 2023.

    Not for a training that is to go on afterwards: its last steps hardly move.
    """
    share(end=end)
    return _warmed(progress, warmup, lambda s: between(1.0, end, s))


def cosine(progress: float, *, end: float = 0.0, warmup: float = 0.0) -> float:
    """Half a cosine from 1 to ``end``, end + (1 − end)·(1 + cos(πs))/2: Loshchilov & Hutter 2017.

    Without their restarts. Not for a training that is to go on afterwards: its last steps hardly move.
    """
    share(end=end)
    return _warmed(progress, warmup, lambda s: between(1.0, end, half_cosine(s)))


def polynomial(progress: float, *, power: float = 2.0, end: float = 0.0, warmup: float = 0.0) -> float:
    """A power of the rest of the way, end + (1 − end)·(1 − s)^power: Chen et al. 2018.

    Their power is 0.9; power 1 is ``linear``. Not for a high power and a small lr: most steps would hardly move.
    """
    positive(power=power)
    share(end=end)
    return _warmed(progress, warmup, lambda s: between(end, 1.0, (1 - s) ** power))


def exponential(progress: float, *, end: float = 0.01, warmup: float = 0.0) -> float:
    """From 1 to ``end`` by the same factor over every equal share of the steps, end^s: Senior et al. 2013.

    ``end`` lies in (0, 1]. Not for a decay to 0, which this never meets.
    """
    positive(end=end)
    share(end=end)
    return _warmed(progress, warmup, lambda s: geometric(1.0, end, s))


def step(progress: float, *, factor: float = 0.1, drops: int = 2, warmup: float = 0.0) -> float:
    """Multiplied by ``factor`` at so many evenly spaced ``drops``: He et al. 2016.

    ``factor`` lies in (0, 1]. With two drops, 1, factor and factor² last a third each. Not for trainings of fewer steps
    than that has levels.
    """
    positive(factor=factor, drops=drops)
    share(factor=factor)
    return _warmed(progress, warmup, lambda s: factor ** jumps_made(s, drops))


def inverse_sqrt(progress: float, *, timescale: float = 0.1, warmup: float = 0.1) -> float:
    """The inverse square root of the steps taken, 1/√(1 + s/timescale): Vaswani et al. 2017.

    ``timescale``: share of the steps after the warm-up until the factor is 1/√2; at warmup/(1 − warmup) it is 1/√t from
    the first step on, as theirs. Not for coming to rest: at the end of training it still is 1/√(1 + 1/timescale).
    """
    positive(timescale=timescale)
    return _warmed(progress, warmup, lambda s: 1 / math.sqrt(1 + s / timescale))


def one_cycle(progress: float, *, warmup: float = 0.4, start: float = 0.1, end: float = 0.0) -> float:
    """Up from ``start`` to 1 and back over as many steps, then down to ``end``, all in straight lines: Smith 2018.

    ``warmup``: share of the steps of the rise, in (0, 0.5]; at 0.5 nothing is left for the ``end``. lr is the peak. Not
    for the whole of his policy, which also moves the momentum, the other way.
    """
    if not 0 < warmup <= 0.5:
        raise ValueError(f"warmup must lie in (0, 0.5], got {warmup!r}")
    positive(start=start)
    share(start=start, end=end)
    if progress < 2 * warmup:
        return between(1.0, start, abs(progress / warmup - 1))
    return between(start, end, (progress - 2 * warmup) / (1 - 2 * warmup))


def wsd(progress: float, *, decay: float = 0.2, end: float = 0.0, warmup: float = 0.0) -> float:
    """Warm-up, stable, decay: 1, and in the last steps a straight line to ``end``: Hu et al. 2024.

    ``decay``: share of the steps after the warm-up, in [0, 1]; a straight line over a fifth of them as in Hägele et al.
    2024. Not for judging a training before its decay, which is where it gains most.
    """
    share(decay=decay, end=end)
    return _warmed(progress, warmup, lambda s: between(1.0, end, (s - (1 - decay)) / decay) if s > 1 - decay else 1.0)


def rex(progress: float, *, end: float = 0.0, warmup: float = 0.0) -> float:
    """High for long and then steeply down to ``end``, end + (1 − end)·(1 − s)/(1 − s/2): Chen et al. 2021.

    Not for a training that is to go on afterwards: its last steps hardly move.
    """
    share(end=end)
    return _warmed(progress, warmup, lambda s: between(end, 1.0, (1 - s) / (1 - s / 2)))


def _warmed(progress: float, warmup: float, shape: Callable[[float], float]) -> float:
    """The warm-up, then the shape over the rest; s, in [0, 1], is the share of the rest that has been taken."""
    fraction(warmup=warmup)
    if progress < warmup:
        return between(FIRST, 1.0, progress / warmup)
    return shape((progress - warmup) / (1 - warmup))
