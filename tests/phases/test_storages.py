"""Trials in any storage of Optuna's: a cache of the records, wherever it is, and nobody else's studies are touched."""

from __future__ import annotations

import io
import os
import shutil
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import pytest
import sqlalchemy
from optuna.storages import RDBStorage
from rich.console import Console

from harness.errors import HarnessError, ResultError
from harness.execution.driver import Driver
from harness.phases.arm_search import ArmSearch
from harness.records.folder import ResultFolder
from harness.wording import without_password

from support.servers import free_port, postgresql, redis
from support.studies import SMALL, STUDY, call, run, tables, write_study

TPE = STUDY.replace("[search]", '[search]\nsampler = "tpe"\nbatch = 2')


class Crash(BaseException):
    """The end of the process, as a kill would be."""


@pytest.fixture
def study(tmp_path) -> Path:
    return write_study(tmp_path, TPE)


@pytest.fixture
def undisturbed(study, tmp_path):
    run(study, tmp_path / "undisturbed")
    return tables(tmp_path / "undisturbed")


@contextmanager
def sqlite(folder: Path):
    class File:
        url = f"sqlite:///{folder}.db"

    yield File


SERVERS = [sqlite, pytest.param(postgresql, marks=pytest.mark.slow), pytest.param(redis, marks=pytest.mark.slow)]


def studies(url: str) -> list[str]:
    """The names of all studies that are kept there."""
    if url.startswith("redis"):
        with warnings.catch_warnings(action="ignore"):  # it is experimental
            backend = optuna.storages.journal.JournalRedisBackend(url)
        names = optuna.get_all_study_names(optuna.storages.JournalStorage(backend))
        backend._redis.close()
        return sorted(names)
    storage = optuna.storages.RDBStorage(url)
    names = optuna.get_all_study_names(storage)
    storage.remove_session()
    storage.engine.dispose()
    return sorted(names)


def trials(url: str) -> list[int]:
    """How many trials each study has, by the studies' names."""
    storage = optuna.storages.RDBStorage(url)
    counts = [len(optuna.load_study(study_name=name, storage=storage).trials) for name in studies(url)]
    storage.remove_session()
    storage.engine.dispose()
    return counts


@pytest.mark.parametrize("server", SERVERS)
def test_a_study_whose_trials_are_elsewhere_has_the_same_tables_after_crashes(
    server, study, undisturbed, tmp_path, monkeypatch
):
    """A crash after every third record, and after every trial that was told."""
    out, shown = tmp_path / "out", Console(file=io.StringIO(), width=300)
    with server(tmp_path / "server") as running:
        crashed = set()
        for of, method, every in [(Driver, "_record", 3), (ArmSearch, "tell", 1)] * 40:
            real, calls = getattr(of, method), [0]

            def dying(self: Any, *given: Any, real: Any = real, calls: list[int] = calls, every: int = every) -> Any:
                calls[0] += 1
                if calls[0] > every:
                    raise Crash
                return real(self, *given)

            with monkeypatch.context() as patch:
                patch.setattr(of, method, dying)
                try:
                    if not run(study, out, storage=running.url, console=shown).new:
                        break
                except Crash:
                    crashed.add(method)
        assert crashed == {"_record", "tell"}
        names = studies(running.url)
        run(study, out, storage=running.url, console=shown)
        assert names == studies(running.url), "nothing is there twice"
    assert "made again" not in shown.file.getvalue()
    assert tables(out) == undisturbed
    assert not (out / "journal.log").exists()
    mark = ResultFolder(out).mark()[0]
    assert names == [f"out {mark}/adam", f"out {mark}/sgd"]
    kept = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert b"secret-word" not in kept
    assert b"127.0.0.1" not in kept


