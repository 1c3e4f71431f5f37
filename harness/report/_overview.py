"""The first chapter of a report (the arms and their differences to the baseline), and the test split's chapter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness import wording
from harness.analysis.standings import Standing
from harness.records.record import Opening
from harness.report._charts.differences import difference_chart
from harness.report._parts import Cell, Section, Subject, Table, frame_table
from harness.report.answer import shown_verdict
from harness.report.intervals import level_of, looks_in_words, puzzling, single_values, together
from harness.statistics.comparison import Comparison
from harness.wording import clean, last_words

Row = Mapping[str, Any]


def overview(subject: Subject) -> Section:
    """The first chapter: a short table of the arms, a chart of the differences, and the whole tables, folded."""
    findings, results = subject.findings, subject.results
    chart = difference_chart(
        findings.comparisons, subject.styles, results.metric, results.unit, ranked=not findings.budgets
    )
    full = [
        frame_table(findings.tables[name], f"Every column of the {name} table")
        for name in ("arms", "comparisons")
        if name == "arms" or len(findings.tables[name])
    ]
    better = "higher is better" if results.metric.sign > 0 else "lower is better"
    hold = together(findings.comparisons, results.unit)
    few = single_values(standing.scores for standing in findings.standings)
    puzzle = "" if findings.budgets else puzzling(findings.comparisons)
    notes = " ".join(filter(None, [puzzle, looks_in_words(results)]))
    reading = (
        f"{results.metric.title} at the last step ({better}), on fresh seeds that no search has seen; in brackets 95% "
        f"intervals{f'; for differences, {hold}' if hold else ''}{f'; {few}' if few else ''}. Differences are taken "
        f"{results.unit} by {results.unit} where arms met the same draws. {notes}".rstrip()
    )
    return Section(
        slug="arms", title="The arms", reading=reading, charts=[chart] if chart else [],
        tables=[arms_table(subject), *full],
    )  # fmt: skip


def arms_table(subject: Subject) -> Table:
    """The short table of the arms: mean, runs, difference, verdict and chosen values."""
    results, rows = subject.results, subject.rows("arms")
    alone = len(rows) == 1  # then the question is whether its tuning gained anything
    comparisons = results.against_defaults if alone else subject.findings.comparisons
    compared = {comparison.a: comparison for comparison in comparisons}
    alive = [standing for standing in subject.findings.standings if standing.ok]
    places = max((wording.digits(each.mean, each.low, each.high, each.scores) for each in alive), default=2)
    differences = [(each.together, each.values) for each in comparisons if not math.isnan(each.difference.mean)]
    change = max((wording.digits(gap.mean, gap.low, gap.high, values) for gap, values in differences), default=2)
    body = [
        _arm(subject, standing, compared.get(standing.arm), row, min(places, 4), min(change, 4))
        for standing, row in zip(subject.findings.standings, rows, strict=True)
    ]
    header = [
        "arm",
        f"{results.metric.title} [95%]",
        "runs ok",
        f"{'to its defaults' if alone else 'difference'} [{level_of(comparisons).removesuffix(' interval')}]",
        "verdict",
        "chosen values",
    ]
    numeric = [False, True, True, True, False, False]
    if alone and not results.study.arms[results.baseline].space:
        keep = (0, 1, 2, 5)
        header, numeric, body = [header[column] for column in keep], [numeric[column] for column in keep], [
            [cells[column] for column in keep] for cells in body
        ]  # fmt: skip
    versus = "" if alone else f", and the difference to the baseline, {clean(results.baseline)}"
    return Table(caption=f"Confirmation runs of each arm{versus}", header=header, rows=body, numeric=numeric)


def _places(row: Row, name: str) -> int:
    return wording.digits(row[name], row[f"{name}_low"], row[f"{name}_high"])


def _arm(
    subject: Subject, standing: Standing, compared: Comparison | None, row: Row, places: int, change: int
) -> Sequence[Cell]:
    results = subject.results
    is_baseline = row["arm"] == results.baseline and len(results.arms) > 1
    failed = row["n"] and not row["ok"]
    ranked = not subject.findings.budgets
    space = results.study.arms[row["arm"]].space
    names = last_words([name for name in space if row.get(name) is not None])
    chosen = ", ".join(f"{short}\u00a0=\u00a0{wording.brief(row[full])}" for full, short in names.items())
    bounds = wording.bounds(standing.low, standing.high, places, standing.scores)
    mean = Cell(main=wording.number(row["mean"], places), quiet=bounds)
    if standing.search_failed:
        mean = Cell(main="every search run failed", alarm=True)
    elif failed or not row["n"]:
        mean = Cell(main="every run failed" if failed else "not confirmed yet", alarm=bool(failed))
    difference = Cell(main=wording.NONE)
    if compared is not None and not math.isnan(compared.difference.mean):
        gap = compared.together
        moved = wording.number(gap.mean, change, sign=True)
        bounds = wording.bounds(gap.low, gap.high, change, compared.values, sign=True)
        fewer = f"n\u00a0{gap.n}" if gap.n != len(standing.scores) else ""
        difference = Cell(main=moved, quiet=", ".join(filter(None, [bounds, fewer])))
    other = "baseline" if len(results.arms) > 1 else "defaults"
    verdict = shown_verdict(compared, results.unit, ranked=ranked, other=other)
    return [
        Cell(main=clean(row["arm"])),
        mean,
        Cell(main=f"{row['ok']}/{row['n']}", alarm=row["ok"] < row["n"]),
        difference,
        Cell(main="baseline" if is_baseline else clean(verdict)),
        Cell(main=chosen or ("nothing searched" if row["fingerprint"] is not None else wording.NONE)),
    ]


def _bounds(row: Row, name: str, places: int, *, sign: bool = False) -> str:
    return wording.bounds(row[f"{name}_low"], row[f"{name}_high"], places, sign=sign)


def opened_split(subject: Subject) -> Section | None:
    """The chosen configurations' scores on the test split, and when the split was opened; None while it is sealed."""
    openings = subject.results.ledger
    if not openings:
        return None
    frame, rows = subject.findings.tables["test"], subject.rows("test")
    when = "once" if len(openings) == 1 else f"{len(openings)} times, of which the first counts"
    measured = subject.results.metric.on("test")
    reading = (
        f"{measured.title} of the confirmed runs, at the same seeds; the split was opened {when}."
        if rows
        else f"No run of the configurations that are chosen now was measured there; the split was opened {when}."
    )
    return Section(
        slug="test", title="Test split", reading=reading, facts=[_opening(opening) for opening in openings],
        tables=[_test_table(subject, rows), frame_table(frame, "Every column of the table test")] if rows else [],
    )  # fmt: skip


