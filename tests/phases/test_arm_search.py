"""The search: proposals are functions of seed, number and history, and no crash at any point changes what comes out."""

from __future__ import annotations

import contextlib
import math
import os
import random
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest

from harness.errors import HarnessError
from harness.metric import SECONDS, Metric
from harness.phases import arm_search
from harness.phases.arm_search import ArmSearch, Round, Told
from harness.phases.storages import open_journal
from harness.phases.workload import count_trials
from harness.plugin.ranges import Domain, Range
from harness.plugin.registry import Registry
from harness.study.arm import Arm, Params
from harness.study.file import draft_study
from harness.study.plan import make_plan
from harness.study.study import SearchSettings

CONDITIONAL = {
    "choices": {
        "optimiser": [{"name": "sgd", "search": ["lr", "nesterov"]}, {"name": "adam", "search": ["beta1"]}],
        "dropout": [{"name": "constant", "search": []}, {"name": "linear", "search": ["end"]}],
    }
}
FLAT = {
    "choices": {"optimiser": {"name": "sgd", "search": ["lr", "momentum", "nesterov"]}},
    "space": {"optimiser.sgd.momentum": {"low": 0.1, "high": 0.995}},
}
GRID = {
    "choices": {"optimiser": [{"name": "sgd", "search": ["lr"]}, {"name": "adam", "search": ["beta1"]}]},
    "space": {
        "optimiser.sgd.lr": {"low": 0.001, "high": 1.0, "points": 2},
        "optimiser.adam.beta1": {"low": 0.1, "high": 0.9, "points": 2},
    },
}
LEARNING = (
    'cmaes {"n_startup_trials": 2, "popsize": 4}', 'gp {"n_startup_trials": 2}', 'nsgaii {"population_size": 2}',
    'tpe {"multivariate": true, "n_startup_trials": 2}', "optuna.samplers:NSGAIIISampler {\"population_size\": 2}",
)  # fmt: skip
"""Samplers of Optuna, so set that they learn from the few trials that there are here."""
SAMPLERS = [
    ("sobol", FLAT), ("sobol", CONDITIONAL), ("random", FLAT), ("random", CONDITIONAL), ("tpe", FLAT),
    ("tpe", CONDITIONAL), ("qmc", FLAT), (LEARNING[0], CONDITIONAL), *((sampler, FLAT) for sampler in LEARNING),
    ("grid", GRID),
]  # fmt: skip
IDS = [f"{sampler.partition(' ')[0]}-{'flat' if raw is FLAT else 'conditional'}" for sampler, raw in SAMPLERS]
SOON = [(sampler, raw) for sampler, raw in SAMPLERS if not sampler.startswith("gp")]
"""Those that propose within milliseconds: a Gaussian process takes a tenth of a second, and is replayed alike."""
TRIALS = 6


class Crash(BaseException):
    """The driver dies here; nothing may catch it."""


