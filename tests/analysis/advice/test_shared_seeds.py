"""The warning SHARED-SEEDS: the folder beside this one has confirmed the same runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.analysis.advice._base import Advice
from harness.analysis.advice._shared import shared_seeds
from harness.records.folder import ResultFolder
from harness.records.results import Results

from support.by_hand import folder_of, record, results, whole

FRESH = {"format": 2, "seed_namespace": "", "confirmation_seed": 1234}


def warned(folder: Path) -> list[Advice]:
    return list(shared_seeds(Results.of(ResultFolder(folder))))


@pytest.fixture
def here(tmp_path) -> Path:
    """The folder that is looked at, finished."""
    return folder_of(tmp_path / "here", whole()).path


def test_it_says_how_many_runs_of_which_arms_are_where(here, tmp_path):
    folder_of(tmp_path / "there", [each for each in whole() if each.arm == "adam" and each.seed_index != 102])
    (advice,) = warned(here)
    assert (advice.id, advice.arm) == ("SHARED-SEEDS", "")
    assert advice.evidence == (f"4 confirmation runs are also in {tmp_path / 'there'}: 2 of adam, defaults, 2 of adam")
    assert "no independent evidence" in advice.advice


def test_an_arm_of_another_name_is_shown_with_both(here, tmp_path):
    adam = [each for each in whole() if each.arm == "adam" and each.phase == "confirm" and each.trial == 1]
    other = {"arms": {"plain": {"settings": {"optimiser": "plain"}, "space": {}, "traits": {}}}}
    folder_of(tmp_path / "there", [replace(each, arm="plain", trial=0) for each in adam], **other)
    (advice,) = warned(here)
    assert advice.evidence.endswith("there: 3 of adam (plain there)")


@pytest.mark.parametrize(
    "changes",
    [{"seed": 1}, {"model": {"hidden_dim": 3}}, {"training": {"epochs": 1}}, FRESH],
)
def test_other_draws_are_other_runs(here, tmp_path, changes):
    folder_of(tmp_path / "there", whole(), **changes)
    assert warned(here) == []


def test_other_seeds_and_other_configurations_are_other_runs(here, tmp_path):
    folder_of(tmp_path / "seeds", [record("confirm", "adam", 1, 110, 82.0)])
    folder_of(tmp_path / "values", [record("confirm", "adam", 1, 100, 80.0, {"lr": 0.5})])
    folder_of(tmp_path / "tuning", [record("search", "adam", 0, 0, 70.0)])
    assert warned(here) == []


def test_runs_that_are_shared_on_purpose_are_no_warning(tmp_path):
    ours = FRESH | {"seed_namespace": "ours"}
    here = folder_of(tmp_path / "here", whole(), **ours).path
    folder_of(tmp_path / "there", whole(), **ours)
    assert warned(here) == []
    folder_of(tmp_path / "again", whole(), **FRESH)  # without the namespace nobody wished it
    (advice,) = warned(here)
    assert str(tmp_path / "again") in advice.evidence


def test_what_is_broken_beside_it_is_passed_over(here, tmp_path):
    good = folder_of(tmp_path / "z", whole())
    for number, text in enumerate(["", "{", "[]", "3", '{"seed": 0}', good.study_json.read_text()]):
        broken = tmp_path / f"broken{number}"
        broken.mkdir()
        (broken / "study.json").write_text(text)
        (broken / "records.jsonl").write_text('{"phase": "confirm"}\n')
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / "study.json").mkdir(parents=True)
    newer = json.loads(good.study_json.read_text()) | {"format": 99}
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / "study.json").write_text(json.dumps(newer))
    (tmp_path / "link").symlink_to(here)
    torn = folder_of(tmp_path / "torn", whole())
    with torn.records_file.open("a") as file:
        file.write('{"phase": "confirm", "arm": "ad')
    assert [advice.evidence.partition(": ")[0].rpartition("/")[2] for advice in warned(here)] == ["torn", "z"]


def test_results_of_no_folder_and_a_folder_alone_have_none(here):
    assert list(shared_seeds(results(*whole()))) == warned(here) == []
