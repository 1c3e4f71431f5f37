"""The chapter of the page on a search with several objectives: which trials no other beats in all of them."""

from __future__ import annotations

from harness.analysis.pareto import search_clock
from harness.metric import SECONDS
from harness.report._charts.pareto import Tried, pareto_chart
from harness.report._parts import Section, Subject, frame_table
from harness.study.study import is_adaptive, options_of


def fronts(subject: Subject) -> Section | None:
    """Fronts: the metric against each further objective; None for a study that has none, or no finished trial."""
    results, rows = subject.results, subject.rows("pareto")
    if not rows:
        return None
    charts = [
        pareto_chart(
            [
                Tried(arm=row["arm"], across=row[objective.name], score=row[results.metric.name]) for row in rows
            ],
            subject.styles, results.metric, objective,
        )
        for objective in results.study.objectives
    ]  # fmt: skip
    reading = (
        "Each mark is a trial of the search, at the search's one seed; at the edge an arrow head is one that lies off "
        "the scale. "
        "The line is the front of all arms: no trial is better in one of the two than a mark on it, in full colour, "
        "without being worse in the other. With one seed chance has drawn it too; what is chosen, confirmed and said "
        f"of the arms goes by {results.metric.name} alone."
    )
    table = frame_table(subject.findings.tables["pareto"], "Every finished trial, by all objectives")
    return Section(
        slug="front", title="Several objectives", reading=reading + _of_seconds(subject), charts=charts, tables=[table]
    )


def _of_seconds(subject: Subject) -> str:
    """What a reader must know of seconds, where they are an objective; else nothing."""
    results = subject.results
    if SECONDS not in results.study.objectives:
        return ""
    jobs = sorted({max(1, call.jobs) for call in results.calls})
    beside = f", with {' or '.join(map(str, jobs))} {'run' if jobs == [1] else 'runs'} at a time" if jobs else ""
    sampler = results.study.search.sampler
    other = f", and {options_of(sampler)[0]} then proposes other trials" if is_adaptive(sampler) else ""
    return (
        f" Seconds are {search_clock(results)} time of training alone, as this machine took them{beside}: another "
        f"machine, or another load, takes others{other}."
    )
