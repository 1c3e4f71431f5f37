"""Optuna's journal, written in groups: it follows the records, from which it can be made again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock

from harness import files


class Journal(JournalFileBackend):
    """Optuna's journal file, in Optuna's format, written by one process alone: whoever holds the folder's lock.

    What the process adds itself is given to Optuna from memory, and in a group it is on the disk when the group ends.
    Then it is added in one write, so that a crash leaves the beginning of the group, or nothing of it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Held())
        self._first = files.read_bytes(path).count(b"\n")  # number of the first of those in memory
        self._latest: list[dict[str, Any]] = []
        self._unwritten: list[dict[str, Any]] = []
        self._in_group = False

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Add entries; outside of a group they are on the disk when this returns."""
        self._latest += json.loads(json.dumps(logs))  # as they will be read from the file
        self._unwritten += logs
        if not self._in_group:
            self._write()

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """The entries from a number on: all that are in the file at first, later those that came since."""
        if log_number_from < self._first:
            yield from super().read_logs(log_number_from)
            return
        del self._latest[: log_number_from - self._first]  # Optuna has read them
        self._first = log_number_from
        yield from list(self._latest)

    @contextmanager
    def group(self) -> Iterator[None]:
        """What is added within is written at the end, together; not if an error ends it, after which nobody goes on."""
        self._in_group = True
        try:
            yield
        finally:
            self._in_group = False
        self._write()

    def _write(self) -> None:
        if self._unwritten:
            super().append_logs(self._unwritten)
            self._unwritten = []


class _Held(BaseJournalFileLock):
    """The lock that Optuna takes for each write: the folder's is held already, and some disks keep no links."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


@contextmanager
def grouped(storage: BaseStorage) -> Iterator[None]:
    """Let what Optuna is told within be written together, where the storage is such a journal."""
    backend = getattr(storage, "_backend", None)
    if isinstance(backend, Journal):
        with backend.group():
            yield
    else:
        yield
