"""What the process of a Dask cluster does: ``python -m harness_plugins.executors._serve``.

It reads what to start as one line of JSON, answers with one line that holds the scheduler's address and what a client
needs to speak to it, or what is wrong, and serves until its standard input is closed.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

PAGE = "127.0.0.1:0"
"""Where a scheduler serves pages on its state: to this machine alone. With None it serves them too, on port 8787."""

CLIENT = ("tls_ca_file", "tls_client_cert", "tls_client_key")

EVERY = 3.0
"""Seconds between two looks for jobs that have ended, of which others are submitted in their place."""

LOST = "5s"
"""How long Dask waits for a worker that has gone to come back, before it takes its job for ended."""


def make(kind: str, workers: int | None, settings: Mapping[str, Any]) -> tuple[Any, dict[str, str]]:
    """The cluster object of Dask, and its client's certificates where it has any."""
    import dask.config
    from distributed import LocalCluster, Security

    if kind == "local":
        share_imports()
        options = {"host": "127.0.0.1", "dashboard_address": PAGE, **settings}
        made = LocalCluster(n_workers=workers, threads_per_worker=1, **options)  # type: ignore[no-untyped-call]
        return made, {}
    import dask_jobqueue

    assert workers is not None  # a batch system is told how many
    dask.config.set({"distributed.deploy.lost-worker-timeout": LOST})
    of = getattr(dask_jobqueue, kind)
    options = {"security": True, **settings}
    options["scheduler_options"] = {"dashboard_address": PAGE, **options.get("scheduler_options", {})}
    # Each worker would serve pages on its state to the whole network, without TLS.
    options["worker_extra_args"] = ["--no-dashboard", *options.get("worker_extra_args", ())]
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
        submit_jobs(made)
    except Exception:
        with suppress(Exception):  # of a cluster whose workers have not begun
            made.close(timeout=5)
        raise
    return made, certificates


def submit_jobs(cluster: Any) -> None:
    """Submit a job for every worker that is wanted and has none; an exception where the batch system refuses.

    So does the cluster's own ``scale()``, which leaves a refusal to a log.
    """
    cluster.sync(cluster._correct_state)


def share_imports() -> None:
    """Let workers of this machine be forked from one process that has imported what they need."""
    import dask.config
    from distributed.utils import get_mp_context

    if not hasattr(os, "fork") or sys.platform == "darwin":
        return
    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    context = get_mp_context()  # type: ignore[no-untyped-call] # has modules of its own imported there
    context.set_forkserver_preload(["distributed", "torch"])  # torch takes as long as all the rest


class Watch:
    """Waits for standard input to be closed; whoever is still starting then is ended with all that it has started."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.closed = threading.Event()
        self.has_started = False
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        sys.stdin.buffer.read()
        self.closed.set()
        if not self.has_started:  # a command that submits a job may be waiting for room in the queue
            self.leave()

    def leave(self) -> None:
        """End this process, its threads and the processes that it waits for."""
        remove(self.folder)
        os.killpg(0, signal.SIGKILL)


def remove(folder: str) -> None:
    """Remove the folder of a cluster's certificates and scripts, where it has one."""
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


def serve() -> None:
    """Start what standard input asks for, and keep it until that is closed."""
    asked = json.loads(sys.stdin.buffer.readline())
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever else is printed
    for name in ("scheduler", "nanny", "core", "deploy", "worker"):  # what matters to a person, the driver says
        logging.getLogger(f"distributed.{name}").setLevel(logging.CRITICAL)
    folder = asked["folder"]
    tempfile.tempdir = folder or None
    watch = Watch(folder)
    try:
        started, certificates = make(asked["kind"], asked["workers"], asked["settings"])
    except Exception as error:
        print(json.dumps({"wrong": f"{type(error).__name__}: {error}"}), file=answers, flush=True)
        remove(folder)
        os._exit(1)  # threads of a cluster that has begun may be waiting for it
    watch.has_started = True
    with started:
        answer = {"address": started.scheduler_address, "certificates": certificates}
        print(json.dumps(answer), file=answers, flush=True)
        while not watch.closed.wait(EVERY):
            if asked["kind"] != "local":
                with suppress(Exception):  # a batch system that refuses now may not refuse later
                    submit_jobs(started)
    remove(folder)
    os._exit(0)  # lest whoever wrote into the folder look for it


if __name__ == "__main__":
    serve()
