"""How many runs each phase of a study makes."""

from __future__ import annotations

from collections.abc import Iterable

from harness.plugin.ranges import Range
from harness.records.decisions import Decision, Widened
from harness.records.record import Phase
from harness.statistics.edge import FEWEST_TRIALS
from harness.study.arm import Arm, Params
from harness.study.plan import Plan
from harness.study.study import SearchSettings


def count_runs(plan: Plan, *, rounds: int = 0, looks: bool = False) -> dict[Phase, int]:
    """Phase → number of runs of all arms, if none fails and each repeat of the search is widened ``rounds`` times.

    ``looks``: with all blocks of seeds of a study that goes on until it is decided.
    """
    of_arms = [count_arm_runs(arm, plan, rounds=rounds, looks=looks) for arm in plan.arms]
    return {phase: sum(runs[phase] for runs in of_arms) for phase in ("search", "select", "confirm")}


def count_arm_runs(arm: Arm, plan: Plan, *, rounds: int = 0, looks: bool = False) -> dict[Phase, int]:
    """Phase → number of runs of one arm, as ``count_runs`` counts them."""
    study = plan.study
    search, select = study.search, study.select
    trials = count_trials(arm, search)
    extra = rounds * search.extra_trials if arm.dimensions() else 0
    # A single one has won already; the defaults may be shortlisted, or be one more.
    selected = min(select.trials, trials + extra) if trials > 1 else 0
    selected += select.defaults and selected < trials
    # After a round that followed a selection, others are shortlisted.
    selected += select.trials * rounds if extra else 0
    confirm = study.confirm
    configurations = 1 if trials == 1 else 2  # the winner, and the defaults beside it
    later = configurations if len(plan.arms) == 1 else 1  # further seeds are those of what is judged
    blocks = confirm.limit - confirm.seeds if looks and confirm.until_decided else 0
    return {
        "search": (trials + extra) * search.repeats,
        "select": selected * select.seeds * search.repeats,
        "confirm": confirm.seeds * configurations + blocks * later,
    }


def count_extra_runs(plan: Plan, decisions: Iterable[Decision]) -> int:
    """Number of runs that the rounds of widening among some decisions add to the search."""
    arms = sum(bool(arm.dimensions()) for arm in plan.arms)
    return arms * sum(decision.trials for decision in decisions if isinstance(decision, Widened))


def most_rounds(plan: Plan) -> int:
    """The most rounds of widening that a repeat of the search can have.

    None where no range is searched, and where so few trials are made that no edge would be seen.
    """
    if plan.study.search.trials < FEWEST_TRIALS:
        return 0
    has_range = any(isinstance(domain, Range) for arm in plan.arms for domain in arm.dimensions().values())
    return plan.study.search.widen if has_range else 0


def count_trials(arm: Arm, settings: SearchSettings) -> int:
    """Number of trials of an arm; an arm with nothing to search has one, its defaults."""
    if settings.sampler == "grid":
        return 1 + len(grid_cells(arm))
    return settings.trials if arm.dimensions() else 1


def grid_cells(arm: Arm) -> list[Params]:
    """The cells of an arm's grid without the defaults, which are trial 0."""
    return [cell for cell in arm.grid() if cell not in ({}, arm.defaults())]
