"""Workers elsewhere: what they lack they are sent, and an executor that breaks at a death is opened anew."""

from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
import torch
from rich.console import Console

import harness
from harness.errors import HarnessError, PluginError, ResultError, RunsLostError
from harness.execution.place import Place
from harness.execution.processes import SerialExecutor, open_processes
from harness.execution.shipping import Files, Lacking, Supply, digest_of, files_of, variables
from harness.plugin.backend import Backend
from harness.plugin.registry import build_registry

from support.paths import ROOT, TINY
from support.studies import SMALL, run, tables, write_study

ELSEWHERE = Place(executor="processes of a plugin", open=lambda: open_processes(2), workers=2, is_elsewhere=True)
"""An executor that knows nothing of the harness's own ways with processes, and breaks when a worker dies."""


@pytest.mark.slow
def test_an_executor_of_the_standard_library_gives_the_same_tables(tmp_path):
    study = write_study(tmp_path, SMALL)
    run(study, tmp_path / "alone")
    run(study, tmp_path / "out", place=ELSEWHERE)
    assert tables(tmp_path / "out") == tables(tmp_path / "alone")


@pytest.mark.slow
def test_an_executor_that_breaks_is_opened_anew_and_only_the_run_at_fault_is_lost(tmp_path):
    study = write_study(tmp_path, SMALL.replace('{ name = "adam", search = ["lr"] }', '{ name = "deadly" }'))
    with pytest.raises(RunsLostError, match="search of deadly, trial 0 at seed 0: A process in the process pool was"):
        run(study, tmp_path / "out", place=ELSEWHERE)
    summary = run(study, tmp_path / "out", place=ELSEWHERE)
    assert {record.arm for record in summary.results.records.values() if record.reason} == {"deadly"}
    assert {record.arm for record in summary.results.records.values() if not record.reason} == {"sgd"}


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'harness'"), TypeError("unexpected keyword")])
def test_a_worker_without_the_same_harness_is_one_line(tmp_path, error):
    class Old(SerialExecutor):
        def submit(self, function, /, *arguments, **named):
            return super().submit(_raise, error)

    @contextmanager
    def opened():
        yield Backend(executor=Old(), place="a farm", workers=lambda: 1)

    place = Place(executor="farm", open=opened, workers=1, is_elsewhere=True)
    with pytest.raises(
        HarnessError, match=f"a worker of a farm cannot do its work: {type(error).__name__}: .*versions"
    ):
        run(write_study(tmp_path, SMALL), tmp_path / "out", place=place)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError("no such host"), "executor 'farm' cannot start: no such host"),
        (BrokenExecutor(), "executor 'farm' cannot start: its workers die at once"),
    ],
)
def test_an_executor_that_cannot_start_is_one_line(tmp_path, error, message):
    place = Place(executor="farm", open=lambda: _raise(error), workers=1, is_elsewhere=True)
    with pytest.raises(HarnessError, match=message):
        run(write_study(tmp_path, SMALL), tmp_path / "out", place=place)


@contextmanager
def _closing_badly():
    with ThreadPoolExecutor(1) as executor:
        yield Backend(executor=executor, place="here", workers=lambda: 1)
    raise ValueError("cannot close")


@contextmanager
def _none():
    return
    yield


def _backend(**given):
    return nullcontext(Backend(**{"executor": ThreadPoolExecutor(1), "place": "here", "workers": lambda: 1, **given}))


class Refusing(Executor):
    """Takes no work."""

    def submit(self, *given, **named):
        raise RuntimeError("closed")


@pytest.mark.parametrize(
    ("opened", "message"),
    [
        (lambda: _raise(ValueError("no")), r"cannot be opened: .*test_shipping.py:\d+: ValueError: no"),
        (_none, "cannot be opened: .*RuntimeError: generator didn't yield"),
        (lambda: nullcontext(3), "executor 'farm' gives 3, not a harness.Backend"),
        (lambda: _backend(workers=lambda: None), r"workers\(\) gives a number, got None"),
        (lambda: _backend(executor=Refusing()), r"takes no work: .*test_shipping.py:\d+: RuntimeError: closed"),
    ],
)
def test_what_an_executor_of_a_plugin_does_wrong_is_one_line(tmp_path, opened, message):
    place = Place(executor="farm", open=opened, workers=1, is_elsewhere=True)
    with pytest.raises(PluginError, match=message) as error:
        run(write_study(tmp_path, SMALL), tmp_path / "out", place=place)
    assert "\n" not in str(error.value)


def test_an_executor_that_does_not_close_loses_no_table(tmp_path):
    place = Place(executor="farm", open=_closing_badly, workers=1, is_elsewhere=True)
    shown = Console(file=io.StringIO(), width=300)
    run(write_study(tmp_path, SMALL), tmp_path / "out", place=place, console=shown)
    run(write_study(tmp_path, SMALL), tmp_path / "alone")
    assert tables(tmp_path / "out") == tables(tmp_path / "alone")
    assert "executor 'farm' does not end well: " in shown.file.getvalue()