@pytest.fixture
def tmp_path(tmp_path):
    """In memory where there is such a place: what takes long here is waiting for the disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


def arms_of(raw: dict[str, Any], registry: Registry) -> tuple[Arm, ...]:
    """The arms of a study, given as its file would be read."""
    return make_plan(*draft_study(raw, (), source="s"), registry).arms


@pytest.fixture
def arm(registry) -> Callable[[dict[str, Any]], Arm]:
    """A function from [choices] and [space] to the one arm that they make."""

    def make(raw: dict[str, Any]) -> Arm:
        [found] = arms_of({"question": "q", "problem": "tiny", "metric": "dev_loss", **raw}, registry)
        return found

    return make


def opened(
    arm: Arm, journal: Path, sampler: str = "sobol", *, seed: int = 0, direction="maximise",
    objectives: Sequence[Metric] = (), recorded: Mapping[int, Told] | None = None, **more,
) -> ArmSearch:  # fmt: skip
    settings = SearchSettings(**{"trials": TRIALS, "sampler": sampler, "batch": 2, **more})
    return ArmSearch(
        arm, settings, seed, Metric("dev_loss", direction), open_journal(journal), objectives=objectives,
        recorded=recorded,
    )  # fmt: skip


def score(params: Params, number: int) -> float:
    """As good as anything: finite, spread, and for some trials not there at all."""
    if number % 5 == 3:
        return math.nan
    return (
        sum(math.sin(7 * float(value)) for value in params.values() if not isinstance(value, str | bool)) + number / 8
    )


def scores(search: ArmSearch, params: Params, number: int) -> list[float]:
    """By the metric and by each further objective, which has its best values elsewhere."""
    return [math.cos(place) * score(params, number + place) for place in range(len(search.directions))]


def drive(search: ArmSearch, order: Callable[[list[int]], Iterable[int]] = sorted) -> dict[int, Params]:
    """Ask and tell to the end."""
    while asked := search.ask():
        for number in order(list(asked)):
            search.tell(number, *scores(search, asked[number], number))
    return search.params()


def outcome(search: ArmSearch) -> list[tuple[int, str, list[float] | None, dict[str, Any], Params]]:
    """All that a study holds of its trials, but for the clock."""
    params = search.params()
    return [
        (each.number, each.state.name, each.values, each.params, params[each.number])
        for each in search.study.get_trials()
    ]


@pytest.fixture
def undisturbed(arm, tmp_path) -> Callable[..., list[Any]]:
    """A function from a sampler and an arm to what the search of it ends with."""

    def make(sampler: str, raw: dict[str, Any], **more: Any) -> list[Any]:
        search = opened(arm(raw), tmp_path / f"undisturbed-{random.random()}", sampler, **more)
        drive(search)
        return outcome(search)

    return make


# What is proposed


@pytest.mark.parametrize("sampler", LEARNING, ids=lambda sampler: sampler.partition(" ")[0])
def test_what_learns_proposes_otherwise_after_other_scores(arm, tmp_path, sampler):
    proposed = []
    for sign in (1, -1):
        search = opened(arm(FLAT), tmp_path / f"j{sign}", sampler, trials=10)
        while asked := search.ask():
            for number in sorted(asked):
                search.tell(number, sign * score(asked[number], number))
        proposed.append(search.params())
    one, other = proposed
    assert [one[number] for number in range(2)] == [other[number] for number in range(2)]
    assert one != other


def test_a_sampler_that_fails_is_one_line(arm, tmp_path):
    search = opened(arm(FLAT), tmp_path / "j", 'cmaes {"n_startup_trials": 1, "popsize": 1}')
    with pytest.raises(HarnessError, match=r"^sampler cmaes .* cannot propose trial \d of all: \w+: "):
        drive(search)


def test_a_sampler_that_proposes_otherwise_than_it_did_is_refused(arm, tmp_path):
    search = opened(arm(FLAT), tmp_path / "j", LEARNING[0])
    drive(search)
    recorded = {number: Told(params, (score(params, number),)) for number, params in search.params().items()}
    recorded[3] = replace(recorded[3], params=recorded[2].params)
    longer = ArmSearch(
        arm(FLAT), SearchSettings(trials=8, sampler=LEARNING[0], batch=2), 0, Metric("dev_loss", "maximise"),
        open_journal(tmp_path / "j"), recorded=recorded,
    )  # fmt: skip
    with pytest.raises(HarnessError, match=r"proposes trial 3 of all otherwise than it did: it is another version"):
        longer.ask()


@pytest.mark.parametrize(("sampler", "raw"), SAMPLERS, ids=IDS)
def test_a_search_runs_to_its_end_within_its_space(arm, tmp_path, sampler, raw):
    searched = arm(raw)
    search = opened(searched, tmp_path / "j", sampler)
    params = drive(search)
    assert list(params) == list(range(count_trials(searched, search.settings)))
    assert params[0] == searched.defaults()
    domains = searched.dimensions()
    for each in params.values():
        assert all(value in domains[name] for name, value in each.items())
        assert searched.walk(lambda name, domain, each=each: each[name]) == each  # active ones, all of them, no other
        searched.configuration(each)
    assert search.ask() == {}
    states = [trial.state.name for trial in search.study.get_trials()]
    assert states == ["FAIL" if number % 5 == 3 else "COMPLETE" for number in params]


@pytest.mark.parametrize(("sampler", "raw"), SAMPLERS, ids=IDS)
def test_optuna_knows_the_same_values_under_its_own_names(arm, tmp_path, sampler, raw):
    search = opened(arm(raw), tmp_path / "j", sampler)
    params = drive(search)
    for trial in search.study.get_trials():
        assert len(trial.params) == len(params[trial.number])
        for name, value in params[trial.number].items():
            head, _, last = name.rpartition(".")
            if name in trial.params:
                assert trial.params[name] == value
            else:
                assert 1 - trial.params[f"{head}.one_minus_{last}"] == pytest.approx(value, abs=1e-15)


@pytest.mark.parametrize(("sampler", "raw"), SAMPLERS, ids=IDS)
def test_the_same_seed_gives_the_same_trials_and_another_gives_others(undisturbed, sampler, raw):
    assert undisturbed(sampler, raw) == undisturbed(sampler, raw)
    if sampler != "grid":
        assert undisturbed(sampler, raw)[1:] != undisturbed(sampler, raw, seed=1)[1:]


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_what_is_not_adaptive_cares_for_no_history(arm, tmp_path, sampler):
    one, other = (opened(arm(FLAT), tmp_path / name, sampler) for name in "ab")
    assert drive(one) == drive(other, lambda numbers: sorted(numbers, reverse=True))
    half = opened(arm(FLAT), tmp_path / "c", sampler, batch=1)
    assert list(half.ask()) == list(range(TRIALS))  # all at once: jobs can run side by side


def test_tpe_learns(arm, tmp_path):
    raw = {"choices": {"optimiser": {"name": "sgd", "search": ["lr"]}}}

    def run(name: str, direction: str, best: float) -> list[float]:
        search = opened(arm(raw), tmp_path / name, "tpe", trials=40, batch=4, direction=direction)
        sign = 1 if direction == "minimise" else -1
        while asked := search.ask():
            for number, params in asked.items():
                search.tell(number, sign * (math.log10(params["optimiser.sgd.lr"]) - best) ** 2)
        return [math.log10(each["optimiser.sgd.lr"]) for each in search.params().values()]

    for direction in ("maximise", "minimise"):
        for best in (-2.5, 0.5):
            late = run(f"{direction}{best}", direction, best)[24:]
            assert sum(abs(each - best) < 0.7 for each in late) > 8


def test_sobol_covers_better_than_chance(arm, tmp_path):
    raw = {"choices": {"dropout": {"name": "constant", "search": ["rate"]}}}
    search = opened(arm(raw), tmp_path / "j", "sobol", trials=17)
    rates = sorted(each["dropout.constant.rate"] / 0.7 for number, each in drive(search).items() if number)
    assert [int(rate * 16) for rate in rates] == list(range(16))  # one in every sixteenth


def test_arms_with_the_same_space_meet_the_same_points(registry, tmp_path):
    raw = {
        "question": "q", "problem": "tiny", "metric": "dev_loss", "compare": ["initialiser"],
        "choices": {"initialiser": ["zeros", "orthogonal"], "optimiser": "adam"},
    }  # fmt: skip
    first, second = arms_of(raw, registry)
    assert drive(opened(first, tmp_path / "j")) == drive(opened(second, tmp_path / "j"))


@pytest.mark.parametrize("sampler", ["sobol", "random", "tpe", "grid"])
def test_an_arm_with_nothing_to_search_has_one_trial(arm, tmp_path, sampler):
    search = opened(arm({}), tmp_path / "j", sampler)
    assert search.ask() == {0: {}}
    search.tell(0, 1.0)
    assert search.ask() == {}
    assert outcome(search) == [(0, "COMPLETE", [1.0], {}, {})]


def test_a_grid_is_the_defaults_and_then_every_cell(arm, tmp_path):
    searched = arm(GRID)
    search = opened(searched, tmp_path / "j", "grid", trials=2)
    assert list(drive(search).values()) == [
        searched.defaults(),
        *(cell for cell in searched.grid() if cell != searched.defaults()),
    ]


def test_a_value_keeps_its_bits_although_optuna_holds_one_minus_it(arm, tmp_path):
    # 1 − (1 − 0.1) is less than 0.1.
    raw = {"choices": {"optimiser": {"name": "sgd", "search": ["momentum"]}}}
    searched = arm({**raw, "space": {"optimiser.sgd.momentum": {"low": 0.1, "high": 0.3, "points": 3}}})
    assert [each["optimiser.sgd.momentum"] for each in drive(opened(searched, tmp_path / "g", "grid")).values()][
        1
    ] == 0.1
    searched = arm({**raw, "space": {"optimiser.sgd.momentum": {"low": 0.05, "high": 0.1}}})
    search = opened(searched, tmp_path / "j")
    assert drive(search)[0] == {"optimiser.sgd.momentum": 0.1}
    assert opened(searched, tmp_path / "j").params() == search.params()


# Batches of an adaptive sampler


@pytest.mark.parametrize("raw", [FLAT, CONDITIONAL])
def test_a_batch_is_proposed_whole_and_not_before_the_last_is_told(arm, tmp_path, raw):
    search = opened(arm(raw), tmp_path / "j", "tpe", trials=7, batch=3)
    sizes = []
    while asked := search.ask():
        sizes.append(sorted(asked))
        for number in list(asked)[:-1]:
            search.tell(number, 1.0 + number)
            left = search.ask()
            assert left == {key: value for key, value in asked.items() if key > number}
        search.tell(max(asked), 0.0)
    assert sizes == [[0, 1, 2], [3, 4, 5], [6]]


@pytest.mark.parametrize("raw", [FLAT, CONDITIONAL])
def test_the_order_of_tells_does_not_matter(arm, tmp_path, raw):
    more = {"trials": 16, "batch": 4}
    expected = drive(opened(arm(raw), tmp_path / "sorted", "tpe", **more))
    for seed in range(2):
        shuffle = random.Random(seed)
        search = opened(arm(raw), tmp_path / str(seed), "tpe", **more)
        assert drive(search, lambda numbers, shuffle=shuffle: shuffle.sample(numbers, len(numbers))) == expected


# Extension and telling


@pytest.mark.parametrize(
    ("sampler", "raw", "before"),
    [(*each, before) for each in SAMPLERS[:-1] for before in (1, 4, 14) if before == 4 or each in SOON],
)
def test_more_trials_end_as_if_asked_at_once(arm, tmp_path, undisturbed, sampler, raw, before):
    more = {"batch": 6}
    drive(opened(arm(raw), tmp_path / "j", sampler, trials=before, **more))
    search = opened(arm(raw), tmp_path / "j", sampler, trials=20, **more)
    assert list(search.params()) == list(range(before))
    drive(search)
    assert outcome(search) == undisturbed(sampler, raw, trials=20, **more)


def test_fewer_trials_than_there_are_ask_for_nothing(arm, tmp_path):
    drive(opened(arm(FLAT), tmp_path / "j"))
    assert opened(arm(FLAT), tmp_path / "j", trials=2).ask() == {}


def test_a_trial_is_told_once(arm, tmp_path):
    search = opened(arm(FLAT), tmp_path / "j")
    search.ask()
    search.tell(1, 2.0)
    search.tell(1, 3.0)
    search.tell(2, math.nan)
    search.tell(2, 3.0)
    assert [each[1:3] for each in outcome(search)[:4]] == [
        ("RUNNING", None), ("COMPLETE", [2.0]), ("FAIL", None), ("RUNNING", None),
    ]  # fmt: skip


def test_a_search_in_which_all_fails_goes_on_to_its_end(arm, tmp_path):
    for sampler in ("sobol", "tpe"):
        search = opened(arm(CONDITIONAL), tmp_path / sampler, sampler, trials=14)
        while asked := search.ask():
            for number in asked:
                search.tell(number, math.nan)
        assert [each[1] for each in outcome(search)] == ["FAIL"] * 14


# Several objectives

SEVERAL = (*(each for each in LEARNING if not each.startswith("cmaes")), "random", "grid")
"""Samplers that take them, and such as do not care."""


@pytest.mark.parametrize("sampler", SEVERAL, ids=lambda sampler: sampler.partition(" ")[0])
def test_a_search_with_several_objectives_is_told_all_of_them(arm, tmp_path, sampler):
    more = {"objectives": (SECONDS, Metric("dev_accuracy", "maximise")), "direction": "minimise", "trials": 7}
    search = opened(arm(GRID), tmp_path / "j", sampler, **more)
    params = drive(search)
    assert [each.name for each in search.study.directions] == ["MINIMIZE", "MINIMIZE", "MAXIMIZE"]
    for trial in search.study.get_trials():
        told = scores(search, params[trial.number], trial.number)
        failed = any(map(math.isnan, told))
        assert (trial.values, trial.state.name) == ((None, "FAIL") if failed else (told, "COMPLETE"))
    recorded = {number: Told(each, tuple(scores(search, each, number))) for number, each in params.items()}
    again = opened(arm(GRID), tmp_path / "j", sampler, recorded=recorded, **more)
    assert again.disagreement() == ""
    last = recorded[0].scores
    recorded[0] = replace(recorded[0], scores=(*last[:-1], last[-1] + 1))
    again = opened(arm(GRID), tmp_path / "j", sampler, recorded=recorded, **more)
    assert again.disagreement() == "trial 0 of all has another score"


@pytest.mark.parametrize("sampler", SEVERAL[:-2], ids=lambda sampler: sampler.partition(" ")[0])
def test_what_learns_proposes_otherwise_after_other_values_of_a_further_objective(arm, tmp_path, sampler):
    proposed = []
    for sign in (1, -1):
        search = opened(arm(FLAT), tmp_path / f"j{sign}", sampler, objectives=(SECONDS,), trials=10)
        while asked := search.ask():
            for number in sorted(asked):
                search.tell(number, number % 3, sign * (number + 1.0))
        proposed.append(search.params())
    assert proposed[0] != proposed[1]


# Repeats, and rounds of widening

LR, MOMENTUM = "optimiser.sgd.lr", "optimiser.sgd.momentum"


def widened(searched: Arm, *slabs: tuple[str, Domain], number: int = 1, **ranges: Domain) -> Round:
    """A round of seven trials; ``ranges``: by the last word of a name of sgd's."""
    wider = {f"optimiser.sgd.{name}": domain for name, domain in ranges.items()}
    return Round(number=number, trials=7, ranges={**searched.dimensions(), **wider}, slabs=slabs)


