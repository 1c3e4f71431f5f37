"""What a script or a notebook calls: run, results, compare, train, unseal. The commands call these same functions.

Nothing heavy is imported before it is used, and whoever only reads results needs no torch.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.arguments import path_of, size_of, text_of
from harness.errors import DataError, PluginError, ResultError, StudyError, unknown

if TYPE_CHECKING:
    from pandas import DataFrame

    from harness.analysis.table_rows import Reading
    from harness.execution.place import Place
    from harness.metric import Direction
    from harness.phases.single import SingleRun
    from harness.records.table import Table
    from harness.report.notebook import Pairs, StudyComparison, StudyResults
    from harness.study.file import Given
    from harness.study.overrides import Overrides
    from harness.training.saving import TrainedModel


def run(
    study: Given,
    *,
    out: Path | str | None = None,
    jobs: int | None = None,
    executor: str | None = None,
    executor_address: str | None = None,
    storage: str | None = None,
    set: Overrides = (),  # noqa: A002 - the command's word
    plugins: Iterable[str | Path] = (),
    device: str = "cpu",
    until_decided: bool = False,
    stop_after: str | float | None = None,
    progress: bool | None = None,
) -> StudyResults:
    """Run a study, or go on with it where its folder stopped: finished runs are never repeated.

    ``study``: a path; or the text of a study file, which has more than one line; or a dictionary of the same structure.
    ``out``: the result folder, ``results/STEM`` where ``study`` is a path; a text or a dictionary has no name that a
    folder could take, so it must be given. ``jobs``: worker processes, one a core where None is; 0: none, this process
    trains. ``executor``: where runs are made, ``processes``, ``serial`` or a plugin's, as ``dask``; it changes no
    result; where nothing is said, what the user's configuration file says. ``executor_address``: of an executor's
    workers that run already. ``storage``: the URL of a storage of Optuna's, which takes the place of the folder's
    journal, for a dashboard; the results do not depend on it. ``set``: changes, as ``{"search.trials": 4}`` or
    ``["search.trials=4"]``. ``plugins``: files and modules to load beside those installed. ``device``: as torch names
    it. ``until_decided``: add seeds while a verdict is open.
    ``stop_after``: ``"2h"``, ``"50runs"`` or seconds, after which no run begins: the results then say ``.stopped``, and
    the same call goes on. ``progress``: on stderr; None says it where that is a terminal.

    StudyError with every fault of the study; ResultError for a folder that is in use or another study's. A run that
    fails is a record with its reason, and raises nothing.
    """
    from harness.execution.ending import ending_of
    from harness.execution.place import find_place, wanted
    from harness.execution.processes import warm_up
    from harness.execution.stopwatch import Stopwatch
    from harness.plugin.backend import PROCESSES

    stopwatch = Stopwatch()
    where = wanted(executor, jobs, executor_address, storage)
    ending = ending_of(stop_after)
    with stopwatch("importing"):
        if where.executor in (None, PROCESSES):
            warm_up()  # what workers need is imported while this process imports its own
        from harness.execution.progress import Progress
        from harness.execution.settings import Execution
        from harness.phases.protocol import run_study
        from harness.plugin.registry import build_registry
        from harness.records.folder import ResultFolder
        from harness.report.notebook import StudyResults
        from harness.study.file import read_given
        from harness.study.overrides import overrides_of
        from harness.study.plan import make_plan

    with stopwatch("preparing"):
        folder = result_folder(study, out)
        overrides = (*overrides_of(set), *((UNTIL_DECIDED,) if until_decided else ()))
        registry = build_registry(_sources(plugins))
        place = find_place(where, registry)
        device = _device(device, place)
        parsed, draft, toml = read_given(study, overrides)
        plan = make_plan(parsed, draft, registry, overrides)
    with Progress(plan.metric, shown=progress) as shown:
        execution = Execution(
            registry=registry, place=place, device=device, progress=shown, stopwatch=stopwatch, ending=ending,
            storage=where.storage or "",
        )  # fmt: skip
        summary = run_study(plan, toml, ResultFolder(folder), execution)
    return StudyResults(
        folder, summary.results, findings=summary.findings, registry=registry, made=summary.made, call=summary.call,
        stopped=summary.stopped,
    )  # fmt: skip


def _device(name: str, place: Place) -> str:
    """The full name of a device, which is there; whether workers elsewhere have it, they say."""
    from harness.training.device import check_device, device_named

    return device_named(name) if place.is_elsewhere else check_device(name)


UNTIL_DECIDED = "confirm.until_decided=true"


def result_folder(study: Given, out: Path | str | None = None) -> Path:
    """Where the results of a study go: ``out``, else ``results/STEM``; StudyError where there is neither."""
    from harness.study.file import is_path

    if out is not None:
        return path_of(out, "out", ResultError)
    if not is_path(study):
        raise StudyError('study: one that is no file needs a result folder: harness.run(study, out="results/NAME")')
    return Path("results") / Path(study).stem


def _sources(plugins: Iterable[str | Path]) -> tuple[str, ...]:
    if isinstance(plugins, str | os.PathLike):
        plugins = [plugins]
    if not isinstance(plugins, Iterable):
        raise PluginError(f"plugins: a list of files and modules, got {type(plugins).__name__}")
    given = tuple(plugins)
    for source in given:
        if not isinstance(source, str | os.PathLike):
            raise PluginError(f"a plugin is given by its file or its module's name, got {type(source).__name__}")
    return tuple(str(path_of(source, "plugins", PluginError)) if source else "" for source in given)


def results(path: Path | str | StudyResults, *, plugins: Iterable[str | Path] = ()) -> StudyResults:
    """What a result folder holds; given results, what theirs holds now.

    ``plugins``: what the page needs to draw schedules that are not installed. ResultError where there is no result
    folder, or it is damaged.
    """
    from harness.records.folder import ResultFolder
    from harness.records.results import Results
    from harness.report.notebook import StudyResults

    folder = _folder(path)
    return StudyResults(folder, Results.of(ResultFolder(folder)), sources=_sources(plugins))


def _folder(given: Path | str | StudyResults) -> Path:
    from harness.report.notebook import StudyResults

    return given.path if isinstance(given, StudyResults) else path_of(given, "result folder", ResultError)


def compare(
    *subjects: Path | str | StudyResults | DataFrame,
    baseline: str | None = None,
    metric: str | None = None,
    pairs: Pairs = "baseline",
    smallest_difference: float | None = None,
    arm: str | Iterable[str] | None = None,
    seed: str | None = None,
    direction: Direction | None = None,
    paired: bool = False,
    where: Iterable[str] | Mapping[str, object] = (),
    step: str | None = None,
    status: str | None = None,
) -> StudyComparison:
    """Compare the confirmed arms of result folders, given by their paths or as results; or anybody's runs.

    ``baseline``: an arm by its name; the first folder's own where none is given. ``metric``: the study's where none is
    given. ``pairs``: each arm with the baseline, with its namesake in the first folder (``same``), or with every other
    (``all``). ``smallest_difference``: that matters, in units of the metric; the study's where none is given.

    Of runs of any tool, one row each in a DataFrame, a CSV or a Parquet file, these name the columns: ``arm`` (several
    are crossed), ``metric`` and ``seed`` (without which every row is a run). ``direction``: which way the metric is
    better, where its name does not say. ``paired``: whether equal seeds met equal random draws. ``where``:
    ``{column: value}``, or ``"column=value"`` and ``"column!=value"``, for the rows that count. ``step``: the column by
    which a run's last row is its result. ``status``: the column that says which runs failed, ``"none"`` for none; that
    of MLflow, W&B or Optuna where it is not given.

    ResultError for folders without common ground, and for names that are not there; DataError, with its place, for
    what a table lacks.
    """
    from harness.report.notebook import StudyResults, compare_results, compare_runs

    if not subjects:
        raise ResultError('nothing to compare: harness.compare("results/a", "results/b")')
    if smallest_difference is not None:
        smallest_difference = size_of(smallest_difference, "smallest_difference", ResultError)
    given = {"arm": arm, "seed": seed, "direction": direction, "step": step, "status": status}
    named = [
        name for name, value in {**given, "paired": paired or None, "where": where or None}.items() if value is not None
    ]
    by_place: dict[object, Path | str | StudyResults | DataFrame] = {}
    for subject in subjects:
        by_place.setdefault(_place(subject), subject)
    tables = [table for subject in by_place.values() if (table := _table(subject)) is not None]
    if tables and len(tables) < len(by_place):
        raise ResultError("a table of runs and a result folder cannot be compared: their runs have no common ground")
    if pairs not in ("baseline", "same", "all"):
        raise ResultError(unknown("pairs", pairs, ("baseline", "same", "all")))
    baseline, metric = (
        None if name is None else text_of(name, argument, ResultError)
        for argument, name in (("baseline", baseline), ("metric", metric))
    )
    if tables:
        return compare_runs(
            tables, _reading(given, metric, where, paired=paired), baseline=baseline, pairs=pairs,
            smallest_difference=smallest_difference,
        )  # fmt: skip
    opened = [
        subject if isinstance(subject, StudyResults) else results(subject)  # type: ignore[arg-type] # no DataFrame now
        for subject in by_place.values()
    ]
    if named:
        raise ResultError(f"{named[0]}: says which columns of a table of runs to compare, and this is a result folder")
    return compare_results(
        opened, baseline=baseline, metric=metric, pairs=pairs, smallest_difference=smallest_difference
    )


def _place(subject: object) -> object:
    """What two subjects share that are one: a path, however spelt, or that they are the same object."""
    from harness.report.notebook import StudyResults

    if isinstance(subject, StudyResults):
        return subject.path.resolve()
    is_path = isinstance(subject, str | os.PathLike)
    return path_of(subject, "result folder", ResultError).resolve() if is_path else id(subject)


def _table(subject: object) -> Table | None:
    """The table of runs that was given: a DataFrame, or a file's path; None for a result folder."""
    from harness.records.table import TABLES, is_table, read_table, table_of

    if isinstance(subject, str | os.PathLike):
        path = path_of(subject, "result folder", ResultError)
        if not is_table(path) and path.is_file():
            raise DataError(f"{path}: neither a result folder nor a table: those end in {', '.join(TABLES)}")
        return read_table(path) if is_table(path) else None
    pandas = sys.modules.get("pandas")  # whoever has a DataFrame has imported it
    if pandas and isinstance(subject, pandas.DataFrame):
        return table_of(subject)
    if hasattr(subject, "to_pandas"):
        raise ResultError(
            f"a {type(subject).__name__} of {type(subject).__module__.partition('.')[0]}: give its .to_pandas()"
        )
    return None