THREAD = """
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
import harness

@harness.hookimpl
def register_executors(register):
    register("thread", thread)

@contextmanager
def thread(*, workers=None):
    with ThreadPoolExecutor(1) as executor:
        yield harness.Backend(executor=executor, place="a thread", workers=lambda: 1)
"""


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a device")
def test_a_device_is_the_workers_and_one_that_they_lack_is_one_line_from_there(tmp_path):
    """The driver's machine needs none, so it does not look for one."""
    (tmp_path / "thread.py").write_text(THREAD)
    study = write_study(tmp_path, SMALL)
    plugins = [TINY, tmp_path / "thread.py"]
    with pytest.raises(HarnessError, match="no device 'cuda:0': this build of torch"):
        harness.run(study, out=tmp_path / "out", executor="thread", plugins=plugins, device="cuda")
    assert not (tmp_path / "out" / "records.jsonl").exists()
    with pytest.raises(HarnessError, match="no device 'cuda': this build of torch"):
        harness.run(study, out=tmp_path / "out", jobs=0, plugins=plugins, device="cuda")
    harness.run(study, out=tmp_path / "out", executor="thread", plugins=plugins)
    run(study, tmp_path / "alone")
    assert tables(tmp_path / "out") == tables(tmp_path / "alone")


def _raise(error):
    raise error


@pytest.mark.slow
def test_the_executor_that_the_page_for_authors_shows(tmp_path):
    page = (ROOT / "plugins" / "README.md").read_text().partition("## Executors")[2]
    (tmp_path / "pool.py").write_text(page.partition("```python\n")[2].partition("```")[0])
    study = write_study(tmp_path, SMALL)
    run(study, tmp_path / "alone")
    words = ["run", str(study), "--out", "out", "--plugin", TINY, "--plugin", "pool.py", "--executor", "pool"]
    done = subprocess.run(
        [sys.executable, "-m", "harness", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "2 workers of a pool of processes" in done.stderr
    assert tables(tmp_path / "out") == tables(tmp_path / "alone")


def test_the_code_of_a_file_a_module_and_a_package(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "single.py").write_text("one")
    (tmp_path / "several" / "deep").mkdir(parents=True)
    for name in ("several/__init__.py", "several/deep/er.py", "several/data.txt"):
        (tmp_path / name).write_text(name)
    assert files_of(str(tmp_path / "single.py")) == (("single.py", b"one"),)
    assert files_of("single") == (("single.py", b"one"),)
    package = tuple((name, name.encode()) for name in ("several/__init__.py", "several/deep/er.py"))
    assert files_of("several") == files_of("several.deep.er") == package
    assert files_of("torch.optim") == (), "what a package holds is installed"
    assert files_of("not_there") == files_of("not there.py") == ()


def test_a_digest_is_of_names_and_contents():
    one: Files = (("a.py", b"1"),)
    assert digest_of(one) == digest_of((("a.py", b"1"),))
    assert len({digest_of(one), digest_of((("b.py", b"1"),)), digest_of((("a.py", b"2"),)), digest_of(())}) == 4


@pytest.fixture
def supply(tmp_path, tiny, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(Path(TINY).read_text())
    return Supply(build_registry(["mine.py"]), [("optimiser", "mine.py:Class"), ("optimiser", "adam")], tiny, "dask")


def test_only_what_is_lacking_is_sent(supply):
    assert supply.shipment.digests == {"mine.py": digest_of(files_of("mine.py"))}
    assert supply.shipment.code == {}
    sent = supply.complete(supply.shipment, Lacking(sources=["mine.py"]))
    assert sent.code == {"mine.py": files_of("mine.py")}
    assert sent.problem == b""


def test_what_was_sent_and_is_lacking_still_ends_the_study(supply):
    sent = supply.complete(supply.shipment, Lacking(sources=["mine.py"]))
    with pytest.raises(ResultError, match="dask: a worker lacks what it was sent"):
        supply.complete(sent, Lacking(sources=["mine.py"]))


def test_code_that_is_a_package_s_size_is_not_sent(supply, monkeypatch):
    monkeypatch.setattr("harness.execution.shipping.MOST_CODE", 10)
    with pytest.raises(
        ResultError, match=r"plugin 'mine\.py' is not on dask and too large to be sent; install it there"
    ):
        supply.complete(supply.shipment, Lacking(sources=["mine.py"]))


def test_a_problem_that_cannot_be_pickled_says_what_to_do(supply):
    """Its scoring function lies within another one."""
    with pytest.raises(
        ResultError, match=r"cannot load problem 'tiny'; and it cannot be sent there .*: put its data where"
    ):
        supply.complete(supply.shipment, Lacking(problem="a worker cannot load problem 'tiny'"))


def test_a_shipment_holds_the_harness_s_own_variables_alone(monkeypatch):
    monkeypatch.setenv("HARNESS_OF_A_TEST", "1")
    assert variables()["HARNESS_OF_A_TEST"] == "1"
    monkeypatch.setenv("OF_SOMEBODY_ELSE", "1")
    assert all(name.startswith("HARNESS_") for name in variables())
