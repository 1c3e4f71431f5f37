"""A real Dask scheduler and real workers, each a process of its own on the loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.execution.place import Place, find_place, wanted
from harness.plugin.registry import build_registry

from support.paths import TINY


class Scheduler:
    """A scheduler at ``address``, and the workers that were started for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.process = self._start("dask_scheduler", "--port", "0", "--scheduler-file", str(file), cwd=folder)
        self.address = ""
        for _ in range(600):
            with suppress(OSError, ValueError):
                self.address = json.loads(file.read_text())["address"]
                return
            time.sleep(0.1)
        raise AssertionError("no scheduler came")

    def _start(self, what: str, *words: str, cwd: Path, variables: Mapping[str, str] | None = None):
        with open(self.folder / f"{what}-{len(self.processes)}.log", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{what}", "--host", "127.0.0.1", "--no-dashboard", *words],
                cwd=cwd, env={**os.environ, **(variables or {})}, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def work(
        self, count: int = 1, *, cwd: Path | None = None, variables: Mapping[str, str] | None = None, threads: int = 1,
        nanny: bool = True,
    ) -> subprocess.Popen[bytes]:  # fmt: skip
        """Start workers."""
        words = ["--nworkers", str(count), "--nthreads", str(threads), "--local-directory", str(self.folder)]
        words += [] if nanny else ["--no-nanny"]
        return self._start("dask_worker", self.address, *words, cwd=cwd or self.folder, variables=variables)

    def place(self) -> Place:
        """Where runs are made: here."""
        return find_place(wanted("dask", None, self.address), build_registry([TINY]))

    def stop(self) -> None:
        """End every process."""
        for process in reversed(self.processes):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def scheduler(folder: Path) -> Iterator[Scheduler]:
    """A scheduler that is gone at the end, with all that was started for it."""
    folder.mkdir(exist_ok=True)
    started = Scheduler(folder)
    try:
        yield started
    finally:
        started.stop()
