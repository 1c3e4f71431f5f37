"""``harness run``: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy
from click.testing import CliRunner, Result

import harness
from harness.cli.main import main
from harness.cli.run import pairing_in_words
from harness.statistics.comparison import Pairing

from support.by_hand import folder_of, record
from support.made_up import made_arm
from support.paths import TINY
from support.studies import SMALL, call, files

pytestmark = pytest.mark.usefixtures("blank_reports")


def run(*words: str, code: int = 0, out: str = "out") -> Result:
    return call("run", "tiny.toml", "--out", out, "--jobs", "0", *words, code=code)


def test_run_answers_on_stdout_and_talks_on_stderr(here):
    result = run()
    asked, compared, chosen, notes, *_ = result.stdout.split("\n\n")
    assert asked.startswith(
        "Which is better on tiny?\nAt these settings: adam against sgd is exploratory only, too few seeds"
    )
    assert [line.split()[0] for line in compared.splitlines()] == ["arm", "sgd", "adam"]
    assert [line.split()[0] for line in chosen.splitlines()] == ["arm", "sgd", "adam"]
    assert notes.endswith("\nhits on all 100 examples")
    assert "search: 0 of 16 runs" in result.stderr
    again = f"harness run tiny.toml --out out --plugin {TINY} --set confirm.seeds=10 --jobs 0"
    told = result.stderr[result.stderr.index("results:") :].splitlines()
    assert told[:3] == [
        "results: out",
        "report:  out/report.html",
        "next:    harness table out trials   (or comparisons, sensitivity, tuning_curve, runs …)",
    ]
    assert sorted(told[3].split()) == sorted([*again.split(), *["(so", "many", "seeds", "may", "decide", "it)"]])
    assert told[4].startswith("took ")
    assert told[5:] == []
    assert sorted(path.name for path in (here / "out").iterdir() if not path.name.startswith(".")) == [
        "calls.jsonl", "decisions.jsonl", "environment.json", "journal.log", "records.jsonl", "report.html",
        "study.json", "study.toml", "tables",
    ]  # fmt: skip
    assert (here / "out" / "study.toml").read_text() == SMALL

    # The same again: nothing to do, nothing touched.
    before = files(here / "out")
    second = run()
    assert second.stdout == result.stdout
    assert "out: finished before, nothing to do\n" in second.stderr
    assert "took" not in second.stderr
    assert files(here / "out") == before

    # The table by itself is the same text.
    assert call("table", "out", plugin=False).stdout == result.stdout
    assert json.loads(run("--json").stdout) == json.loads(call("table", "out", "--json", plugin=False).stdout)

    # A table that a crash left unwritten is written, although there is nothing to run.
    (here / "out" / "tables" / "arms.csv").unlink()
    run()
    assert files(here / "out")["tables/arms.csv"][1] == before["tables/arms.csv"][1]

    # A changed study is refused with what differs, and nothing is touched.
    before = files(here / "out")
    refused = run(
        "--set", "training.epochs=2", "--set", "search.trials=1", "--set", "dropout.constant.rate=0.5", code=2
    )
    assert refused.stdout == ""
    assert refused.stderr.splitlines() == [
        "error: out: holds the results of another study; choose another folder with --out, or take back:",
        *(f"  arms.{arm}.{what}.dropout.constant.rate: was 0.25, now 0.5"
          for arm in ("adam", "sgd") for what in ("defaults", "fixed")),
        "  search.trials: was 2, now 1",
        "  training.epochs: was 1, now 2",
    ]  # fmt: skip
    assert files(here / "out") == before

    # More trials, more seeds and another arm are welcome; what was there stays.
    lines = before["records.jsonl"][1].splitlines()
    more = 'optimiser=[{name="sgd",search=["lr"]},{name="adam",search=["lr"]},{name="adagrad",search=["lr"]}]'
    run("--set", "search.trials=3", "--set", "confirm.seeds=3", "--set", more)
    after = (here / "out" / "records.jsonl").read_bytes().splitlines()
    assert after[: len(lines)] == lines
    assert {json.loads(line)["arm"] for line in after[len(lines) :]} >= {"adagrad"}
    assert [each["arm"] for each in json.loads(call("table", "out", "--json", plugin=False).stdout)] == [
        "sgd", "adam", "adagrad",
    ]  # fmt: skip
    recorded = json.loads((here / "out" / "study.json").read_text())["overrides"]
    assert recorded == ["search.trials=3", "confirm.seeds=3", more]


def test_what_shared_seeds_bought_is_said_from_six_seeds_on(here):
    told = run("--set", "confirm.seeds=6").stderr.splitlines()
    said = next(line for line in told if line.startswith("pairing: "))
    results = harness.results("out")
    [comparison] = results.against_baseline
    a, b = ([run["dev_accuracy"] for run in rows(results, name)] for name in ("adam", "sgd"))
    difference, both = np.subtract(a, b), np.add(a, b)
    variances = [np.var(each, ddof=1) for each in (a, b, difference, both)]
    worth = (variances[0] + variances[1]) / variances[2]
    # a + b and a − b are independent where a and b spread alike; the ratio of their variances is F's.
    edge = scipy.stats.f.ppf(0.975, 5, 5)
    low, high = ((1 + variances[3] / variances[2] * factor) / 2 for factor in (1 / edge, edge))
    assert comparison.difference.n == 6
    assert said == (
        f"pairing: without shared seeds, intervals as narrow would take {worth:.2g} times as many runs "
        f"(one comparison; 95% interval {low:.2g} to {high:.2g})"
    )
    of_three = pairing_in_words(Pairing(arms=3, ratio=4.04, low=1.06, high=14.4))
    assert of_three.endswith("would take 4 times as many runs (the median of 3 comparisons; 95% interval 1.1 to 14)")


def rows(results: harness.StudyResults, arm: str) -> list[dict[str, Any]]:
    """The confirmed runs of an arm's chosen trial, in the order of their seeds."""
    runs = results.runs
    [trial] = results.arms.set_index("arm").loc[[arm], "trial"]
    chosen = runs[(runs["phase"] == "confirm") & (runs["arm"] == arm) & (runs["trial"] == trial)]
    return chosen.sort_values("seed_index").to_dict("records")