def _opening(opening: Opening) -> tuple[str, str]:
    runs = wording.plural(opening.runs, "run")
    return clean(opening.time), f"{runs} of {', '.join(map(clean, opening.fingerprints)) or 'no arm'}"


def _test_table(subject: Subject, rows: Sequence[Row]) -> Table:
    places, change = (
        min(max((_places(row, name) for row in rows if row[name] is not None), default=2), 4)
        for name in ("mean", "difference")
    )
    tested = sum(row["p_adjusted"] is not None for row in rows)
    level = "simultaneous 95%" if tested > 1 else "95%"
    header = ["arm", f"{subject.results.metric.on('test').title} [95%]", "runs ok", "dev mean",
              f"difference [{level}]", "verdict"]  # fmt: skip
    body = [
        [
            Cell(main=clean(row["arm"])),
            Cell(main=wording.number(row["mean"], places), quiet=_bounds(row, "mean", places)),
            Cell(main=f"{row['ok']}/{row['n']}", alarm=row["ok"] < row["n"]),
            Cell(main=wording.number(row["dev_mean"], places)),
            Cell(
                main=wording.number(row["difference"], change, sign=True),
                quiet=_bounds(row, "simultaneous", change, sign=True),
            ),
            Cell(main=_test_verdict(subject, row)),
        ]
        for row in rows
    ]
    caption = "The confirmed runs on the test split"
    return Table(caption=caption, header=header, rows=body, numeric=[False, True, True, True, True, False])


def _test_verdict(subject: Subject, row: Row) -> str:
    if row["arm"] == subject.results.baseline:
        return "baseline"
    if row["verdict"] is not None:
        return clean(row["verdict"])
    return wording.NONE if row["difference"] is None else "no ranking"