def of_round(searched: Arm, journal: Path, widening: Round, sampler: str = "sobol", repeat: int = 0) -> ArmSearch:
    settings = SearchSettings(trials=TRIALS, sampler=sampler)
    metric = Metric("dev_loss", "maximise")
    return ArmSearch(searched, settings, 0, metric, open_journal(journal), repeat=repeat, widening=widening)


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_the_trials_of_a_round_share_what_was_added_evenly_and_lie_anywhere_else(arm, tmp_path, sampler):
    searched = arm(FLAT)
    slabs = ((LR, Range(5.0, 50.0, "log")), (MOMENTUM, Range(0.01, 0.1)))
    round_ = widened(searched, *slabs, lr=Range(1e-3, 50.0, "log"), momentum=Range(0.01, 0.995, "one_minus_log"))
    params = drive(of_round(searched, tmp_path / "j", round_, sampler))
    assert list(params) == list(range(7))
    for number, each in params.items():
        name, slab = slabs[number % 2]
        assert each[name] in slab
        assert each[LR] in round_.ranges[LR]
        assert each[MOMENTUM] in round_.ranges[MOMENTUM]
    assert sum(each[LR] in slabs[0][1] for each in params.values()) >= 4
    assert len({each[LR] for each in params.values()}) == 7
    trials = of_round(searched, tmp_path / "j", round_, sampler).study.get_trials()
    assert [each.params[LR] for each in trials] == [each[LR] for each in params.values()]


