"""What the process of a Dask cluster does: ``python -m harness_plugins.executors._serve``.

It reads what to start as one line of JSON, answers with one line that holds the scheduler's address and what a client
needs to speak to it, or what is wrong, and serves until its standard input is closed.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from harness.execution.processes import LOADED

PAGE = "127.0.0.1:0"
"""Where a scheduler serves pages on its state: to this machine alone. With None it serves them too, on port 8787."""

CLIENT = ("tls_ca_file", "tls_client_cert", "tls_client_key")


def make(kind: str, workers: int | None, settings: Mapping[str, Any]) -> tuple[Any, dict[str, str]]:
    """The cluster object of Dask, and its client's certificates where it has any."""
    from distributed import LocalCluster, Security

    if kind == "local":
        share_imports()
        options = {"host": "127.0.0.1", "dashboard_address": PAGE, **settings}
        made = LocalCluster(n_workers=workers, threads_per_worker=1, **options)  # type: ignore[no-untyped-call]
        return made, {}
    import dask_jobqueue

    assert workers is not None  # a batch system is told how many
    of = getattr(dask_jobqueue, kind)
    options = {"security": True, "shared_temp_directory": os.getcwd(), **settings}
    options["scheduler_options"] = {"dashboard_address": PAGE, **options.get("scheduler_options", {})}
    certificates = {}
    if options["security"] is True:
        options["security"] = security = Security.temporary()  # type: ignore[no-untyped-call]
        certificates = {name: getattr(security, name) for name in CLIENT}
    elif not options["security"]:
        options["security"] = None
    submit = of.job_cls.submit_command.split()[0]
    if workers and shutil.which(submit) is None:
        raise OSError(f"no command {submit} here: run this where jobs are submitted")
    made = of(**options)
    while len(made.worker_spec) < workers:
        made.worker_spec.update(made.new_worker_spec())
    try:
        made.sync(made._correct_state)  # as its scale() does, which leaves what the batch system refuses to a log
    except Exception:
        with suppress(Exception):  # of a cluster whose workers have not begun
            made.close(timeout=5)
        raise
    return made, certificates


def share_imports() -> None:
    """Let workers of this machine be forked from one process that has imported what they need."""
    import dask.config
    from distributed.utils import get_mp_context

    if not hasattr(os, "fork") or sys.platform == "darwin":
        return
    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    context = get_mp_context()  # type: ignore[no-untyped-call] # has modules of its own imported there
    context.set_forkserver_preload(["distributed", *LOADED])


def serve() -> None:
    """Start what standard input asks for, and keep it until that is closed."""
    asked = json.loads(sys.stdin.readline())
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever else is printed
    try:
        started, certificates = make(asked["kind"], asked["workers"], asked["settings"])
    except Exception as error:
        print(json.dumps({"wrong": f"{type(error).__name__}: {error}"}), file=answers, flush=True)
        os._exit(1)  # threads of a cluster that has begun may be waiting for it
    with started:
        answer = {"address": started.scheduler_address, "certificates": certificates}
        print(json.dumps(answer), file=answers, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve()
