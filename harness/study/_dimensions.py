"""How many hyperparameters a budget can search: the most important ones, the rest staying at their defaults.

Below about five trials a dimension a search finds little; so a component orders its hyperparameters by importance, and
the budget decides how many are searched (Adam: lr; then β₁; then eps; then β₂, as Google's tuning playbook advises).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.study.arm import Candidate

RUNGS = (10, 26, 40, 60)
"""Numbers of trials an arm at which one dimension more is searched; above the last, every 15 trials add another."""


FIRST = ("optimiser", "dropout")
"""Choices whose hyperparameters are searched before those that are as important in another choice."""


def affordable(trials: int) -> int:
    """The number of dimensions that a search of so many trials can explore, at least 1."""
    return 1 + sum(trials >= rung for rung in RUNGS) + max(0, trials - RUNGS[-1]) // 15


Candidates = Mapping[str, tuple[Candidate, ...]]
"""Choice → the components that an arm may use."""


def climb(arms: Sequence[Candidates], trials: int) -> list[dict[str, tuple[Candidate, ...]]]:
    """Each arm's candidates, with no more domains than a search of so many trials can explore.

    What the study itself asks to search stays. The rest comes in one order for all arms: an arm whose optimiser has
    nothing to search does not spend on its dropout what the others spend on their learning rates. Where lists of
    components use the budget up, the most important hyperparameter is searched all the same.
    """
    every = [candidates for arm in arms for candidates in arm.items()]
    order = list(dict.fromkeys((*FIRST, *(choice for choice, _ in every))))
    deepest = max((len(candidate.domains) for _, listed in every for candidate in listed), default=0)
    steps = [
        choice
        for rank in range(deepest)
        for choice in order
        if any(
            rank < len(candidate.domains.keys() - candidate.wished)
            for other, listed in every
            for candidate in listed
            if other == choice
        )
    ]
    return [
        {
            choice: tuple(_cut(each, steps[: _left(arm, trials)].count(choice)) for each in listed)
            for choice, listed in arm.items()
        }
        for arm in arms
    ]


def _left(arm: Candidates, trials: int) -> int:
    """How many dimensions the budget leaves beside those that the study itself asks for."""
    wished = sum(
        (len(listed) > 1) + max((len(candidate.wished) for candidate in listed), default=0) for listed in arm.values()
    )
    is_wished = any(candidate.wished for listed in arm.values() for candidate in listed)
    return max(0 if is_wished else 1, affordable(trials) - wished)


def _cut(candidate: Candidate, count: int) -> Candidate:
    free = [name for name in candidate.domains if name not in candidate.wished]
    kept = candidate.wished | set(free[:count])
    return replace(candidate, domains={name: domain for name, domain in candidate.domains.items() if name in kept})
