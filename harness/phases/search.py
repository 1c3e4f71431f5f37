"""The search: ask Optuna, run, record, tell; and what heals a kill at any moment between these.

Optuna is asked and told in this process alone. A record is on the disk before Optuna hears of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.execution.driver import Driver
from harness.phases.arm_search import ArmSearch, open_storage
from harness.records.record import Request
from harness.study import seeds
from harness.study.arm import Params


def run_search(driver: Driver) -> None:
    """Run every trial of every arm, an adaptive sampler's in batches, and tell Optuna of each."""
    study = driver.plan.study
    with driver.stopwatch("asking"):
        storage = open_storage(driver.folder.journal)
        searches = {
            arm.name: ArmSearch(arm, study.search, study.seed, driver.plan.metric, storage) for arm in driver.plan.arms
        }
    told: set[tuple[str, int]] = set()  # arm and number of a trial whose record has been met in this call
    while True:
        with driver.stopwatch("asking"):
            asked = {arm: search.ask() for arm, search in searches.items()}
            # Not only those asked for now: the records are the truth, and one may be lost or another's.
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
    """Run what has no record yet, and tell Optuna of every trial that waits for its score; arm and number of each.

    A kill between record and tell leaves a record on the disk and its trial running in Optuna's journal. Such a trial
    is asked for again like one whose run was lost; the driver finds its record, and so it is told and not made again.
    """
    done = set()
    for record in driver.run(requests):
        done.add((record.arm, record.trial))
        if record.trial in asked[record.arm]:
            with driver.stopwatch("asking"):
                searches[record.arm].tell(record.trial, record.score(driver.plan.metric))
    return done
