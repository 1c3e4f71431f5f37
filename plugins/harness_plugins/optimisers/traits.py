"""What a warning about a comparison must know of each optimiser."""

from __future__ import annotations

from collections.abc import Mapping

from harness import Inclusion, Traits
from harness_plugins.optimisers.spaces import NO_DECAY, NO_EPS

BETAS = {"beta1": (0.0,), "beta2": (0.0,)}
FLOOR = {"eps": (NO_EPS,), "weight_decay": (NO_DECAY,)}
ADAPTIVE = {"lr": "length of a step", "eps": "beside the root mean square", "weight_decay": "rescaled L2"}
SHARE = "share of the weight, times lr"
CONSTANT = {"lr_schedule": ("constant",)}
ADAM_WITHOUT_DECAY = Inclusion(
    same={name: name for name in ("lr", "beta1", "beta2", "eps")},
    reach={"weight_decay": 0.0},
    where={"weight_decay": 0.0},
)
"""Without decay adam and adamw are one rule."""


def _like_sgd(momentum: str, *, nesterov: bool, **reach: float) -> Inclusion:
    """With eps far above √v and lr as much larger, dividing by √v + eps is a constant: Choi et al. 2019.

    rmsprop then is SGD to the letter; Adam and its kin correct for bias, and divide step t by 1 − β₁ᵗ, which is soon 1.
    adagrad is not among them: its √v grows past any eps.
    """
    return Inclusion(
        free=("lr", "eps"),
        same={momentum: "momentum", "weight_decay": "weight_decay"},
        reach=reach,
        where={"nesterov": nesterov},
    )


def _kin_of_adam(sgd: Inclusion, **meanings: str) -> Traits:
    return Traits(
        includes={"sgd": sgd},
        natural_limits=BETAS | FLOOR,
        meanings=ADAPTIVE | meanings,
        coupled_decay="weight_decay",
    )


TRAITS: Mapping[str, Traits] = {
    "sgd": Traits(
        natural_limits={"momentum": (0.0,), "weight_decay": (NO_DECAY,)},
        meanings={"lr": "length per unit of gradient", "weight_decay": "L2 in the gradient"},
    ),
    "asgd": Traits(
        natural_limits={"average_from": (1.0,), "lambd": (NO_DECAY,)},
        meanings={"lr": "length per unit of gradient"},
    ),
    "rprop": Traits(
        natural_limits={"eta_plus": (1.01,), "eta_minus": (0.01, 0.99)},
        meanings={"lr": "length of the first step"},
        only_with=CONSTANT,
    ),
    "lbfgs": Traits(
        natural_limits={"lr": (1.0,), "max_iter": (1.0,), "history_size": (1.0,)},
        meanings={"lr": "where a line search begins"},
        only_with=CONSTANT,
    ),
    "adam": Traits(
        includes={"sgd": _like_sgd("beta1", nesterov=False), "adamw": ADAM_WITHOUT_DECAY},
        natural_limits=BETAS | FLOOR,
        meanings=ADAPTIVE,
        coupled_decay="weight_decay",
    ),
    "adamw": Traits(
        includes={"adam": ADAM_WITHOUT_DECAY},
        natural_limits=BETAS | {"eps": (NO_EPS,), "weight_decay": (1e-3,)},
        meanings=ADAPTIVE | {"weight_decay": SHARE},
    ),
    # Its momentum only grows to beta1: at the default momentum_decay it takes 28,000 steps to come within 1%.
    "nadam": _kin_of_adam(_like_sgd("beta1", nesterov=True, momentum_decay=100.0)),
    # Its rectification grows to 1 within 1/(1 − beta2) steps several times over: at beta2 0.9 within 50.
    "radam": _kin_of_adam(_like_sgd("beta1", nesterov=False, beta2=0.9)),
    "adamax": _kin_of_adam(
        _like_sgd("beta1", nesterov=False),
        lr="longest step",
        eps="beside the largest gradient of late",
    ),
    "sparse_adam": Traits(
        natural_limits=BETAS | {"eps": (NO_EPS,)},
        meanings={"lr": ADAPTIVE["lr"], "eps": ADAPTIVE["eps"]}
        | dict.fromkeys(BETAS, "per step in which a feature occurs"),
    ),
    "adagrad": Traits(
        natural_limits=FLOOR,
        meanings=ADAPTIVE | {"lr": "length of the first step", "eps": "beside the root of the sum of squares"},
        coupled_decay="weight_decay",
    ),
    "rmsprop": Traits(
        includes={"sgd": _like_sgd("momentum", nesterov=False)},
        natural_limits=FLOOR | {"momentum": (0.0,), "alpha": (0.0,)},
        meanings=ADAPTIVE,
        coupled_decay="weight_decay",
    ),
    "adadelta": Traits(
        # With eps far above both means their ratio is 1, and the step is lr·g.
        includes={
            "sgd": Inclusion(free=("eps",), same={"lr": "lr", "weight_decay": "weight_decay"}, where={"momentum": 0.0})
        },
        natural_limits={"rho": (0.0,), "weight_decay": (NO_DECAY,)},
        meanings={
            "lr": "factor on the rule's own step",
            "eps": "the first step, squared",
            "weight_decay": "rescaled L2",
        },
        coupled_decay="weight_decay",
    ),
    "adafactor": Traits(
        natural_limits={"beta2_decay": (-1.0, 0.0), "d": (1.0,)},
        meanings={"lr": "length of a step as a share of the weights", "weight_decay": SHARE},
    ),
    "lion": Traits(
        natural_limits=BETAS | {"weight_decay": (1e-2,)},
        meanings={"lr": "length of every step", "weight_decay": SHARE},
    ),
    "muon": Traits(
        natural_limits={"momentum": (0.0,), "weight_decay": (1e-3,)},
        meanings={"lr": "spectral norm of a step", "momentum": "a mean, not a sum", "weight_decay": SHARE},
    ),
    "schedule_free": Traits(
        # At beta1 = 0 the package divides by 0.
        natural_limits={"beta1": (0.01,), "beta2": (0.0,), "eps": (NO_EPS,), "weight_decay": (1e-3,)}
        | {"warmup_steps": (0.0,)},
        meanings=ADAPTIVE | {"beta1": "share of the average in where gradients are taken", "weight_decay": SHARE},
        only_with=CONSTANT,
    ),
}