def test_a_slab_of_what_is_not_always_there_makes_its_component_the_chosen_one(arm, tmp_path):
    searched = arm(CONDITIONAL)
    name = "optimiser.adam.beta1"
    slab = Range(0.99, 0.999, "one_minus_log")
    params = drive(of_round(searched, tmp_path / "j", widened(searched, (name, slab))))
    assert {each["optimiser"] for each in params.values()} == {"adam"}
    assert all(each[name] in slab for each in params.values())
    assert {each["dropout"] for each in params.values()} == {"constant", "linear"}


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_every_repeat_and_round_has_points_of_its_own_which_all_arms_meet(arm, tmp_path, sampler):
    searched = arm(FLAT)
    rounds = [widened(searched, number=number) for number in (1, 2)]
    drawn = [drive(opened(searched, tmp_path / "0", sampler))]
    drawn += [drive(of_round(searched, tmp_path / f"{repeat}{each.number}", each, sampler, repeat))
              for repeat in (0, 1, 2) for each in rounds]  # fmt: skip
    lrs = [each[LR] for params in drawn for number, each in params.items() if number or params is not drawn[0]]
    assert len(set(lrs)) == len(lrs) == TRIALS - 1 + 6 * 7
    again = drive(of_round(searched, tmp_path / "again", rounds[1], sampler, 2))
    assert again == drawn[-1]


