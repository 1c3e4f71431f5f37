"""Where to search each optimiser, most important first.

The ranges follow the AlgoPerf baselines and the tuning playbook where those have one.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness import Options, Range, integers, linear, log, one_minus_log, options

NO_EPS = 1e-8
"""An eps below this is nothing beside the root mean square of a gradient that a weight ever has."""
NO_DECAY = 1e-8
"""L2 below this changes no weight within any training that is run here."""

LR = {"lr": log(1e-4, 1e-2)}
BETA1 = {"beta1": one_minus_log(0.5, 0.98)}
BETA2 = {"beta2": one_minus_log(0.9, 0.9999)}
EPS = {"eps": log(1e-10, 1e-3)}
MOMENTUM = {"momentum": one_minus_log(0.0, 0.995)}
DECAY = {"weight_decay": log(5e-3, 1.0)}

SPACES: Mapping[str, Mapping[str, Range | Options]] = {
    "sgd": {
        "lr": log(1e-3, 5.0),
        **MOMENTUM,
        "nesterov": options(False, True),
        "weight_decay": log(NO_DECAY, 1e-3),
    },
    "asgd": {"lr": log(1e-2, 2.0), "average_from": integers(1, 1000, log=True), "lambd": log(NO_DECAY, 1e-3)},
    "rprop": {
        "eta_plus": linear(1.02, 1.5),
        "eta_minus": linear(0.3, 0.95),
        "step_max": log(1e-3, 50.0),
        "lr": log(1e-5, 1e-1),
    },
    "lbfgs": {"max_iter": integers(1, 20, log=True), "history_size": integers(1, 50, log=True), "lr": log(0.03, 1.0)},
    "adam": LR | BETA1 | EPS | BETA2,
    "adamw": LR | DECAY | BETA1 | EPS | BETA2,
    "nadam": LR | BETA1 | EPS | BETA2,
    "radam": LR | BETA1 | EPS | BETA2,
    "adamax": LR | BETA1 | EPS | BETA2,
    "sparse_adam": LR | BETA1 | EPS | BETA2,
    "adagrad": {"lr": log(1e-3, 0.3), "eps": log(1e-10, 1e-4)},
    "rmsprop": LR | MOMENTUM | EPS | {"alpha": one_minus_log(0.9, 0.999)},
    "adadelta": {"lr": log(0.1, 10.0), "eps": log(1e-10, 1e-3), "rho": one_minus_log(0.8, 0.999)},
    "adafactor": {
        "lr": log(1e-3, 0.3),
        "beta2_decay": linear(-1.0, -0.5),
        "d": log(1.0, 4.0),
        "eps2": log(1e-4, 1e-1),
    },
    "lion": {"lr": log(1e-5, 1e-3), "weight_decay": log(5e-2, 10.0), **BETA1, **BETA2},
    "muon": {"lr": log(1e-3, 1e-1), "rest_lr": log(1e-4, 1e-2), "momentum": one_minus_log(0.5, 0.99)},
    # Its lr is one to ten times AdamW's: Defazio et al. 2024.
    "schedule_free": {"lr": log(1e-4, 1e-1), **BETA1, **DECAY, "warmup_steps": integers(0, 200), **BETA2},
}