def _reading(
    given: Mapping[str, object], metric: str | None, where: Iterable[str] | Mapping[str, object], *, paired: bool
) -> Reading:
    """What the arguments of ``compare`` say of a table's columns; ResultError for what they lack."""
    from harness.analysis.table_rows import Reading
    from harness.metric import DIRECTIONS

    texts = {
        name: text_of(value, name, ResultError) for name, value in given.items() if name != "arm" and value is not None
    }
    named = given["arm"]
    arm = [named] if isinstance(named, str) else list(named) if isinstance(named, Iterable) else []
    if not arm or not all(isinstance(name, str) for name in arm):
        raise ResultError('arm: names the column whose values are compared, as in --arm optimizer or arm="optimizer"')
    if metric is None:
        raise ResultError('metric: names the column of scores, as in --metric val_acc or metric="val_acc"')
    direction = texts.pop("direction", None)
    if direction is not None and direction not in DIRECTIONS:
        raise ResultError(unknown("direction", direction, DIRECTIONS))
    if isinstance(where, Mapping):
        where = [f"{name}={value}" for name, value in where.items()]
    filters = [where] if isinstance(where, str) else [text_of(text, "where", ResultError) for text in where]
    way = None if direction is None else DIRECTIONS[direction]
    return Reading(arm=[*dict.fromkeys(arm)], metric=metric, direction=way, where=filters, paired=paired, **texts)