def test_a_search_and_its_rounds_share_a_journal(arm, tmp_path):
    searched = arm(FLAT)
    rounds = [None, widened(searched), widened(searched, number=2)]
    storage = open_journal(tmp_path / "j")
    settings = SearchSettings(trials=TRIALS)
    for repeat in (0, 1):
        for each in rounds:
            drive(
                ArmSearch(searched, settings, 0, Metric("dev_loss", "maximise"), storage, repeat=repeat, widening=each)
            )
    alone = [drive(of_round(searched, tmp_path / "alone", each, repeat=1)) for each in rounds[1:]]
    names = [f"all{repeat}{round_}" for repeat in ("", "\trepeat 1") for round_ in ("", "\tround 1", "\tround 2")]
    assert sorted(optuna.get_all_study_names(open_journal(tmp_path / "j"))) == sorted(names)
    assert [of_round(searched, tmp_path / "j", each, repeat=1).params() for each in rounds[1:]] == alone


def test_the_first_search_has_the_points_that_it_had_before_there_were_rounds(arm, tmp_path):
    lrs = [f"{each[LR]:.6g}" for each in drive(opened(arm(FLAT), tmp_path / "j")).values()]
    assert lrs == ["0.1", "0.0122656", "0.172521", "2.12057", "0.00636545", "0.00137292"]


