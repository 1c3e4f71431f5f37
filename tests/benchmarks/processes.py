"""A whole command timed from outside: wall time, and the processor time of its process and of all its descendants."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
"""Of Linux's prctl."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds of a command. ``processor``: user and system time of all its processes, or None outside of Linux."""

    wall: float
    processor: float | None


def timed_command(command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[str, Timing]:
    """What a command prints, and its seconds; RuntimeError if it fails.

    ``environment``: variables beside this process's own. The command runs below a process of its own, this file, so
    that no other child is counted.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "timing.json"
        done = subprocess.run(
            [sys.executable, __file__, str(report), *command],
            capture_output=True, encoding="utf-8", env={**os.environ, **(environment or {})},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
        return done.stdout, Timing(**json.loads(report.read_text(encoding="utf-8")))


def main(report: Path, command: Sequence[str]) -> int:
    """Run a command and write its seconds; its exit status.

    The processor time of a process reaches whoever waits for it, and an orphan is waited for by the first process of
    the machine: so this process adopts the orphans, and waits until there are none.
    """
    adopts = sys.platform == "linux" and not ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    begin = time.perf_counter()
    status = subprocess.run(command).returncode
    wall = time.perf_counter() - begin
    while adopts:
        try:
            os.wait()
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    timing = {"wall": wall, "processor": used.ru_utime + used.ru_stime if adopts else None}
    report.write_text(json.dumps(timing), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
