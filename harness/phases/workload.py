"""How many runs each phase of a study makes."""

from __future__ import annotations

from harness.records.record import Phase
from harness.study.arm import Arm, Params
from harness.study.plan import Plan
from harness.study.study import SearchSettings, Study


def count_runs(plan: Plan) -> dict[Phase, int]:
    """Phase → number of runs of all arms, if none fails."""
    of_arms = [count_arm_runs(arm, plan.study) for arm in plan.arms]
    return {phase: sum(runs[phase] for runs in of_arms) for phase in ("search", "select", "confirm")}


def count_arm_runs(arm: Arm, study: Study) -> dict[Phase, int]:
    """Phase → number of runs of one arm, if none fails."""
    trials = count_trials(arm, study.search)
    selected = min(study.select.trials, trials)
    return {
        "search": trials,
        "select": selected * study.select.seeds if selected > 1 else 0,  # a single one has won already
        "confirm": study.confirm.seeds * (1 if trials == 1 else 2),  # the winner, and the defaults beside it
    }


def count_trials(arm: Arm, settings: SearchSettings) -> int:
    """Number of trials of an arm; an arm with nothing to search has one, its defaults."""
    if settings.sampler == "grid":
        return 1 + len(grid_cells(arm))
    return settings.trials if arm.dimensions() else 1


def grid_cells(arm: Arm) -> list[Params]:
    """The cells of an arm's grid without the defaults, which are trial 0."""
    return [cell for cell in arm.grid() if cell not in ({}, arm.defaults())]
