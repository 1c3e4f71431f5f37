"""Place: where a call's runs are made, as a command, a call or the user's configuration file says it."""

from __future__ import annotations

import inspect
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from harness import files
from harness.arguments import count_of, text_of
from harness.errors import HarnessError, unknown
from harness.execution.processes import open_processes, worker_count
from harness.plugin.backend import PROCESSES, SERIAL

if TYPE_CHECKING:
    from harness.plugin.backend import Backend
    from harness.plugin.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where runs are made.

    ``executor``: its name. ``open``: gives its workers, ready. ``workers``: how many are asked for; 0: this process is
    the only one; None where the executor decides. ``is_elsewhere``: whether workers may be on other machines.
    """

    executor: str
    open: Callable[[], AbstractContextManager[Backend]]
    workers: int | None
    is_elsewhere: bool = False


def here(count: int) -> Place:
    """So many worker processes of this machine; 0: this process."""
    return Place(executor=PROCESSES if count else SERIAL, open=lambda: open_processes(count), workers=count)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody says of where runs are made; None where nothing is said.

    ``storage``: the URL of Optuna's. ``settings``: of each executor by its name, from the configuration file
    ``source``.
    """

    executor: str | None = None
    jobs: int | None = None
    address: str | None = None
    storage: str | None = None
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    source: str = ""


def wanted(executor: str | None, jobs: int | None, address: str | None, storage: str | None = None) -> Wanted:
    """What a call says, and where it says nothing, the user's configuration file; HarnessError for nonsense."""
    said = Wanted(
        executor=None if executor is None else text_of(executor, "executor"),
        jobs=None if jobs is None else worker_count(jobs),
        address=None if address is None else text_of(address, "executor_address"),
    )
    known = read_configuration()
    said = replace(
        said, storage=known.storage if storage is None else text_of(storage, "storage"),
        settings=known.settings, source=known.source,
    )  # fmt: skip
    if said.jobs == 0 and said.executor is None:
        return replace(said, executor=SERIAL)
    if said.executor not in (None, known.executor):
        return said  # of another executor the file says nothing
    elsewhere = said.address is not None  # where there are other workers than those that the file counts
    return replace(
        said, executor=known.executor, address=said.address if elsewhere else known.address,
        jobs=known.jobs if said.jobs is None and not elsewhere else said.jobs,
    )  # fmt: skip


def configuration_file() -> Path:
    """The user's configuration file: the one that ``HARNESS_CONFIG`` names, or config.toml in the usual folder."""
    given = os.environ.get("HARNESS_CONFIG")
    return Path(given) if given else platformdirs.user_config_path("optimiser-harness") / "config.toml"


_KEYS = ("executor", "jobs", "address", "storage")


def read_configuration() -> Wanted:
    """The section ``[execution]`` of the user's configuration file; HarnessError with its line for what is wrong."""
    path = configuration_file()
    if not path.is_file():
        if os.environ.get("HARNESS_CONFIG"):
            raise HarnessError(f"HARNESS_CONFIG: {path}: {'is a folder' if path.is_dir() else 'no such file'}")
        return Wanted()
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise HarnessError(f"{path}: cannot be read: {files.reason_of(error)}") from None
    except ValueError as error:  # no UTF-8, no TOML
        raise HarnessError(f"{path}: {error}") from None

    def wrong(key: str, message: str) -> HarnessError:
        return HarnessError(f"{path}:{_line_of(text, key)}: {message}")

    for name in content:
        if name != "execution":
            raise wrong(name, unknown("section", name, ["execution"]))
    section = content.get("execution", {})
    if not isinstance(section, dict):
        raise wrong("execution", "execution: a section, as in [execution]")
    settings = {name: value for name, value in section.items() if isinstance(value, dict) and name not in _KEYS}
    values = {name: value for name, value in section.items() if name not in settings}
    for name, value in values.items():
        if name not in _KEYS:
            raise wrong(name, unknown("key of [execution]", name, _KEYS))
        try:
            if name == "jobs":
                count_of(value, "jobs is a number of workers")
            elif name == "storage" and not isinstance(value, str):
                raise HarnessError("storage: a URL, as a text")  # which may hold a password, and is not shown
            else:
                text_of(value, name)
        except HarnessError as error:
            raise wrong(name, str(error)) from None
    return Wanted(**values, settings=settings, source=str(path))


def _line_of(text: str, key: str) -> int:
    """The number of the first line that sets a key or opens a section of that name; 1 where none is found."""
    pattern = re.compile(rf"""\s*(\[\s*)?(execution\.)?["']?{re.escape(key)}["']?\s*[\].=]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 1)


def find_place(given: Wanted, registry: Registry) -> Place:
    """The place that is wanted; HarnessError for an executor that no plugin offers, and for what it does not take."""
    executor = PROCESSES if given.executor is None and given.address is None else given.executor
    for name in given.settings:
        if name not in registry.executors:
            problem = f"executor {name!r} takes none" if name in (PROCESSES, SERIAL) else ""
            raise HarnessError(
                f"{given.source}: settings [execution.{name}]: "
                f"{problem or unknown('executor', name, registry.executors)}"
            )
    if executor is None:
        raise HarnessError("executor_address: says where an executor's workers are; name it too, as in --executor dask")
    if executor in (PROCESSES, SERIAL):
        if given.address:
            raise HarnessError(f"executor_address: executor {executor!r} has none: its workers are this machine's")
        if executor == SERIAL and given.jobs:
            raise HarnessError(f"jobs: executor 'serial' is this process alone, got {given.jobs}")
        return here(0 if executor == SERIAL else worker_count(given.jobs))
    if executor not in registry.executors:
        raise HarnessError(unknown("executor", executor, (PROCESSES, SERIAL, *registry.executors)))
    if given.jobs == 0:
        raise HarnessError(f"jobs: executor {executor!r} needs workers, got 0; this process alone is --executor serial")
    open_backend = registry.executors[executor]
    settings = given.settings.get(executor, {})
    taken = inspect.signature(open_backend).parameters
    is_open = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in taken.values())
    for name in settings:
        if name in ("workers", "address") or not (is_open or name in taken):
            known = [each for each in taken if each not in ("workers", "address")]
            raise HarnessError(f"{given.source}: {unknown(f'key of [execution.{executor}]', name, known)}")
        if not is_open and str(taken[name].annotation) in ("str", "<class 'str'>"):
            text_of(settings[name], f"{given.source}: [execution.{executor}] {name}")
    if given.address and "address" not in taken:
        raise HarnessError(f"executor_address: executor {executor!r} takes none: it starts its own workers")
    address = {"address": given.address or ""} if "address" in taken else {}
    return Place(
        executor=executor, workers=given.jobs, is_elsewhere=True,
        open=lambda: open_backend(workers=given.jobs, **address, **settings),
    )  # fmt: skip
