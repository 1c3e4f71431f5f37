"""``harness run``: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli.main import main

from support.paths import TINY
from support.studies import SMALL, call, files

pytestmark = pytest.mark.usefixtures("blank_reports")


def run(*words: str, code: int = 0, out: str = "out") -> Result:
    return call("run", "tiny.toml", "--out", out, "--jobs", "0", *words, code=code)


def test_run_answers_on_stdout_and_talks_on_stderr(here):
    result = run()
    asked, compared, chosen, notes, *_ = result.stdout.split("\n\n")
    assert asked.startswith("Which is better on tiny?\nadam against sgd is exploratory only, too few seeds")
    assert [line.split()[0] for line in compared.splitlines()] == ["arm", "sgd", "adam"]
    assert [line.split()[0] for line in chosen.splitlines()] == ["arm", "sgd", "adam"]
    assert notes.endswith("\nhits on all 100 examples")
    assert "search: 0 of 16 runs" in result.stderr
    again = f"harness run tiny.toml --out out --plugin {TINY} --set confirm.seeds=4"
    told = result.stderr[result.stderr.index("results:") :].splitlines()
    assert told[:3] == [
        "results: out",
        "report:  out/report.html",
        "next:    harness table out trials   (or comparisons, sensitivity, tuning_curve, runs …)",
    ]
    assert sorted(told[3].split()) == sorted([*again.split(), "(more", "seeds)"])
    assert told[4].startswith("took ")
    assert told[5:] == []
    assert sorted(path.name for path in (here / "out").iterdir() if not path.name.startswith(".")) == [
        "calls.jsonl", "environment.json", "journal.log", "records.jsonl", "report.html", "study.json", "study.toml",
        "tables",
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


def test_a_dry_run_writes_nothing(here):
    before = files(here)
    result = dry_run()
    assert files(here) == before
    assert not (here / "out").exists()
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "Which is better on tiny?"
    assert [line.split()[:2] for line in lines[3:5]] == [["sgd", "8"], ["adam", "8"]]
    assert lines[-2].startswith("16 runs (search 4, select 4, confirm 8): about ")
    assert lines[-1] == "nothing was written"


def test_a_dry_run_says_the_most_that_widening_and_repeats_can_add(here):
    many = ("--set", "search.trials=9", "--set", "search.widen=2", "--set", "confirm.seeds=6")
    lines = dry_run(*many).stdout.splitlines()
    assert lines[-3].startswith("48 runs (search 18, select 6, confirm 24): about ")
    # Of both arms 2 rounds of 5 trials; each may be followed by a selection of 2 others.
    assert lines[-2].startswith("at most 76 runs, ")
    assert lines[-2].endswith(", if ranges are widened in 2 rounds")
    lines = dry_run(*many, "--set", "search.repeats=6").stdout.splitlines()
    assert lines[-3].startswith("168 runs (search 108, select 36, confirm 24): about ")
    assert lines[-2].startswith(f"at most {168 + 6 * 28} runs, ")
    assert lines[-2].endswith(", if ranges are widened in 2 rounds in each repeat of the search")
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
