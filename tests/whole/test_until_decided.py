"""``harness run --until-decided``: seeds in blocks, while a verdict is open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import main
from harness.errors import ResultError, StudyError
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.statistics.comparison import compare_pairs
from harness.statistics.verdict import Word

from support.paths import TINY
from support.studies import run, tables, write_study

GO_ON = ("confirm.until_decided=true", "confirm.seeds=6", "confirm.limit=20")
CLEAR = (  # Adam overfits, SGD hardly moves
    'choices.optimiser=[{name = "adam", lr = 0.02}, {name = "sgd", lr = 1e-9, nesterov = false}]',
    "metric=dev_loss", "search.trials=1", "training.epochs=40",
)  # fmt: skip
OPEN = (*GO_ON, "smallest_difference=0.01")


def results(out: Path) -> Results:
    return Results.of(ResultFolder(out))


def seeds(out: Path, arm: str) -> dict[int, int]:
    """Confirmation runs of the arm, by trial."""
    found: dict[int, int] = {}
    for record in results(out).ordered:
        if (record.phase, record.arm) == ("confirm", arm):
            found[record.trial] = found.get(record.trial, 0) + 1
    return found


def test_a_clear_difference_needs_one_block(finished, tmp_path):
    out = finished(tmp_path / "r", overrides=(*GO_ON, *CLEAR))
    assert seeds(out, "adam") == seeds(out, "sgd") == {0: 6}
    assert results(out).against_baseline[0].verdict.word is Word.BETTER


def test_an_open_verdict_gets_further_seeds_up_to_the_limit(finished, tmp_path):
    out = finished(tmp_path / "r", overrides=OPEN)
    for arm in ("adam", "sgd"):
        winner = results(out).chosen(arm).trial
        counts = seeds(out, arm)
        assert counts[winner] == 20
        assert counts.get(0, 6) == (20 if winner == 0 else 6), "defaults are confirmed at the first look alone"
    (found,) = results(out).against_baseline
    assert found.difference.n == 20
    assert found.verdict.word is Word.UNDECIDED


def test_it_stops_at_the_look_that_decides(tmp_path):
    """Equivalence within a wide margin: open at first, decided before the limit."""
    overrides = (*GO_ON[:2], "confirm.limit=60", "smallest_difference=4.0")
    summary = run(write_study(tmp_path), tmp_path / "r", overrides=overrides)
    (found,) = summary.results.against_baseline
    assert found.verdict.word in (Word.EQUIVALENT, Word.BETTER, Word.WORSE)
    assert found.difference.n % 6 == 0
    assert 6 < found.difference.n < 60


@pytest.mark.parametrize("jobs", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_the_tables_do_not_depend_on_jobs_or_interruptions(finished, tmp_path, jobs):
    out, whole = finished(tmp_path / "r", overrides=OPEN), finished(tmp_path / "whole", overrides=OPEN)
    records = out / "records.jsonl"
    records.write_text("".join(records.read_text().splitlines(keepends=True)[:-7]))
    run(write_study(tmp_path), out, jobs=jobs, overrides=OPEN)
    assert tables(out) == tables(whole)


def test_only_whole_looks_count(finished, tmp_path):
    """After an interruption within a block, the verdict is that of the last look."""
    found = results(finished(tmp_path / "r", overrides=OPEN))
    records = {key: each for key, each in found.records.items() if key.seed_index < 115}
    assert Results(found.study, records).against_baseline[0].difference.n == 12


def test_a_finished_study_may_go_on_until_it_is_decided(finished, tmp_path):
    study, out = write_study(tmp_path), finished(tmp_path / "r")
    run(study, out, overrides=("confirm.until_decided=true", "confirm.limit=7", "smallest_difference=0.01"))
    assert max(seeds(tmp_path / "r", "sgd").values()) == 7


@pytest.mark.parametrize("change", ["confirm.seeds=7", "confirm.limit=40"])
def test_looks_that_have_begun_stay_where_they_are(finished, tmp_path, change):
    out = finished(tmp_path / "r", overrides=OPEN)
    with pytest.raises(ResultError, match=rf"confirm\.{change[8:13]}.*: was "):
        run(write_study(tmp_path), out, overrides=(*OPEN, change))


def test_the_limit_is_no_less_than_a_block(tmp_path):
    with pytest.raises(StudyError, match=r"confirm: limit is 5, less than the 6 seeds of the first look"):
        run(write_study(tmp_path), tmp_path / "r", overrides=(*GO_ON, "confirm.limit=5"))


@pytest.mark.usefixtures("blank_reports")
def test_the_option_is_the_setting_and_says_what_pairing_is_worth(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path)
    arguments = ["run", "study.toml", "--out", "r", "--jobs", "0", "--until-decided", "--plugin", TINY]
    arguments += ["--set", "confirm.limit=6", "--set", "smallest_difference=0.01"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert json.loads(Path("r/study.json").read_text())["confirm"] == {"seeds": 3, "until_decided": True, "limit": 6}
    gap = results(Path("r")).against_baseline[0].difference
    assert gap.n == 6
    worth = f"{(gap.sd_unpaired / gap.sd) ** 2:.2g}"
    assert f"pairing: without shared seeds, intervals as narrow would take {worth} times as many runs" in done.stderr
    assert "confirm.seeds=" not in done.stderr, "the folder would refuse them"


ALONE = ('choices.optimiser={name = "sgd", search = ["lr"]}', "compare=[]")


def test_one_arm_goes_on_together_with_the_defaults_that_it_is_compared_with(tmp_path):
    found = run(write_study(tmp_path), tmp_path / "r", overrides=(*OPEN, *ALONE)).results
    winner = found.chosen("all").trial
    assert winner != 0
    assert seeds(tmp_path / "r", "all") == {0: 20, winner: 20}
    (tuning,) = found.judged
    assert (tuning.difference.n, tuning.verdict.word) == (20, Word.UNDECIDED)
    assert [(each.seeds, each.planned, [*each.verdicts]) for each in found.looked] == [
        (look, True, ["all"]) for look in (6, 12, 18, 20)
    ]
    assert tuning.difference.p != compare_pairs(found.tuning_pairs, found.metric, found.delta)[0].difference.p


def test_one_arm_whose_defaults_won_has_nothing_to_decide(tmp_path):
    run(
        write_study(tmp_path), tmp_path / "r", overrides=(*GO_ON, 'choices.optimiser={name="sgd", search=[]}', ALONE[1])
    )
    assert seeds(tmp_path / "r", "all") == {0: 6}
    assert results(tmp_path / "r").looked == []


def test_an_arm_that_is_dead_is_not_waited_for(tmp_path):
    dead = ('choices.optimiser=["adam", {name = "raising", after = 2}]', 'baseline={optimiser = "adam"}')
    run(write_study(tmp_path), tmp_path / "r", overrides=(*GO_ON, *dead))
    assert max(seeds(tmp_path / "r", "adam").values()) == 6


def test_a_dead_arm_does_not_change_the_others_verdicts(finished, tmp_path):
    optimisers = CLEAR[0].replace("]", ', {name = "raising", after = 2}]')
    overrides = (*GO_ON, optimisers, *CLEAR[1:])
    found = run(write_study(tmp_path), tmp_path / "r", overrides=overrides).results.against_baseline
    alone = results(finished(tmp_path / "alone", overrides=(*GO_ON, *CLEAR))).against_baseline
    assert found[0].difference.low == alone[0].difference.low, "the interval of the look, not of a single test"


def test_who_has_looked_cannot_go_back(finished, tmp_path):
    out = finished(tmp_path / "r", overrides=OPEN)
    with pytest.raises(ResultError, match=r"confirm\.until_decided: was True, now False"):
        run(write_study(tmp_path), out, overrides=("confirm.seeds=20", "smallest_difference=0.01"))
