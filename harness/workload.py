"""How much there is to do, and in which cohorts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from harness.plan import Plan
from harness.record import Phase, Request
from harness.search import count_trials
from harness.space import Arm
from harness.study import Study

COHORT = 4
"""Most runs trained side by side: what a crash can cost a worker."""


def count_runs(plan: Plan) -> dict[Phase, int]:
    """Runs of each phase, if none fails."""
    of_arms = [count_arm_runs(arm, plan.study) for arm in plan.arms]
    return {phase: sum(runs[phase] for runs in of_arms) for phase in ("search", "select", "confirm")}


def count_arm_runs(arm: Arm, study: Study) -> dict[Phase, int]:
    """Runs of each phase of one arm, if none fails."""
    trials = count_trials(arm, study.search)
    again = min(study.select.trials, trials)
    return {
        "search": trials,
        "select": again * study.select.seeds if again > 1 else 0,  # a single one has won already
        "confirm": study.confirm.seeds * (1 if trials == 1 else 2),  # the winner, and the defaults beside it
    }


def make_cohorts(requests: Sequence[Request], workers: int) -> list[list[Request]]:
    """Runs that share seed index, batch size and epochs, in groups of such a size that workers finish together."""
    groups: dict[tuple[int, int, int], list[Request]] = defaultdict(list)
    for request in requests:
        training = request.configuration.training
        groups[request.seed_index, training.batch_size, training.epochs].append(request)
    rounds = math.ceil(len(requests) / (workers * COHORT))
    size = math.ceil(len(requests) / (workers * max(1, rounds)))
    return [group[start : start + size] for group in groups.values() for start in range(0, len(group), size)]
