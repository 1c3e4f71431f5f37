"""A Dask cluster in a process of its own, which ends with the process that started it, however that ends.

So the scheduler does not share a Python interpreter with the program that hands out the runs, and workers never import
that program's script.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import harness


@contextmanager
def cluster(kind: str, workers: int | None, settings: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Start a cluster, give its scheduler's address and its client's certificates, PEM texts by name; and end it.

    ``kind``: ``local``, or a class of dask_jobqueue. ``workers``: None lets a local one have one a core.
    HarnessError with what the cluster said if it does not start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "harness_plugins.executors._serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is the starting program's
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        try:
            process.stdin.write(json.dumps({"kind": kind, "workers": workers, "settings": dict(settings)}) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or '{"wrong": "it ended without a word"}')
        except (OSError, ValueError) as error:
            answer = {"wrong": str(error)}
        if "address" not in answer:
            raise harness.HarnessError(f"no Dask cluster ({kind}): {' '.join(answer['wrong'].split())}")
        yield answer["address"], answer["certificates"]
    finally:
        process.stdin.close()
        try:
            process.wait(END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


END = 20.0
"""Seconds in which a cluster must have ended its workers."""
