"""The search: ask Optuna for trials, run them, record them, tell Optuna; a kill between any two steps is healed.

Only this process talks to Optuna. A record is on the disk before Optuna hears of it, and Optuna's journal, which
follows in groups, is a cache of the records: one that is damaged, or says something else, is made again from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress

from harness.errors import HarnessError
from harness.execution.driver import Driver
from harness.phases.arm_search import ArmSearch, Round, Told
from harness.phases.journal import grouped
from harness.phases.storages import TrialStore
from harness.phases.widening import rounds_of
from harness.records.record import Clock, Record, Request, common_clock
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
        # Found once: where seconds are an objective, a search must not be told of two kinds of them.
        before = (record for record in driver.records.values() if record.phase == "search")
        self.clock: Clock = common_clock(before) if driver.execution.device == "cpu" else "wall"
        self.store = TrialStore(driver.folder, driver.execution.storage)
        with ExitStack() as opened, driver.stopwatch("asking"), self.store.failing():
            opened.callback(self.store.close)
            reason = self._damage(results)
            if reason:
                driver.progress.warn(
                    f"{self.store.name}: {reason}; it is made again from {driver.folder.records_file.name}"
                )
                self.searches = {}
                self.storage = self.store.open(anew=True)
            opened.pop_all()

    def _damage(self, results: Results) -> str:
        """Why the journal cannot be gone on with; '' if it can, or is not there yet."""
        try:
            self.storage = self.store.open()
            if damage := self.store.damage():  # at the end Optuna takes it for half written
                return damage
            with grouped(self.storage):
                self._open(results)
            return next(filter(None, (search.disagreement() for search in self.searches.values())), "")
        except (HarnessError, OSError):
            raise
        except Exception as error:  # whatever a damaged journal makes of Optuna
            if self.store.is_gone(error):
                raise
            return f"damaged: {type(error).__name__}"

    def close(self) -> None:
        """Give back what the storage holds open."""
        self.store.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Within it Optuna is told, and what it is told is written together at the end; errors are ResultErrors."""
        with self.store.failing(), grouped(self.storage):
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
                            objectives=self.driver.plan.objectives,
                            repeat=repeat,
                            widening=widening,
                            recorded=told[place],
                            prefix=self.store.prefix,
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
                told[record.arm, record.repeat, record.round][record.trial] = Told(params, self._scores(record))
        return told

    def _scores(self, record: Record) -> tuple[float, ...]:
        """What the record says by the study's metric, and by each further objective."""
        plan = self.driver.plan
        return tuple(record.score(metric, self.clock) for metric in (plan.metric, *plan.objectives))

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
                        self.searches[place].tell(record.trial, *self._scores(record))