def test_a_storage_may_be_named_changed_and_left_out_from_call_to_call(study, undisturbed, tmp_path):
    out, shown = tmp_path / "out", Console(file=io.StringIO(), width=300)
    for count, storage in ((4, "a"), (8, ""), (9, "b"), (11, "a"), (11, ""), (11, "b")):
        url = f"sqlite:///{tmp_path / storage}.db" if storage else ""
        run(study, out, overrides=(f"search.trials={count}",), storage=url, console=shown)
    assert "made again" not in shown.file.getvalue()
    run(study, tmp_path / "alone", overrides=("search.trials=11",))
    # What was chosen on the way differs, since trials were added; what was searched does not.
    searched = [(folder / "tables" / "trials.csv").read_bytes().count(b"\n") for folder in (out, tmp_path / "alone")]
    assert searched[0] == searched[1]
    for storage in ("a", "b"):
        url = f"sqlite:///{tmp_path / storage}.db"
        assert trials(url) == [11, 11]


def test_a_storage_that_says_something_else_is_made_again_and_other_people_s_studies_stay(study, tmp_path):
    out, url, shown = tmp_path / "out", f"sqlite:///{tmp_path}/all.db", Console(file=io.StringIO(), width=300)
    other = optuna.create_study(study_name="somebody's", storage=url)
    other.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    run(study, out, storage=url)
    before = tables(out)
    mine = studies(url)[0]
    optuna.delete_study(study_name=mine, storage=url)
    strange = optuna.create_study(study_name=mine, storage=url, direction="maximize")
    strange.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    run(study, out, storage=url, console=shown)
    assert (
        f"warning: {url}: trial 0 of adam has other values; it is made again from records.jsonl"
        in shown.file.getvalue()
    )
    assert tables(out) == before
    assert trials(url) == [4, 4, 1]


def test_a_copy_of_a_folder_has_studies_of_its_own(study, tmp_path):
    url = f"sqlite:///{tmp_path}/all.db"
    run(study, tmp_path / "out", storage=url)
    shutil.copytree(tmp_path / "out", tmp_path / "copy")
    run(study, tmp_path / "copy", overrides=("search.trials=6",), storage=url)
    assert len(studies(url)) == 4
    assert trials(url) == [6, 6, 4, 4]


@pytest.mark.slow
@pytest.mark.parametrize("server", [postgresql, redis])
def test_a_server_that_goes_away_loses_nothing(server, study, undisturbed, tmp_path, monkeypatch):
    out, real, told = tmp_path / "out", ArmSearch.tell, [0]
    with server(tmp_path / "server") as running:

        def tell(self: ArmSearch, number: int, score: float) -> None:
            told[0] += 1
            if told[0] == 3:
                running.kill()
            real(self, number, score)

        with monkeypatch.context() as patch:
            patch.setattr(ArmSearch, "tell", tell)
            with pytest.raises(ResultError, match="every finished run is kept, and the same command goes on") as error:
                run(study, out, storage=running.url)
        assert "\n" not in str(error.value)
        assert "secret-word" not in str(error.value)
        with pytest.raises(HarnessError, match="storage "):
            run(study, out, storage=running.url)
    run(study, out)
    assert tables(out) == undisturbed


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "nonsense",
            "storage: a URL as sqlite:///FILE, postgresql://HOST/NAME, mysql://HOST/NAME or redis://HOST, got",
        ),
        ("http://me:pass@there/x", r"got 'http://me:\*\*\*@there/x'"),
        ("mysql://me:pass@127.0.0.1/x", r"storage mysql://me:\*\*\*@127\.0\.0\.1/x: needs a package more: "),
        ("postgres://me:pass@there/x", r"got 'postgres://me:\*\*\*@there/x'; did you mean postgresql://"),
        ("SQLite:///x.db", "got 'SQLite:///x.db'; did you mean sqlite://"),
        ("sqlite", "got 'sqlite'; did you mean sqlite://"),
        ("sqlite:x", "storage sqlite:x: cannot be opened: ArgumentError: .*mend the URL"),
        (
            "postgresql+psycopg://me:pass@127.0.0.1:port/x",
            r"storage postgresql\+psycopg://me:\*\*\*@127.*cannot be opened",
        ),
        ("redis://127.0.0.1:port/0?password=pass", r"redis://127\.0\.0\.1:port/0\?password=\*\*\*: cannot be opened"),
        ("redis://127.0.0.1:1/0?foo=1", "cannot be opened: TypeError: .*or leave it out"),
        ("sqlite:////not/there/x.db", "storage sqlite:////not/there/x.db: .*unable to open database file"),
        ("postgresql+psycopg://me:pass@127.0.0.1:{port}/x", r"storage postgresql\+psycopg://me:\*\*\*@127\.0\.0\.1"),
        ("redis://:pass@127.0.0.1:{port}", r"storage redis://:\*\*\*@127\.0\.0\.1"),
    ],
)
def test_a_storage_that_cannot_be_reached_is_one_line(study, tmp_path, url, message):
    with pytest.raises(ResultError, match=message) as error:
        run(study, tmp_path / "out", storage=url.replace("{port}", str(free_port())))
    assert "\n" not in str(error.value)
    assert "pass" not in str(error.value).replace("password", "")