# Crashes


def operations(sampler: str, raw: dict[str, Any]) -> list[tuple[Any, str]]:
    """Everything that writes to the journal or comes between two writes."""
    backend = optuna.storages.journal.JournalFileBackend
    return [
        (backend, "append_logs"),
        (optuna.study.Study, "enqueue_trial"),
        (optuna.study.Study, "ask"),
        (optuna.study.Study, "tell"),
        (arm_search, "_suggest"),
        (ArmSearch, "_propose"),
    ]


def crashing(patch: pytest.MonkeyPatch, owner: Any, name: str, call: int, *, after: bool) -> None:
    """Die at the ``call``-th call, before it does anything or after it has done all."""
    real, count = getattr(owner, name), [0]

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        count[0] += 1
        if count[0] == call and not after:
            raise Crash
        result = real(*args, **kwargs)
        if count[0] == call:
            raise Crash
        return result

    patch.setattr(owner, name, wrapper)


@pytest.mark.parametrize(
    ("sampler", "raw", "objectives"),
    [*((*each, ()) for each in SOON), (LEARNING[2], FLAT, (SECONDS,)), (LEARNING[3], FLAT, (SECONDS,))],
    ids=[*(IDS[SAMPLERS.index(each)] for each in SOON), "nsgaii-seconds", "tpe-seconds"],
)
def test_a_crash_at_any_call_changes_nothing(arm, tmp_path, monkeypatch, undisturbed, sampler, raw, objectives):
    more = {"trials": 4, "objectives": objectives}
    searched, expected = arm(raw), undisturbed(sampler, raw, **more)
    crashes = 0
    for owner, name in operations(sampler, raw):
        for after in (False, True):
            call = 1
            while True:
                journal = tmp_path / f"{name}{after}{call}"
                with monkeypatch.context() as patch:
                    crashing(patch, owner, name, call, after=after)
                    try:
                        drive(opened(searched, journal, sampler, **more))
                    except Crash:
                        crashes += 1
                    else:
                        break
                search = opened(searched, journal, sampler, **more)
                drive(search)
                assert outcome(search) == expected, (name, after, call)
                call += 1
                if call > 8:  # the first few of each are all different, the rest repeat them
                    call += 3
    assert crashes > 40


