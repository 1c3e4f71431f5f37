"""Where Optuna keeps the trials: a journal in the result folder, or any storage of Optuna's by its URL.

Either is a cache of the records, and is made again from them where it says something else. So a storage may be named,
changed or left out from call to call, and nothing is lost with it.
"""

from __future__ import annotations

import re
import secrets
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import optuna
import sqlalchemy
from optuna.storages import BaseStorage, JournalStorage, RDBStorage

from harness import files
from harness.errors import ResultError, UnavailableError
from harness.phases.journal import Journal
from harness.records import jsonl
from harness.records.folder import ResultFolder
from harness.wording import without_password

DATABASES = ("sqlite", "postgresql", "mysql", "mariadb", "oracle", "mssql")
"""The beginnings of URLs that SQLAlchemy knows, through which Optuna speaks to databases."""

REDIS = ("redis", "rediss", "unix")
"""The beginnings of URLs of Redis, which keeps a journal of Optuna's."""

LEFT_OUT = "or leave it out (--storage '')"
"""What always helps: a storage is a cache."""

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
        self.prefix = f"{_encodable(folder.path.resolve().name)} {_mark(folder)}/" if url else ""

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
        scheme = check_storage(self._url)
        try:
            if scheme in REDIS:
                from optuna.storages.journal import JournalRedisBackend

                with warnings.catch_warnings(action="ignore", category=optuna.exceptions.ExperimentalWarning):
                    return JournalStorage(JournalRedisBackend(self._url))
            self.close()
            self._database = _database(self._url)
            return optuna.storages.get_storage(self._database)  # with finished trials kept in memory
        except ImportError as error:
            raise ResultError(f"storage {self.name}: needs a package more: {error}; {LEFT_OUT}") from error
        except Exception as error:
            if self.is_gone(error) and not isinstance(error, sqlalchemy.exc.ArgumentError):
                raise
            raise ResultError(
                f"storage {self.name}: cannot be opened: {type(error).__name__}: {_said(error)}; mend the URL or what "
                f"is there; {LEFT_OUT}"
            ) from error

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
            raise UnavailableError(
                f"storage {self.name}: {type(error).__name__}: {_said(error.__cause__ or error)}; every finished run "
                f"is kept, and the same command goes on once it is there again and lets you in; {LEFT_OUT}"
            ) from error

    def is_gone(self, error: Exception) -> bool:
        """Whether an error says that the storage cannot be reached, and not that what it holds is damaged."""
        module = type(error).__module__.partition(".")[0]
        return bool(self._url) and module in _STRANGERS


def check_storage(url: str) -> str:
    """The beginning of a storage's URL, which says its kind; ResultError for one that Optuna has no storage for."""
    scheme = re.match(r"[^+:/]*", url)[0]  # type: ignore[index] # it always matches
    if ":" in url and scheme in (*DATABASES, *REDIS):
        return scheme
    alike = {"postgres": "postgresql", "psql": "postgresql", "pgsql": "postgresql", "sqlite3": "sqlite"}
    near = get_close_matches(alike.get(scheme.lower(), scheme.lower()), (*DATABASES, *REDIS), n=1)
    hint = f"; did you mean {near[0]}:{'' if near[0] == 'unix' else '//'}…?" if near else ""
    raise ResultError(
        "storage: a URL as sqlite:///FILE, postgresql://HOST/NAME, mysql://HOST/NAME or redis://HOST, got "
        f"{without_password(url)!r}{hint}"
    )


def _database(url: str) -> RDBStorage:
    """Optuna's storage in a database. Of two programs that make its tables at once, one is refused, and tries again."""
    try:
        return RDBStorage(url)
    except (sqlalchemy.exc.IntegrityError, sqlalchemy.exc.OperationalError, sqlalchemy.exc.ProgrammingError):
        time.sleep(1)
        return RDBStorage(url)


def _said(error: BaseException) -> str:
    return without_password(str(error).strip().partition("\n")[0])


def _encodable(name: str) -> str:
    """A file's name, which need be no text."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _mark(folder: ResultFolder) -> str:
    """Eight hexadecimal digits that no other folder has: they are drawn once, and anew in a copy of the folder."""
    mark, place = folder.mark()
    if place != folder.place:
        mark = secrets.token_hex(4)
        folder.write_mark(mark)
    return mark
