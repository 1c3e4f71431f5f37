"""``harness.run``: a study from a script or a notebook, given as a file, a text or a dictionary."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import harness
from harness.errors import HarnessError, PluginError, StudyError

from support.paths import TINY
from support.studies import SMALL, call, files

DICTIONARY = tomllib.loads(SMALL)


def run(study: object, **how: object) -> harness.StudyResults:
    return harness.run(study, **{"jobs": 0, "plugins": [TINY], **how})


def records(folder: str) -> list[dict[str, object]]:
    lines = map(json.loads, Path(folder, "records.jsonl").read_text().splitlines())
    return [{**line, "seconds": None, "processor_seconds": None} for line in lines]


def test_a_path_a_text_and_a_dictionary_are_the_same_study_and_the_commands(here, blank_reports, capsys):
    shown = call("run", "tiny.toml", "--out", "command/out", "--jobs", "0").stdout
    # None lies beside another, whose shared runs a warning would name.
    folders = {"results/tiny": "tiny.toml", "text/out": SMALL, "dictionary/out": DICTIONARY}
    for folder, study in folders.items():
        found = run(study, out=None if folder == "results/tiny" else folder)
        assert found.path == Path(folder)
        assert found.text() == shown
        assert records(folder) == records("command/out")
        assert Path(folder, "study.json").read_bytes() == Path("command/out", "study.json").read_bytes()
    assert (len(found.made), found.call.new_runs) == (12, 12)
    assert tomllib.loads(Path("dictionary/out", "study.toml").read_text()) == DICTIONARY
    assert capsys.readouterr().err == "", "stderr is no terminal here, so nobody waits"
    # Each goes on where it stopped, and touches nothing where it did not.
    before = files(Path("dictionary/out"))
    again = run(DICTIONARY, out="dictionary/out", progress=True)
    assert (again.made, again.call) == ([], None)
    assert files(Path("dictionary/out")) == before
    assert capsys.readouterr().err == "resuming: 12 runs are there already\n"
    assert len(run(DICTIONARY, out="dictionary/out", set={"confirm.seeds": 3}).made) == 2


def test_changes_are_given_as_a_dictionary_or_as_the_command_takes_them(here):
    changes = {"search.trials": 1, "confirm.seeds": 1, "optimiser": ["sgd"], "compare": []}
    changes |= {"dropout.constant.rate": 0.5}
    overrides = ["search.trials=1", "confirm.seeds=1", 'optimiser=["sgd"]', "compare=[]", "dropout.constant.rate=0.5"]
    first = run("tiny.toml", out="a", set={**changes, "baseline": {}})
    assert first.study.overrides == (*overrides, "baseline={}")
    assert run("tiny.toml", out="a", set=[*overrides, "baseline={}"]).made == []


def test_until_decided_is_the_setting(here):
    how = {"search.trials": 1, "confirm.limit": 3}
    assert run("tiny.toml", out="a", until_decided=True, set=how).study.confirm.until_decided is True


@pytest.mark.parametrize(
    ("study", "messages"),
    [
        ({**DICTIONARY, "search": {"trials": 0, "trails": 2}},
         ["study: search.trails: unknown key 'trails', did you mean 'trials'? "
        "known: batch, objectives, repeats, sampler, trials, widen",
          "study: search.trials: must be greater than or equal to 1, got 0"]),
        ({**DICTIONARY, "seed": None, "model": {"hidden_dim": object, 3: 4}},
         ["study: seed: None is no value of a study; leave the key out",
          "study: model.3: a key is a text, got 3",
          "study: model.hidden_dim: a study holds texts, numbers, true and false, lists and tables, "
          "got type <class 'object'>"]),
        (SMALL.replace("trials = 2", "trails = 2", 1),
         ["study:20: search.trails: unknown key 'trails', did you mean 'trials'? "
        "known: batch, objectives, repeats, sampler, trials, widen"]),
        (SMALL + "[", ["study:28: not TOML: invalid initial character for a key part"]),
        (3, ["study: a path, the text of a study file or a dictionary, got int"]),
        ("no.toml", ["no.toml: cannot be read: no such file or directory"]),
    ],
)  # fmt: skip
def test_every_fault_of_a_study_is_named(here, study, messages):
    with pytest.raises(StudyError) as caught:
        run(study, out="out")
    assert sorted(str(caught.value).splitlines()) == sorted(messages)
    assert not Path("out").exists()


def test_what_cannot_be_done_is_one_line(here):
    with pytest.raises(StudyError, match=r"one that is no file needs a result folder: harness.run\(study, out="):
        run(DICTIONARY)
    with pytest.raises(HarnessError, match="jobs is a number of worker processes, 0 for none, got -1"):
        run("tiny.toml", jobs=-1)
    with pytest.raises(PluginError, match="a plugin is given by its file or its module's name, got module"):
        run("tiny.toml", plugins=[json])
    with pytest.raises(StudyError, match=r"--set search\.trials=0: search\.trials: must be greater"):
        run("tiny.toml", set={"search.trials": 0})


SCRIPT = f"""
import json, sys
import harness

print("once")
study = json.loads({json.dumps(json.dumps(DICTIONARY))})
print(harness.run(study, out="out", jobs=1, plugins=[{TINY!r}]).answer)
"""
ANSWER = "At these settings: adam against sgd is exploratory only"


def python(*words: str, code: int = 0, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own; one that starts itself again and again is stopped."""
    done = subprocess.run(
        [sys.executable, *words], input=text, capture_output=True, text=True, timeout=240, check=False
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done


def test_a_script_needs_no_guard(here):
    Path("script.py").write_text(SCRIPT)
    done = python("script.py")
    once, answer = done.stdout.splitlines()
    assert (once, answer[: len(ANSWER)]) == ("once", ANSWER), "no worker runs the script again"
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("words", [("-",), ("-c", SCRIPT)])
def test_nor_does_a_program_without_a_file(here, words):
    done = python(*words, text=SCRIPT)
    assert [line[: len(ANSWER)] for line in done.stdout.splitlines()] == ["once", ANSWER]


@pytest.mark.slow
def test_nor_does_a_script_where_processes_are_spawned(here):
    spawning = "import types, harness.execution.processes as processes\n"
    spawning += "processes.sys = types.SimpleNamespace(platform='darwin', modules=processes.sys.modules)\n"
    Path("script.py").write_text(spawning + SCRIPT)
    assert [line[: len(ANSWER)] for line in python("script.py").stdout.splitlines()] == ["once", ANSWER]


OWN = """
import torch, harness

@harness.hookimpl
def register_optimisers(register):
    register("own", Own)

class Own(torch.optim.SGD):
    def __init__(self, params, lr=0.1):
        super().__init__(params, lr=lr)
"""


@pytest.mark.slow
def test_a_script_may_be_its_own_plugin_behind_a_guard(here):
    called = f"harness.run('tiny.toml', jobs=1, plugins=[{TINY!r}, __file__], set={{'optimiser': ['own', 'sgd']}})"
    Path("script.py").write_text(f"{OWN}\nif __name__ == '__main__':\n    print({called}.failed)\n")
    assert python("script.py").stdout == "0\n"
    Path("script.py").write_text(f"{OWN}\n{called}\n")
    done = python("script.py", code=1)
    last = done.stderr.splitlines()[-1]
    assert "loads itself; what a script does beside registering belongs below if __name__ == '__main__':" in last
