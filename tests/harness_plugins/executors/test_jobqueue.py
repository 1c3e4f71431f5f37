"""Batch systems: the job that is submitted, as dask-jobqueue itself writes it."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.execution.place import find_place, wanted
from harness.plugin.registry import build_registry
from harness_plugins.executors._serve import make
from harness_plugins.executors.jobqueue import MODEST, SYSTEMS, check

from support.studies import SMALL, run, tables, write_study

SBATCH = """#!/bin/sh
# Runs the script, as a node of a batch system would, and says its number.
cp "$1" job.sh
setsid sh job.sh > node.log 2>&1 &
echo $! > job.pid
echo "Submitted batch job 17"
"""
SCANCEL = """#!/bin/sh
echo "cancelled $1" >> submitted
kill -- -$(cat job.pid)
"""


@pytest.mark.parametrize(
    ("system", "settings", "lines"),
    [
        (
            "slurm",
            {"queue": "long", "account": "me", "walltime": "02:00:00", "job_extra_directives": ["--gres=gpu:1"]},
            ["#SBATCH -p long", "#SBATCH -A me", "#SBATCH -n 1", "#SBATCH --cpus-per-task=1", "#SBATCH --mem=2G",
             "#SBATCH -t 02:00:00", "#SBATCH --gres=gpu:1"],
        ),
        ("pbs", {"queue": "long", "cores": 4}, ["#PBS -q long", "#PBS -l select=1:ncpus=4:mem=1908MB"]),
        ("lsf", {"queue": "long"}, ["#BSUB -q long", "#BSUB -n 1"]),
    ],
)  # fmt: skip
def test_a_job_is_one_worker_that_makes_one_run_at_a_time(tmp_path, system, settings, lines):
    given = {**settings, "job_script_prologue": ["module load python"], "scheduler_options": {"host": "127.0.0.1"}}
    check(system, given)
    cluster, _ = make(SYSTEMS[system], 0, {**MODEST, **given, "shared_temp_directory": str(tmp_path)})
    with cluster as started:
        script = started.job_script()
    for line in [*lines, "module load python"]:
        assert line in script.splitlines()
    [command] = [line for line in script.splitlines() if "distributed.cli.dask_worker" in line]
    assert f"--nthreads {settings.get('cores', 1)} " in command
    assert "tls://127.0.0.1:" in command


def test_settings_are_those_of_dask_jobqueue():
    with pytest.raises(
        HarnessError, match=r"^\[execution\.slurm\] unknown key 'waltime', did you mean 'walltime'\? known: "
    ):
        check("slurm", {"waltime": "1:00"})


def test_how_many_workers_must_be_said():
    place = find_place(wanted("slurm", None, None), build_registry())
    with (
        pytest.raises(HarnessError, match=r"^jobs: how many workers slurm is to start, as in --jobs 40$"),
        place.open(),
    ):
        pass
    with pytest.raises(HarnessError, match="executor_address: executor 'slurm' takes none"):
        find_place(wanted("slurm", 2, "tcp://127.0.0.1:1"), build_registry())


def test_no_batch_system_here_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # whoever has SLURM has it not here
    place = find_place(wanted("slurm", 1, None), build_registry())
    with (
        pytest.raises(HarnessError, match=r"^no Dask cluster \(SLURMCluster\): OSError: no command sbatch here: run"),
        place.open(),
    ):
        pass


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"memory": 5}, 'memory is a text, as "2GB", got 5'),
        ({"job_script_prologue": "source x"}, r"job_script_prologue is a list of texts, as \[\"…\"\], got 'source x'"),
        ({"scheduler_options": 3}, "scheduler_options is a table"),
        ({"security": "no"}, "security is true or false, got 'no'"),
    ],
)
def test_a_setting_of_another_type_is_one_line(settings, message):
    with pytest.raises(HarnessError, match=rf"^\[execution\.slurm\] {message}"):
        check("slurm", settings)


def test_ctrl_c_stays_what_it_was():
    """dask_jobqueue takes it, when it is imported, for an end with exit code 0."""
    program = "import signal; from harness_plugins.executors.jobqueue import check; check('slurm', {}); "
    program += "import sys, dask_jobqueue; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Stand-ins for the two commands of SLURM that matter, on the PATH; jobs run on this machine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (folder / name).write_text(text)
        (folder / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_jobs_of_a_batch_system_make_the_runs_over_tls_and_are_cancelled_at_the_end(slurm, tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text(
        '[execution]\nexecutor = "slurm"\njobs = 1\n\n[execution.slurm]\nscheduler_options = { host = "127.0.0.1" }\n'
    )
    monkeypatch.setenv("HARNESS_CONFIG", str(tmp_path / "config.toml"))
    study = write_study(tmp_path, SMALL)
    run(study, tmp_path / "alone")
    run(study, tmp_path / "out", place=find_place(wanted(None, None, None), build_registry()))
    assert tables(tmp_path / "out") == tables(tmp_path / "alone")
    assert (tmp_path / "submitted").read_text().splitlines()[-1] == "cancelled 17"
    assert "tls://127.0.0.1" in (tmp_path / "node.log").read_text()
    assert not list(Path().glob(".harness-dask*")), "certificates are gone too"


@pytest.mark.slow
def test_a_job_that_ends_is_submitted_again(slurm, tmp_path):
    """As one is whose walltime is over."""
    settings = {"slurm": {"scheduler_options": {"host": "127.0.0.1"}}}
    place = find_place(replace(wanted("slurm", 1, None), settings=settings), build_registry())
    with place.open() as backend:
        first = backend.executor.submit(os.getpid).result(timeout=120)
        job = int((tmp_path / "job.pid").read_text())
        os.killpg(job, signal.SIGKILL)
        again = first
        while again == first:
            with suppress(backend.deaths):  # of whoever is handed to the dead one before its death is known
                again = backend.executor.submit(os.getpid).result(timeout=120)
        assert int((tmp_path / "job.pid").read_text()) != job


@pytest.mark.slow
def test_a_command_that_waits_for_room_in_the_queue_ends_with_whoever_called_it(slurm, tmp_path):
    """As sbatch does where a user has as many jobs as are allowed."""
    (tmp_path / "bin" / "sbatch").write_text("#!/bin/sh\necho $$ > waiting.pid\nexec sleep 300\n")
    folder = tmp_path / "certificates"
    folder.mkdir()
    settings = {**MODEST, "scheduler_options": {"host": "127.0.0.1"}, "shared_temp_directory": str(folder)}
    asked = {"kind": "SLURMCluster", "workers": 1, "settings": settings, "folder": str(folder)}
    serving = subprocess.Popen(
        [sys.executable, "-m", "harness_plugins.executors._serve"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True, start_new_session=True,
    )  # fmt: skip
    assert serving.stdin is not None
    serving.stdin.write(json.dumps(asked) + "\n")
    serving.stdin.flush()
    for _ in range(600):
        if (tmp_path / "waiting.pid").exists() and (tmp_path / "waiting.pid").read_text():
            break
        time.sleep(0.1)
    waiting = int((tmp_path / "waiting.pid").read_text())
    assert list(folder.iterdir()), "its certificates"
    serving.stdin.close()
    assert serving.wait(20) == -signal.SIGKILL
    assert not folder.exists()
    for _ in range(100):  # until whoever adopts it has seen its end
        if not Path(f"/proc/{waiting}").exists():
            return
        time.sleep(0.1)
    raise AssertionError("it waits for ever")


@pytest.mark.slow
def test_what_a_batch_system_refuses_is_told(slurm, tmp_path):
    (tmp_path / "bin" / "sbatch").write_text("#!/bin/sh\necho 'invalid partition specified: cpu' >&2\nexit 1\n")
    place = find_place(wanted("slurm", 1, None), build_registry())
    refused = pytest.raises(
        HarnessError, match=r"^no Dask cluster \(SLURMCluster\): .*invalid partition specified: cpu"
    )
    with refused, place.open():
        pass
    assert not list(tmp_path.glob(".harness-dask*")), "nor does it leave a key behind"
