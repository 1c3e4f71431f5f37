"""What a waiting person sees on stderr: phase, number of finished runs, best score so far, time left."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Column

from harness.errors import printable
from harness.metric import Metric
from harness.records.record import Phase, Record
from harness.records.selection import best
from harness.wording import duration, plural

EVERY = 5.0
"""Seconds between two plain lines, if stderr is no terminal."""


class Progress:
    """A context manager that shows a live bar on a terminal, plain lines elsewhere.

    ``shown``: True: show progress everywhere; False: nowhere; None: on a terminal only. Warnings are always shown.
    ``workers``: how many there are now, where they come and go; None where nobody wonders.
    """

    def __init__(self, metric: Metric, console: Console | None = None, *, shown: bool | None = True) -> None:
        self.metric = metric
        self.console = console or Console(file=sys.stderr, highlight=False)
        self.shown = self.console.is_terminal if shown is None else shown
        self.bar: Bar | None = None
        self.leader: Record | None = None
        self.total = self.done = self.old = 0
        self.name = ""
        self.ticking = False
        self.begin = self.last_line = self.last_run = time.monotonic()
        self.over = threading.Event()
        self.workers: Callable[[], int] | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        if self.bar is not None:
            self.bar.stop()

    def start(self, runs: Mapping[Phase, int], finished: Iterable[Record]) -> None:
        """Begin. ``runs``: number of runs by phase. ``finished``: the records of earlier calls."""
        finished = list(finished)
        self.total = sum(runs.values())
        self.done = self.old = len(finished)
        self.leader = best(finished, self.metric)
        self.begin = self.last_line = self.last_run = time.monotonic()
        if self.old and self.shown:
            self.console.print(f"resuming: {self.old} runs are there already", soft_wrap=True)

    def phase(self, name: str) -> None:
        """Announce that a phase begins, or goes on with its next batch."""
        if name != self.name:
            self.name = name
            if not self.shown:
                return
            if self.console.is_terminal and self.bar is None:
                whole, note = Column(no_wrap=True), Column(no_wrap=True, overflow="ellipsis", ratio=1)
                count = TextColumn("{task.description} {task.completed}/{task.total} runs", table_column=whole)
                columns: list[ProgressColumn] = [count, TimeElapsedColumn(table_column=whole)]
                if self.console.width >= 100:
                    columns.insert(1, BarColumn(bar_width=20))
                columns.append(TextColumn("{task.fields[note]}", table_column=note))
                self.bar = Bar(*columns, console=self.console, expand=True)
                self.bar.add_task(name, total=self.total, completed=self.done, note="")
                self.bar.start()
            elif not self.console.is_terminal and not self.ticking:
                self.ticking = True
                threading.Thread(target=self._tick, daemon=True).start()
            self._show(force=True)

    def add(self, record: Record) -> None:
        """Count a finished run."""
        self.done += 1
        self.last_run = time.monotonic()
        self.total = max(self.total, self.done)
        if record.reason and self.shown:
            self.console.print(
                printable(f"failed: {record.phase} {record.arm} {_trial(record)}: {record.reason}"),
                soft_wrap=True,
                markup=False,
            )
        self.leader = best([record, *([self.leader] if self.leader else [])], self.metric)
        self._show(force=self.done == self.total)

    def more(self, runs: int) -> None:
        """Add to the number of expected runs."""
        self.total += runs

    def finish(self) -> None:
        """End, even if fewer runs were made than expected, since some failed."""
        if self.name and self.total != self.done:
            self.total = self.done
            self._show(force=True)

    def say(self, message: str) -> None:
        """Print a line that a person should know of."""
        if self.shown:
            self.console.print(printable(message), soft_wrap=True, markup=False)

    def warn(self, message: str) -> None:
        """Print a warning."""
        self.console.print(printable(f"warning: {message}"), soft_wrap=True, markup=False)

    def _tick(self) -> None:
        """Print a line every few seconds, also during a long run."""
        while not self.over.wait(1.0):
            self._show()

    def _show(self, *, force: bool = False) -> None:
        if not self.shown:
            return
        notes = [printable(part) for part in (self._working(), self._left(), self._best()) if part]
        if self.bar is not None:
            self.bar.update(
                self.bar.task_ids[0],
                total=self.total,
                description=self.name,
                completed=self.done,
                note=" · ".join(notes),
            )
        elif force or time.monotonic() - self.last_line >= EVERY:
            self.last_line = time.monotonic()
            line = " · ".join([f"{self.name}: {self.done} of {self.total} runs", *notes])
            self.console.print(line, soft_wrap=True, markup=False)

    def _working(self) -> str:
        if not self.workers:
            return ""
        return plural(count, "worker") if (count := self.workers()) else "waiting for workers"

    def _best(self) -> str:
        if self.leader is None:
            return ""
        return f"best {self.metric} {self.leader.score(self.metric):.4g} ({self.leader.arm})"

    def _left(self) -> str:
        new = self.done - self.old
        if not new or self.done == self.total or (self.workers and not self.workers()):
            return ""
        per_run = (self.last_run - self.begin) / new
        seconds = per_run * (self.total - self.done) - (time.monotonic() - self.last_run)
        return f"about {duration(seconds)} left" if seconds > 0 else ""


def _trial(record: Record) -> str:
    """``trial 3``, and which repeat and round of the search where there are several."""
    where = [f"{word} {number}" for word, number in (("repeat", record.repeat), ("round", record.round)) if number]
    return " ".join([*where, f"trial {record.trial}"])
