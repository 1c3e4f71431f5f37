"""What a worker on another machine needs to have what the driver has: told by digest, sent where it is lacking.

A plugin's file or a problem's data may lie on a disk that all machines share, or not. So a job names them by what they
hold. A worker that finds the same content under the same name uses it; one that does not answers what it lacks, and is
given the content.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import pickle
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ResultError
from harness.execution.environment import describe
from harness.execution.job import Done, Job, outcomes_of
from harness.plugin.kinds import KINDS
from harness.plugin.names import MEMBER
from harness.plugin.relocation import relocate
from harness.training.device import check_device

if TYPE_CHECKING:
    from harness.plugin.problem import Problem
    from harness.plugin.registry import Registry

MOST_CODE = 2**24
"""The largest source that is sent: 16 MiB. What is larger is a package, and wants to be installed."""

Files = tuple[tuple[str, bytes], ...]
"""The Python files of a source, sorted: (path below the folder that it is imported from, content)."""


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """What a job says of the driver's machine.

    ``variables``: the driver's ``HARNESS_…``. ``digests``: by name, the digest of every file and module that the user
    gave and no package holds. ``code``: by name, the content of those that a worker lacks; ``problem``: the problem
    pickled, b'' as long as no worker lacks it. ``place``: where the workers are, for a message.
    """

    variables: Mapping[str, str]
    digests: Mapping[str, str]
    place: str
    code: Mapping[str, Files] = field(default_factory=dict)
    problem: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """A worker's answer to a job that it cannot do without more: sources by name, and why it has not the problem."""

    sources: Sequence[str] = ()
    problem: str = ""


def variables() -> dict[str, str]:
    """The variables of this process that change what the harness does."""
    return {name: value for name, value in os.environ.items() if name.startswith("HARNESS_")}


def sources_of(registry: Registry, names: Iterable[tuple[str, str]]) -> dict[str, Files]:
    """The code that no package holds: the sources of a registry, and of classes among components (kind, name)."""
    given = dict.fromkeys(registry.sources)
    for kind, name in names:
        source, separator, _ = name.rpartition(MEMBER)
        if separator and KINDS[kind].is_class and source not in registry.families(kind):
            given[source] = None
    return {source: code for source in given if (code := files_of(source))}


def files_of(source: str) -> Files:
    """The Python files of a file or a module; none of a module that an installed package holds, or that is not here.

    A module within a package comes with the whole package.
    """
    if source.endswith(".py"):
        path = Path(source)
        return ((path.name, path.read_bytes()),) if path.is_file() else ()
    top = source.partition(".")[0]
    if not top.isidentifier() or top in _installed():
        return ()
    folder = next((Path(place) for place in (*sys.path, ".") if _is_below(Path(place), top)), None)
    if folder is None:
        return ()
    package = folder / top
    found = sorted(package.rglob("*.py")) if package.is_dir() else [folder / f"{top}.py"]
    return tuple((file.relative_to(folder).as_posix(), file.read_bytes()) for file in found)


def _is_below(folder: Path, top: str) -> bool:
    return (folder / f"{top}.py").is_file() or any((folder / top).glob("*.py"))


@functools.cache  # a second, where many packages are installed
def _installed() -> frozenset[str]:
    """The modules of every installed package."""
    return frozenset(importlib.metadata.packages_distributions())


def digest_of(code: Files) -> str:
    """SHA-256 over names and contents."""
    digest = hashlib.sha256()
    for name, content in code:
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


class Supply:
    """The driver's side: what it has, by digest, and what a worker lacks of it."""

    def __init__(self, registry: Registry, names: Iterable[tuple[str, str]], problem: Problem, place: str) -> None:
        self._code = sources_of(registry, names)
        self._problem = problem
        self._pickled = b""
        self.shipment = Shipment(
            variables=variables(), place=place,
            digests={source: digest_of(code) for source, code in self._code.items()},
        )  # fmt: skip

    def complete(self, shipment: Shipment, lacking: Lacking) -> Shipment:
        """The shipment with what a worker lacks; ResultError where that cannot be sent, or was already."""
        if (lacking.problem and shipment.problem) or set(lacking.sources) & shipment.code.keys():
            raise ResultError(
                f"{shipment.place}: a worker lacks what it was sent: {lacking.problem or lacking.sources}"
            )
        for source in lacking.sources:
            if sum(len(content) for _, content in self._code[source]) > MOST_CODE:
                raise ResultError(
                    f"plugin {source!r} is not on {shipment.place} and too large to be sent; install it there"
                )
        code = {**shipment.code, **{source: self._code[source] for source in lacking.sources}}
        problem = self._problem_for(lacking, shipment.place) if lacking.problem else shipment.problem
        return replace(shipment, code=code, problem=problem)

    def _problem_for(self, lacking: Lacking, place: str) -> bytes:
        if not self._pickled:
            try:
                self._pickled = pickle.dumps(self._problem)
            except Exception as error:  # of anybody's scoring function
                raise ResultError(
                    f"{place}: {lacking.problem}; and it cannot be sent there ({error}): put its data where all "
                    "machines see them, under one path"
                ) from error
        return self._pickled


