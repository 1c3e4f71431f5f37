"""kill -9 at any moment: what was finished is kept, and the study ends with the tables of the undisturbed run."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.paths import TINY
from support.studies import STUDY, WIDENING, run, tables, write_study

KILLS = 20


def drive(study: Path, out: Path, seconds: float = 0) -> int:
    """The exit code of a driver in a forked process, which is at work at once: nothing has to be imported.

    After so many ``seconds`` of its own time, which do not depend on what else the machine does, it is killed: SIGPROF
    ends a process as kill -9 does, wherever it stands.
    """

    def work() -> None:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        run(study, out)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    return process.exitcode


def whole_lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize(
    "text",
    [
        STUDY.replace("[search]", "[search]\nbatch = 2"),
        STUDY.replace("[search]", '[search]\nsampler = "tpe"\nbatch = 2'),
        WIDENING,
    ],
    ids=["sobol", "tpe", "widening"],
)
def test_killed_at_random_moments_a_study_ends_as_if_nothing_had_been(tmp_path, text):
    run(write_study(tmp_path, name="warm.toml"), tmp_path / "warm")  # so that a fork has nothing left to import
    study = write_study(tmp_path, text)
    begin = os.times()
    assert drive(study, tmp_path / "undisturbed") == 0
    end = os.times()
    duration = end.children_user + end.children_system - begin.children_user - begin.children_system
    moments = random.Random(1)
    kills = finished = 0
    while kills < KILLS:
        out = tmp_path / f"killed{finished}"
        records = out / "records.jsonl"
        while True:
            before = whole_lines(records)
            code = drive(study, out, moments.uniform(0, duration / 3))
            assert code in (0, -signal.SIGPROF)
            assert whole_lines(records)[: len(before)] == before
            if code == 0:
                break
            kills += 1
        assert tables(out) == tables(tmp_path / "undisturbed")
        assert len(whole_lines(records)) == len(whole_lines(tmp_path / "undisturbed" / "records.jsonl"))
        decisions = [whole_lines(folder / "decisions.jsonl") for folder in (out, tmp_path / "undisturbed")]
        assert decisions[0] == decisions[1]
        finished += 1


SLOW = STUDY.replace('{ name = "adam", search = ["lr"] }', '{ name = "slow", search = ["lr"] }')


def command(study: Path, out: Path, jobs: int) -> list[str]:
    arguments = ["run", str(study), "--out", str(out), "--plugin", TINY, "--jobs", str(jobs)]
    return [sys.executable, "-m", "harness", *arguments]


def wait_for_records(out: Path, count: int) -> None:
    for _ in range(2400):
        if len(whole_lines(out / "records.jsonl")) >= count:
            return
        time.sleep(0.05)
    raise AssertionError("no records came")


def descendants(pid: int) -> list[int]:
    """Workers are children, or children of one that they are all forked from."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    children = [int(word) for word in found.stdout.split()]
    return [*children, *(each for child in children for each in descendants(child))]


