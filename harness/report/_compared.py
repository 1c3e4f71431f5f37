"""The page of a comparison of folders or of a table: the arms, every run, every comparison, what to know of them."""

from __future__ import annotations

from collections.abc import Mapping

from harness import wording
from harness.analysis.across import Joined
from harness.analysis.standings import Standing
from harness.report._charts.canvas import Chart, Style, styles
from harness.report._charts.differences import difference_chart, run_chart, seed_charts
from harness.report._parts import Cell, Section, Table, differences_of, frame_table
from harness.report.answer import shown_verdict
from harness.report.intervals import level_of, puzzling, single_values, together
from harness.statistics.comparison import Comparison, Sample
from harness.wording import clean

FIRST, MOST = 12, 48
"""The most charts of single comparisons that stand unfolded, and the most that are drawn."""


def joined_styles(joined: Joined) -> dict[str, Style]:
    """Arm → how it is drawn everywhere on the page."""
    arms = [standing.arm for standing in joined.standings]
    return styles(list(dict.fromkeys([joined.baseline, *arms])), joined.baseline)


def compared_arms(joined: Joined, drawn: Mapping[str, Style]) -> Section:
    """The first chapter: a short table of the arms, and a chart of the differences."""
    chart: Chart | None = difference_chart(
        joined.comparisons, drawn, joined.metric, joined.unit, ranked=not joined.budgets
    )
    better = "higher is better" if joined.metric.sign > 0 else "lower is better"
    sources = ", ".join(map(clean, joined.sources))
    budgets = f"Budgets differ: {clean('; '.join(joined.budgets))}. " if joined.budgets else ""
    hold = together(joined.comparisons, joined.unit)
    hold, puzzle = f"; {hold}" if hold else "", "" if joined.budgets else f" {puzzling(joined.comparisons)}".rstrip()
    few = single_values(standing.scores for standing in joined.standings)
    few = f"; {few}" if few else ""
    reading = (
        f"{budgets}{joined.metric.title} ({better}); in brackets 95% intervals{hold}{few}.{puzzle} Sources: {sources}."
    )
    return Section(
        slug="arms", title="The arms", reading=reading, charts=[chart] if chart else [], tables=[_arms(joined)]
    )


def _arms(joined: Joined) -> Table:
    against = {pair.a: pair for pair in joined.comparisons if pair.b == joined.baseline}
    alive = [standing for standing in joined.standings if standing.ok]
    places = max((wording.digits(each.mean, each.low, each.high, each.scores) for each in alive), default=2)
    gaps = [(pair.together, pair.values) for pair in against.values()]
    change = max((wording.digits(gap.mean, gap.low, gap.high, values) for gap, values in gaps), default=2)
    rows = [
        _arm(joined, standing, against.get(standing.arm), min(places, 6), min(change, 6))
        for standing in joined.standings
    ]
    level = level_of(list(against.values())).removesuffix(" interval")
    header = ["arm", f"{joined.metric.title} [95%]", "runs ok", f"difference [{level}]", "verdict"]
    caption = f"Runs of each arm, and the difference to {clean(joined.baseline)}"
    return Table(caption=caption, header=header, rows=rows, numeric=[False, True, True, True, False])


def _arm(joined: Joined, standing: Standing, pair: Comparison | None, places: int, change: int) -> list[Cell]:
    mean = Cell(main="every run failed", alarm=True)
    if standing.ok:
        bounds = wording.bounds(standing.low, standing.high, places, standing.scores)
        mean = Cell(main=wording.number(standing.mean, places), quiet=bounds)
    difference = Cell(main=wording.NONE)
    if pair is not None and pair.difference.n:
        gap = pair.together
        difference = Cell(
            main=wording.number(gap.mean, change, sign=True),
            quiet=wording.bounds(gap.low, gap.high, change, pair.values, sign=True),
        )
    verdict = shown_verdict(pair, joined.unit, ranked=not joined.budgets)
    return [
        Cell(main=clean(standing.arm)),
        mean,
        Cell(main=f"{standing.ok}/{standing.n}", alarm=standing.ok < standing.n),
        difference,
        Cell(main="baseline" if standing.arm == joined.baseline else clean(verdict)),
    ]


def every_run(joined: Joined, drawn: Mapping[str, Style]) -> Section | None:
    """Every run: where arms are paired, a line joins two runs of a seed; else each arm has a row of dots."""
    by_name = {sample.name: sample for sample in joined.samples}
    paired = [pair for pair in joined.comparisons if pair.difference.paired]
    charts = seed_charts(
        [(pair.a, pair.b, _shared(by_name[pair.a], by_name[pair.b])) for pair in paired[:MOST]], drawn, joined.metric
    )
    if len(paired) < len(joined.comparisons):
        charts = [run_chart(joined.samples, drawn, joined.metric), *charts]
    if not charts:
        return None
    lines = (
        "A line joins the two runs that met the same draws, so parallel lines mean that pairing removed most of the "
        "noise; bars are means."
    )
    dots = "Each dot is a run, the bar its arm's mean."
    rest = f"Drawn are the first {MOST} of {len(paired)} comparisons; the table below has them all."
    reading = " ".join(
        [dots] * (len(paired) < len(joined.comparisons)) + [lines] * bool(paired) + [rest] * (len(paired) > MOST)
    )
    return Section(slug="runs", title="Run by run", reading=reading, charts=charts[:FIRST], more=charts[FIRST:])


def _shared(a: Sample, b: Sample) -> dict[int, tuple[float, float]]:
    return {seed: (b.scores[seed], a.scores[seed]) for seed in sorted(a.scores.keys() & b.scores.keys())}


def every_comparison(joined: Joined) -> Section:
    """Every comparison with all its numbers, and all that a reader must know of them."""
    paired = {pair.difference.paired for pair in joined.comparisons if pair.difference.n}
    how = "paired where runs met the same draws, by Welch's interval and test elsewhere"
    if len(paired) == 1:
        how = f"paired {joined.unit} by {joined.unit}" if True in paired else "not paired: by Welch's interval and test"
    return Section(
        slug="comparisons", title="Every comparison", reading=f"Differences are first minus second, {how}.",
        facts=differences_of(joined), tables=[frame_table(joined.frame, "Every column", folded=False)],
    )  # fmt: skip
