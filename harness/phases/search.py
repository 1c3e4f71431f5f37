"""The search: ask Optuna for trials, run them, record them, tell Optuna; a kill between any two steps is healed.

Only this process talks to Optuna. A record is on the disk before Optuna hears of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.execution.driver import Driver
from harness.phases.arm_search import ArmSearch, Round, open_storage
from harness.phases.widening import rounds_of
from harness.records.record import Request
from harness.records.results import Results
from harness.study import seeds
from harness.study.arm import Params

Place = tuple[str, int, int]
"""Arm, repeat and round: which of a study's searches."""


class Search:
    """All searches of a study: of every arm, in every repeat, its first one and that of each round of widening."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.searches: dict[Place, ArmSearch] = {}
        self.told: set[tuple[Place, int]] = set()  # (search, trial) whose record this call has seen
        with driver.stopwatch("asking"):
            self.storage = open_storage(driver.folder.journal)

    def run(self, results: Results) -> None:
        """Run every trial that is decided and tell Optuna of each; an adaptive sampler's trials come in batches.

        ``results``: say which rounds of widening there are.
        """
        driver = self.driver
        with driver.stopwatch("asking"):
            self._open(results)
        while True:
            with driver.stopwatch("asking"):
                asked = {place: search.ask() for place, search in self.searches.items()}
                # All trials, not only those asked for now: a record may be missing, or be of another configuration.
                requests = [
                    Request(phase="search", arm=arm, repeat=repeat, round=round_, trial=trial,
                            seed_index=self._seed(repeat), configuration=search.arm.configuration(params))
                    for (arm, repeat, round_), search in self.searches.items()
                    for trial, params in search.params().items()
                    if ((arm, repeat, round_), trial) not in self.told
                ]  # fmt: skip
            self._run_and_tell(requests, asked)
            if not any(asked.values()):
                return

    def _open(self, results: Results) -> None:
        """Open the searches that are not open yet."""
        study, metric = self.driver.plan.study, self.driver.plan.metric
        for arm in self.driver.plan.arms:
            for repeat in results.repeats:
                rounds: list[Round | None] = [None, *rounds_of(arm, results.rounds(repeat))]
                for widening in rounds:
                    place = arm.name, repeat, widening.number if widening else 0
                    if place not in self.searches:
                        self.searches[place] = ArmSearch(
                            arm, study.search, study.seed, metric, self.storage, repeat=repeat, widening=widening
                        )

    def _seed(self, repeat: int) -> int:
        return seeds.tuning(repeat, self.driver.plan.study.select.seeds)[0]

    def _run_and_tell(self, requests: Sequence[Request], asked: Mapping[Place, Mapping[int, Params]]) -> None:
        """Make the runs that have no record, and tell Optuna of every trial that waits for its score.

        A kill between record and tell leaves a record on the disk and its trial running in Optuna's journal. Such a
        trial is asked for again; the driver finds its record and makes no new run.
        """
        driver = self.driver
        for record in driver.run(requests):
            place = record.arm, record.repeat, record.round
            self.told.add((place, record.trial))
            if record.trial in asked[place]:
                with driver.stopwatch("asking"):
                    self.searches[place].tell(record.trial, record.score(driver.plan.metric))
