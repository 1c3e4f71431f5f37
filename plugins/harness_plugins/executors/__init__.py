"""Where runs are made beside this machine's processes: Dask, and through it the batch systems of clusters."""

from __future__ import annotations

import harness
from harness_plugins.executors import dask, jobqueue


@harness.hookimpl
def register_executors(register: harness.RegisterExecutor) -> None:
    """Every executor, each by its own file."""
    for rule in (dask, jobqueue):
        rule.register_executors(register)
