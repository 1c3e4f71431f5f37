"""The command line as a user meets it: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import torch
from click.testing import CliRunner, Result

import harness
from harness.cli import main
from harness.evaluation import predictor
from harness.hookspecs import CHOICES, KINDS
from harness.registry import build_registry
from harness.tables import TABLES

from conftest import TINY

STUDY = """\
question = "Which is better on tiny?"
problem  = "tiny"
metric   = "dev_accuracy"
compare  = ["optimiser"]
baseline = { optimiser = "sgd" }

[choices]
optimiser = [{ name = "sgd", search = ["lr"] }, { name = "adam", search = ["lr"] }]
dropout   = { name = "constant", rate = 0.25 }

[model]
embedding_dim = 4
hidden_dim    = 8

[training]
epochs     = 1
batch_size = 100

[search]
trials = 2

[select]
trials = 2
seeds  = 1

[confirm]
seeds = 2
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to be in, with the study in it."""
    monkeypatch.chdir(tmp_path)
    Path("tiny.toml").write_text(STUDY)
    return tmp_path


def call(*words: str, plugin: bool = True, code: int = 0) -> Result:
    """``harness …``, which must end with the exit code ``code``, and never with a traceback."""
    result = CliRunner().invoke(main, [*words, *(["--plugin", TINY] if plugin else [])], prog_name="harness")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result


def shell(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "harness", *words],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def run(*words: str, code: int = 0, out: str = "out") -> Result:
    return call("run", "tiny.toml", "--out", out, "--jobs", "0", *words, code=code)


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its modification time and content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


def commands(command: click.Command = main, name: str = "harness") -> dict[str, click.Command]:
    found = {name: command}
    if isinstance(command, click.Group):
        for each in command.commands.values():
            found |= commands(each, f"{name} {each.name}")
    return found


# The shape of it


def test_the_commands():
    assert sorted(main.commands) == [
        "check", "compare", "list", "report", "run", "show", "table", "train", "unseal",
    ]  # fmt: skip


@pytest.mark.parametrize("name", commands())
def test_no_command_has_more_than_eight_options_and_each_is_explained(name):
    command = commands()[name]
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert len(options) <= 8
    assert all(each.help or each.show_default for each in options)
    assert command.help
    assert not command.help.partition("\n")[0].rstrip(".").endswith("…")


def test_what_reads_has_json():
    for name in ("list", "show", "check", "table", "compare", "run", "train"):
        assert "as_json" in [each.name for each in main.commands[name].params]


def test_the_first_help_page_says_what_there_is():
    text = call("--help", plugin=False).stdout
    codes = "Exit codes: 0 done, 1 failed, 2 usage or a bad file, 3 finished but some runs failed, 4 worse "
    assert codes + "(compare --fail-if-worse), 130 interrupted." in " ".join(text.split())
    for name in main.commands:
        assert f"\n  {name}" in text
    assert call("-h", plugin=False).stdout == text


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"], ["--version", "--help"], ["nope"], []])
def test_help_imports_nothing_large(words):
    script = (
        "import sys\n"
        "from harness.cli import main\n"
        f"try: main({words!r})\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'optuna', 'pandas', 'numpy', 'scipy', 'pydantic'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version():
    assert call("--version", plugin=False).stdout == f"harness, version {harness.__version__}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rnu"], "Error: No such command 'rnu'. Did you mean 'run'?"),
        (["run"], "Error: Missing argument 'STUDY'."),
        (["run", "x.toml", "--job", "1"], "Error: No such option '--job'"),
        (["run", "x.toml", "--jobs", "-1"], "Error: Invalid value for '--jobs': -1 is not in the range x>=0."),
        (["train", "--epochs", "0"], "Error: Invalid value for '--epochs': 0 is not in the range x>=1."),
        (["table"], "Error: Missing argument 'RESULTS'."),
        (
            ["table", "x", "--format", "cvs"],
            "Error: Invalid value for '--format': 'cvs' is not one of 'text', 'csv', 'markdown', 'latex', 'json'.",
        ),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_right(words, message):
    result = call(*words, plugin=False, code=2)
    assert result.stdout == ""
    # The words are click's; the quotes around an option's name differ between its versions.
    assert result.stderr.splitlines()[-1].replace("'", "").startswith(message.replace("'", ""))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "no.toml"], "no.toml: cannot be read: no such file or directory"),
        (["check", "no.toml"], "no.toml: cannot be read: no such file or directory"),
        (["table", "no"], "no: no result folder here (study.json is missing); harness run STUDY makes one"),
        (["table", "no", "arm"], f"unknown table 'arm', did you mean 'arms'? known: {', '.join(sorted(TABLES))}"),
        (["show", "optimiser", "adm"], "unknown optimiser 'adm', did you mean 'adam'? "
         "known: adagrad, adam, adamw, nadam, rmsprop, sgd"),
        (["list", "--plugin", "no.py"], "cannot load plugin 'no.py': no such file"),
        (["train", "--problem", "tny"], "harness train: problem: unknown problem 'tny'; known: conllu, turkish-web"),
        (["train", "--save", "no/m.safetensors"], "no/m.safetensors: cannot be written: no folder no"),
        (["train", "--set", "x"], "--set x: write key=value, for example --set search.trials=16"),
        (["run", "tiny.toml"], "tiny.toml:2: problem: unknown problem 'tiny'; known: conllu, turkish-web"),
    ],
)  # fmt: skip
def test_a_bad_name_or_file_is_2_and_one_clear_message(here, words, message):
    result = call(*words, plugin=False, code=2)
    assert (result.stdout, result.stderr) == ("", f"error: {message}\n")


def test_all_faults_of_a_study_are_shown(here):
    Path("tiny.toml").write_text(STUDY.replace("epochs     = 1", "epochs = 0").replace("seeds = 2", "seed = 2"))
    result = call("check", "tiny.toml", "--set", "search.trials=0", code=2)
    assert result.stderr.splitlines() == [
        "error: --set search.trials=0: search.trials: must be greater than or equal to 1, got 0",
        "tiny.toml:16: training.epochs: must be greater than 0, got 0",
        "tiny.toml:27: confirm.seed: unknown key 'seed', did you mean 'seeds'? known: limit, seeds, until_decided",
    ]


# list and show


def test_list_is_a_table_of_everything():
    lines = call("list").stdout.splitlines()
    assert lines[0].split() == ["kind", "name", "what", "it", "is", "plugin"]
    registry = build_registry([TINY])
    assert [line.split()[:2] for line in lines[1:]] == [[kind, name] for kind in KINDS for name in registry.names(kind)]
    assert all(line.endswith(("built_in", TINY)) for line in lines[1:])


def test_list_of_one_kind_and_as_json():
    names = [each["name"] for each in json.loads(call("list", "optimiser", "--json").stdout)]
    assert names == build_registry([TINY]).names("optimiser")
    assert [line.split()[1] for line in call("list", "optimiser").stdout.splitlines()[1:]] == names
    assert {each["kind"] for each in json.loads(call("list", "--json").stdout)} == set(KINDS)


def test_show():
    assert call("show", "optimiser", "slow").stdout == (
        f"optimiser slow   (plugin {TINY})\n"
        "\n"
        "SGD that takes its time, so that a test can interrupt it.\n"
        "\n"
        "hyperparameter  type   default  searched in\n"
        "lr              float  0.1      [0.001, 0.1] log\n"
        "pause           float  0.01\n"
    )
    assert call("show", "initialiser", "zeros", plugin=False).stdout.endswith("\n\nno hyperparameters\n")


def test_show_json():
    shown = json.loads(call("show", "optimiser", "slow", "--json").stdout)
    source = shown.pop("source")
    assert len(source) == 12
    assert shown == {
        "kind": "optimiser", "name": "slow", "description": "SGD that takes its time, so that a test can interrupt it.",
        "plugin": TINY, "version": "",
        "hyperparameters": {
            "lr": {
                "type": "float", "default": 0.1, "required": False,
                "space": {"low": 0.001, "high": 0.1, "scale": "log", "integer": False},
            },
            "pause": {"type": "float", "default": 0.01, "required": False, "space": None},
        },
    }  # fmt: skip


def test_every_component_can_be_shown():
    registry = build_registry()
    for kind in KINDS:
        for name in registry.names(kind):
            assert call("show", kind, name, plugin=False).stdout.startswith(f"{kind} {name}   (plugin built_in ")


# check and dry run


def test_check(here):
    result = call("check", "tiny.toml", "--set", "confirm.seeds=3")
    assert result.stderr == ""
    assert result.stdout == (
        "Which is better on tiny?\n"
        "\n"
        "problem: tiny, 300 training and 100 dev examples, 6 features, 40 embedding rows, 3 classes\n"
        "metric:  dev_accuracy, maximised\n"
        "runs:    20 (search 4, select 4, confirm 12)\n"
        "\n"
        "arm               searches\n"
        "sgd   (baseline)  optimiser.sgd.lr [0.001, 5] log\n"
        "adam              optimiser.adam.lr [0.0001, 0.01] log\n"
    )


def test_check_json(here):
    shown = json.loads(call("check", "tiny.toml", "--json").stdout)
    assert shown["runs"] == {"search": 4, "select": 4, "confirm": 8}
    assert list(shown["arms"]) == ["sgd", "adam"]
    assert shown["arms"]["adam"]["space"] == {
        "optimiser.adam.lr": {"low": 0.0001, "high": 0.01, "scale": "log", "integer": False}
    }


def test_a_dry_run_writes_nothing(here):
    before = files(here)
    result = run("--dry-run")
    assert files(here) == before
    assert not (here / "out").exists()
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "Which is better on tiny?"
    assert [line.split()[:2] for line in lines[3:5]] == [["sgd", "8"], ["adam", "8"]]
    assert lines[-2].startswith("16 runs (search 4, select 4, confirm 8): about ")
    assert lines[-1] == "nothing was written"


def test_a_dry_run_as_json(here):
    shown = json.loads(run("--dry-run", "--json").stdout)
    assert shown["runs"] == {"search": 4, "select": 4, "confirm": 8}
    assert shown["estimated_seconds"] > 0
    assert shown["estimated_bytes"] > 1e6


def test_a_dry_run_says_which_arm_fails(here):
    result = run("--dry-run", "--set", 'optimiser=["adam", {name="raising", after=0}]', "--set", "baseline={}", code=2)
    assert result.stderr == "error: arm 'raising' fails: RuntimeError: raised after 0 steps\n"


# run and table


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
    assert (here / "out" / "study.toml").read_text() == STUDY

    # The same again: nothing to do, nothing touched.
    before = files(here / "out")
    second = run()
    assert second.stdout == result.stdout
    assert "out: finished before, nothing to do\n" in second.stderr
    assert "took" not in second.stderr
    assert files(here / "out") == before

    # The table by itself is the same text, and every other table in every format is there.
    assert call("table", "out", plugin=False).stdout == result.stdout
    for name in TABLES:
        text = (here / "out" / "tables" / f"{name}.csv").read_text()
        assert call("table", "out", name, "--format", "csv", plugin=False).stdout == text
        rows = json.loads(call("table", "out", name, "--json", plugin=False).stdout)
        assert len(rows) == text.count("\n") - 1
        assert rows == json.loads(call("table", "out", name, "--format", "json", plugin=False).stdout)
        for form in ("text", "markdown", "latex"):
            assert call("table", "out", name, "--format", form, plugin=False).stdout.count("\n") > len(rows)
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
    assert "1 of 4 runs failed: harness table out runs\n" in result.stderr
    result = run("--set", 'optimiser=["sgd", {name="raising", after=1}]', out="other", code=3)
    assert "failed: search raising trial 0: RuntimeError: raised after 1 steps\n" in result.stderr
    assert "1 of 7 runs failed: harness table other runs\n" in result.stderr
    assert run("--set", 'optimiser=["sgd", {name="raising", after=1}]', out="other", code=3).stdout == result.stdout


def test_a_folder_that_is_a_file_or_in_use_is_refused(here):
    Path("file").write_text("")
    assert run(out="file", code=2).stderr == "error: file: cannot be a result folder: file exists\n"
    from harness.folder import ResultFolder

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

    monkeypatch.setattr("harness.runner.run_study", interrupt)
    result = run("--set", "question=Why not?", code=130)
    assert result.stdout == ""
    assert result.stderr == (
        "interrupted; every finished run is kept in out. Go on with:\n"
        f"  harness run tiny.toml --out out --set 'question=Why not?' --plugin {TINY} --jobs 0\n"
    )
    monkeypatch.setattr("harness.byhand.train_by_hand", interrupt)
    result = call("train", code=130)
    assert (result.stdout, result.stderr) == ("", "interrupted\n")


def test_a_bug_shows_its_traceback(here, monkeypatch):
    def bug(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("harness.runner.run_study", bug)
    result = CliRunner().invoke(main, ["run", "tiny.toml", "--plugin", TINY, "--jobs", "0"])
    assert (result.exit_code, type(result.exception)) == (1, ZeroDivisionError)


# train

TRAIN = ["train", "--problem", "tiny", "--epochs", "2", "--set", "model.hidden_dim=8", "--set", "model.embedding_dim=4"]


def test_train_shows_the_curve_and_prints_the_metrics():
    result = call(*TRAIN, "--set", "training.batch_size=100")
    names = ["batch_loss", "train_loss", "train_accuracy", "dev_loss", "dev_accuracy", "dev_hits"]
    assert [line.partition("\t")[0] for line in result.stdout.splitlines()] == [*names, "hits on all 100 examples"]
    shown = result.stderr.splitlines()
    assert shown[0].startswith("tiny: dropout constant(rate=0.5), ")
    assert [line.split()[:4] for line in shown[1:]] == [["step", "3", "of", "6"], ["step", "6", "of", "6"]]
    assert [line.split()[4::2] for line in shown[1:]] == [names, names]


def test_train_uses_the_components_own_defaults_whatever_their_space_is():
    shown = json.loads(call(*TRAIN, "--optimiser", "sgd", "--json").stdout)
    assert shown["configuration"]["choices"]["optimiser"] == {
        "name": "sgd", **build_registry().component("optimiser", "sgd").defaults,
    }  # fmt: skip
    assert shown["reason"] == ""
    assert [point["step"] for point in shown["curve"]] == [1, 2]


def test_train_takes_every_override_and_is_reproducible():
    words = [*TRAIN, "--json", "--set", "dropout=linear", "--set", "dropout.linear.start=0.125",
             "--set", "optimiser.adam.lr=0.25", "--set", "problem.tiny.seed=3"]  # fmt: skip
    one, same, other = (json.loads(call(*words, "--set", f"seed={seed}").stdout) for seed in (1, 1, 2))
    assert one["configuration"]["choices"]["dropout"] == {"name": "linear", "start": 0.125, "end": 0.0}
    assert one["configuration"]["choices"]["optimiser"]["lr"] == 0.25
    assert one["curve"] == same["curve"] != other["curve"]


@pytest.mark.parametrize(
    ("overrides", "messages"),
    [
        (
            ['optimiser=["adam", "sgd"]'],
            ["choices.optimiser: harness train runs one configuration: name one component, and nothing to search"],
        ),
        (
            ["optimiser.adam.lr=[0.1, 0.2]"],
            ["space.optimiser.adam.lr: harness train runs one configuration: give one value"],
        ),
        (
            ["dropout.constant.rate={low = 0.1, high = 0.2}"],
            ["space.dropout.constant.rate: harness train runs one configuration: give one value"],
        ),
        (['dropout={name="constant", search=["rate"]}'],
         ["choices.dropout: harness train runs one configuration: name one component, and nothing to search"]),
    ],
)  # fmt: skip
def test_train_runs_one_configuration(overrides, messages):
    words = [word for each in overrides for word in ("--set", each)]
    result = call(*TRAIN, *words, code=2)
    assert result.stderr == "".join(
        f"error: --set {each}: {message}\n" for each, message in zip(overrides, messages, strict=True)
    )


def test_a_run_by_hand_that_fails_is_1_and_saves_nothing(tmp_path):
    path = tmp_path / "m.safetensors"
    result = call(*TRAIN, "--optimiser", "raising", "--epochs", "9", "--save", str(path), code=1)
    assert result.stdout == ""
    assert result.stderr.endswith("error: the run failed: RuntimeError: raised after 3 steps\n")
    assert not path.exists()
    shown = json.loads(call(*TRAIN, "--optimiser", "raising", "--epochs", "9", "--json", code=1).stdout)
    assert shown["reason"] == "RuntimeError: raised after 3 steps"


def test_a_saved_model_gives_the_same_logits(tmp_path, tiny, monkeypatch):
    trained = []
    import harness.byhand as byhand

    real = byhand.save_model
    monkeypatch.setattr(
        byhand, "save_model", lambda path, model, *rest: (trained.append(model), real(path, model, *rest))
    )
    path = tmp_path / "m.safetensors"
    result = call(*TRAIN, "--save", str(path))
    assert result.stderr.splitlines()[-1] == f'saved: {path}   (python: harness.load("{path}"))'
    loaded = harness.load(path)
    expected, found = predictor(trained[0])(tiny.dev.tokens), predictor(loaded.model)(tiny.dev.tokens)
    assert torch.equal(found, expected)
    assert expected.std() > 0
    accuracy = 100 * (found.argmax(1) == tiny.dev.labels).double().mean().item()
    assert f"dev_accuracy\t{accuracy:.4f}\n" in result.stdout
    assert loaded.vocabulary == tiny.vocabulary
    assert loaded.metrics["dev_accuracy"] == accuracy


# Completion

SHELLS = {"bash": "complete -o nosort -F _harness_completion", "zsh": "#compdef harness", "fish": "complete --no-files"}


@pytest.mark.parametrize("name", SHELLS)
def test_a_completion_script_for_every_shell(name):
    done = shell(_HARNESS_COMPLETE=f"{name}_source")
    # ``python -m harness`` is called __main__; the installed command is what is completed.
    script = subprocess.run(
        [str(Path(sys.executable).parent / "harness")],
        capture_output=True, text=True, check=False, env={**os.environ, "_HARNESS_COMPLETE": f"{name}_source"},
    )  # fmt: skip
    assert (script.returncode, script.stderr) == (0, "")
    assert SHELLS[name] in script.stdout
    assert done.returncode in (0, 2)


def completed(words: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    result = CliRunner().invoke(main, [], prog_name="harness", env={"_HARNESS_COMPLETE": "bash_complete"})
    assert (result.exit_code, result.stderr) == (0, "")
    return [line.partition(",")[2] for line in result.stdout.splitlines()]


def test_completion_knows_commands_kinds_components_and_tables(monkeypatch):
    registry = build_registry()
    assert completed("harness ", monkeypatch) == sorted(main.commands)
    assert completed("harness list ", monkeypatch) == list(KINDS)
    assert completed("harness show op", monkeypatch) == ["optimiser"]
    for kind in KINDS:
        assert completed(f"harness show {kind} ", monkeypatch) == registry.names(kind)
    assert completed("harness show optimiser ada", monkeypatch) == ["adagrad", "adam", "adamw"]
    assert completed(f"harness show --plugin {TINY} optimiser s", monkeypatch) == ["sgd", "slow"]
    assert completed("harness table out ", monkeypatch) == list(TABLES)
    assert completed("harness table out t", monkeypatch) == [name for name in TABLES if name.startswith("t")]
    assert completed("harness table out ti", monkeypatch) == ["time_to_target", "timing", "time_to_target_seconds"]


def test_completion_is_silent_where_plugins_cannot_be_loaded(monkeypatch):
    assert completed("harness show --plugin no.py optimiser s", monkeypatch) in ([], [""])


# As a process


@pytest.mark.slow
def test_the_module_is_the_command(here):
    done = shell("check", "tiny.toml", "--plugin", TINY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == call("check", "tiny.toml").stdout
    done = shell("check", "no.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: no.toml: cannot be read: no such file or directory\n"


def test_a_closed_pipe_is_no_traceback():
    done = subprocess.run(
        f"{sys.executable} -m harness list | head -1", shell=True, capture_output=True, text=True, check=False
    )
    assert done.stdout.split()[0] == "kind"
    assert "Traceback" not in done.stderr


def test_every_choice_of_a_study_is_a_kind():
    assert set(CHOICES) == set(KINDS) - {"problem"}
