"""What the process of a Dask cluster does: ``python -m harness_plugins.executors._serve``.

It reads what to start as one line of JSON, answers with one line that holds the scheduler's address, or what is wrong,
and serves until its standard input is closed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any


def make(kind: str, workers: int, settings: Mapping[str, Any]) -> Any:
    """The cluster object of Dask."""
    from distributed import LocalCluster

    if kind == "local":
        options = {"host": "127.0.0.1", "dashboard_address": None, "worker_dashboard_address": None, **settings}
        return LocalCluster(n_workers=workers, threads_per_worker=1, **options)  # type: ignore[no-untyped-call]
    import dask_jobqueue

    made = getattr(dask_jobqueue, kind)(**settings)
    made.scale(workers)
    return made


def serve() -> None:
    """Start what standard input asks for, and keep it until that is closed."""
    asked = json.loads(sys.stdin.readline())
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever else is printed
    try:
        started = make(asked["kind"], asked["workers"], asked["settings"])
    except Exception as error:
        print(json.dumps({"wrong": f"{type(error).__name__}: {error}"}), file=answers, flush=True)
        return
    with started:
        print(json.dumps({"address": started.scheduler_address}), file=answers, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve()
