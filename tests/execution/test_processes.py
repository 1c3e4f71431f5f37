"""Worker processes: born with what they need, in the driver's environment, deaf to Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from harness.execution import processes

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers are spawned")


def ask(expression: str) -> object:
    """What a fresh worker makes of an expression."""
    with processes.process_pool(1) as executor:
        return executor.submit(eval, expression).result()


def test_to_warm_up_imports_nothing_slow_here(tmp_path):
    program = "import sys; from harness.execution.processes import warm_up; warm_up(); "
    program += "print([name for name in ('torch', 'optuna', 'pandas', 'numpy') if name in sys.modules])"
    with (tmp_path / "printed").open("w+") as printed:  # and no pipe, which the process that warms up would keep open
        subprocess.run([sys.executable, "-c", program], stdout=printed, check=True)
    assert (tmp_path / "printed").read_text() == "[]\n"


@LINUX
def test_a_worker_is_born_with_what_it_needs():
    processes.warm_up()
    assert set(processes.LOADED) <= set(ask("list(__import__('sys').modules)"))


@LINUX
def test_workers_share_one_process_that_they_are_forked_from():
    assert ask("__import__('os').getppid()") == ask("__import__('os').getppid()") != os.getpid()


def test_a_worker_has_the_environment_that_the_driver_has_now(monkeypatch):
    processes.warm_up()
    monkeypatch.setenv("HARNESS_TESTED", "yes")
    monkeypatch.delenv("HARNESS_CACHE")
    assert ask("[__import__('os').environ.get(name) for name in ('HARNESS_TESTED', 'HARNESS_CACHE')]") == ["yes", None]


def test_a_worker_ignores_ctrl_c():
    assert ask("__import__('signal').getsignal(2)") == signal.SIG_IGN


def test_workers_are_spawned_where_forks_are_not_safe(monkeypatch):
    monkeypatch.setattr(processes.sys, "platform", "darwin")
    processes.warm_up()
    assert ask("__import__('os').getppid()") == os.getpid()
