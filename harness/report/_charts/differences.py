"""How arms differ: intervals of differences, seeds joined by lines, interactions, time to a target."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness import wording
from harness.analysis.verdicts import WORDS, in_full
from harness.metric import Metric
from harness.report._charts.canvas import (
    INK,
    MUTED,
    NARROW,
    PAPER,
    RULE,
    SERIES,
    SMALL,
    WIDE,
    Canvas,
    Chart,
    Style,
    reach,
)
from harness.report.intervals import level_of
from harness.statistics.comparison import Comparison, Sample
from harness.wording import clean, fit, labels

Row = Mapping[str, Any]


BETTER = {"maximise": "better →", "minimise": "← better"}


def difference_chart(
    comparisons: Sequence[Comparison], styles: Mapping[str, Style], metric: Metric, unit: str, *, ranked: bool = True
) -> Chart | None:  # fmt: skip
    """A point and its simultaneous interval for each comparison that has a difference, about a zero line, ±δ shaded.

    ``styles``: arm → style. ``unit``: what the statistics count. ``ranked``: False if the arms' budgets differ, so that
    no verdict is shown. None if there is nothing to draw.
    """
    comparisons = [comparison for comparison in comparisons if not math.isnan(comparison.difference.mean)]
    if not comparisons:
        return None
    of_one = len({comparison.b for comparison in comparisons}) == 1
    where = f"Difference to {clean(comparisons[0].b)}" if of_one else "Difference"
    deltas = [comparison.delta for comparison in comparisons if not math.isnan(comparison.delta)]
    says = "; ".join(
        f"{clean(pair.a)} minus {clean(pair.b)} {_numbers(pair)}, "
        + wording.plural(pair.difference.n, unit) + (f", {in_full(pair.verdict, unit)}" if ranked else "")
        for pair in comparisons
    )  # fmt: skip
    band = f" Differences within ±{deltas[0]:.2g} are too small to matter." if deltas else ""
    says = f"{where} in {metric.title}, mean and {level_of(comparisons)}: {says}.{band}"
    svgs = [
        _differences(comparisons, styles, metric, deltas, width, says, ranked=ranked) for width in (WIDE, NARROW)
    ]  # fmt: skip
    return Chart(title=f"{where} in {metric.title}", says=says, svg=svgs[0], narrow=svgs[1])


def _numbers(comparison: Comparison) -> str:
    gap = comparison.together
    return wording.interval(gap.mean, gap.low, gap.high, comparison.values, sign=True)


def _differences(
    comparisons: Sequence[Comparison], styles: Mapping[str, Style], metric: Metric, deltas: Sequence[float], width: int,
    says: str, *, ranked: bool,
) -> str:  # fmt: skip
    wide = width == WIDE
    step, top = (34, 24) if wide else (44, 24)
    left, right = (190, 230) if wide else (14, 14)
    canvas = Canvas(width, top + step * len(comparisons) + 44, left=left, right=right, top=top, bottom=44, grid="x")
    axes, delta = canvas.axes, max(deltas, default=0.0)
    intervals = [_ends(comparison) for comparison in comparisons]
    ends = [end for interval in intervals for end in interval]
    extents = sorted(max(abs(first), abs(last)) for first, last in intervals)
    # One very bad arm must not press the others into a point: it becomes an arrow at the edge.
    limit = max(10 * extents[(len(extents) - 1) // 2], 2 * delta)
    low, high = min([-1.6 * delta, *ends]), max([1.6 * delta, *ends])
    inside = [end for end in ends if -limit <= end <= limit]
    low, high = max(low, min([-1.6 * delta, *inside])), min(high, max([1.6 * delta, *inside]))
    margin = 0.06 * (high - low) or 1.0
    axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(len(comparisons) - 0.5, -0.5)
    axes.set_yticks([])
    if delta:
        axes.axvspan(-delta, delta, color=INK, alpha=0.09, linewidth=0)
        note, start, span = f"±{delta:.2g}: too small to matter", low - margin, high - low + 2 * margin
        half = 3.2 * len(note) / (width - left - right) * span  # so that the words stay within the chart
        centre = min(max(0.0, start + half), start + span - half)
        axes.text(centre, -0.5 - 7 / step, note, ha="center", color=MUTED)
    axes.axvline(0, color=INK, linewidth=1)
    of_one = len({comparison.b for comparison in comparisons}) == 1
    pairs = [comparison.a if of_one else f"{comparison.a} − {comparison.b}" for comparison in comparisons]
    names = labels(pairs, 24 if wide else 20)
    unknown = Style(colour=INK, dash="solid", marker="o")
    for place, (comparison, pair) in enumerate(zip(comparisons, pairs, strict=True)):
        style, y = styles.get(comparison.a, unknown), place + (0 if wide else 0.22)
        _interval(axes, comparison, y, style, low, high)
        text = _numbers(comparison)
        if wide:
            canvas.write(names[pair], 0, place, share=True, right=4 - left, size=13)
            canvas.write(text, 1, place, share=True, right=12, up=7)
            verdict = fit(WORDS[comparison.verdict.word] if ranked else "no ranking", 34)
            canvas.write(verdict, 1, place, share=True, right=12, up=-7, size=SMALL, colour=MUTED)
        else:
            canvas.write(names[pair], 0, place - 0.18, share=True)
            canvas.write(text, 1, place - 0.18, share=True, side="right")
    other = "the baseline's" if of_one else "the other's"
    axes.set_xlabel(f"{metric.noun} minus {other}   {BETTER[metric.direction]}", labelpad=6)
    return canvas.svg(says)


def _few(comparison: Comparison) -> Sequence[float]:
    """The single differences, where they are too few for an interval."""
    return comparison.values if math.isnan(comparison.simultaneous.low) else ()


def _ends(comparison: Comparison) -> tuple[float, float]:
    """The interval's ends; without an interval, those of the single differences."""
    if math.isnan(comparison.simultaneous.low):
        values = [*_few(comparison), comparison.difference.mean]
        return min(values), max(values)
    return comparison.simultaneous.low, comparison.simultaneous.high


