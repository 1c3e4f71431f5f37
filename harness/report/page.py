"""Results → one HTML page without scripts, network or further files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from harness.analysis.across import Joined
from harness.analysis.findings import Findings
from harness.records.folder import ResultFolder
from harness.report import _chapters, _pareto, _provenance, _schedules
from harness.report._charts.canvas import Chart, drawing, numbered, styles
from harness.report._charts.differences import difference_chart
from harness.report._compared import compared_arms, every_comparison, every_run, joined_styles
from harness.report._overview import opened_split, overview
from harness.report._parts import Section, Subject, differences_of, frame_table
from harness.report.answer import answer_across, answer_of
from harness.wording import clean

if TYPE_CHECKING:
    from harness.plugin.registry import Registry

_TEMPLATES = Path(__file__).parent / "templates"


_CHAPTERS: tuple[Callable[[Subject], Section | None], ...] = (
    opened_split, _chapters.learning, _chapters.tuning, _pareto.fronts, _chapters.sensitivity, _chapters.seeds,
    _chapters.interactions, _chapters.target, _schedules.schedules, _provenance.warned, _provenance.provenance,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Part:
    slug: str
    question: str
    answer: str
    overview: Section
    sections: Sequence[Section]
    warnings: int
    folder: str


def subject_of(folder: ResultFolder, findings: Findings, registry: Registry | None = None) -> Subject:
    """The subject of a page from a result folder and its findings."""
    return Subject(findings, folder=folder.path.as_posix(), toml=folder.given() or "", registry=registry)


def write_report(subjects: Sequence[Subject], joined: Joined | None = None) -> str:
    """The page as HTML. Several subjects get a list of contents and a part each; ``joined`` comes first."""
    with drawing():
        parts = [_part(subject, number, len(subjects)) for number, subject in enumerate(subjects, start=1)]
        first = _joined(joined) if joined else None
    return _render(parts[0].question if len(parts) == 1 else f"{len(parts)} studies", parts, first)


def _render(title: str, parts: Sequence[_Part], joined: tuple[str, Section] | None) -> str:
    counter = itertools.count()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals["drawn"] = lambda svg: Markup(numbered(svg, f"g{next(counter)}-"))
    environment.globals["style"] = Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8"))
    return environment.get_template("report.html").render(title=title, parts=parts, joined=joined) + "\n"


def write_comparison(joined: Joined) -> str:
    """The page of a comparison as HTML, of result folders or of anybody's runs."""
    with drawing():
        drawn = joined_styles(joined)
        overview_of_arms, runs = compared_arms(joined, drawn), every_run(joined, drawn)
    part = _Part(
        slug="", question=_title(joined), answer=answer_across(joined), overview=overview_of_arms,
        sections=[*filter(None, [runs]), every_comparison(joined)], warnings=0, folder="",
    )  # fmt: skip
    return _render(part.question, [part], None)


def _title(joined: Joined) -> str:
    """What the page is called: the arms, where they are few, and the metric."""
    names = [clean(standing.arm) for standing in joined.standings]
    arms = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) <= 4 else f"{len(names)} arms"
    return f"{arms}: which has the better {joined.metric.noun}?"


def _part(subject: Subject, number: int, total: int) -> _Part:
    prefix = f"s{number}-" if total > 1 else ""
    made = [section for make in _CHAPTERS if (section := make(subject))]
    return _Part(
        slug=prefix,
        question=clean(subject.results.study.question or "What came out?"),
        answer=answer_of(subject.findings),
        overview=overview(subject),
        sections=made,
        warnings=len(subject.findings.warnings),
        folder=clean(subject.folder) if subject.folder else "",
    )


def _joined(joined: Joined) -> tuple[str, Section]:
    arms = list(dict.fromkeys([joined.baseline, *(arm for pair in joined.comparisons for arm in (pair.a, pair.b))]))
    chart: Chart | None = difference_chart(
        joined.comparisons, styles(arms, joined.baseline), joined.metric, joined.unit, ranked=not joined.budgets
    )
    section = Section(
        slug="joined", title="Across the studies", charts=[chart] if chart else [],
        reading="Arms of all the folders: paired where they met the same random draws, Welch's interval elsewhere.",
        facts=differences_of(joined),
        tables=[frame_table(joined.frame, "Every comparison", folded=False)],
    )  # fmt: skip
    return answer_across(joined), section
