"""Line charts: learning curves with their bands, tuning curves, and schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness import wording
from harness.report._charts.canvas import NARROW, WIDE, Canvas, Chart, Style, kept_apart, reach
from harness.wording import clean, labels


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a chart.

    ``arm``: the arm whose style the line has. ``name``: the text at its end. ``low``, ``high``: its band, or empty.
    """

    arm: str
    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def line_chart(
    lines: Sequence[Line], styles: Mapping[str, Style], *, title: str, across: str, says: str, wide: bool = True,
    steps: bool = False, points: bool = False, ends: tuple[float, float] | None = None, height: int = 250,
) -> Chart:  # fmt: skip
    """Lines with their bands, and their names at the right.

    ``across``: title of the x axis. ``steps``: whether lines are constant between points. ``points``: whether each
    point is marked. ``ends``: the ends of the y axis; None: computed. ``wide``: whether the chart fills a row.
    """
    widths = (WIDE, NARROW) if wide else (NARROW,)
    arguments = {"across": across, "steps": steps, "points": points, "ends": ends, "says": says}
    svgs = [_lines(lines, styles, width, height + (60 if width == WIDE else 0), **arguments) for width in widths]  # type: ignore[arg-type]
    return Chart(title=title, says=says, svg=svgs[0], narrow=svgs[1] if wide else "")


def _lines(
    lines: Sequence[Line], styles: Mapping[str, Style], width: int, height: int, *, across: str, says: str, steps: bool,
    points: bool, ends: tuple[float, float] | None,
) -> str:  # fmt: skip
    limit = 24 if width == WIDE else 13
    names = labels([line.name for line in lines], limit)
    right = 16 + max((min(len(name), limit) for name in names.values()), default=0) * 7
    canvas = Canvas(width, height, left=46, right=right, top=8, bottom=40)
    axes = canvas.axes
    # A line that ends far from the others must not press them together: its name stands at the edge, with an arrow.
    bottom, top = reach([line.y[-1] for line in lines])
    near = [line for line in lines if bottom <= line.y[-1] <= top]
    low, high = ends or reach([value for line in near for values in (line.y, line.low, line.high) for value in values])
    axes.set_ylim(low, high)
    for line in lines:
        style = styles[line.arm]
        if len(line.low):
            axes.fill_between(line.x, line.low, line.high, color=style.colour, alpha=0.13, linewidth=0)
        axes.plot(
            line.x, line.y, color=style.colour, linestyle=style.dash, linewidth=1.8,
            drawstyle="steps-post" if steps else "default",
            marker=style.marker if points else None, markersize=4,
        )  # fmt: skip
    last = max((line.x[-1] for line in lines), default=1.0)
    first = min((line.x[0] for line in lines), default=0.0)
    margin = 0.02 * (last - first) or 0.5
    axes.set_xlim(first - margin, last + margin)
    axes.set_xlabel(across)
    gap = 13 * (high - low) / (height - 48)
    for line, y in zip(lines, kept_apart([line.y[-1] for line in lines], gap, low, high), strict=True):
        arrow = " ↓" if line.y[-1] < low else " ↑" if line.y[-1] > high else ""
        canvas.write(names[line.name] + arrow, 1, y, share=True, right=6, colour=styles[line.arm].colour)
    return canvas.svg(says)


def ends_in_words(lines: Sequence[Line]) -> str:
    """``adam 79.86 [79.02, 80.70]; sgd …``: where each line ends."""
    parts = []
    for line in lines:
        low, high = (line.low[-1], line.high[-1]) if len(line.low) else (float("nan"), float("nan"))
        parts.append(f"{clean(line.name)} {wording.interval(line.y[-1], low, high)}")
    return "; ".join(parts)


def merged(lines: Sequence[Line]) -> list[Line]:
    """The lines, with equal lines merged into one that has all their names."""
    groups: dict[tuple[tuple[float, ...], tuple[float, ...]], list[Line]] = {}
    for line in lines:
        groups.setdefault((tuple(line.x), tuple(line.y)), []).append(line)
    return [
        Line(arm=group[0].arm, name=_names([line.name for line in group], len(lines)), x=group[0].x, y=group[0].y)
        for group in groups.values()
    ]


def _names(names: Sequence[str], total: int) -> str:
    if len(names) == total > 1:
        return "all arms"
    return (
        names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more" if len(names) > 2 else ", ".join(names)
    )
