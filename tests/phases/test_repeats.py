"""Repeated searches: other points and seeds in each, a share of the confirmation for each winner, and their tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pandas as pd
import pytest

from harness.errors import ResultError
from harness.execution.progress import Progress
from harness.execution.settings import Execution
from harness.phases.unseal import open_test_split
from harness.plugin.registry import build_registry
from harness.records.decisions import Widened
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.study import seeds

from support.paths import TINY
from support.studies import WIDENING, run, tables, write_study

REPEATED = (
    WIDENING.replace("trials = 9", "trials = 7\nrepeats = 6\nwiden = 1")
    .replace("seeds = 2", "seeds = 12")
    .replace('{ name = "adam", search = ["lr"] }', '{ name = "adam", search = ["lr"] }, "noisy"')
    .replace("epochs     = 2", "epochs     = 1")
)
FIXED = "noisy"


@pytest.fixture(scope="module")
def repeated(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("repeated")
    run(write_study(folder, REPEATED), folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def found(repeated) -> Results:
    return Results.of(ResultFolder(repeated))


def test_every_repeat_has_points_and_tuning_seeds_of_its_own_and_all_arms_share_them(found):
    searched = [each for each in found.ordered if each.phase == "search"]
    assert {(each.repeat, each.seed_index) for each in searched} == {(repeat, 2 * repeat) for repeat in range(6)}
    selected = {(each.repeat, each.seed_index) for each in found.ordered if each.phase == "select"}
    assert selected == {(repeat, 2 * repeat + 1) for repeat in range(6)}
    points = defaultdict(set)
    for each in searched:
        if each.arm == "sgd" and not each.which.is_defaults:
            points[each.repeat].add(each.configured().hyperparameters()["optimiser.sgd.lr"])
    assert all(len(of_repeat) >= 6 for of_repeat in points.values())
    assert len(set.union(*points.values())) == sum(map(len, points.values()))
    trials = Counter((each.arm, each.repeat) for each in searched)
    assert len({trials[arm, repeat] - trials["sgd", repeat] for arm in found.arms[:1] for repeat in range(6)}) == 1
    assert {trials[FIXED, repeat] for repeat in range(6)} == {1}


def test_every_winner_and_the_defaults_are_confirmed_at_their_share_of_the_same_seeds(found):
    for arm in found.arms:
        assert [winner.repeat for winner in found.winners(arm)] == list(range(6))
        confirmed = found.confirmed(arm)
        assert list(confirmed) == list(range(100, 112)) == list(found.confirmed_defaults(arm))
        for seed, each in confirmed.items():
            assert each.which == found.chosen(arm, (seed - 100) % 6).which
            assert found.confirmed_defaults(arm)[seed].which == ((seed - 100) % 6, 0, 0)
        sample = found.sample(arm)
        assert sample.groups == {seed: (seed - 100) % 6 for seed in range(100, 112)}
        assert found.default_sample(arm).groups == sample.groups
    whole = sum(each.phase == "confirm" for each in found.records.values())
    kept = sum(winner.which.is_defaults for arm in found.arms for winner in found.winners(arm))
    assert whole == 12 * 2 * 3 - 2 * kept  # a winner that is the defaults runs once


def test_repeats_widen_on_their_own(found):
    rounds = [each for each in found.decisions if isinstance(each, Widened)]
    assert {each.repeat for each in rounds} <= set(range(6))
    assert all(each.round == 1 for each in rounds)
    assert len(rounds) >= 3
    for repeat in range(6):
        rounds = found.rounds(repeat)
        trials = [
            each for each in found.records.values() if each.phase == "search" and each.repeat == repeat and each.round
        ]
        assert Counter(each.arm for each in trials) == ({"adam": 4, "sgd": 4} if rounds else {})
        changed = {change.hyperparameter for each in rounds for change in each.changes}
        for arm in found.arms:
            space, ranges = found.study.arms[arm].space, found.ranges(arm, repeat)
            assert {name for name in space if ranges[name] != space[name]} == changed & space.keys()


def test_tables_have_a_row_an_arm_and_show_what_the_repeats_chose(repeated, found):
    arms = pd.read_csv(repeated / "tables" / "arms.csv").set_index("arm")
    assert list(arms.index) == found.arms
    for arm, name in (("adam", "optimiser.adam.lr"), ("sgd", "optimiser.sgd.lr")):
        lrs = [winner.configured().hyperparameters()[name] for winner in found.winners(arm)]
        assert arms.loc[arm, name] == f"{min(lrs):.4g} … {max(lrs):.4g}"
    assert arms.loc[FIXED, "optimiser"] == FIXED
    for arm in found.arms:
        scores = found.sample(arm).scores
        means = [(scores[seed] + scores[seed + 6]) / 2 for seed in range(100, 106)]
        assert arms.loc[arm, ["mean", "sd"]].tolist() == pytest.approx([fmean(means), stdev(means)])
    assert arms.trial.isna().all()
    trials = pd.read_csv(repeated / "tables" / "trials.csv")
    assert trials.groupby(["arm", "repeat"]).chosen.sum().eq(1).all()
    assert list(trials.columns[:4]) == ["arm", "repeat", "round", "trial"]
    assert pd.read_csv(repeated / "tables" / "tuning_curve.csv").groupby("arm").trials.max().eq(6).all()
    sensitivity = pd.read_csv(repeated / "tables" / "sensitivity.csv")
    assert sensitivity.groupby("arm").repeat.apply(list).to_dict() == {arm: list(range(6)) for arm in ("adam", "sgd")}
    runs = pd.read_csv(repeated / "tables" / "runs.csv")
    assert len(runs) == len(found.records)
    assert {"repeat", "round"} <= set(runs.columns)


def test_a_second_run_elsewhere_gives_the_same_bytes_and_one_in_the_folder_does_nothing(repeated, tmp_path):
    study = write_study(tmp_path, REPEATED)
    run(study, tmp_path / "out")
    assert tables(tmp_path / "out") == tables(repeated)
    assert run(study, tmp_path / "out").new == 0


def test_more_seeds_are_refused_since_they_would_be_no_further_units(tmp_path):
    study = write_study(tmp_path, REPEATED)
    run(study, tmp_path / "out", overrides=("confirm.seeds=6",))
    with pytest.raises(ResultError, match=r"confirm.seeds: was 6, now 12"):
        run(study, tmp_path / "out")


def test_a_repeated_study_is_unsealed_at_every_winners_share(tmp_path):
    run(write_study(tmp_path, REPEATED), tmp_path / "out", overrides=("confirm.seeds=6",))
    registry, folder = build_registry([TINY]), ResultFolder(tmp_path / "out")
    metric = Results.of(folder).metric
    with Progress(metric, shown=False) as progress:
        opened = open_test_split(folder, Execution(registry=registry, progress=progress)).results
    tested: dict[str, dict[int, Any]] = defaultdict(dict)
    for each in opened.ordered:
        if each.phase == "test":
            tested[each.arm][each.seed_index] = each.which
    assert tested == {arm: {seed: each.which for seed, each in opened.confirmed(arm).items()} for arm in opened.arms}
    [line] = folder.ledger()
    assert line.fingerprints == opened.fingerprints()
    assert len(line.fingerprints) == 18
    assert len(opened.study.arms) == len(pd.read_csv(folder.tables / "test.csv"))


def test_tuning_seeds_of_repeats_do_not_overlap():
    drawn = [list(seeds.tuning(repeat, 2)) for repeat in range(33)]
    assert drawn[0] == [0, 1, 2]
    assert [seed for of_repeat in drawn for seed in of_repeat] == list(range(99))
    assert [seeds.repeat_of(100 + seed, 1) for seed in range(3)] == [0, 0, 0]
