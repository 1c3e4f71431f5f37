"""A Dask cluster in a process of its own, which ends with the process that started it, however that ends.

So the scheduler does not share a Python interpreter with the program that hands out the runs, and workers never import
that program's script.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import harness


@contextmanager
def cluster(
    kind: str, workers: int | None, settings: Mapping[str, Any], shared: str = ""
) -> Iterator[tuple[str, dict[str, str]]]:
    """Start a cluster, give its scheduler's address and its client's certificates, PEM texts by name; and end it.

    ``kind``: ``local``, or a class of dask_jobqueue. ``workers``: None lets a local one have one a core. ``shared``: a
    folder that all workers see, in which one is made for the time being for certificates and scripts; '' where none is
    needed. HarnessError with what the cluster said if it does not start.
    """
    folder = _folder_in(shared) if shared else ""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness_plugins.executors._serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is the starting program's
    )
    assert process.stdin is not None
    assert process.stdout is not None
    if folder:
        settings = {**settings, "shared_temp_directory": folder}
    asked = {"kind": kind, "workers": workers, "settings": dict(settings), "folder": folder}
    try:
        try:
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or '{"wrong": "it ended without a word"}')
        except (OSError, ValueError, TypeError) as error:
            answer = {"wrong": str(error)}
        if "address" not in answer:
            raise harness.UnavailableError(f"no Dask cluster ({kind}): {' '.join(answer['wrong'].split())}")
        yield answer["address"], answer["certificates"]
    finally:
        with suppress(OSError):  # of a process that is gone before it has read all
            process.stdin.close()
        try:
            process.wait(END)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with the workers, or the commands that submit jobs
            process.wait()
        process.stdout.close()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _folder_in(shared: str) -> str:
    try:
        return tempfile.mkdtemp(prefix=".harness-dask-", dir=os.path.expanduser(os.path.expandvars(shared)))
    except OSError as error:
        raise harness.HarnessError(f"no folder for certificates can be made in {shared!r}: {error.strerror}") from None


END = 20.0
"""Seconds in which a cluster must have ended its workers."""