def unseal(
    folder: Path | str | StudyResults,
    *,
    again: bool = False,
    jobs: int | None = None,
    executor: str | None = None,
    executor_address: str | None = None,
    plugins: Iterable[str | Path] = (),
    code: Iterable[str | Path] = (),
    set: Overrides = (),  # noqa: A002 - the command's word
    device: str = "cpu",
    progress: bool | None = None,
) -> StudyResults:
    """Measure the confirmed runs on the test split: once, at the very end, on record for good. See ``.test``.

    ``again``: open it although it was opened for another choice before. ``code``: the files and modules that may run
    because the folder's study names an optimiser's class in them. ``jobs``, ``executor``, ``executor_address``: as in
    ``run``. ``set``: changes, as of the path of data that have moved. ResultError if it was opened and that is not
    wished, and while the study is not finished.
    """
    from harness.execution.place import find_place, wanted
    from harness.execution.progress import Progress
    from harness.execution.settings import Execution
    from harness.phases.unseal import open_test_split
    from harness.plugin.registry import build_registry
    from harness.records.folder import ResultFolder
    from harness.report.notebook import StudyResults
    from harness.study.overrides import overrides_of

    path = _folder(folder)
    registry = build_registry(_sources(plugins))
    place = find_place(wanted(executor, jobs, executor_address), registry)
    device = _device(device, place)
    with Progress(ResultFolder(path).existing_study().metric, shown=progress) as shown:
        execution = Execution(registry=registry, place=place, device=device, progress=shown)
        opened = open_test_split(
            ResultFolder(path), execution, again=again, code=_sources(code), overrides=overrides_of(set)
        )
    return StudyResults(path, opened.results, findings=opened, registry=registry)