_ONE_AT_A_TIME = threading.Lock()
"""A worker may have several threads; torch's random state and its number of threads are the whole process'."""

_LOADED: dict[tuple[object, ...], Registry] = {}
"""(variables, sources, digests) → the registry that this process has loaded."""

_SENT: dict[str, tempfile.TemporaryDirectory[str]] = {}
"""Digest → where this process keeps code that it was sent."""

_PROBLEMS: dict[str, Problem] = {}
"""Digest → the problem that this process has loaded, or was sent."""


def work_there(job: Job) -> Done | Lacking:
    """Make a job's runs in this process, which may be on another machine than the driver; or say what it lacks."""
    with _ONE_AT_A_TIME:
        assert job.shipment is not None  # the driver has seen to it
        registry = _registry(job.shipment, job.sources)
        if isinstance(registry, Lacking):
            return registry
        check_device(job.cohort.device)
        problem = _problem(job, registry)
        if isinstance(problem, str):
            return Lacking(problem=problem)
        return Done(
            outcomes=outcomes_of(job.cohort, problem, registry),
            environment=describe(registry, job.cohort.device),
            origins=[
                {choice: registry.component(choice, chosen.name).origin for choice, chosen in configuration.choices}
                for configuration in job.cohort.configurations
            ],
        )


def describe_there(given: tuple[Shipment, tuple[str, ...], str]) -> dict[str, Any] | Lacking:
    """The environment of this process, for a driver elsewhere. ``given``: as in a job, and the device."""
    shipment, sources, device = given
    with _ONE_AT_A_TIME:
        registry = _registry(shipment, sources)
        return registry if isinstance(registry, Lacking) else describe(registry, check_device(device))


def _registry(shipment: Shipment, sources: tuple[str, ...]) -> Registry | Lacking:
    """The driver's registry, built here."""
    from harness.plugin.registry import build_registry

    _set_variables(shipment.variables)
    key = (tuple(sorted(shipment.variables.items())), sources, tuple(sorted(shipment.digests.items())))
    if key not in _LOADED:
        found = {source: _find(source, digest, shipment.code) for source, digest in shipment.digests.items()}
        if not all(found.values()):
            return Lacking(sources=[source for source, is_here in found.items() if not is_here])
        _LOADED[key] = build_registry(sources)
    return _LOADED[key]


def _set_variables(wanted: Mapping[str, str]) -> None:
    for name in variables().keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(wanted)


def _find(source: str, digest: str, code: Mapping[str, Files]) -> bool:
    """Whether a source is here with that content: sent now or before, or under its own name."""
    if digest not in _SENT and source in code:
        _SENT[digest] = _put(source, digest, code[source])
    if digest in _SENT:
        relocate(source, Path(_SENT[digest].name))
        return True
    relocate(source, None)
    return digest_of(files_of(source)) == digest


def _put(source: str, digest: str, code: Files) -> tempfile.TemporaryDirectory[str]:
    """Write the content of a source into a folder that only this process uses, and removes."""
    if digest_of(code) != digest:
        raise ResultError(f"plugin {source!r} has changed on its way to a worker")
    folder = tempfile.TemporaryDirectory(prefix="harness-code-", ignore_cleanup_errors=True)
    for name, content in code:
        file = Path(folder.name) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def _problem(job: Job, registry: Registry) -> Problem | str:
    """The problem that the driver has: loaded here, or sent; or why it is not here."""
    assert job.shipment is not None
    if job.digest in _PROBLEMS:
        return _PROBLEMS[job.digest]
    try:
        if job.shipment.problem:
            problem: Problem = pickle.loads(job.shipment.problem)
        else:
            problem = registry.component("problem", job.problem.name).build(**dict(job.problem.values))
    except Exception as error:  # of anybody's code
        return f"a worker cannot load problem {job.problem.name!r}: {type(error).__name__}: {error}"
    if problem.digest != job.digest:
        return f"a worker has other data of problem {job.problem.name!r}"
    _PROBLEMS[job.digest] = problem
    return problem
