"""What a folder holds, by arm and phase."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from harness.errors import ResultError
from harness.records.results import Results, has_searched
from harness.study.study import ConfirmSettings

from support.by_hand import CALL, folder_of, record, results, whole


def test_a_folder_gives_back_what_was_put_into_it(tmp_path):
    folder = folder_of(tmp_path / "out", whole())
    folder.append_call(CALL)
    found, made = Results.of(folder), results(*whole())
    assert (found.study, found.records, found.calls) == (made.study, made.records, [CALL])
    assert (found.arms, found.baseline, found.metric.name) == (["adam", "sgd"], "adam", "dev_uas")


def test_runs_stand_by_phase_arm_trial_and_seed():
    keys = [each.key for each in results(*reversed(whole())).ordered]
    assert list(dict.fromkeys((key.phase, key.arm) for key in keys)) == [
        (phase, arm) for phase in ("search", "select", "confirm") for arm in ("adam", "sgd")
    ]
    assert all(earlier[2:] < later[2:] for earlier, later in pairwise(keys) if earlier[:2] == later[:2])


def test_only_a_study_that_runs_until_it_is_decided_looks():
    made = results(*whole())
    assert made.looks == ()
    confirm = ConfirmSettings(seeds=3, until_decided=True, limit=9)
    assert replace(made, study=replace(made.study, confirm=confirm)).looks == (3, 6, 9)


def test_draws_are_the_same_where_data_seed_model_and_training_are():
    made = results()
    assert results(question="Another?", confirm={"seeds": 9}).stream == made.stream
    others = [{"seed": 1}, {"model": {"hidden_dim": 3}}, {"training": {"epochs": 1}},
              {"problem": {"name": "made up", "digest": "d2"}}]  # fmt: skip
    assert len({results(**each).stream for each in others} | {made.stream}) == 5


def test_a_search_is_over_when_all_its_trials_are_there_or_what_comes_after_is():
    begun = [record("search", "adam", trial, 0, 1.0) for trial in range(3)]
    assert not has_searched(results(*begun), "adam")
    assert has_searched(results(*begun, record("search", "adam", 3, 0, 1.0)), "adam")
    assert has_searched(results(*begun, record("select", "adam", 0, 1, 1.0)), "adam")


@pytest.mark.parametrize("text", ["[]", '{"cafe0123": []}', '{"cafe0123": {"packages": "torch"}}'])
def test_damaged_environments_are_one_line(tmp_path, text):
    folder = folder_of(tmp_path / "out", whole())
    folder.environment_json.write_text(text)
    with pytest.raises(ResultError) as caught:
        Results.of(folder)
    assert str(caught.value) == f"{folder.environment_json}: damaged: it holds no environments"
