"""What the driver needs for a run, and so how many workers it can feed: a whole study whose runs are made up."""

from __future__ import annotations

import io
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

from optuna.storages.journal import JournalFileBackend
from rich.console import Console
from simulated import Cluster, Load
from workbench import TINY, tell

from harness.execution.pool import Workers
from harness.execution.progress import Progress
from harness.execution.settings import Execution
from harness.phases import protocol
from harness.phases.arm_search import ArmSearch
from harness.plugin.registry import build_registry
from harness.records.folder import ResultFolder
from harness.report.formats import text_table
from harness.study.plan import plan_from_file

STUDY = """\
question = "driving"
problem = "tiny"
metric = "dev_accuracy"
compare = ["optimiser"]
[choices]
optimiser = [
    {{ name = "adam", search = ["lr", "beta1"] }}, {{ name = "adamw", search = ["lr", "beta1"] }},
    {{ name = "nadam", search = ["lr", "beta1"] }}, {{ name = "radam", search = ["lr", "beta1"] }},
]
[search]
trials = {trials}
sampler = "{sampler}"
batch = {batch}
widen = false
[select]
trials = 8
seeds = 4
[confirm]
seeds = 10
"""
ARMS = 4
BATCH = 50
"""Trials of an arm that an adaptive sampler proposes together."""
LATER = ARMS * (9 * 3 + 20)
"""Runs after the search, at the most: eight trials and the defaults again at three seeds, two confirmed at ten."""

SOBOL = [(runs, Load(workers=1_000, seconds=10)) for runs in (500, 1_000, 5_000)]
LOADS = [
    (1_000, Load(workers=workers, seconds=seconds))
    for seconds, workers in ((1, 10), (1, 100), (1, 1_000), (10, 100), (10, 1_000), (600, 1_000))
]
TPE = [(runs, Load(workers=200, seconds=10)) for runs in (500, 1_000, 2_000)]
REAL = (1_500, Load(workers=200, seconds=1))

PARTS: dict[str, list[tuple[Any, str]]] = {
    "asking": [(ArmSearch, "ask"), (ArmSearch, "params")],
    "sending": [(Cluster, "submit")],
    "writing": [(ResultFolder, "append")],
    "telling": [(ArmSearch, "tell")],
    "journal": [(JournalFileBackend, "append_logs")],
    "closing": [(protocol, "findings"), (protocol, "write_tables")],
}
"""What is timed of a driver's work, by the functions that do it; what one of them calls of another counts there."""


class Meter:
    """Seconds by part, while the functions of ``PARTS`` are called through it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._clock = clock
        self._under_way: list[str] = []
        self._since = 0.0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Within it the functions are timed."""
        with ExitStack() as stack:
            for part, functions in PARTS.items():
                for owner, name in functions:
                    stack.enter_context(mock.patch.object(owner, name, self._timed(part, getattr(owner, name))))
            yield

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **keywords: Any) -> Any:
            self._account()
            self._under_way.append(part)
            try:
                return function(*given, **keywords)
            finally:
                self._account()
                self._under_way.pop()

        return timed

    def _account(self) -> None:
        now = self._clock()
        if self._under_way:
            self.seconds[self._under_way[-1]] += now - self._since
        self._since = now


def driving(*, quick: bool) -> list[dict[str, Any]]:
    """One row for each study: how many runs, with how many workers, and where the driver's time went."""
    planned = [("sobol", *each, False) for each in (*SOBOL, *LOADS)]
    planned += [("tpe", *each, False) for each in TPE]
    planned += [("sobol", *REAL, True)]
    if quick:
        few, fast = Load(workers=20, seconds=10), Load(workers=20, seconds=0.05)
        planned = [("sobol", 220, few, False), ("tpe", 220, few, False), ("sobol", 220, fast, True)]
    with tempfile.TemporaryDirectory() as folder:
        few = Load(workers=20, seconds=1)
        measure(Path(folder), "sobol", 220, few, in_real_time=False)  # lest the first pay for what is imported
        return [measure(Path(folder), sampler, runs, load, in_real_time=real) for sampler, runs, load, real in planned]


def measure(folder: Path, sampler: str, runs: int, load: Load, *, in_real_time: bool) -> dict[str, Any]:
    """Make a study of about so many runs in a new folder; seconds of the driver a run, by part and in all."""
    tell(f"driving: {sampler}, {runs:,} runs, {load.workers:,} workers, runs of {load.seconds:g} s")
    registry = build_registry([str(TINY)])
    study = STUDY.format(trials=(runs - LATER) // ARMS, sampler=sampler, batch=BATCH)
    path = folder / "study.toml"
    path.write_text(study, encoding="utf-8")
    plan = plan_from_file(path, (), registry)
    cluster = Cluster(load, registry)
    meter = Meter(cluster.clock.busy)
    progress = Progress(plan.metric, Console(file=io.StringIO()))
    execution = Execution(registry=registry, progress=progress, place=cluster.place())
    with tempfile.TemporaryDirectory(dir=folder) as out, progress, ExitStack() as stack:
        meter_waiting = stack.enter_context(_waiting(cluster, in_real_time=in_real_time))
        stack.enter_context(meter.at_work())
        begin, begin_busy = cluster.clock.now(), cluster.clock.busy()
        made = len(protocol.run_study(plan, study, ResultFolder(Path(out)), execution).made)
        busy = cluster.clock.busy() - begin_busy - meter_waiting[0]
        lasted = cluster.clock.now() - begin
    parts = {part: meter.seconds[part] / made for part in PARTS}
    parts["rest"] = busy / made - sum(parts.values())
    return {
        "sampler": sampler, "runs": made, **asdict(load), "real_time": in_real_time, "parts": parts,
        "driver_seconds": busy / made, "busy": busy / lasted, "feeds": load.seconds / (busy / made),
    }  # fmt: skip


@contextmanager
def _waiting(cluster: Cluster, *, in_real_time: bool) -> Iterator[list[float]]:
    """Within it the simulation goes on whenever the driver waits; a list of one number: the seconds of idle waiting."""
    real, idle = Workers._finished, [0.0]

    def finished(self: Workers, *given: Any) -> Any:
        if not in_real_time:
            cluster.deliver()
            return real(self, *given)
        begin, at_work = time.perf_counter(), time.thread_time()
        try:
            return real(self, *given)
        finally:
            idle[0] += time.perf_counter() - begin - (time.thread_time() - at_work)

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(Workers, "_finished", finished))
        if in_real_time:
            stack.enter_context(cluster.in_real_time())
        yield idle


def table(rows: list[dict[str, Any]]) -> str:
    """The rows, milliseconds of the driver a run, and how many workers it feeds at that rate."""
    header = ["search", "runs", "a run takes", "workers", *PARTS, "rest", "driver a run", "busy", "feeds"]
    body = [
        [
            row["sampler"], f"{row['runs']:,}", f"{row['seconds']:g} s{', really' if row['real_time'] else ''}",
            f"{row['workers']:,}", *(f"{1e3 * seconds:.2f}" for seconds in row["parts"].values()),
            f"{1e3 * row['driver_seconds']:.2f} ms", f"{row['busy']:.0%}", f"{row['feeds']:,.0f}",
        ]
        for row in rows
    ]  # fmt: skip
    return text_table(header, body, [False, *[True] * (len(header) - 1)])