def _interval(axes: Any, comparison: Comparison, y: float, style: Style, low: float, high: float) -> None:
    """The mean as a point with its interval as a line or, of few units, with a tick at each."""
    (first, last), mean, few = _ends(comparison), comparison.difference.mean, _few(comparison)
    if low <= mean <= high:
        if few:
            inside = [value for value in few if low <= value <= high]
            axes.plot(inside, [y] * len(inside), "|", color=style.colour, markersize=11, markeredgewidth=1.6)
        else:
            ends = [max(first, low), min(last, high)]
            axes.plot(ends, [y, y], color=style.colour, linewidth=2.2, solid_capstyle="butt")
        axes.plot([mean], [y], marker=style.marker, color=style.colour, markersize=8, markeredgecolor=PAPER)
    else:
        edge, sign = (low, "<") if mean < low else (high, ">")
        axes.plot([edge], [y], marker=sign, color=style.colour, markersize=9)


def seed_charts(
    pairs: Sequence[tuple[str, str, Mapping[int, tuple[float, float]]]],
    styles: Mapping[str, Style],
    metric: Metric,
) -> list[Chart]:
    """A chart for each arm and its baseline, in which a line for each seed joins the two values.

    ``pairs``: (arm, baseline, seed index → (baseline's value, arm's value)), of the seeds at which both finished.
    """
    values = [value for *_, seeds in pairs for first, second in seeds.values() for value in (first, second)]
    low, high = reach(values, fence=8.0)
    charts = []
    for arm, baseline, seeds in pairs:
        if not seeds:
            continue
        up = sum(second > first for first, second in seeds.values())
        total = len(seeds)
        title = f"{fit(arm, 22)} against {fit(baseline, 22)}"
        says = f"{clean(arm)} has the higher {metric.title} at {up} of {total} seeds than {clean(baseline)}"
        canvas = Canvas(NARROW, 230, left=46, right=20, bottom=26)
        axes, names = canvas.axes, labels([baseline, arm], 18)
        ends = [min(max(value, low), high) for pair in seeds.values() for value in (*pair, low)]
        ends[2::3] = [math.nan] * total
        axes.plot([0, 1, math.nan] * total, ends, color=MUTED, linewidth=1, alpha=0.65)
        for x, name in enumerate((baseline, arm)):
            ys = [min(max(values[x], low), high) for values in seeds.values()]
            axes.plot(
                [x] * total, ys, styles[name].marker, color=styles[name].colour, markersize=6, markeredgecolor=PAPER
            )
            mean = sum(values[x] for values in seeds.values()) / total
            if low <= mean <= high:
                side = -0.16 if x == 0 else 0.16
                axes.plot([x + side - 0.07, x + side + 0.07], [mean, mean], color=styles[name].colour, linewidth=3)
        axes.set_xticks([0, 1], [names[baseline], names[arm]])
        axes.set_xlim(-0.35, 1.35)
        axes.set_ylim(low, high)
        charts.append(Chart(title=f"{title}: higher at {up} of {total}", says=says + ".", svg=canvas.svg(says + ".")))
    return charts


