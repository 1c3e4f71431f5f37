"""What a script or a notebook calls: run, results, compare, train, unseal. The commands call these same functions.

Nothing heavy is imported before it is used, and whoever only reads results needs no torch.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.errors import DataError, PluginError, StudyError, unknown

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.across import Joined
    from harness.analysis.findings import Findings
    from harness.phases.single import SingleRun
    from harness.plugin.registry import Registry
    from harness.records.record import Call, Record
    from harness.records.results import Results
    from harness.statistics.comparison import Comparison
    from harness.study.draft import Draft
    from harness.study.resolved import ResolvedStudy
    from harness.study.study import Study
    from harness.training.saving import TrainedModel

Overrides = Iterable[str] | Mapping[str, Any]
"""What ``--set`` says: ``["search.trials=4"]``, or ``{"search.trials": 4}``."""


def run(
    study: Path | str | Mapping[str, Any],
    *,
    out: Path | str | None = None,
    jobs: int | None = None,
    set: Overrides = (),  # noqa: A002 - the command's word
    plugins: Iterable[str | Path] = (),
    device: str = "cpu",
    until_decided: bool = False,
    progress: bool | None = None,
) -> StudyResults:
    """Run a study, or go on with it where its folder stopped: finished runs are never repeated.

    ``study``: a path; or the text of a study file, which has more than one line; or a dictionary of the same structure.
    ``out``: the result folder, ``results/STEM`` where ``study`` is a path; a text or a dictionary has no name that a
    folder could take, so it must be given. ``jobs``: worker processes, one a core where None is; 0: none, this process
    trains. ``set``: changes, as ``{"search.trials": 4}`` or ``["search.trials=4"]``. ``plugins``: files and modules to
    load beside those installed. ``device``: as torch names it. ``until_decided``: add seeds while a verdict is open.
    ``progress``: on stderr; None says it where that is a terminal.

    StudyError with every fault of the study; ResultError for a folder that is in use or another study's. A run that
    fails is a record with its reason, and raises nothing.
    """
    from harness.execution.processes import warm_up, worker_count
    from harness.execution.stopwatch import Stopwatch

    stopwatch = Stopwatch()
    jobs = worker_count(jobs)
    overrides = (*overrides_of(set), *((UNTIL_DECIDED,) if until_decided else ()))
    with stopwatch("importing"):
        if jobs:
            warm_up()  # what workers need is imported while this process imports its own
        from harness.execution.progress import Progress
        from harness.execution.settings import Execution
        from harness.phases.protocol import run_study
        from harness.plugin.registry import build_registry
        from harness.records.folder import ResultFolder
        from harness.study.plan import make_plan
        from harness.training.device import check_device

    with stopwatch("preparing"):
        folder = result_folder(study, out)
        device = check_device(device)
        registry = build_registry(_sources(plugins))
        parsed, draft, toml = _read(study, overrides)
        plan = make_plan(parsed, draft, registry, overrides)
    with Progress(plan.metric, shown=progress) as shown:
        execution = Execution(registry=registry, jobs=jobs, device=device, progress=shown, stopwatch=stopwatch)
        summary = run_study(plan, toml, ResultFolder(folder), execution)
    return StudyResults(
        folder, summary.results, findings=summary.findings, registry=registry, made=summary.made, call=summary.call
    )


UNTIL_DECIDED = "confirm.until_decided=true"


def result_folder(study: Path | str | Mapping[str, Any], out: Path | str | None = None) -> Path:
    """Where the results of a study go: ``out``, else ``results/STEM``; StudyError where there is neither."""
    if out is not None:
        return Path(out)
    if not _is_path(study):
        raise StudyError('study: one that is no file needs a result folder: harness.run(study, out="results/NAME")')
    return Path("results") / Path(study).stem  # type: ignore[arg-type] # it is a path


def overrides_of(given: Overrides) -> tuple[str, ...]:
    """Changes of a study as ``--set`` writes them."""
    from harness.study.toml import value_text

    if isinstance(given, str):
        return (given,)
    if isinstance(given, Mapping):
        return tuple(f"{key}={value_text(value)}" for key, value in given.items())
    return tuple(given)


def _is_path(study: Path | str | Mapping[str, Any]) -> bool:
    """A text is a study's where it has several lines, since no study fits in one; else it is a path."""
    return isinstance(study, os.PathLike) or (isinstance(study, str) and "\n" not in study)