def test_the_command_and_the_configuration_file_name_it_and_no_password_is_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_study(tmp_path, SMALL, "small.toml")
    words = ("run", "small.toml", "--jobs", "0", "--stop-after", "1runs", "--storage", f"sqlite:///{tmp_path}/one.db")
    assert f"--storage sqlite:///{tmp_path}/one.db" in call(*words, code=5).stderr
    (tmp_path / "config.toml").write_text(f'[execution]\nstorage = "sqlite:///{tmp_path}/two.db"\n')
    monkeypatch.setenv("HARNESS_CONFIG", str(tmp_path / "config.toml"))
    call("run", "small.toml", "--jobs", "0")
    assert [len(studies(f"sqlite:///{tmp_path}/{name}.db")) for name in ("one", "two")] == [2, 2]
    assert not Path("results/small/journal.log").exists()
    assert without_password("at postgresql://me:word@there/x") == "at postgresql://me:***@there/x"
    assert without_password("redis://:word@there") == "redis://:***@there"
    assert without_password("postgresql://me@there/x") == "postgresql://me@there/x"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://h/x?user=u&password=secret", "postgresql+psycopg://h/x?user=u&password=***"),
        ("unix:///a.sock?db=1&Password=secret&x=1", "unix:///a.sock?db=1&Password=***&x=1"),
        ("postgresql+psycopg://u:se cret secret@h/x", "postgresql+psycopg://u:***@h/x"),
        ("postgresql+psycopg://u:pa@secret@h/x", "postgresql+psycopg://u:***@h/x"),
        ("postgresql://u:a/secret@h/x", "postgresql://u:***@h/x"),
        ("lab:secret@h/x", "lab:***@h/x"),
        ("sqlite:///a:b.db", "sqlite:///a:b.db"),
    ],
)
def test_a_password_is_hidden_wherever_a_url_may_have_it(url, shown):
    assert without_password(url) == shown
    assert "secret" not in without_password(f"storage {url}: failed to resolve host 'secret@h'")


def test_two_programs_that_make_the_tables_of_one_database_at_once_both_get_in(
    study, undisturbed, tmp_path, monkeypatch
):
    real, tries = RDBStorage.__init__, []

    def first_refused(self: RDBStorage, url: str) -> None:
        tries.append(url)
        if len(tries) == 1:
            raise sqlalchemy.exc.IntegrityError("insert", {}, Exception("UNIQUE constraint failed"))
        real(self, url)

    monkeypatch.setattr(RDBStorage, "__init__", first_refused)
    run(study, tmp_path / "out", storage=f"sqlite:///{tmp_path}/one.db")
    assert tables(tmp_path / "out") == undisturbed
    assert len(tries) == 2


def test_a_folder_whose_name_is_no_text_has_its_trials_elsewhere_too(study, undisturbed, tmp_path):
    out = tmp_path / os.fsdecode(b"bad\xff")
    run(study, out, storage=f"sqlite:///{tmp_path}/one.db")
    assert tables(out) == undisturbed
