"""Dask, with real schedulers and workers: the same tables wherever runs are made, whoever dies on the way."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from harness.errors import HarnessError, RunsLostError, UnavailableError
from harness.execution.place import find_place, wanted
from harness.plugin.registry import build_registry
from harness.records.folder import ResultFolder

from support.dasking import scheduler
from support.paths import TINY
from support.studies import SMALL, STUDY, run, tables, write_study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler with two workers, which nobody kills; one has several threads."""
    with scheduler(tmp_path_factory.mktemp("cluster")) as started:
        started.work(1)
        started.work(1, threads=3)  # which must not disturb each other
        yield started


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The tables of STUDY, run in one process."""
    folder = tmp_path_factory.mktemp("undisturbed")
    run(write_study(folder), folder / "out")
    return tables(folder / "out")


SLOW = SMALL.replace('{ name = "adam", search = ["lr"] }', '{ name = "slow", search = ["lr"], pause = 0.1 }')


def console() -> Console:
    return Console(file=io.StringIO(), width=300)


def said(shown: Console) -> str:
    assert isinstance(shown.file, io.StringIO)
    return shown.file.getvalue()


def test_processes_and_dask_give_the_tables_of_one_process(cluster, undisturbed, tmp_path):
    study, shown = write_study(tmp_path), console()
    run(study, tmp_path / "processes", jobs=2)
    summary = run(study, tmp_path / "dask", place=cluster.place(), console=shown)
    assert tables(tmp_path / "processes") == undisturbed
    assert tables(tmp_path / "dask") == undisturbed
    assert f"2 workers of the Dask cluster at {cluster.address}" in said(shown)
    assert summary.call is not None
    assert summary.call.jobs == 2
    [environment] = ResultFolder(tmp_path / "dask").environments().values()
    assert environment == next(iter(ResultFolder(tmp_path / "processes").environments().values()))


def test_two_hundred_runs_on_workers_that_come_late_come_in_the_middle_and_are_killed(tmp_path):
    """The first worker comes when the study waits for it; four more when it has been at work; then the first dies."""
    text = STUDY.replace("trials = 4", "trials = 70").replace("seeds = 3", "seeds = 15")
    study = write_study(tmp_path, text)
    run(study, tmp_path / "alone")
    shown = console()
    with scheduler(tmp_path / "cluster") as started:
        first = []
        _later(lambda: "waiting for workers" in said(shown), lambda: first.append(started.work(1, nanny=False)))
        _when(tmp_path / "out", 3, lambda: started.work(4))
        _when(tmp_path / "out", 60, lambda: first[0].kill())
        summary = run(study, tmp_path / "out", place=started.place(), console=shown)
        assert first[0].wait(10) == -signal.SIGKILL
    assert f"waiting for workers of the Dask cluster at {started.address}" in said(shown)
    assert summary.new >= 200
    assert summary.failed == 0
    assert summary.call is not None
    assert summary.call.jobs in (4, 5), "the first may have been killed before the others came"
    assert tables(tmp_path / "out") == tables(tmp_path / "alone")


def test_a_run_that_kills_its_worker_is_lost_and_nobody_else_suffers(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.execution.pool.TRIES", 2)  # a worker takes its time to come back
    text = SMALL.replace('{ name = "adam", search = ["lr"] }', '{ name = "deadly", search = [] }')
    with scheduler(tmp_path / "cluster") as started:
        started.work(2)
        with pytest.raises(RunsLostError, match="a run was lost: search of deadly, trial 0 at seed 0: its worker tcp"):
            run(write_study(tmp_path, text), tmp_path / "out", place=started.place())
        log = (tmp_path / "cluster" / "dask_worker-1.log").read_text()
    assert log.count("Restarting worker") <= 3, "of a scheduler's own three retries we want none"
    lines = [json.loads(line) for line in (tmp_path / "out" / "records.jsonl").read_text().splitlines()]
    assert next(line["reason"] for line in lines if line["arm"] == "deadly").endswith("died (its log says of what)")
    assert not any(line["reason"] for line in lines if line["arm"] == "sgd")


def test_a_scheduler_that_goes_away_ends_the_call_and_another_goes_on(tmp_path):
    """Through the command, since its exit code and its words are what a script sees."""
    study = write_study(tmp_path, SLOW)
    run(study, tmp_path / "alone")
    with scheduler(tmp_path / "first") as started:
        started.work(2)
        words = [sys.executable, "-m", "harness", "run", str(study), "--out", "out", "--plugin", TINY]
        command = subprocess.Popen(
            [*words, "--executor", "dask", "--executor-address", started.address], cwd=tmp_path,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        _wait(tmp_path / "out", 2)
        started.process.kill()
        _, told = command.communicate(timeout=60)
        assert command.returncode == 1
        assert "Traceback" not in told, told
        assert (
            f"the Dask cluster at {started.address} is gone; every finished run is kept, and the same command" in told
        )
    kept = len((tmp_path / "out" / "records.jsonl").read_text().splitlines())
    assert kept >= 2
    with scheduler(tmp_path / "second") as another:
        another.work(2)
        summary = run(study, tmp_path / "out", place=another.place())
    assert len(summary.results.records) == kept + summary.new
    assert tables(tmp_path / "out") == tables(tmp_path / "alone")


MINE = """
import torch
import harness

