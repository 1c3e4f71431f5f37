"""The process that workers are forked from, forked from a command's own once that has imported what both need."""

from __future__ import annotations

import gc
import importlib
import multiprocessing.forkserver
import multiprocessing.util
import os
import re
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterable, Sequence
from typing import NoReturn

from harness.execution.processes import LOADED

_start_python = multiprocessing.util.spawnv_passfds


def fork_workers_from_here() -> None:
    """Let multiprocessing fork its fork server from this process, once this has imported what workers need.

    Otherwise the fork server is a new interpreter, which takes as long to import torch as this process, and as much
    memory. Only for a process that is a command's own: whatever it has imported by then is in every worker. Where it
    has a second thread by then, as when a dead fork server is started again, a new interpreter is started after all.
    """
    if sys.platform == "linux":
        multiprocessing.util.spawnv_passfds = _start  # type: ignore[assignment]


def _start(path: bytes, arguments: Sequence[str], passed: Sequence[int]) -> int:
    """Start what multiprocessing asks for, its last argument a program; the process's id."""
    program = arguments[-1]
    if not re.match(r"from multiprocessing\.forkserver import", program) or threading.active_count() > 1:
        return _start_python(path, arguments, passed)
    try:
        unwanted = _other_ends(passed)
    except OSError:  # a machine that does not say which files are open
        return _start_python(path, arguments, passed)
    for name in LOADED:
        importlib.import_module(name)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # or each worker would print it again
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of NumPy's OpenBLAS, whose threads mind forks
        pid = os.fork()
    if pid == 0:
        _become(program, unwanted)
    return pid


def _other_ends(passed: Iterable[int]) -> list[int]:
    """The own ends of the pipes whose others are passed on: a child that kept one would never see it closed."""
    folder = "/proc/self/fd"
    links: dict[int, str] = {}
    for name in os.listdir(folder):
        try:
            links[int(name)] = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:  # the folder itself, read and closed
            continue
    pipes = {links[file] for file in passed if links[file].startswith("pipe:")}
    return [file for file, link in links.items() if link in pipes and file not in set(passed)]


def _become(program: str, unwanted: Iterable[int]) -> NoReturn:
    """Be the fork server, in a process just forked, and never return to what the other one was doing."""
    code = 1
    try:
        for file in unwanted:
            os.close(file)
        for number in signal.valid_signals():
            if callable(signal.getsignal(number)):  # the command's own, as a new interpreter has none
                signal.signal(number, signal.SIG_DFL)
        # The lock is held while a server is started.
        multiprocessing.forkserver._forkserver._lock = threading.Lock()  # type: ignore[attr-defined]
        gc.freeze()  # what is there stays shared with all workers, for no collection writes to it
        exec(program, {})
    except SystemExit:
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