@pytest.mark.parametrize(("sampler", "raw"), [SAMPLERS[1], SAMPLERS[4]], ids=[IDS[1], IDS[4]])
def test_two_crashes_in_a_row_change_nothing(arm, tmp_path, monkeypatch, undisturbed, sampler, raw):
    searched, expected = arm(raw), undisturbed(sampler, raw)
    shuffle = random.Random(0)
    for attempt in range(12):
        journal = tmp_path / str(attempt)
        for _ in range(2):
            with monkeypatch.context() as patch:
                owner, name = shuffle.choice(operations(sampler, raw))
                crashing(patch, owner, name, shuffle.randrange(1, 12), after=shuffle.random() < 0.5)
                with contextlib.suppress(Crash):
                    drive(opened(searched, journal, sampler))
        search = opened(searched, journal, sampler)
        drive(search)
        assert outcome(search) == expected


@pytest.mark.parametrize(("sampler", "raw"), SAMPLERS, ids=IDS)
def test_a_fresh_search_after_every_operation_changes_nothing(arm, tmp_path, undisturbed, sampler, raw):
    journal = tmp_path / "j"
    while asked := opened(arm(raw), journal, sampler).ask():
        assert opened(arm(raw), journal, sampler).ask() == asked
        number = min(asked)
        opened(arm(raw), journal, sampler).tell(number, score(asked[number], number))
    assert outcome(opened(arm(raw), journal, sampler)) == undisturbed(sampler, raw)


@pytest.mark.parametrize(("sampler", "raw"), [SAMPLERS[1], SAMPLERS[5], SAMPLERS[6]], ids=[IDS[1], IDS[5], IDS[6]])
def test_a_journal_cut_anywhere_grows_back(arm, tmp_path, undisturbed, sampler, raw):
    searched, expected = arm(raw), undisturbed(sampler, raw, trials=4)
    journal = tmp_path / "j"
    drive(opened(searched, journal, sampler, trials=4))
    whole = journal.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    cuts = {0, 1, *ends, *(end - 1 for end in ends), *(end + 5 for end in ends[:-1])}
    for cut in sorted(cuts):
        journal.write_bytes(whole[:cut])
        search = opened(searched, journal, sampler, trials=4)
        drive(search)
        assert outcome(search) == expected, cut
        assert journal.read_bytes().endswith(b"\n")


def test_what_was_told_before_a_crash_is_not_asked_again(arm, tmp_path):
    search = opened(arm(FLAT), tmp_path / "j")
    asked = search.ask()
    search.tell(4, 1.0)
    search.tell(0, math.nan)
    assert opened(arm(FLAT), tmp_path / "j").ask() == {n: params for n, params in asked.items() if n not in (0, 4)}


def test_a_stale_lock_is_no_obstacle(arm, tmp_path):
    journal = tmp_path / "journal.log"
    opened(arm(FLAT), journal).ask()
    (tmp_path / "journal.log.lock").symlink_to(tmp_path / "gone")  # how Optuna locks; dangling, as it is wont to be
    (tmp_path / "journal.log.lockrename-1234").write_text("")
    drive(opened(arm(FLAT), journal))
    assert [each.name for each in tmp_path.iterdir()] == ["journal.log"]


def test_a_torn_last_line_is_cut_off(arm, tmp_path, undisturbed):
    journal = tmp_path / "j"
    opened(arm(FLAT), journal).ask()
    with journal.open("ab") as file:
        file.write(b'{"op_code": 4, "worker')
    search = opened(arm(FLAT), journal)
    drive(search)
    assert outcome(search) == undisturbed("sobol", FLAT)


def test_several_arms_share_a_journal(arm, tmp_path, registry, undisturbed):
    raw = {
        "question": "q", "problem": "tiny", "metric": "dev_loss", "compare": ["optimiser"],
        "choices": {"optimiser": ["adam", "sgd"]},
    }  # fmt: skip
    arms = arms_of(raw, registry)

    def drive_in_turns(path: Path, steps: int) -> list[Any]:
        storage = open_journal(path)
        settings = SearchSettings(trials=TRIALS, sampler="tpe", batch=2)
        searches = [ArmSearch(each, settings, 0, Metric("dev_uas", "maximise"), storage) for each in arms]
        for _ in range(steps):
            for search in searches:
                asked = search.ask()
                for number in sorted(asked)[:1]:
                    search.tell(number, score(asked[number], number))
        return [outcome(search) for search in searches]

    expected = drive_in_turns(tmp_path / "whole", TRIALS)
    for steps in range(TRIALS):
        drive_in_turns(tmp_path / str(steps), steps)
        assert drive_in_turns(tmp_path / str(steps), TRIALS) == expected