def run_chart(samples: Sequence[Sample], styles: Mapping[str, Style], metric: Metric) -> Chart:
    """A row of dots for each arm, one a run, and a bar at their mean."""
    known = {sample.name: [*sample.scores.values()] for sample in samples if sample.scores}
    low, high = reach([value for values in known.values() for value in values], fence=8.0)
    means = {name: sum(values) / len(values) for name, values in known.items()}
    title = f"Every run, {metric.title}"
    says = "; ".join(
        f"{clean(name)} from {wording.brief(min(values))} to {wording.brief(max(values))}, "
        + wording.plural(len(values), "run")
        for name, values in known.items()
    )
    names, svgs = labels(list(known), 24), []
    for width in (WIDE, NARROW):
        wide = width == WIDE
        step, left = (34, 190) if wide else (44, 14)
        canvas = Canvas(width, 8 + step * len(known) + 44, left=left, right=14, bottom=44, grid="x")
        axes = canvas.axes
        for place, (name, values) in enumerate(known.items()):
            style, y = styles[name], place + (0 if wide else 0.22)
            shown = [min(max(value, low), high) for value in values]
            axes.plot(
                shown,
                [y] * len(shown),
                style.marker,
                color=style.colour,
                markersize=6,
                markeredgecolor=PAPER,
                alpha=0.8,
            )
            if low <= means[name] <= high:
                axes.plot([means[name]] * 2, [y - 0.26, y + 0.26], color=style.colour, linewidth=3)
            canvas.write(names[name], 0, place - (0 if wide else 0.18), share=True, right=4 - left if wide else 0)
        axes.set_xlim(low, high)
        axes.set_ylim(len(known) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xlabel(metric.title)
        svgs.append(canvas.svg(f"{title}: {says}."))
    return Chart(title=title, says=f"{title}: {says}.", svg=svgs[0], narrow=svgs[1])


def grid_chart(
    title: str, says: str, first: Sequence[str], second: Sequence[str],
    cells: Mapping[tuple[str, str], tuple[float, str]], axes_names: tuple[str, str],
) -> Chart:  # fmt: skip
    """A heat map of two choices' levels.

    ``cells``: (level of the first choice, level of the second) → (how much better the cell is, its text, of one or two
    lines). A better cell has the first colour, a worse one the second; a cell with nan has no colour.
    """
    svgs = []
    for width in (WIDE, NARROW):
        left, high = (120 if width == WIDE else 62), 46
        canvas = Canvas(width, 30 + high * len(first) + 26, left=left, right=8, top=30, bottom=26, grid="")
        axes = canvas.axes
        size = max((abs(value) for value, _ in cells.values() if math.isfinite(value)), default=0.0) or 1.0
        # Pixels of a cell: a phone shows the number alone, a desktop the interval under it.
        room = (width - left) / len(second)
        for (level, other), (value, text) in cells.items():
            x, y = second.index(other), first.index(level)
            share = 0.45 * abs(value) / size if math.isfinite(value) else 0.0
            colour = SERIES[0] if value >= 0 else SERIES[1]
            axes.fill(
                [x, x + 1, x + 1, x], [y, y, y + 1, y + 1], facecolor=colour, alpha=share, edgecolor="none"
            )  # fmt: skip
            axes.plot([x, x + 1, x + 1, x, x], [y, y, y + 1, y + 1, y], color=RULE, linewidth=1)
            head, *more = text.split("\n")
            if more and room > 92:
                canvas.write(head, x + 0.5, y + 0.5, up=7, side="center", size=13)
                canvas.write(more[0], x + 0.5, y + 0.5, up=-9, side="center", size=SMALL, colour=MUTED)
            else:
                axes.text(x + 0.5, y + 0.5, head, ha="center", va="center", fontsize=12)
        axes.set_xlim(0, len(second))
        axes.set_ylim(len(first), 0)
        width_of = max(5, int(room / 7))
        axes.set_xticks([level + 0.5 for level in range(len(second))], [fit(level, width_of) for level in second])
        axes.set_yticks([level + 0.5 for level in range(len(first))], [fit(level, left // 8) for level in first])
        axes.xaxis.tick_top()
        axes.set_xlabel(f"down: {fit(axes_names[0], 22)}, across: {fit(axes_names[1], 22)}", labelpad=8)
        axes.xaxis.set_label_position("bottom")
        svgs.append(canvas.svg(says))
    return Chart(title=title, says=says, svg=svgs[0], narrow=svgs[1])


def target_chart(rows: Sequence[Row], styles: Mapping[str, Style], metric: Metric, last_step: int) -> Chart | None:
    """Median and range of the steps at which each arm's runs reached the target, and how many never did.

    ``rows``: of the table ``time_to_target``. ``last_step``: the longest run's last step. None without rows.
    """
    if not rows:
        return None
    goal = f"{metric.noun} {wording.brief(float(rows[0]['target']))}"
    says = f"Steps until {goal}: " + "; ".join(
        f"{clean(row['arm'])} {wording.brief(row['steps_median'])} "
        f"({int(row['reached'])} of {int(row['n'])} runs got there)" for row in rows
    ) + "."  # fmt: skip
    names = labels([str(row["arm"]) for row in rows], 24)
    svgs = []
    for width in (WIDE, NARROW):
        step = 44
        canvas = Canvas(width, 12 + step * len(rows) + 40, left=14, right=14, top=12, bottom=40, grid="x")
        axes = canvas.axes
        for place, row in enumerate(rows):
            style, y = styles[row["arm"]], place + 0.22
            reached, count = int(row["reached"]), int(row["n"])
            canvas.write(names[str(row["arm"])], 0, place - 0.18, share=True)
            note = f"{reached} of {count} got there" if reached < count else f"all {count} got there"
            canvas.write(note, 1, place - 0.18, share=True, side="right", size=SMALL, colour=MUTED)
            axes.plot([0, last_step], [y, y], color=RULE, linewidth=1)
            if not wording.missing(row["steps_low"]):
                axes.plot(
                    [row["steps_low"], row["steps_high"]], [y, y], "|-", color=style.colour, linewidth=3, markersize=9
                )
            if not wording.missing(row["steps_median"]):
                axes.plot([row["steps_median"]], [y], style.marker, color=style.colour, markersize=8,
                          markeredgecolor=PAPER)  # fmt: skip
            if reached < count:
                axes.plot(
                    [1.03 * last_step], [y], ">", markerfacecolor="none", markeredgecolor=style.colour, markersize=9
                )
        axes.set_xlim(0, last_step * 1.06)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xlabel("optimiser steps")
        svgs.append(canvas.svg(says))
    return Chart(title=f"Steps until {goal}", says=says, svg=svgs[0], narrow=svgs[1])