@pytest.mark.slow
def test_the_last_line_says_where_the_time_went(here):
    activities = r"((training|evaluation|starting) \d+%, ){3}idle \d+%"
    whole = r"importing \d+\.\d%, preparing \d+\.\d%, asking \d+\.\d%, writing \d+\.\d%"
    for jobs, where in ((0, "in this process"), (1, "with 1 worker"), (2, "with 2 workers")):
        last = run("--jobs", str(jobs), out=f"out{jobs}").stderr.splitlines()[-1]
        assert re.fullmatch(rf"took \d+ s {where}, of whose time {activities}; of the whole: {whole}", last), last
        of_workers = [int(share) for share in re.findall(r"(\d+)%", last.partition(";")[0])]
        assert (len(of_workers), sum(of_workers)) == (4, 100)


def test_runs_that_fail_are_3_and_shown(here):
    result = run("--set", 'optimiser=[{name="sgd",search=[]}, {name="raising",after=0}]', code=3)
    lines = result.stdout.split("\n\n")[1].splitlines()
    assert lines[2].split() == ["raising", "failed", "0", "–", "–", "–"]
    assert "1 of 5 runs failed: harness table out runs\n" in result.stderr  # the defaults of sgd were selected too
    result = run("--set", 'optimiser=["sgd", {name="raising", after=1}]', out="other", code=3)
    assert "failed: search raising trial 0: RuntimeError: raised after 1 steps\n" in result.stderr
    assert "1 of 7 runs failed: harness table other runs\n" in result.stderr
    assert run("--set", 'optimiser=["sgd", {name="raising", after=1}]', out="other", code=3).stdout == result.stdout


def test_a_folder_that_is_a_file_or_in_use_is_refused(here):
    Path("file").write_text("")
    assert run(out="file", code=2).stderr == "error: file: cannot be a result folder: file exists\n"
    from harness.records.folder import ResultFolder

    with ResultFolder(Path("out")).locked():
        assert run(code=2).stderr.endswith(
            "error: out: another harness run is writing here; wait for it, or choose --out\n"
        )


def test_a_damaged_folder_is_refused_with_the_place(here):
    run()
    with Path("out/records.jsonl").open("a") as file:
        file.write("{}\n{")
    for words in (["table", "out"], ["run", "tiny.toml", "--out", "out", "--jobs", "0", "--plugin", TINY]):
        assert call(*words, plugin=False, code=2).stderr.splitlines()[-1].startswith(
            "error: out/records.jsonl:13: not a record of this version: arm, components, "
        )  # fmt: skip
    Path("out/study.json").write_text("[]")
    assert call("table", "out", plugin=False, code=2).stderr == "error: out/study.json: damaged: it holds no study\n"