def _read(study: Path | str | Mapping[str, Any], overrides: tuple[str, ...]) -> tuple[Study, Draft, str]:
    """The study with its faults noted, and the text that the result folder keeps."""
    from harness.study.file import parse_study, read_study
    from harness.study.toml import study_text

    if isinstance(study, Mapping):
        import tomllib

        from harness.study.file import draft_study

        text = study_text(study)
        return *draft_study(tomllib.loads(text), overrides, source="study"), text
    if not isinstance(study, str | os.PathLike):
        raise StudyError(f"study: a path, the text of a study file or a dictionary, got {type(study).__name__}")
    if _is_path(study):
        path = Path(study)
        return *read_study(path, overrides), path.read_text(encoding="utf-8")
    text = str(study)
    return *parse_study(text, overrides, source="study"), text


def _sources(plugins: Iterable[str | Path]) -> tuple[str, ...]:
    given = [plugins] if isinstance(plugins, str | os.PathLike) else list(plugins)
    for source in given:
        if not isinstance(source, str | os.PathLike):
            raise PluginError(f"a plugin is given by its file or its module's name, got {type(source).__name__}")
    return tuple(map(str, given))


class _Table:
    """A table of the results as an attribute: computed when it is first asked for, and the caller's own to change."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, results: StudyResults | None, owner: type | None = None) -> pd.DataFrame:
        return self if results is None else results.table(self.name)  # type: ignore[return-value] # the class's own

    def __set__(self, results: StudyResults, value: object) -> None:
        raise AttributeError(f"{self.name} is a table of the results, and cannot be set")


class StudyResults:
    """What a result folder holds: the answer, every table as a DataFrame, the page.

    It is what was there when it was made; ``harness.results(path)`` reads again. ``made``: the records that the call
    of ``harness.run`` added, and ``call`` where its time went; nothing where there was nothing to do, or no call.
    """

    arms = _Table("One row an arm: its score, its difference to the baseline, the verdict, the chosen values.")
    comparisons = _Table("One row a comparison: of the arms with the baseline, and of each with its own defaults.")
    trials = _Table("One row a trial of the search: its values and its score.")
    tuning_curve = _Table("The best score to be expected after so many trials, by arm.")
    sensitivity = _Table("How much each hyperparameter mattered within the range that was searched.")
    interactions = _Table("Whether one choice changes the effect of another.")
    time_to_target = _Table("How many steps each arm needs to get to where the baseline ends.")
    warnings = _Table("What may be wrong with the comparison, and what to do about it.")
    test = _Table("The confirmed runs on the test split; empty while it is sealed.")
    runs = _Table("One row a run: its metrics at the last step, or why it failed.")
    curves = _Table("One row an evaluation point of a run.")
    timing = _Table("Where the seconds went, by run and by call.")
    time_to_target_seconds = _Table("The same as time_to_target, in seconds of this machine.")

    def __init__(
        self, path: Path, results: Results, *, findings: Findings | None = None, registry: Registry | None = None,
        sources: Sequence[str] = (), made: Sequence[Record] = (), call: Call | None = None,
    ) -> None:  # fmt: skip
        self.path = path
        self.made = made
        self.call = call
        self._results = results
        self._given_findings = findings
        self._given_registry = registry
        self._sources = sources

    @property
    def study(self) -> ResolvedStudy:
        """The study as it was resolved: what study.json holds."""
        return self._results.study

    @property
    def metric(self) -> str:
        """Name of the metric that the study judges by."""
        return self._results.metric.name

    @property
    def baseline(self) -> str:
        """Name of the arm that the others are compared with."""
        return self._results.baseline

    @property
    def records(self) -> tuple[Record, ...]:
        """Every run, as records.jsonl holds it."""
        return tuple(self._results.records.values())

    @property
    def against_baseline(self) -> list[Comparison]:
        """Every other arm with the baseline: what the verdicts in ``comparisons`` stand for."""
        return list(self._results.against_baseline)

    @property
    def failed(self) -> int:
        """How many of the folder's runs failed."""
        return sum(bool(record.reason) for record in self.records)

    @property
    def answer(self) -> str:
        """What came out, in one sentence."""
        from harness.report.answer import answer_of

        return answer_of(self._findings)

    def table(self, name: str) -> pd.DataFrame:
        """The table of that name; ResultError with the nearest match where there is none."""
        check_table(name)
        return self._findings.tables[name].copy()

    def text(self, width: int | None = None) -> str:
        """Question, answer, arms and warnings, as a terminal of so many columns shows them."""
        from harness.report.terminal import answer

        return answer(self._findings, width)

    def report(self, path: Path | str | None = None) -> Path:
        """Write the page, ``report.html`` in the result folder where no other path is given, and return its path."""
        return write_page([self], path)

    def __repr__(self) -> str:
        return self.text().rstrip("\n")

    def _repr_html_(self) -> str:
        from harness.report.screen import first_screen

        return first_screen(self._findings)

    def __dir__(self) -> list[str]:
        return sorted(name for name in {*type(self).__dict__, *self.__dict__} if not name.startswith("_"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(unknown("attribute of results", name, dir(self)))

    @cached_property
    def _findings(self) -> Findings:
        """All that is said of the results, worked out when it is first asked for."""
        from harness.analysis.findings import findings

        return self._given_findings or findings(self._results)

    @cached_property
    def _registry(self) -> Registry:
        """The components by which the page draws schedules, and no others: those would import torch."""
        from harness.plugin.kinds import KINDS
        from harness.plugin.registry import build_registry

        schedules = (kind for kind in KINDS.values() if kind.is_schedule)
        return self._given_registry or build_registry(self._sources, schedules)


def check_table(name: str) -> None:
    """ResultError with the nearest match for a name that no table has."""
    from harness.analysis.tables import TABLES
    from harness.errors import ResultError

    if name not in TABLES:
        raise ResultError(unknown("table", name, TABLES))


def results(path: Path | str, *, plugins: Iterable[str | Path] = ()) -> StudyResults:
    """What a result folder holds. ``plugins``: what the page needs to draw schedules that are not installed.

    ResultError where there is no result folder, or it is damaged.
    """
    from harness.records.folder import ResultFolder
    from harness.records.results import Results

    return StudyResults(Path(path), Results.of(ResultFolder(Path(path))), sources=_sources(plugins))


def write_page(subjects: Sequence[StudyResults], path: Path | str | None = None) -> Path:
    """One page for one result folder or several; those that can be compared are, at its beginning.

    ``path``: ``report.html`` where none is given, in the folder where there is but one.
    """
    from harness.errors import ResultError
    from harness.records.folder import ResultFolder, write_text
    from harness.report.page import subject_of, write_report

    folders = [ResultFolder(subject.path) for subject in subjects]
    parts = [
        subject_of(folder, subject._findings, subject._registry)
        for subject, folder in zip(subjects, folders, strict=True)
    ]
    joined = None
    if len({str(subject.path) for subject in subjects}) > 1:
        try:
            joined = compare(*subjects)._joined
        except ResultError:  # studies of other data, say, may share a page without being compared
            joined = None
    target = Path(path) if path is not None else folders[0].report if len(folders) == 1 else Path("report.html")
    write_text(target, write_report(parts, joined))
    return target


class StudyComparison:
    """Arms of one result folder or several, compared: paired where their seeds met the same draws."""

    def __init__(self, joined: Joined) -> None:
        self._joined = joined

    @property
    def answer(self) -> str:
        """What the comparison comes to, in one sentence."""
        from harness.report.answer import answer_across

        return answer_across(self._joined)

    @property
    def table(self) -> pd.DataFrame:
        """One row a comparison."""
        return self._joined.frame.copy()

    @property
    def baseline(self) -> str:
        """The arm that the others are compared with, as it is labelled."""
        return self._joined.baseline

    @property
    def metric(self) -> str:
        """Name of the metric that is compared by."""
        return self._joined.metric.name

    @property
    def differing_budgets(self) -> list[str]:
        """In what the arms were given more or less; nothing is ranked where there is any."""
        return list(self._joined.budgets)

    @property
    def differing_settings(self) -> list[str]:
        """In which settings the folders differ, one line each."""
        return list(self._joined.settings)

    @property
    def differing_environments(self) -> list[str]:
        """In which versions and machines the folders differ, one line each."""
        return list(self._joined.environments)

    @property
    def notes(self) -> list[str]:
        """What a reader must know beside that: arms that are left out, comparisons that are not paired."""
        return list(self._joined.notes)

    @property
    def worse(self) -> list[str]:
        """Who got worse, by an amount that matters or by not running at all; ResultError where that is open."""
        from harness.analysis.across import worse

        return worse(self._joined)

    def text(self, form: str = "text", width: int | None = None) -> str:
        """As ``harness compare`` prints it: text, csv, markdown, latex or json."""
        from harness.report.comparison import shown

        return shown(self._joined, form, width)

    def __repr__(self) -> str:
        return self.text().rstrip("\n")

    def _repr_html_(self) -> str:
        from harness.report.screen import comparison_screen

        return comparison_screen(self._joined)


def compare(
    *subjects: Path | str | StudyResults,
    baseline: str | None = None,
    metric: str | None = None,
    pairs: Literal["baseline", "same", "all"] = "baseline",
) -> StudyComparison:
    """Compare the confirmed arms of result folders, given by their paths or as results.

    ``baseline``: an arm by its name; the first folder's own where none is given. ``metric``: the study's where none is
    given. ``pairs``: each arm with the baseline, with its namesake in the first folder (``same``), or with every other
    (``all``). ResultError for folders without common ground, and for names that are not there.
    """
    from harness.analysis.across import join
    from harness.errors import ResultError

    if not subjects:
        raise ResultError('nothing to compare: harness.compare("results/a", "results/b")')
    if pairs not in ("baseline", "same", "all"):
        raise ResultError(unknown("pairs", pairs, ("baseline", "same", "all")))
    found = [each if isinstance(each, StudyResults) else results(each) for each in subjects]
    folders = {str(each.path): each._results for each in found}
    return StudyComparison(join(folders, baseline=baseline, metric=metric, pairs=pairs))


def unseal(
    folder: Path | str | StudyResults,
    *,
    again: bool = False,
    jobs: int | None = None,
    plugins: Iterable[str | Path] = (),
    device: str = "cpu",
    progress: bool | None = None,
) -> StudyResults:
    """Measure the confirmed runs on the test split: once, at the very end, on record for good. See ``.test``.

    ``again``: open it although it was opened for another choice before. ResultError if it was and that is not wished,
    and while the study is not finished.
    """
    from harness.execution.processes import worker_count
    from harness.execution.progress import Progress
    from harness.execution.settings import Execution
    from harness.phases.unseal import open_test_split
    from harness.plugin.registry import build_registry
    from harness.records.folder import ResultFolder
    from harness.records.results import Results
    from harness.training.device import check_device

    path = folder.path if isinstance(folder, StudyResults) else Path(folder)
    device, registry = check_device(device), build_registry(_sources(plugins))
    before = Results.of(ResultFolder(path))
    with Progress(before.metric, shown=progress) as shown:
        execution = Execution(registry=registry, jobs=worker_count(jobs), device=device, progress=shown)
        opened = open_test_split(ResultFolder(path), execution, again=again)
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
    overrides = (*overrides_of(set), *(() if seed is None else (f"seed={seed}",)))
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

    if save is not None and not Path(save).parent.is_dir():
        raise DataError(f"{save}: cannot be written: no folder {Path(save).parent}")
    device = check_device(device)
    single = train_once(
        problem, optimiser, epochs, overrides, build_registry(_sources(plugins)), device=device, tell=_teller(progress)
    )
    if save is not None and not single.outcome.reason:
        single.save(Path(save))
    return single


def _teller(progress: bool | None) -> Callable[[str], None]:
    """Says a line on stderr, or nothing."""
    is_shown = sys.stderr.isatty() if progress is None else progress
    return (lambda line: print(line, file=sys.stderr)) if is_shown else lambda line: None
