"""Where runs are made: what a call says, what the user's configuration file says, and what is nonsense."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from harness.errors import HarnessError, PluginError
from harness.execution.place import find_place, read_configuration, wanted
from harness.execution.processes import worker_count
from harness.plugin.registry import build_registry

PLUGIN = """
from contextlib import contextmanager
import harness

ASKED = []

@harness.hookimpl
def register_executors(register):
    register("farm", farm)
    register("open", anything)

@contextmanager
def farm(*, workers=None, address="", colour="red"):
    ASKED.append((workers, address, colour))
    yield "a backend"

@contextmanager
def anything(*, workers=None, **settings):
    ASKED.append((workers, settings))
    yield "a backend"
"""


@pytest.fixture
def farm(tmp_path):
    """A registry with two executors, and what they were asked for."""
    (tmp_path / "farm.py").write_text(PLUGIN)
    registry = build_registry([str(tmp_path / "farm.py")])
    return registry, registry.plugins[-1].module.ASKED


@pytest.fixture
def configure(tmp_path, monkeypatch):
    """``configure(text)``: the user's configuration file, and its path."""

    def write(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(textwrap.dedent(text))
        monkeypatch.setenv("HARNESS_CONFIG", str(path))
        return path

    return write


def place(farm, executor=None, jobs=None, address=None):
    return find_place(wanted(executor, jobs, address), farm[0])


def test_nothing_said_is_a_process_for_each_core(farm):
    found = place(farm)
    assert (found.executor, found.workers, found.is_elsewhere) == ("processes", worker_count(None), False)


@pytest.mark.parametrize("said", [{"jobs": 0}, {"executor": "serial"}, {"executor": "serial", "jobs": 0}])
def test_one_process_in_three_ways(farm, said):
    found = place(farm, **said)
    assert (found.executor, found.workers) == ("serial", 0)
    with found.open() as backend:
        assert backend.executor.submit(int, "3").result() == 3


def test_an_executor_of_a_plugin_is_given_what_was_said(farm):
    with place(farm, "farm", 3, "here:1").open():
        pass
    with place(farm, "open").open():
        pass
    assert farm[1] == [(3, "here:1", "red"), (None, {})]
    assert place(farm, "farm").is_elsewhere


def test_the_user_s_configuration_file_says_it_for_every_call(farm, configure):
    configure("""
        [execution]
        executor = "farm"
        jobs = 7
        address = "there:2"

        [execution.farm]
        colour = "blue"

        [execution.open]
        anything = [1, "two"]
    """)
    for said in ((), ("farm",), (None, 8), (None, None, "here:1"), ("farm", 9, "here:1"), ("open",), ("open", 2)):
        with place(farm, *said).open():
            pass
    settings = {"anything": [1, "two"]}
    assert farm[1] == [
        (7, "there:2", "blue"), (7, "there:2", "blue"), (8, "there:2", "blue"),
        (None, "here:1", "blue"), (9, "here:1", "blue"), (None, settings), (2, settings),
    ]  # fmt: skip
    assert place(farm, None, 0).executor == "serial", "who asks for no workers wants none"
    assert place(farm, "processes", 2).workers == 2


def test_a_study_cannot_say_it(tmp_path):
    from support.studies import SMALL, call, write_study

    study = write_study(tmp_path, SMALL + '[execution]\nexecutor = "dask"\n')
    assert "execution" in call("check", str(study), code=2).output


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (("frm",), r"unknown executor 'frm', did you mean 'farm'\? known: .*farm, .*open, .*processes, .*serial"),
        (("farm", 0), "jobs: executor 'farm' needs workers, got 0; this process alone is --executor serial"),
        (("serial", 4), "jobs: executor 'serial' is this process alone, got 4"),
        (("processes", None, "a"), "executor_address: executor 'processes' has none: its workers are this machine's"),
        (("open", None, "a"), "executor_address: executor 'open' takes none: it starts its own workers"),
        ((None, None, "a"), "executor_address: says where an executor's workers are; name it too, as in --executor"),
        ((3,), "executor: a text, got int 3"),
        ((None, "x"), "jobs is a number of worker processes"),
    ],
)
def test_nonsense_is_one_line(farm, said, message):
    with pytest.raises(HarnessError, match=message):
        place(farm, *said)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[execution\n", None, "Expected ']'"),
        ("\n[executoin]\n", 2, "unknown section 'executoin', did you mean 'execution'?"),
        ("execution = 3\n", 1, "execution: a section"),
        ("[execution]\nexecutor = 3\n", 2, "executor: a text, got int 3"),
        ("[execution]\n\njobs = -1\n", 3, "jobs is a number of workers, got -1"),
        ("[execution]\njbos = 1\n", 2, "unknown key of [execution] 'jbos', did you mean 'jobs'?"),
    ],
)
def test_a_configuration_file_is_told_its_faults_with_their_lines(configure, text, line, message):
    path = configure(text)
    with pytest.raises(HarnessError) as error:
        read_configuration()
    assert str(error.value).startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert message in str(error.value)


def test_settings_that_an_executor_does_not_take_are_told(farm, configure):
    path = configure("[execution.farm]\ncolor = 'blue'\n")
    with pytest.raises(
        HarnessError, match=rf"{path}: unknown key of \[execution.farm\] 'color', did you mean 'colour'"
    ):
        place(farm, "farm")
    configure("[execution.frm]\ncolour = 'blue'\n")
    with pytest.raises(HarnessError, match=r"settings \[execution.frm\]: unknown executor 'frm', did you mean 'farm'"):
        place(farm, "serial")
    configure("[execution.processes]\ncolour = 'blue'\n")
    with pytest.raises(HarnessError, match=r"settings \[execution.processes\]: executor 'processes' takes none"):
        place(farm)
    configure("[execution.dask]\ndashboard = 3\n")
    with pytest.raises(HarnessError, match=r"\[execution.dask\] dashboard: a text, got int 3"):
        place(farm, "dask")


def test_a_configuration_file_that_was_named_must_be_there(monkeypatch, tmp_path):
    monkeypatch.setenv("HARNESS_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(HarnessError, match=r"HARNESS_CONFIG: .*none\.toml: no such file"):
        read_configuration()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("register('dask', nullcontext)", "executor 'dask' is registered twice: by plugin 'built_in' and by plugin"),
        ("register('serial', nullcontext)", "executor 'serial' is registered twice: by the harness itself and by"),
        ("register('mine', 3)", "executor 'mine' is no function that opens a backend"),
        ("1 / 0", r"failed in register_executors: .*own\.py:5: ZeroDivisionError"),
    ],
)
def test_a_plugin_is_told_what_is_wrong_with_its_executor(tmp_path, body, message):
    lines = ["import harness", "from contextlib import nullcontext", "@harness.hookimpl"]
    (tmp_path / "own.py").write_text("\n".join([*lines, "def register_executors(register):", f"    {body}"]))
    with pytest.raises(PluginError, match=message):
        build_registry([str(tmp_path / "own.py")])