def test_ctrl_c_is_130_with_the_command_that_goes_on(here, monkeypatch):
    def interrupt(*args: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.phases.protocol.run_study", interrupt)
    result = run("--set", "question=Why not?", code=130)
    assert result.stdout == ""
    assert result.stderr == (
        "interrupted; every finished run is kept in out. Go on with:\n"
        f"  harness run tiny.toml --out out --set 'question=Why not?' --plugin {TINY} --jobs 0\n"
    )
    monkeypatch.setattr("harness.api.train_single", interrupt)
    result = call("train", code=130)
    assert (result.stdout, result.stderr) == ("", "interrupted\n")


def test_a_bug_shows_its_traceback(here, monkeypatch):
    def bug(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("harness.phases.protocol.run_study", bug)
    result = CliRunner().invoke(main, ["run", "tiny.toml", "--plugin", TINY, "--jobs", "0"])
    assert (result.exit_code, type(result.exception)) == (1, ZeroDivisionError)


def test_ctrl_c_is_one_also_where_a_library_fails_over_it(here, monkeypatch):
    def interrupt(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise FileNotFoundError("a lock that is gone already")

    monkeypatch.setattr("harness.phases.protocol.run_study", interrupt)
    assert "interrupted; every finished run is kept in out" in run(code=130).stderr


# Dry runs


def dry_run(*words: str, code: int = 0) -> Result:
    return call("run", "tiny.toml", "--out", "out", "--jobs", "0", "--dry-run", *words, code=code)


def cost_of(result: Result) -> list[str]:
    """The lines on the number of runs."""
    return [line for line in result.stdout.splitlines() if re.match(r"(at most )?\d+ runs", line)]


def power_of(result: Result) -> str:
    """The sentence on what can be found."""
    said = " ".join(result.stdout.split()).partition("GiB of memory ")[2].removesuffix(" nothing was written")
    return said[said.rindex(" up to ") + 1 :] if said.startswith("at most ") else said


def needed(units: int, level: float) -> float:
    """The difference in sds that a two-sided t test at this level finds with 80% power, by trying one after another."""
    edge = scipy.stats.t.isf(level / 2, units - 1)
    sizes = np.arange(0.3, 3, 1e-4)
    return float(sizes[np.argmax(scipy.stats.nct.sf(edge, units - 1, sizes * units**0.5) >= 0.8)])


def test_a_dry_run_writes_nothing(here):
    before = files(here)
    result = dry_run()
    assert files(here) == before
    assert not (here / "out").exists()
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "Which is better on tiny?"
    assert [line.split()[:2] for line in lines[3:5]] == [["sgd", "8"], ["adam", "8"]]
    assert lines[-3].startswith("16 runs (search 4, select 4, confirm 8): about ")
    assert lines[-2] == "2 seeds of each arm give no verdict; that takes 6"
    assert lines[-1] == "nothing was written"


def test_a_dry_run_says_the_most_that_widening_and_repeats_can_add(here):
    many = ("--set", "search.trials=9", "--set", "search.widen=2", "--set", "confirm.seeds=6")
    first, second = cost_of(dry_run(*many))
    assert first.startswith("48 runs (search 18, select 6, confirm 24): about ")
    # Of both arms 2 rounds of 5 trials; each may be followed by a selection of 2 others.
    assert second.startswith("at most 76 runs, ")
    assert second.endswith(", if ranges are widened in 2 rounds")
    first, second = cost_of(dry_run(*many, "--set", "search.repeats=6"))
    assert first.startswith("168 runs (search 108, select 36, confirm 24): about ")
    assert second.startswith(f"at most {168 + 6 * 28} runs, ")
    assert second.endswith(", if ranges are widened in 2 rounds in each repeat of the search")
    shown = json.loads(dry_run("--json", *many).stdout)
    assert shown["most_runs"] == {"search": 38, "select": 14, "confirm": 24}
    assert shown["most_seconds"] > shown["estimated_seconds"]


def test_a_dry_run_as_json(here):
    shown = json.loads(dry_run("--json").stdout)
    assert shown["runs"] == {"search": 4, "select": 4, "confirm": 8}
    assert shown["estimated_seconds"] > 0
    assert shown["estimated_bytes"] > 1e6


def test_a_dry_run_says_which_arm_fails(here):
    result = dry_run("--set", 'optimiser=["adam", {name="raising", after=0}]', "--set", "baseline={}", code=2)
    assert result.stderr == "error: arm 'raising' fails: RuntimeError: raised after 0 steps\n"


SIX = ("--set", "confirm.seeds=6")
THREE = ("--set", 'optimiser=["sgd", "adam", "adagrad"]', "--set", 'baseline={optimiser="sgd"}')


def test_a_dry_run_says_which_difference_the_seeds_can_find(here):
    assert f"{needed(6, 0.05):.3f}" == "1.435"
    assert power_of(dry_run(*SIX)) == (
        "6 seeds of each arm find a difference of 1.435 sd with at most 80% power (sd of the differences at equal "
        "seeds; --pilot with a result folder, or with that sd as a number, says it in dev_accuracy)"
    )
    of_two = needed(6, 0.025)  # of two comparisons each has half of 5%
    assert f"find a difference of {of_two:.4g} sd with at most 80% power over 2 comparisons (" in power_of(
        dry_run(*SIX, *THREE)
    )
    repeated = power_of(dry_run("--set", "search.repeats=6", "--set", "confirm.seeds=12"))
    assert repeated.startswith(
        "6 searches of each arm find a difference of 1.435 sd with at most 80% power (sd of the "
    )
    assert "(sd of the differences between searches; " in repeated
    # Looks cost something: at the last of them, less than 5% is left.
    until = power_of(dry_run(*SIX, "--until-decided", "--set", "confirm.limit=30"))
    found = re.match(r"up to 30 seeds of each arm find a difference of (0\.\d+) sd with at most 80% power \(", until)
    assert needed(30, 0.05) < float(found[1]) < 1.1 * needed(30, 0.05)


def test_a_dry_run_takes_the_spread_as_a_number(here):
    assert power_of(dry_run(*SIX, "--pilot", "2")) == (
        f"6 seeds of each arm find a difference of {2 * needed(6, 0.05):.4g} in dev_accuracy with at most 80% power; "
        "sd of the differences at equal seeds: 2, as given"
    )
    shown = json.loads(dry_run("--json", *SIX, "--pilot", "2").stdout)
    assert shown["detectable_sds"] == pytest.approx(needed(6, 0.05), abs=2e-4)
    assert shown["detectable_difference"] == pytest.approx(2 * needed(6, 0.05), abs=4e-4)
    alone = json.loads(dry_run("--json", *SIX).stdout)
    assert alone["detectable_sds"] == shown["detectable_sds"]
    assert alone["detectable_difference"] is None
    few = json.loads(dry_run("--json", "--pilot", "2").stdout)
    assert (few["detectable_sds"], few["detectable_difference"]) == (None, None)


def pilot(path: str, **scores: list[float]) -> None:
    """A result folder of these confirmed scores."""
    runs = [
        record(phase, name, 0, seed, score, curve=[{"step": 10, "dev_loss": 0.5, "dev_accuracy": score}])
        for name, of_arm in scores.items()
        for phase, seed, score in [("search", 0, 70.0), *(("confirm", 100 + s, each) for s, each in enumerate(of_arm))]
    ]
    arms = {name: made_arm({"optimiser": name}) for name in scores}
    folder_of(Path(path), runs, arms=arms, metric="dev_accuracy", baseline=next(iter(scores)), search={"trials": 1})


def test_a_dry_run_takes_the_spread_from_an_earlier_folder(here):
    base = [80.0, 82.0, 81.0]
    one = [score + gap for score, gap in zip(base, (0.0, 1.0, 2.0), strict=True)]  # their sd is 1
    two = [score + gap for score, gap in zip(base, (0.0, 3.0, 6.0), strict=True)]  # 3
    pilot("one", sgd=base, adam=one)
    assert power_of(dry_run(*SIX, "--pilot", "one")).endswith(
        "find a difference of 1.435 in dev_accuracy with at most 80% power; sd of the differences at equal seeds: 1, "
        "that of the one comparison in one"
    )
    pilot("two", sgd=base, adam=one, nadam=two)
    assert power_of(dry_run(*SIX, "--pilot", "two")).endswith(
        "sd of the differences at equal seeds: 2, the median of 2 comparisons in two"
    )


def test_a_pilot_that_says_nothing_is_refused(here):
    def refused(given: str, *words: str) -> str:
        return dry_run(*SIX, "--pilot", given, *words, code=2).stderr

    for number in ("0", "-1", "nan", "inf"):
        assert refused(number) == f"error: --pilot {number}: a standard deviation is above 0, or name a result folder\n"
    assert refused("ohne") == "error: --pilot ohne: neither a result folder nor a standard deviation\n"
    assert refused("tiny.toml") == "error: tiny.toml: is a file, not a result folder\n"
    Path("empty").mkdir()
    assert refused("empty").startswith("error: empty: no result folder here (study.json is missing)")
    pilot("constant", sgd=[80.0, 81.0], adam=[79.0, 80.0])
    assert refused("constant") == "error: --pilot constant: none of its arms has two seeds in common with another\n"
    pilot("good", sgd=[80.0, 81.0], adam=[79.0, 81.0])
    assert refused("good", "--set", "metric=dev_loss") == (
        "error: --pilot good: its scores are dev_accuracy, and this study judges by dev_loss\n"
    )
    assert refused("good", "--set", "search.repeats=6", "--set", "confirm.seeds=12") == (
        "error: --pilot good: its differences are between seeds, and this study counts searches, which spread "
        "otherwise; give an sd as a number\n"
    )


def test_a_pilot_without_a_dry_run_is_no_use(here):
    result = run("--pilot", "2", code=2)
    assert "--pilot goes with --dry-run" in result.stderr
    assert not Path("out").exists()
