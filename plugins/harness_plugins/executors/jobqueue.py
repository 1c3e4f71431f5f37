"""Runs on the nodes of a batch system: Dask workers that are jobs of SLURM, PBS, LSF, SGE or OAR."""

from __future__ import annotations

import difflib
import inspect
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import harness
from harness_plugins.executors._clusters import cluster
from harness_plugins.executors.dask import connected

SYSTEMS = {
    "slurm": "SLURMCluster", "pbs": "PBSCluster", "lsf": "LSFCluster", "sge": "SGECluster", "oar": "OARCluster",
}  # fmt: skip
"""Executor → the class of dask_jobqueue."""

OURS = (
    "n_workers",
    "job_cls",
    "loop",
    "asynchronous",
    "silence_logs",
    "scheduler",
    "name",
    "host",
    "dashboard_address",
)
"""What these classes take and the harness decides."""

MODEST = {"cores": 1, "processes": 1, "memory": "2GB"}
"""What a job asks for where nothing is said: one run at a time computes with one thread."""


@harness.hookimpl
def register_executors(register: harness.RegisterExecutor) -> None:
    """A batch system by its own name."""
    for system in SYSTEMS:
        register(system, _opening(system))


def _opening(system: str) -> Callable[..., AbstractContextManager[harness.Backend]]:
    @contextmanager
    def open_backend(*, workers: int | None = None, **settings: Any) -> Iterator[harness.Backend]:
        """Submit so many jobs, each a worker, others in place of those that end, and end them at the end.

        The settings are those of the class of dask_jobqueue. Other than there, workers and scheduler speak TLS with
        certificates of this call, which lie in ``shared_temp_directory``, the current folder where nothing is said;
        ``security = false`` does without. Dask's own page is not served.
        """
        if workers is None:
            raise harness.HarnessError(f"jobs: how many workers {system} is to start, as in --jobs 40")
        check(system, settings)
        settings = {**MODEST, **settings}
        shared = settings.pop("shared_temp_directory", None) or os.getcwd()
        with cluster(SYSTEMS[system], workers, settings, shared) as started, connected(*started) as backend:
            yield backend

    return open_backend


LISTS = ("job_script_prologue", "job_extra_directives", "job_directives_skip", "worker_extra_args")
"""Settings that are lists of lines; of one text the class would make lines of a letter each."""

TEXTS = ("memory", "walltime", "queue", "account", "project", "interface", "shared_temp_directory", "log_directory")
"""Settings that are texts, even where a number might be meant."""


def check(system: str, settings: dict[str, Any]) -> None:
    """HarnessError for a setting that the class does not take, with the nearest that it does, and for a wrong type."""
    known = _known(system)
    for name, value in settings.items():
        said = f"[execution.{system}] {name}"
        if name in LISTS and not (isinstance(value, list) and all(isinstance(line, str) for line in value)):
            raise harness.HarnessError(f'{said} is a list of texts, as ["…"], got {value!r}')
        if name in TEXTS and not isinstance(value, str):
            raise harness.HarnessError(f'{said} is a text, as "{EXAMPLES.get(name, "…")}", got {value!r}')
        if name == "scheduler_options" and not isinstance(value, dict):
            raise harness.HarnessError(f'{said} is a table, as {{ host = "…" }}, got {value!r}')
        if name == "security" and not isinstance(value, bool):
            raise harness.HarnessError(f"{said} is true or false, got {value!r}")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f", did you mean {near[0]!r}?" if near else ";"
            raise harness.HarnessError(f"[execution.{system}] unknown key {name!r}{hint} known: {', '.join(known)}")


EXAMPLES = {"memory": "2GB", "walltime": "04:00:00"}


def _known(system: str) -> list[str]:
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        import dask_jobqueue
    except ImportError:
        raise harness.HarnessError(
            f"executor {system!r} needs dask-jobqueue: pip install 'optimiser-harness[dask]'"
        ) from None
    except ValueError as error:  # it sets a handler of signals, which only the main thread may
        raise harness.HarnessError(f"executor {system!r} is to be started from the main thread: {error}") from None
    finally:
        # The import makes Ctrl-C end the program at once, with exit code 0 (dask-jobqueue 0.9.0, runner.py).
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, on_interrupt)
    taking = getattr(dask_jobqueue, SYSTEMS[system])
    bases = [*taking.__mro__, *taking.job_cls.__mro__]
    named = {
        name: None
        for base in bases if "__init__" in vars(base) and base.__module__.startswith("dask_jobqueue")
        for name, each in inspect.signature(base.__init__).parameters.items()
        if each.kind not in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    }  # fmt: skip
    return sorted(named.keys() - {"self", *OURS})