FACTOR = {factor}

@harness.hookimpl
def register_optimisers(register):
    register("mine", mine, space={{"lr": harness.log(1e-3, 1e-1)}})

def mine(model, *, lr: float = 0.01) -> torch.optim.Optimizer:
    "SGD."
    return torch.optim.SGD(model.parameters(), lr=lr * FACTOR)
"""


@pytest.mark.parametrize("source", ["mine.py", "mine_package"])
def test_a_plugin_that_workers_do_not_have_comes_to_them_as_it_is_now(cluster, tmp_path, monkeypatch, source):
    """The workers' own folder has none, then another one of that name; and the file changes between two studies."""
    monkeypatch.chdir(tmp_path)
    text = SMALL.replace('{ name = "adam", search = ["lr"] }', '{ name = "mine", search = ["lr"] }')
    file = Path(source if source.endswith(".py") else f"{source}/__init__.py")
    file.parent.mkdir(exist_ok=True)
    there = cluster.folder / file
    there.parent.mkdir(exist_ok=True)
    found = []
    for factor in (1, 3):
        file.write_text(MINE.format(factor=factor))
        for name in [name for name in sys.modules if name.startswith("mine_package")]:
            del sys.modules[name]
        study = write_study(tmp_path, text, f"study{factor}.toml")
        run(study, Path(f"alone{factor}"), plugins=(TINY, source))
        run(study, Path(f"dask{factor}"), plugins=(TINY, source), place=cluster.place())
        found.append(tables(Path(f"dask{factor}")))
        assert found[-1] == tables(Path(f"alone{factor}"))
        there.write_text("raise RuntimeError('this is another plugin')")
    assert found[0] != found[1]
    there.unlink()


