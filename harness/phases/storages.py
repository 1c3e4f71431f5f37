"""Where Optuna keeps the trials: a journal in the result folder, or any storage of Optuna's by its URL.

Either is a cache of the records, and is made again from them where it says something else. So a storage may be named,
changed or left out from call to call, and nothing is lost with it.
"""

from __future__ import annotations

import re
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage

from harness import files
from harness.errors import ResultError
from harness.phases.journal import Journal
from harness.records import jsonl
from harness.records.folder import ResultFolder
from harness.wording import without_password

DATABASES = ("sqlite", "postgresql", "mysql", "mariadb", "oracle", "mssql")
"""The beginnings of URLs that SQLAlchemy knows, through which Optuna speaks to databases."""

_STRANGERS = ("sqlalchemy", "optuna", "redis", "grpc", "psycopg", "sqlite3")
"""The packages whose errors mean that a storage is not there, or not any more."""


def open_journal(journal: Path, *, anew: bool = False) -> JournalStorage:
    """Open Optuna's journal and mend what a crash left; ``anew``: an empty one in its place.

    The caller must hold the folder's lock.
    """
    if anew:
        journal.unlink(missing_ok=True)
    jsonl.repair(journal)  # a torn last line would make all that is appended after it unreadable
    for stale in journal.parent.glob(f"{journal.name}.lock*"):
        stale.unlink()  # left by a driver that was killed: nobody else can hold it, the folder's lock is ours
    return JournalStorage(Journal(journal))


class TrialStore:
    """The storage of a result folder's trials.

    ``name``: what a message calls it. ``prefix``: what the names of the folder's studies begin with there; nothing in
    the folder's own journal, and in a storage that others use as well the folder's name and a mark that no other has.
    """

    def __init__(self, folder: ResultFolder, url: str = "") -> None:
        self._journal, self._url = folder.journal, url
        self._database: RDBStorage | None = None
        self.name = without_password(url) if url else str(folder.journal)
        self.prefix = f"{folder.path.resolve().name} {_mark(folder)}/" if url else ""

    def open(self, *, anew: bool = False) -> BaseStorage:
        """Open it; ``anew``: without the folder's studies. ResultError where it cannot be."""
        if not self._url:
            return open_journal(self._journal, anew=anew)
        with self.failing():
            storage = self._opened()
            if anew:
                for name in optuna.get_all_study_names(storage):
                    if name.startswith(self.prefix):
                        optuna.delete_study(study_name=name, storage=storage)
        return storage

    def _opened(self) -> BaseStorage:
        scheme = re.split(r"[+:]", self._url)[0]
        if scheme in ("redis", "rediss", "unix"):
            from optuna.storages.journal import JournalRedisBackend

            with warnings.catch_warnings(action="ignore", category=optuna.exceptions.ExperimentalWarning):
                return JournalStorage(JournalRedisBackend(self._url))
        if scheme in DATABASES:
            self.close()
            self._database = RDBStorage(self._url)
            return optuna.storages.get_storage(self._database)  # with finished trials kept in memory
        raise ResultError(
            f"storage: a URL as sqlite:///FILE, postgresql://HOST/NAME, mysql://HOST/NAME or redis://HOST, got "
            f"{self.name!r}"
        )

    def close(self) -> None:
        """Give back the connections to a database."""
        if self._database is not None:
            self._database.remove_session()
            self._database.engine.dispose()

    def damage(self) -> str:
        """What of the journal is damaged where Optuna would not see it; '' if nothing is."""
        number = 0 if self._url else jsonl.first_damaged(self._journal)
        return f"damaged: line {number} is no JSON" if number else ""

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Within it an error of the disk, or of whoever keeps the trials, is a ResultError."""
        try:
            yield
        except OSError as error:
            raise ResultError(f"{self.name}: cannot be written: {files.reason_of(error)}") from None
        except Exception as error:
            if not (self._url and self.is_gone(error)):
                raise
            said = str(error.__cause__ or error).strip().partition("\n")[0]
            raise ResultError(
                f"storage {self.name}: {type(error).__name__}: {without_password(said)}; every finished run is kept, "
                "and the same command goes on once it is there again, or without it"
            ) from error

    def is_gone(self, error: Exception) -> bool:
        """Whether an error says that the storage cannot be reached, and not that what it holds is damaged."""
        module = type(error).__module__.partition(".")[0]
        return bool(self._url) and (module in _STRANGERS or isinstance(error, ImportError))


def _mark(folder: ResultFolder) -> str:
    """Eight hexadecimal digits that no other folder has: they are drawn once, and anew in a copy of the folder."""
    mark, place = folder.mark()
    if place != folder.place:
        mark = secrets.token_hex(4)
        folder.write_mark(mark)
    return mark
