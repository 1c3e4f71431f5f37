"""The search: ask Optuna for trials, run them, record them, tell Optuna; a kill between any two steps is healed.

Only this process talks to Optuna. A record is on the disk before Optuna hears of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.execution.driver import Driver
from harness.phases.arm_search import ArmSearch, open_storage
from harness.records.record import Request
from harness.study import seeds
from harness.study.arm import Params


def run_search(driver: Driver) -> None:
    """Run every trial of every arm and tell Optuna of each; an adaptive sampler's trials come in batches."""
    study = driver.plan.study
    with driver.stopwatch("asking"):
        storage = open_storage(driver.folder.journal)
        searches = {
            arm.name: ArmSearch(arm, study.search, study.seed, driver.plan.metric, storage) for arm in driver.plan.arms
        }
    told: set[tuple[str, int]] = set()  # (arm, trial) whose record this call has seen
    while True:
        with driver.stopwatch("asking"):
            asked = {arm: search.ask() for arm, search in searches.items()}
            # All trials, not only those asked for now: a record may be missing, or be of another configuration.
            requests = [
                Request(phase="search", arm=arm, trial=trial, seed_index=seeds.TUNING[0],
                        configuration=search.arm.configuration(params))
                for arm, search in searches.items()
                for trial, params in search.params().items()
                if (arm, trial) not in told
            ]  # fmt: skip
        told |= _run_and_tell(driver, searches, requests, asked)
        if not any(asked.values()):
            return


def _run_and_tell(
    driver: Driver, searches: Mapping[str, ArmSearch], requests: Sequence[Request],
    asked: Mapping[str, Mapping[int, Params]],
) -> set[tuple[str, int]]:  # fmt: skip
    """Make the runs that have no record, and tell Optuna of every trial that waits for its score.

    Returns (arm, trial) of every record. A kill between record and tell leaves a record on the disk and its trial
    running in Optuna's journal. Such a trial is asked for again; the driver finds its record and makes no new run.
    """
    done = set()
    for record in driver.run(requests):
        done.add((record.arm, record.trial))
        if record.trial in asked[record.arm]:
            with driver.stopwatch("asking"):
                searches[record.arm].tell(record.trial, record.score(driver.plan.metric))
    return done