def test_a_class_in_a_file_comes_to_workers_too(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("optimisers.py").write_text("import torch\nclass Mine(torch.optim.SGD): pass\n")
    text = SMALL.replace('{ name = "adam", search = ["lr"] }', '{ name = "optimisers.py:Mine", search = ["lr"] }')
    study = write_study(tmp_path, text)
    run(study, Path("alone"))
    run(study, Path("dask"), place=cluster.place())
    assert tables(Path("dask")) == tables(Path("alone"))


def test_data_that_workers_do_not_have_come_to_them(cluster, tmp_path, monkeypatch):
    """A path as the user gave it, from the folder where the command runs: the workers are in another one."""
    monkeypatch.chdir(tmp_path)
    rows = "\n".join(f"{'ab'[i % 2]},{'xyz'[i % 3]},{'yes' if i % 6 < 3 else 'no'}" for i in range(240))
    Path("data.csv").write_text(f"first,second,label\n{rows}\n")
    text = (
        SMALL.replace('problem  = "tiny"', 'problem = { name = "table", path = "data.csv", label = "label" }')
        .replace("dev_accuracy", "dev_loss")
    )  # fmt: skip
    study = write_study(tmp_path, text)
    run(study, Path("alone"))
    run(study, Path("dask"), place=cluster.place())
    assert tables(Path("dask")) == tables(Path("alone"))


def test_workers_that_differ_are_told_and_every_run_says_where_it_was_made(tmp_path):
    shown = console()
    with scheduler(tmp_path / "cluster") as started:
        started.work(1)
        started.work(1, variables={"ATEN_CPU_CAPABILITY": "default"})
        run(write_study(tmp_path), tmp_path / "out", place=started.place(), console=shown)
    environments = ResultFolder(tmp_path / "out").environments()
    capabilities = {key: environment["cpu_capability"] for key, environment in environments.items()}
    assert len(capabilities) == 2
    assert said(shown).count("warning: workers differ, so numbers may: one has cpu_capability ") == 1
    lines = (tmp_path / "out" / "records.jsonl").read_text().splitlines()
    assert {json.loads(line)["environment"] for line in lines} == capabilities.keys()


def test_the_variables_of_the_driver_hold_for_workers(cluster, tmp_path, monkeypatch):
    """A plugin that the driver leaves out is not loaded there either: it could register what is registered here."""
    monkeypatch.setenv("HARNESS_PLUGINS", "built_in")
    monkeypatch.setenv("HARNESS_OF_A_TEST", "1")
    plugin = tmp_path / "asking.py"
    plugin.write_text(
        MINE.format(factor=1).replace('"SGD."', "import os\n    assert os.environ['HARNESS_OF_A_TEST'] == '1'")
    )
    text = SMALL.replace('{ name = "adam", search = ["lr"] }', '{ name = "mine", search = ["lr"] }')
    summary = run(write_study(tmp_path, text), tmp_path / "out", place=cluster.place(), plugins=(TINY, str(plugin)))
    assert summary.failed == 0


@pytest.mark.parametrize("ending", ["end", "kill"])
def test_a_cluster_by_one_word_leaves_nobody_behind(tmp_path, ending):
    study = write_study(tmp_path, SLOW if ending == "kill" else SMALL)
    words = ["run", str(study), "--out", "out", "--plugin", TINY, "--executor", "dask", "--jobs", "2"]
    command = subprocess.Popen(
        [sys.executable, "-m", "harness", *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    _wait(tmp_path / "out", 1)
    processes = _below(command.pid)
    assert len(processes) >= 3
    if ending == "kill":
        command.kill()
    command.communicate(timeout=100)
    assert command.returncode == (0 if ending == "end" else -signal.SIGKILL)
    for _ in range(300):
        if not any(_is_alive(pid) for pid in processes):
            return
        time.sleep(0.1)
    raise AssertionError("processes are left")


def test_no_scheduler_there_is_one_line(monkeypatch):
    monkeypatch.setattr("harness_plugins.executors.dask.CONNECT", 0.5)
    place = find_place(wanted("dask", None, "tcp://127.0.0.1:9"), build_registry())
    with pytest.raises(HarnessError, match=r"^no Dask scheduler at tcp://127\.0\.0\.1:9: "), place.open():
        pass


SERVER = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
known = []
while True:
    known.append(server.accept()[0])
    known[-1].sendall({answer!r})
"""


@pytest.mark.parametrize(
    ("answer", "message"),
    [(b"", "no answer in 1 seconds"), (b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9, "does not speak as Dask does")],
)
def test_another_server_there_is_one_line(monkeypatch, answer, message):
    monkeypatch.setattr("harness_plugins.executors.dask.CONNECT", 1)
    server = subprocess.Popen([sys.executable, "-c", SERVER.format(answer=answer)], stdout=subprocess.PIPE, text=True)
    try:
        address = f"tcp://127.0.0.1:{int(server.stdout.readline())}"
        place = find_place(wanted("dask", None, address), build_registry())
        with pytest.raises(UnavailableError, match=rf"^no Dask scheduler at {address}: .*{message}"), place.open():
            pass
    finally:
        server.kill()
        server.communicate()


@pytest.mark.parametrize("address", ["foo", "http://x:1", "tcp://[::1", "tcp://h:99999", "tcp://h", "inproc://x:1"])
def test_what_is_no_address_is_one_line(address):
    place = find_place(wanted("dask", None, address), build_registry())
    with pytest.raises(HarnessError, match=r"^a scheduler's address is tcp://HOST:PORT or tls://"), place.open():
        pass


def test_workers_of_a_scheduler_are_not_started_here():
    place = find_place(wanted("dask", 3, "tcp://127.0.0.1:9"), build_registry())
    with (
        pytest.raises(
            HarnessError, match=r"^jobs: the workers of tcp://127\.0\.0\.1:9 are started there, got 3; leave"
        ),
        place.open(),
    ):
        pass


def _when(out: Path, count: int, act) -> None:
    """Do something once so many runs are recorded."""
    _later(lambda: _recorded(out) >= count, act)


def _later(is_time, act) -> None:
    def watch() -> None:
        _until(is_time)
        act()

    threading.Thread(target=watch, daemon=True).start()


def _until(is_time) -> None:
    for _ in range(2400):
        if is_time():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def _recorded(out: Path) -> int:
    records = out / "records.jsonl"
    return records.read_bytes().count(b"\n") if records.exists() else 0


def _wait(out: Path, count: int) -> None:
    _until(lambda: _recorded(out) >= count)


def _below(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    children = [int(word) for word in found.stdout.split()]
    return [*children, *(each for child in children for each in _below(child))]


def _is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