def train(
    *,
    problem: str | None = None,
    optimiser: str | None = None,
    epochs: int = 5,
    set: Overrides = (),  # noqa: A002 - the command's word
    seed: int | None = None,
    plugins: Iterable[str | Path] = (),
    device: str = "cpu",
    save: Path | str | None = None,
    progress: bool | None = None,
) -> TrainedModel:
    """Train one model, everything at its default but what is said here, and give it as ``harness.load`` does.

    ``set``: changes, as ``{"dropout": "linear", "model.hidden_dim": 50}``. ``seed``: of every random stream, 0 where
    None is. ``save``: a file to write it to. ``progress``: each evaluation point on stderr; None says it where that is
    a terminal. HarnessError with the reason where the run fails.
    """
    from harness.study.overrides import overrides_of

    overrides = (*overrides_of(set), *(() if seed is None else overrides_of({"seed": seed})))
    single = train_single(
        problem, optimiser, epochs, save=save, overrides=overrides, plugins=plugins, device=device, progress=progress
    )
    return single.model()


def train_single(
    problem: str | None, optimiser: str | None, epochs: int, *, save: Path | str | None, overrides: Iterable[str],
    plugins: Iterable[str | Path], device: str, progress: bool | None,
) -> SingleRun:  # fmt: skip
    """The run behind ``train``: with its curve and its seconds, and a run also where it failed."""
    from harness.phases.single import train_once
    from harness.plugin.registry import build_registry
    from harness.training.device import check_device

    if save is not None:
        save = path_of(save, "save", DataError)
        if not save.parent.is_dir():
            raise DataError(f"{save}: cannot be written: no folder {save.parent}")
        if save.is_dir():
            raise DataError(f"{save}: cannot be written: it is a folder")
    device = check_device(device)
    single = train_once(
        problem, optimiser, epochs, overrides, build_registry(_sources(plugins)), device=device, tell=_teller(progress)
    )
    if save is not None and not single.outcome.reason:
        single.save(save)
    return single


def _teller(progress: bool | None) -> Callable[[str], None]:
    """Says a line on stderr, or nothing."""
    is_shown = sys.stderr.isatty() if progress is None else progress
    return (lambda line: print(line, file=sys.stderr)) if is_shown else lambda line: None
