"""The search: ask Optuna for trials, run them, record them, tell Optuna; a kill between any two steps is healed.

Only this process talks to Optuna. A record is on the disk before Optuna hears of it; Optuna's journal follows in groups
and is a cache of the records: one that is damaged, or says something else than they do, is made again from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from harness import files
from harness.errors import HarnessError, ResultError
from harness.execution.driver import Driver
from harness.phases.arm_search import ArmSearch, Round, Told, open_storage
from harness.phases.journal import grouped
from harness.phases.widening import rounds_of
from harness.records import jsonl
from harness.records.record import Request
from harness.records.results import Results
from harness.study import seeds
from harness.study.arm import Params

Place = tuple[str, int, int]
"""Arm, repeat and round: which of a study's searches."""


class Search:
    """All searches of a study: of every arm, in every repeat, its first one and that of each round of widening."""

    def __init__(self, driver: Driver, results: Results) -> None:
        self.driver = driver
        self.searches: dict[Place, ArmSearch] = {}
        self.told: dict[Place, set[int]] = defaultdict(set)  # by search, the trials whose record this call has seen
        self.journal = driver.folder.journal
        with driver.stopwatch("asking"), self._written():
            reason = self._damage(results)
            if reason:
                driver.progress.warn(
                    f"{self.journal}: {reason}; it is made again from {driver.folder.records_file.name}"
                )
                self.searches = {}
                self.storage = open_storage(self.journal, anew=True)

    def _damage(self, results: Results) -> str:
        """Why the journal cannot be gone on with; '' if it can, or is not there yet."""
        try:
            self.storage = open_storage(self.journal)
            if number := jsonl.first_damaged(self.journal):  # at the end Optuna takes one for half written
                return f"damaged: line {number} is no JSON"
            with grouped(self.storage):
                self._open(results)
            return next(filter(None, (search.disagreement() for search in self.searches.values())), "")
        except (HarnessError, OSError):
            raise
        except Exception as error:  # whatever a damaged journal makes of Optuna
            return f"damaged: {type(error).__name__}"

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Within it an error of the disk is a ResultError."""
        try:
            yield
        except OSError as error:
            raise ResultError(f"{self.journal}: cannot be written: {files.reason_of(error)}") from None

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """The same, for all that Optuna is told within, which is written together at its end."""
        with self._written(), grouped(self.storage):
            yield

    def run(self, results: Results) -> None:
        """Run every trial that is decided and tell Optuna of each; an adaptive sampler's trials come in batches.

        ``results``: say which rounds of widening there are.
        """
        driver = self.driver
        with driver.stopwatch("asking"), self._telling():
            self._open(results)
        while True:
            with driver.stopwatch("asking"), self._telling():
                asked = {place: search.ask() for place, search in self.searches.items()}
                # All trials, not only those asked for now: a record may be missing, or be of another configuration.
                requests = [
                    Request(phase="search", arm=arm, repeat=repeat, round=round_, trial=trial,
                            seed_index=self._seed(repeat), configuration=search.arm.configuration(params))
                    for (arm, repeat, round_), search in self.searches.items()
                    for trial, params in search.params(self.told[arm, repeat, round_]).items()
                ]  # fmt: skip
            self._run_and_tell(requests, asked)
            if not any(asked.values()):
                return

    def _open(self, results: Results) -> None:
        """Open the searches that are not open yet."""
        study, metric = self.driver.plan.study, self.driver.plan.metric
        told = self._recorded()
        for arm in self.driver.plan.arms:
            for repeat in results.repeats:
                rounds: list[Round | None] = [None, *rounds_of(arm, results.rounds(repeat))]
                for widening in rounds:
                    place = arm.name, repeat, widening.number if widening else 0
                    if place not in self.searches:
                        self.searches[place] = ArmSearch(
                            arm,
                            study.search,
                            study.seed,
                            metric,
                            self.storage,
                            repeat=repeat,
                            widening=widening,
                            recorded=told[place],
                        )

    def _recorded(self) -> Mapping[Place, Mapping[int, Told]]:
        """By search and number, what the records say of trials; nothing of one that is not of the arm as it is."""
        arms = {arm.name: arm for arm in self.driver.plan.arms}
        told: dict[Place, dict[int, Told]] = defaultdict(dict)
        for record in self.driver.records.values():
            if record.phase != "search" or record.arm not in arms:
                continue
            with suppress(KeyError):  # of another configuration, which the driver says when the trial is asked for
                params = arms[record.arm].params(record.configured())
                score = record.score(self.driver.plan.metric)
                told[record.arm, record.repeat, record.round][record.trial] = Told(params, score)
        return told

    def _seed(self, repeat: int) -> int:
        return seeds.tuning(repeat, self.driver.plan.study.select.seeds)[0]

    def _run_and_tell(self, requests: Sequence[Request], asked: Mapping[Place, Mapping[int, Params]]) -> None:
        """Make the runs that have no record, and tell Optuna of every trial that waits for its score.

        A kill between record and tell leaves a record on the disk and its trial running in Optuna's journal. Such a
        trial is asked for again; the driver finds its record and makes no new run.
        """
        driver = self.driver
        for group in driver.run(requests):
            with driver.stopwatch("asking"), self._telling():
                for record in group:
                    place = record.arm, record.repeat, record.round
                    self.told[place].add(record.trial)
                    if record.trial in asked[place]:
                        self.searches[place].tell(record.trial, record.score(driver.plan.metric))
