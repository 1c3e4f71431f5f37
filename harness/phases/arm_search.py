"""The search of one arm: an Optuna study whose trials are the same after a crash at any moment.

A trial's values are a function of the study's seed, the trial's number and the trials told before its batch. They are
enqueued at once (a line of the journal, a transaction of a database) before the trial is asked, so that a trial which a
crash left half asked is completed with the same values. The storage is a cache of the records: a trial that has a
record has the record's values and score, and a storage that says something else is made again.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, Trial, TrialState

from harness.errors import HarnessError
from harness.metric import Metric
from harness.phases._sobol import sobol_points
from harness.phases.workload import count_trials, grid_cells
from harness.plugin.ranges import Domain, Options, Value, from_unit
from harness.study.arm import Arm, Params
from harness.study.optuna_space import DIRECTIONS, OptunaDirection, distribution, for_optuna, mirrored, optuna_name
from harness.study.samplers import build_sampler
from harness.study.study import SearchSettings, is_adaptive, options_of
from harness.training.isolation import one_thread


@dataclass(frozen=True)
class Told:
    """What a trial's record says: the values that were proposed, and its scores; nan for a failed run.

    ``scores``: by the study's metric, and by each further objective.
    """

    params: Params
    scores: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Round:
    """A round of widening, as an arm meets it. ``trials``: how many it gets, all within ``ranges``, by full name.

    ``slabs``: what the round has added to ranges of the arm, as (full name, values); its trials take turns in them.
    """

    number: int
    trials: int
    ranges: Mapping[str, Domain]
    slabs: Sequence[tuple[str, Domain]] = ()


class ArmSearch:
    """The trials of one arm and their values, as Optuna's journal keeps them: a study for each repeat and each round.

    ``objectives``: what is told beside the metric. ``recorded``: by number, what the folder's records say of trials.
    ``total``: number of trials of the whole search. ``cells``: a grid's cells without the defaults.
    ``prefix``: of its name in a storage that others use too.
    ``by_optuna_name``: Optuna's name of a searched hyperparameter → our name and its domain.
    """

    def __init__(
        self, arm: Arm, settings: SearchSettings, seed: int, metric: Metric, storage: BaseStorage, *,
        objectives: Sequence[Metric] = (), repeat: int = 0, widening: Round | None = None,
        recorded: Mapping[int, Told] | None = None, prefix: str = "",
    ) -> None:  # fmt: skip
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.arm = arm.with_ranges(widening.ranges) if widening else arm
        self.settings = settings
        self.recorded = recorded or {}
        self._sobol: dict[tuple[int, ...], np.ndarray] = {}  # the points of a sequence, by its key
        self.seed = seed
        self.repeat = repeat
        self.widening = widening
        self.round = widening.number if widening else 0
        self.total = widening.trials if widening else count_trials(arm, settings)
        self._is_adaptive = is_adaptive(settings.sampler)
        self._replay: Replay | None = None
        self.directions = [DIRECTIONS[each.direction] for each in (metric, *objectives)]
        self._learnt: tuple[list[int], optuna.Study] | None = None  # for tpe: a study, and numbers of its trials
        self.cells = grid_cells(arm) if settings.sampler == "grid" else []
        sampler = optuna.samplers.RandomSampler()
        name = prefix + study_name(arm.name, repeat, self.round)
        try:  # load_if_exists would write even then
            self.study = optuna.load_study(study_name=name, storage=storage, sampler=sampler)
        except KeyError:
            self.study = optuna.create_study(
                study_name=name, storage=storage, directions=self.directions, sampler=sampler
            )
        dimensions = self.arm.dimensions()
        self.by_optuna_name = {optuna_name(name, domain): (name, domain) for name, domain in dimensions.items()}

    def ask(self) -> dict[int, Params]:
        """Number → values of the trials to run now: all that are left, or an adaptive sampler's next batch."""
        finished = self._trials(*_FINISHED)
        batch = self.settings.batch if self._is_adaptive else self.total
        # A batch is proposed from the trials told before it, and wholly asked before any of its trials is told.
        end = min(self.total, (len(finished) // batch + 1) * batch)
        for number in range(len(self._trials()), end):
            params = self._due(number, finished, batch)
            self.study.enqueue_trial(
                {optuna_name(name, domain): for_optuna(domain, params[name]) for name, domain in self._active(params)},
                user_attrs=params,
            )
        for trial in self._trials(TrialState.WAITING, TrialState.RUNNING):
            self._finish_asking(trial)
        return {trial.number: self._params(trial) for trial in self._trials(TrialState.RUNNING)}

    def disagreement(self) -> str:
        """In which the journal differs from the records, or from what the search proposes; '' if in nothing."""
        finished = self._trials(*_FINISHED)
        batch = self.settings.batch if self._is_adaptive else self.total
        for place, trial in enumerate(self._trials()):
            told = self.recorded.get(place)
            is_over = trial.state in _FINISHED
            if trial.number != place or self._params(trial) != self._due(place, finished, batch):
                return f"trial {place} of {self.arm.name} has other values"
            if is_over and (told is None or not _same(trial.values, told.scores)):
                return f"trial {place} of {self.arm.name} has another score"
        return ""

    def params(self, known: Container[int] = ()) -> dict[int, Params]:
        """Number → values, for every trial asked so far but the ``known`` ones."""
        return {trial.number: self._params(trial) for trial in self._trials() if trial.number not in known}

    def tell(self, number: int, *scores: float) -> None:
        """Report a trial's scores; nan for a failed trial. A trial that was told before stays as it is."""
        failed = _is_failure(scores)
        state = TrialState.FAIL if failed else TrialState.COMPLETE
        self.study.tell(number, None if failed else scores, state=state, skip_if_finished=True)

    def _trials(self, *states: TrialState) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=states or None)

    def _active(self, params: Params) -> list[tuple[str, Domain]]:
        """(name, domain) of the hyperparameters that a trial has: not of a component that it did not choose."""
        return [(name, domain) for name, domain in self.by_optuna_name.values() if name in params]

    def _finish_asking(self, frozen: FrozenTrial) -> None:
        """Ask a waiting trial, or finish asking one after a crash: each parameter gets its enqueued value."""
        if frozen.state == TrialState.WAITING:  # study.ask would look for this one among all trials
            self.study._storage.set_trial_state_values(frozen._trial_id, state=TrialState.RUNNING)
        trial = Trial(self.study, frozen._trial_id)
        for name in frozen.system_attrs["fixed_params"]:
            _suggest(trial, name, distribution(self.by_optuna_name[name][1]))

    def _params(self, trial: FrozenTrial) -> Params:
        return dict(trial.user_attrs)  # not from Optuna's parameters: 1 − (1 − x) is not always x

    def _due(self, number: int, finished: Sequence[FrozenTrial], batch: int) -> Params:
        """The values of a trial: its record's, or those that it is proposed by the trials before its batch."""
        if number in self.recorded:
            return self.recorded[number].params
        # Trials of the same batch may be finished, if an earlier and shorter search ended within the batch.
        return self._propose(number, [trial for trial in finished if trial.number < number // batch * batch])

    def _propose(self, number: int, finished: Sequence[FrozenTrial]) -> Params:
        """The values of a trial: the defaults for trial 0, the sampler's values for the others.

        ``finished``: the trials that an adaptive sampler may learn from.
        """
        if self.widening:
            return self._propose_widened(number, self.widening)
        if number == 0:
            return self.arm.defaults()
        match self.settings.sampler:
            case "grid":
                return self.cells[number - 1]
            case "sobol" | "random":
                positions = self._positions(number, number - 1, self._key(0))
            case sampler if options_of(sampler)[0] == "tpe":
                return self._propose_tpe(number, finished)
            case _:
                return self._propose_again(number, finished)
        return self.arm.walk(lambda name, domain: from_unit(domain, positions[name]))

    def _propose_widened(self, number: int, widening: Round) -> Params:
        """The values of a trial of a round: in one of its slabs, or in the arm's own ranges if none of them grew."""
        which, place = number % max(1, len(widening.slabs)), number // max(1, len(widening.slabs))
        positions = self._positions(number, place, self._key(which))
        if not widening.slabs:
            return self.arm.walk(lambda name, domain: from_unit(domain, positions[name]))
        widened, slab = widening.slabs[which]
        choice, components = self.arm.components_with(widened)
        inner: dict[str, Domain] = {widened: slab, choice: Options(tuple(components))}  # a slab of what is not chosen
        return self.arm.walk(lambda name, domain: from_unit(inner.get(name, domain), positions[name]))

    def _positions(self, number: int, place: int, key: tuple[int, ...]) -> dict[str, float]:
        """Where in each dimension a trial lies, 0 to 1, with a sampler that learns from no trial.

        ``place``: which point of the sequence with this ``key`` it takes; for the sampler ``random`` its number is
        enough.
        """
        names = list(self.arm.dimensions())
        if self.settings.sampler == "random":
            point = self._random(number).random(len(names))
        else:
            point = self._sobol_points(key, len(names), max(self.total, place + 1))[place]
        return dict(zip(names, map(float, point), strict=True))

    def _sobol_points(self, key: tuple[int, ...], dimensions: int, count: int) -> np.ndarray:
        """At least so many points of the sequence with this key, whose beginning does not depend on their number."""
        points = self._sobol.get(key)
        if points is None or len(points) < count:
            points = sobol_points(dimensions, count, self._generator(key))
            self._sobol[key] = points
        return points

    def _propose_tpe(self, number: int, finished: Sequence[FrozenTrial]) -> Params:
        seed = int(self._random(number).integers(2**32))
        with self._proposing(number):
            scratch = self._study_of(finished)
            # A sampler of its own, so that its state is a function of the history alone.
            scratch.sampler = build_sampler(self.settings.sampler, seed)
            trial = scratch.ask()
            params = _walked(self.arm, trial)
            scratch.tell(trial, state=TrialState.FAIL)  # of which no proposal takes notice
            return params

    def _study_of(self, finished: Sequence[FrozenTrial]) -> optuna.Study:
        """A study in memory of these trials: the one of the last proposal with those that came since, where it can."""
        numbers = [trial.number for trial in finished]
        if self._learnt is None or numbers[: len(self._learnt[0])] != self._learnt[0]:
            self._learnt = [], optuna.create_study(directions=self.directions)
        known, scratch = self._learnt
        scratch.add_trials(finished[len(known) :])
        self._learnt = numbers, scratch
        return scratch

    @contextmanager
    def _proposing(self, number: int) -> Iterator[None]:
        """Within it an error of the sampler is a HarnessError, and one thread computes: bits depend on their number."""
        try:
            with one_thread():
                yield
        except Exception as error:
            raise HarnessError(
                f"sampler {self.settings.sampler} cannot propose trial {number} of {self.arm.name}: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _propose_again(self, number: int, finished: Sequence[FrozenTrial]) -> Params:
        """The values of a trial by a sampler that remembers more than the trials: all proposals are made once more.

        HarnessError if it does not propose what it has proposed before.
        """
        if self._replay is None:
            seed = int(self._random(0).integers(2**32))
            self._replay = Replay(self.arm, build_sampler(self.settings.sampler, seed), self.directions)
        scores = {trial.number: trial.values for trial in finished}
        with self._proposing(number):
            params = self._replay.propose(number, self.settings.batch, scores)
        for place, told in self.recorded.items():
            if place < number and self._replay.proposed[place] != told.params:
                raise HarnessError(
                    f"sampler {self.settings.sampler} proposes trial {place} of {self.arm.name} otherwise than it did: "
                    "it is another version, or no function of its seed; go on in a new folder"
                )
        return params

    def _random(self, number: int) -> np.random.Generator:
        return self._generator(self._key(number))

    def _key(self, number: int) -> tuple[int, ...]:
        # The arm is not in the key: arms with the same space meet the same points.
        return (number, self.repeat, self.round) if self.repeat or self.round else (number,)

    def _generator(self, key: tuple[int, ...]) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))


class Replay:
    """A study in memory whose sampler is asked and told as in the first call: its state is a function of the history.

    ``proposed``: the values of every trial so far.
    """

    def __init__(self, arm: Arm, sampler: BaseSampler, directions: Sequence[OptunaDirection]) -> None:
        self.arm = arm
        self.proposed: list[Params] = []
        self._study = optuna.create_study(directions=directions, sampler=sampler)
        self._trials: list[Trial] = []
        self._told = 0

    def propose(self, number: int, batch: int, scores: Mapping[int, Sequence[float] | None]) -> Params:
        """The values of a trial. ``scores``: of all trials before its batch; None for one that failed."""
        while len(self.proposed) <= number:
            if len(self.proposed) % batch == 0:
                self._tell(len(self.proposed), scores)
            if not self.proposed:
                params = self.arm.defaults()
                fixed = {
                    optuna_name(name, domain): for_optuna(domain, params[name])
                    for name, domain in self.arm.dimensions().items()
                    if name in params
                }
                self._study.enqueue_trial(fixed)
            trial = self._study.ask()
            walked = _walked(self.arm, trial)
            self.proposed.append(walked if self.proposed else params)
            self._trials.append(trial)
        return self.proposed[number]

    def _tell(self, end: int, scores: Mapping[int, Sequence[float] | None]) -> None:
        for place in range(self._told, end):
            values = scores[place]
            state = TrialState.FAIL if values is None else TrialState.COMPLETE
            self._study.tell(self._trials[place], values, state=state)
        self._told = end


def _walked(arm: Arm, trial: Trial) -> Params:
    """The values that Optuna suggests for what the arm searches."""

    def suggest(name: str, domain: Domain) -> Value:
        value = mirrored(domain, _suggest(trial, optuna_name(name, domain), distribution(domain)))
        if isinstance(domain, Options) or value in domain:
            return value
        return min(max(value, domain.low), domain.high)

    return arm.walk(suggest)


def study_name(arm: str, repeat: int, round_: int) -> str:
    """Optuna's name of a search; of the first one the arm's own, as it was before searches were repeated or widened."""
    return "\t".join([arm, *(f"{word} {number}" for word, number in (("repeat", repeat), ("round", round_)) if number)])


def _is_failure(scores: Sequence[float]) -> bool:
    return any(map(math.isnan, scores))


def _same(values: Sequence[float] | None, scores: Sequence[float]) -> bool:
    return _is_failure(scores) if values is None else list(values) == list(scores)


_FINISHED = (TrialState.COMPLETE, TrialState.FAIL, TrialState.PRUNED)


def _suggest(trial: Trial, name: str, within: BaseDistribution) -> Value:
    if isinstance(within, FloatDistribution):
        return trial.suggest_float(name, within.low, within.high, log=within.log)
    if isinstance(within, IntDistribution):
        return trial.suggest_int(name, within.low, within.high, log=within.log)
    assert isinstance(within, CategoricalDistribution)
    return trial.suggest_categorical(name, within.choices)  # type: ignore[return-value]