def ours(pid: int) -> list[int]:
    """The workers and what they are forked from, without Python's own resource tracker, which says aloud that it died.

    multiprocessing starts that one to clean up after programs that were killed, and the study does not need it.
    """
    found = []
    for each in descendants(pid):
        with contextlib.suppress(FileNotFoundError):
            if b"resource_tracker" not in Path(f"/proc/{each}/cmdline").read_bytes():
                found.append(each)
    return found


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.slow
def test_workers_follow_a_killed_driver_and_its_study_can_go_on(tmp_path):
    study = write_study(tmp_path, SLOW)
    out = tmp_path / "out"
    driver = subprocess.Popen(command(study, out, 2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_records(out, 2)
    workers = descendants(driver.pid)
    assert len(workers) >= 2
    driver.kill()
    driver.wait()
    for _ in range(100):
        if not any(map(is_alive, workers)):
            break
        time.sleep(0.1)
    assert not any(map(is_alive, workers))
    run(study, out)
    run(study, tmp_path / "undisturbed")
    assert tables(out) == tables(tmp_path / "undisturbed")


@pytest.mark.slow
def test_workers_and_what_they_are_forked_from_may_be_killed_and_no_table_changes(tmp_path):
    study, out, moments = write_study(tmp_path, SLOW), tmp_path / "out", random.Random(2)
    kills = 0
    for _ in range(5):
        with subprocess.Popen(command(study, out, 2), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as driver:
            while driver.poll() is None and kills < 8:
                time.sleep(moments.uniform(0.1, 0.8))
                if out.exists() and (alive := ours(driver.pid)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(moments.choice(alive), signal.SIGKILL)
                        kills += 1
            said = driver.communicate()[1].decode()
        assert "Traceback" not in said, said
        if driver.returncode == 0:
            break
        assert driver.returncode == (2 if "worker processes cannot start here" in said else 1), said
        assert " lost: " in said or driver.returncode == 2, said
    assert kills >= 5
    run(study, tmp_path / "undisturbed")
    assert tables(out) == tables(tmp_path / "undisturbed")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "jobs", "code", "word"),
    [
        (signal.SIGINT, 1, 130, "interrupted"),
        (signal.SIGINT, 2, 130, "interrupted"),
        (signal.SIGTERM, 2, 143, "terminated"),
    ],
)
def test_ctrl_c_and_sigterm_leave_at_once_with_the_command_to_go_on(tmp_path, number, jobs, code, word):
    study = write_study(tmp_path, SLOW)
    out = tmp_path / "out"
    driver = subprocess.Popen(
        command(study, out, jobs), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a background shell ignores it
    )  # fmt: skip
    wait_for_records(out, 1)
    workers = descendants(driver.pid)
    (os.killpg if number == signal.SIGINT else os.kill)(driver.pid, number)
    stdout, stderr = driver.communicate(timeout=20)
    assert driver.returncode == code, stderr
    assert stdout == ""
    go_on = f"harness run {study} --out {out} --plugin {TINY} --jobs {jobs}"
    assert stderr.endswith(f"{word}; every finished run is kept in {out}. Go on with:\n  {go_on}\n")
    assert "Traceback" not in stderr
    assert "leaked" not in stderr
    time.sleep(1)
    assert not any(map(is_alive, workers))


@pytest.mark.slow
def test_at_whatever_moment_an_interrupt_ends_with_its_own_code_and_the_same_tables(tmp_path):
    """While libraries are imported, points are proposed, workers start, runs are made or tables are written."""
    study, out, moments = write_study(tmp_path), tmp_path / "out", random.Random(5)
    begin = time.monotonic()
    with subprocess.Popen(command(study, tmp_path / "undisturbed", 0), stderr=subprocess.DEVNULL) as driver:
        pass
    duration = time.monotonic() - begin
    assert driver.returncode == 0
    for attempt, number in enumerate((signal.SIGINT, signal.SIGTERM) * 2):
        code = 130 if number == signal.SIGINT else 143
        with subprocess.Popen(
            command(study, out, attempt % 2), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        ) as driver:  # fmt: skip
            if attempt < 2:  # while the command is at work
                opened = out / ("study.json" if attempt == 0 else ".lock")
                while not opened.exists() and driver.poll() is None:
                    time.sleep(0.01)
                time.sleep(attempt)
            else:
                time.sleep(moments.uniform(0.3, duration))
            driver.send_signal(number)
            said = driver.communicate(timeout=60)[1]
        if attempt == 0:
            assert driver.returncode == code, said
        assert driver.returncode in (0, code, -number), said  # the last: before it began, or after its end
        if "Traceback" in said:  # before the command has begun, Python itself shows where it was
            assert "harness/cli" not in said.rpartition("Traceback")[2], said
    run(study, out)
    assert tables(out) == tables(tmp_path / "undisturbed")
