"""Few trials search few hyperparameters: the most important ones of each component, the rest staying at their defaults.

Below about five trials a dimension a search finds little; so a component orders its hyperparameters by importance, and
the budget decides how many are searched (Adam: lr; then β₁; then eps; then β₂, as Google's tuning playbook advises).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.study.arm import Candidate

RUNGS = (10, 26, 40, 60)
"""Trials from which on one dimension more is searched; after the last one, every 15 more add another."""


FIRST = ("optimiser", "dropout")
"""Choices whose hyperparameters come before those of others of the same rank."""


def affordable(trials: int) -> int:
    """How many dimensions that many trials can search."""
    return 1 + sum(trials >= rung for rung in RUNGS) + max(0, trials - RUNGS[-1]) // 15


def climb(candidates: Mapping[str, tuple[Candidate, ...]], trials: int) -> dict[str, tuple[Candidate, ...]]:
    """The candidates with the dimensions that the budget affords; what a study wishes to search always is.

    Where lists of components use the budget up, the most important hyperparameter is searched all the same.
    """
    wished = sum((len(each) > 1) + max((len(one.wished) for one in each), default=0) for each in candidates.values())
    is_wished = any(one.wished for each in candidates.values() for one in each)
    left = max(0 if is_wished else 1, affordable(trials) - wished)
    deepest = max((len(one.domains) for each in candidates.values() for one in each), default=0)
    order = [*(each for each in FIRST if each in candidates), *(each for each in candidates if each not in FIRST)]
    steps = [
        choice
        for rank in range(deepest)
        for choice in order
        if any(rank < len(one.domains.keys() - one.wished) for one in candidates[choice])
    ][:left]
    return {choice: tuple(_cut(one, steps.count(choice)) for one in each) for choice, each in candidates.items()}


def _cut(candidate: Candidate, count: int) -> Candidate:
    free = [name for name in candidate.domains if name not in candidate.wished]
    kept = candidate.wished | set(free[:count])
    return replace(candidate, domains={name: each for name, each in candidate.domains.items() if name in kept})
