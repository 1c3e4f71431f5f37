"""How many hyperparameters a budget can search: the most important ones, the rest staying at their defaults.

Below about five trials a dimension a search finds little; so a component orders its hyperparameters by importance, and
the budget decides how many are searched (Adam: lr; then β₁; then eps; then β₂, as Google's tuning playbook advises).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.study.arm import Candidate

RUNGS = (10, 26, 40, 60)
"""Numbers of trials an arm at which one dimension more is searched; above the last, every 15 trials add another."""


FIRST = ("optimiser", "dropout")
"""Choices whose hyperparameters are searched before those that are as important in another choice."""


def affordable(trials: int) -> int:
    """The number of dimensions that a search of so many trials can explore, at least 1."""
    return 1 + sum(trials >= rung for rung in RUNGS) + max(0, trials - RUNGS[-1]) // 15


def climb(candidates: Mapping[str, tuple[Candidate, ...]], trials: int) -> dict[str, tuple[Candidate, ...]]:
    """Each choice's candidates, with no more domains than a search of so many trials can explore.

    What the study itself asks to search stays. Where lists of components use the budget up, the most important
    hyperparameter is searched all the same.
    """
    everyone = [candidate for listed in candidates.values() for candidate in listed]
    wished = sum(
        (len(listed) > 1) + max((len(candidate.wished) for candidate in listed), default=0)
        for listed in candidates.values()
    )
    is_wished = any(candidate.wished for candidate in everyone)
    left = max(0 if is_wished else 1, affordable(trials) - wished)
    deepest = max((len(candidate.domains) for candidate in everyone), default=0)
    order = [choice for choice in FIRST if choice in candidates]
    order += [choice for choice in candidates if choice not in FIRST]
    steps = [
        choice
        for rank in range(deepest)
        for choice in order
        if any(rank < len(candidate.domains.keys() - candidate.wished) for candidate in candidates[choice])
    ][:left]
    return {
        choice: tuple(_cut(candidate, steps.count(choice)) for candidate in listed)
        for choice, listed in candidates.items()
    }


def _cut(candidate: Candidate, count: int) -> Candidate:
    free = [name for name in candidate.domains if name not in candidate.wished]
    kept = candidate.wished | set(free[:count])
    return replace(candidate, domains={name: domain for name, domain in candidate.domains.items() if name in kept})
