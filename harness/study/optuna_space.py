"""A domain of ours as Optuna has it: its distribution, its name of the hyperparameter, and its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from harness.metric import Direction
from harness.plugin.ranges import Domain, Options, Scale, Value

OptunaDirection = Literal["maximize", "minimize"]
DIRECTIONS: Mapping[Direction, OptunaDirection] = {"maximise": "maximize", "minimise": "minimize"}
"""Our directions as Optuna spells them."""


def distribution(domain: Domain) -> BaseDistribution:
    """Optuna's distribution of a domain; for the scale ``one_minus_log``, of 1 − x."""
    if isinstance(domain, Options):
        return CategoricalDistribution(domain.values)
    low, high = sorted(map(domain.scale.mirrored, (domain.low, domain.high)))
    if domain.integer:
        return IntDistribution(int(low), int(high), log=domain.scale.is_logarithmic)
    return FloatDistribution(low, high, log=domain.scale.is_logarithmic)


def optuna_name(name: str, domain: Domain) -> str:
    """Optuna's name of a hyperparameter: ``one_minus_beta2`` where it knows 1 − x, on the scale ``one_minus_log``."""
    if isinstance(domain, Options) or domain.scale is not Scale.ONE_MINUS_LOG:
        return name
    head, dot, last = name.rpartition(".")
    return f"{head}{dot}one_minus_{last}"


def mirrored(domain: Domain, value: Value) -> Value:
    """A study's value → Optuna's value (1 − x on the scale ``one_minus_log``), and back."""
    return value if isinstance(domain, Options) else domain.scale.mirrored(value)  # type: ignore[arg-type]


def for_optuna(domain: Domain, value: Value) -> Value:
    """The value on Optuna's scale, moved into the range: a component's default may lie outside it."""
    within = distribution(domain)
    value = mirrored(domain, value)
    return value if isinstance(within, CategoricalDistribution) else min(max(value, within.low), within.high)  # type: ignore[attr-defined]
