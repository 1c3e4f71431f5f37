"""Runs on a Dask cluster: workers of this machine, or those of a scheduler that runs already."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import harness
from harness_plugins.executors._calls import call, pickled

CONNECT = 10.0
"""Seconds in which a scheduler must answer."""

if TYPE_CHECKING:
    from distributed import Client


@harness.hookimpl
def register_executors(register: harness.RegisterExecutor) -> None:
    """Dask, at an address or started here."""
    register("dask", dask)


@contextmanager
def dask(
    *,
    workers: int | None = None,
    address: str = "",
    dashboard: str = "",
    tls_ca_file: str = "",
    tls_client_cert: str = "",
    tls_client_key: str = "",
) -> Iterator[harness.Backend]:
    """A Dask cluster: of this machine's processes where no address is given, and then on its loopback alone.

    ``workers``: how many are started here, one a core where nothing is said; at an address, those that are there.
    ``dashboard``: where Dask's own page is served, as ``127.0.0.1:8787``; '' for nowhere. ``tls_…``: PEM files for a
    scheduler at ``tls://``. Dask sends code and data as pickles: whoever reaches a scheduler without TLS can run
    anything on its workers.
    """
    tls = {"tls_ca_file": tls_ca_file, "tls_client_cert": tls_client_cert, "tls_client_key": tls_client_key}
    is_encrypted = any(tls.values())
    if is_encrypted:
        missing = [name for name, path in tls.items() if not os.path.isfile(path)]
        if missing:
            raise harness.HarnessError(f"[execution.dask] {missing[0]}: no such file: {tls[missing[0]]!r}")
    if address:
        if workers is not None:
            raise harness.HarnessError(
                f"jobs: the workers of {address} are started there, got {workers}; leave --jobs out, or jobs where the "
                "configuration file says it"
            )
        with connected(address, tls if is_encrypted else None) as backend:
            yield backend
        return
    from harness_plugins.executors._clusters import cluster

    _distributed()
    settings = {"dashboard_address": dashboard} if dashboard else {}
    with cluster("local", workers, settings) as (started, _), connected(started) as backend:
        yield backend


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise harness.HarnessError("executor 'dask' needs Dask: pip install 'optimiser-harness[dask]'") from None
    return distributed


@contextmanager
def connected(address: str, tls: Mapping[str, str] | None = None) -> Iterator[harness.Backend]:
    """The backend of the scheduler at an address. ``tls``: certificates, as PEM texts or paths, by Dask's names."""
    distributed = _distributed()
    security = distributed.Security(**tls, require_encryption=True) if tls else None
    if address.startswith("tls://") and not tls:
        raise harness.HarnessError(
            f"{address}: needs tls_ca_file, tls_client_cert and tls_client_key in [execution.dask] of the configuration"
        )
    if tls and not address.startswith("tls://"):
        raise harness.HarnessError(f"a scheduler with certificates is at tls://HOST:PORT, got {address}")
    if not re.fullmatch(r"((tcp|tls)://)?([^\s/:\[\]]+|\[[0-9a-fA-F:]+\]):\d{1,5}", address) or (
        int(address.rpartition(":")[2]) > 65535
    ):
        raise harness.HarnessError(f"a scheduler's address is tcp://HOST:PORT or tls://HOST:PORT, got {address!r}")
    with _quiet():
        try:
            _reach(address, security)
            client = distributed.Client(address, security=security, set_as_default=False, timeout=CONNECT)
        except Exception as error:  # whatever a stranger's server makes of Dask
            raise harness.UnavailableError(f"no Dask scheduler at {address}: {_first_line(error)}") from None
        with _backend(client, address) as backend:
            yield backend


def _reach(address: str, security: Any) -> None:
    """Ask whoever is at an address what it is; an exception within ``CONNECT`` seconds if it is no scheduler.

    A client of Dask's would try for longer, and one that is not answered is never wholly closed.
    """
    from distributed import rpc

    async def ask() -> None:
        named = security.get_connection_args("client") if security else {}
        there = rpc(address, connection_args=named, timeout=CONNECT)  # type: ignore[no-untyped-call]
        try:
            kind = (await asyncio.wait_for(there.identity(), CONNECT)).get("type")
        except TimeoutError:
            raise OSError(f"no answer in {CONNECT:g} seconds") from None
        except (MemoryError, ValueError, TypeError, AttributeError, EOFError) as error:
            raise OSError(f"what is there does not speak as Dask does ({type(error).__name__})") from None
        finally:
            await there.close_rpc()  # type: ignore[no-untyped-call]
        if kind != "Scheduler":
            raise OSError(f"it is a {kind}")

    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(ask())
        except BaseException as error:  # is raised where it is waited for
            failed.append(error)

    # In a thread, since a notebook's own has a loop that runs already.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(CONNECT + 5)
    if thread.is_alive():
        raise OSError(f"no answer in {CONNECT:g} seconds")
    if failed:
        raise failed[0]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Dask's tracebacks on a terminal: that a scheduler is gone is said once, in one line."""
    loggers = [logging.getLogger(f"distributed.{name}") for name in ("client", "comm", "core", "utils")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def _backend(client: Client, address: str) -> Iterator[harness.Backend]:
    from distributed.client import ClosedClientError
    from distributed.comm.core import CommClosedError
    from distributed.scheduler import KilledWorker

    from harness_plugins.executors._deaths import NoRetries

    place = f"the Dask cluster at {address}"
    try:
        try:
            client.register_plugin(NoRetries())
        except Exception as error:  # of a machine without the harness
            raise harness.HarnessError(
                f"{place}: its scheduler cannot load the harness: {_first_line(error)}; install the same versions there"
            ) from error
        yield harness.Backend(
            executor=Submitting(client),
            place=place,
            workers=Counting(client),
            deaths=(KilledWorker, CommClosedError, ClosedClientError),
            death=_death,
            lost=lambda: "" if client.status == "running" else f"{place} is gone",
        )
    finally:
        client.close(timeout=5)  # type: ignore[no-untyped-call]


class Submitting(Executor):
    """Dask's own executor, with keys that its scheduler knows as ours, and results that nobody shares."""

    def __init__(self, client: Client) -> None:
        self._executor = client.get_executor(pure=False, retries=0)  # type: ignore[no-untyped-call]
        self._names = (f"harness-{uuid.uuid4().hex[:12]}-{number}" for number in itertools.count())

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """As every executor does."""
        content = pickled(function, arguments, named)
        future: Future[Any] = self._executor.submit(call, content, key=next(self._names))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of what is under way."""
        self._executor.shutdown(wait=wait and not cancel_futures)


class Counting:
    """How many workers a scheduler has; it is asked twice a second at most."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._count = 0
        self._asked = -math.inf

    def __call__(self) -> int:
        """The number of a moment ago; 0 once the scheduler is gone."""
        if self._client.status != "running":
            return 0
        if time.monotonic() - self._asked > EVERY:
            self._count = int(self._client.scheduler_info(n_workers=0)["n_workers"])
            self._asked = time.monotonic()
        return self._count


EVERY = 0.5
"""Seconds between two questions to the scheduler."""


def _death(error: BaseException) -> str:
    worker = getattr(getattr(error, "last_worker", None), "address", "")
    return f"its worker {worker} died (its log says of what)" if worker else "its worker was lost"


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
