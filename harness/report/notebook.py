"""Results and comparisons as objects, for scripts and notebooks: tables, sentences, the page, what a notebook shows.

What an object says is worked out when it is first asked for; who reads tables needs no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.arguments import count_of, path_of, text_of
from harness.errors import ResultError, printable, unknown

if TYPE_CHECKING:
    import optuna
    import pandas as pd

    from harness.analysis.across import Joined
    from harness.analysis.findings import Findings
    from harness.analysis.table_rows import Reading
    from harness.plugin.registry import Registry
    from harness.records.record import Call, Record
    from harness.records.results import Results
    from harness.records.table import Table
    from harness.statistics.comparison import Comparison
    from harness.study.resolved import ResolvedStudy

FORMATS = ("text", "csv", "markdown", "latex", "json")
"""In which a table may be shown."""
Pairs = Literal["baseline", "same", "all"]
"""Which arms are compared: each with the baseline, with its namesake in the first folder, or with every other."""


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


class _Shown:
    """An object whose ``dir`` names what it offers, and which names the nearest match of what it does not."""

    def __dir__(self) -> list[str]:
        return sorted(name for name in {*type(self).__dict__, *self.__dict__} if not name.startswith("_"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(unknown(f"attribute of {type(self).__name__}", name, dir(self)))


class StudyResults(_Shown):
    """What a result folder holds: the answer, every table as a DataFrame, the page.

    It is what was there when it was made; ``harness.results(path)`` reads again. ``made``: the records that the call
    of ``harness.run`` added, and ``call`` where its time went; nothing where there was nothing to do, or no call.
    ``stopped``: whether that call came to its limit before the end of the study.
    """

    arms = _Table("One row an arm: its score, its difference to the baseline, the verdict, the chosen values.")
    comparisons = _Table("One row a comparison: of the arms with the baseline, and of each with its own defaults.")
    trials = _Table("One row a trial of the search: its values and its score.")
    tuning_curve = _Table("The best score to be expected after so many trials, by arm.")
    sensitivity = _Table("How much each hyperparameter mattered within the range that was searched.")
    pareto = _Table(
        "One row a trial of a search with several objectives: their values, and whether it is on the front."
    )
    interactions = _Table("Whether one choice changes the effect of another.")
    time_to_target = _Table("How many steps each arm needs to get to where the baseline ends.")
    warnings = _Table("What may be wrong with the comparison, and what to do about it.")
    test = _Table("The confirmed runs on the test split; empty while it is sealed.")
    runs = _Table("One row a run: its metrics at the last step, or why it failed.")
    curves = _Table("One row an evaluation point of a run.")
    timing = _Table("Where the seconds went, by run and by call.")
    time_to_target_seconds = _Table(
        "The same as time_to_target, in seconds of this machine, by the clock that it names."
    )

    def __init__(
        self, path: Path, results: Results, *, findings: Findings | None = None, registry: Registry | None = None,
        sources: Sequence[str] = (), made: Sequence[Record] = (), call: Call | None = None, stopped: bool = False,
    ) -> None:  # fmt: skip
        self.path = path
        self.made = made
        self.call = call
        self.stopped = stopped
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
    def searches(self) -> dict[str, optuna.Study]:
        """The search of each arm as an Optuna study, by the arm's name: copies, for Optuna's own plots and measures."""
        from harness.analysis.searches import searches

        return searches(self._results)

    @property
    def against_baseline(self) -> list[Comparison]:
        """Every other arm with the baseline: what the verdicts in ``comparisons`` stand for."""
        return list(self._results.against_baseline)

    @property
    def judged(self) -> list[Comparison]:
        """What answers the question: ``against_baseline``, or of a study of one arm the arm with its defaults."""
        return list(self._results.judged)

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

        return printable(answer(self._findings, _checked_width(width)))

    def report(self, path: Path | str | None = None) -> Path:
        """Write the page, ``report.html`` in the result folder where no other path is given, and return its path."""
        return write_page([self], path)

    def __repr__(self) -> str:
        return self.text().rstrip("\n")

    def _repr_html_(self) -> str:
        from harness.report.notebook_html import first_screen

        return first_screen(self._findings)

    def __getstate__(self) -> dict[str, Any]:
        """Without the loaded plugins, which no pickle holds: they are loaded again by who asks for the page."""
        sources = self._given_registry.sources if self._given_registry else self._sources
        state = {key: value for key, value in self.__dict__.items() if key != "_registry"}
        return {**state, "_given_registry": None, "_sources": sources}

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

    if text_of(name, "table", ResultError) not in TABLES:
        raise ResultError(unknown("table", name, TABLES))


def _checked_width(width: int | None) -> int | None:
    return None if width is None else count_of(width, "width is a number of columns, at least 1", 1)


class StudyComparison(_Shown):
    """Arms of result folders, or of a table of runs, compared: paired where their seeds met the same draws."""

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
        """Who got worse, unless surely by less than matters, or did not run; ResultError where that is open."""
        from harness.analysis.across import worse

        return worse(self._joined)

    def text(self, form: str = "text", width: int | None = None) -> str:
        """As ``harness compare`` prints it: text, csv, markdown, latex or json."""
        from harness.report.comparison import shown

        if form not in FORMATS:
            raise ResultError(unknown("format", form, FORMATS))
        text = shown(self._joined, form, _checked_width(width))
        return printable(text) if form == "text" else text

    def report(self, path: Path | str = "comparison.html") -> Path:
        """Write the comparison as a page, one HTML file that needs no other, and return its path."""
        from harness.records.folder import write_text
        from harness.report.page import write_comparison

        target = path_of(path, "report", ResultError)
        write_text(target, write_comparison(self._joined))
        return target

    def __repr__(self) -> str:
        return self.text().rstrip("\n")

    def _repr_html_(self) -> str:
        from harness.report.notebook_html import comparison_screen

        return comparison_screen(self._joined)


def compare_results(
    subjects: Sequence[StudyResults],
    *,
    baseline: str | None = None,
    metric: str | None = None,
    pairs: Pairs = "baseline",
    smallest_difference: float | None = None,
) -> StudyComparison:
    """The confirmed arms of result folders, compared. A folder that is given twice, however spelt, counts once."""
    from harness.analysis.across import join

    folders = {subject.path.resolve(): (str(subject.path), subject._results) for subject in subjects}
    joined = join(
        dict(folders.values()), baseline=baseline, metric=metric, pairs=pairs, smallest_difference=smallest_difference
    )
    return StudyComparison(joined)


def compare_runs(
    tables: Sequence[Table],
    reading: Reading,
    *,
    baseline: str | None = None,
    pairs: Pairs = "baseline",
    smallest_difference: float | None = None,
) -> StudyComparison:
    """The arms of tables of anybody's runs, compared. ``reading``: which columns say what."""
    from harness.analysis.from_table import join_tables

    joined = join_tables(tables, reading, baseline=baseline, pairs=pairs, smallest_difference=smallest_difference)
    return StudyComparison(joined)


def write_page(subjects: Sequence[StudyResults], path: Path | str | None = None) -> Path:
    """One page for one result folder or several; those that can be compared are, at its beginning.

    ``path``: ``report.html`` where none is given, in the folder where there is but one.
    """
    from harness.records.folder import ResultFolder, write_text
    from harness.report.page import subject_of, write_report

    folders = [ResultFolder(subject.path) for subject in subjects]
    target = folders[0].report if len(folders) == 1 else Path("report.html")
    if path is not None:
        target = path_of(path, "report", ResultError)
    parts = [
        subject_of(folder, subject._findings, subject._registry)
        for subject, folder in zip(subjects, folders, strict=True)
    ]
    joined = None
    if len({folder.path.resolve() for folder in folders}) > 1:
        try:
            joined = compare_results(subjects)._joined
        except ResultError:  # studies of other data, say, may share a page without being compared
            joined = None
    write_text(target, write_report(parts, joined))
    return target
