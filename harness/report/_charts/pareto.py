"""The chart of two objectives: every trial as a mark, and the front as a line of steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness import wording
from harness.metric import Metric
from harness.report._charts.canvas import MUTED, NARROW, WIDE, Canvas, Chart, Style, kept_apart, reach
from harness.statistics.pareto import front
from harness.wording import clean, labels

FADED = 0.35
"""Opacity of a trial that is not on the front."""


MARKS = {"o": "●", "s": "■", "D": "◆", "^": "▲", "v": "▼"}
"""An arm's marker as a character, which stands before its name."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A finished trial. ``across``: by the further objective. ``score``: by the study's metric."""

    arm: str
    across: float
    score: float


def pareto_chart(trials: Sequence[Tried], styles: Mapping[str, Style], metric: Metric, objective: Metric) -> Chart:
    """The trials by ``objective`` (x) and ``metric`` (y), and the front of these two among the trials of all arms."""
    on_front = front([(objective.cost(trial.across), metric.cost(trial.score)) for trial in trials])
    best = [trial for trial, is_best in zip(trials, on_front, strict=True) if is_best]
    best.sort(key=lambda trial: trial.across)
    places = [
        f"{clean(trial.arm)} {wording.brief(trial.score)} at {wording.brief(trial.across)}"
        for trial in (best[0], best[-1])
    ]
    title = f"{metric.title} against {objective.title}"
    says = f"{title}: {wording.plural(len(trials), 'trial')}, {len(best)} on the front"
    says += f", from {places[0]} to {places[1]}." if len(best) > 1 else f": {places[0]}."
    svgs = []
    for width, height, limit in ((WIDE, 310, 24), (NARROW, 260, 11)):
        names = labels(list(dict.fromkeys(trial.arm for trial in trials)), limit)
        right = 30 + max(min(len(name), limit) for name in names.values()) * 7
        canvas = Canvas(width, height, right=right, bottom=40, grid="both")
        axes = canvas.axes
        axes.set_xlim(reach([trial.across for trial in trials]))
        axes.set_ylim(reach([trial.score for trial in trials]))
        axes.set_xlabel(objective.title)
        # Between two trials of the front it has the better score that can be had for so much of the objective, or less.
        axes.plot(
            [trial.across for trial in best], [trial.score for trial in best], color=MUTED, linewidth=1.4,
            drawstyle="steps-post" if objective.direction == "minimise" else "steps-pre",
        )  # fmt: skip
        for arm in names:
            of_arm = [each for each in zip(trials, on_front, strict=True) if each[0].arm == arm]
            for is_best in (False, True):
                _mark(axes, [trial for trial, found in of_arm if found is is_best], styles[arm], is_best)
        _name(canvas, names, trials, styles, metric)
        svgs.append(canvas.svg(says))
    return Chart(title=title, says=says, svg=svgs[0], narrow=svgs[1])


def _mark(axes: Axes, trials: Sequence[Tried], style: Style, is_best: bool) -> None:
    """Draw the trials of an arm, of which all or none are on the front; at the edge where they lie off the scale."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    marks: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for trial in trials:
        x, y = min(max(trial.across, left), right), min(max(trial.score, low), high)
        across = "<" if trial.across < left else ">" if trial.across > right else ""
        marks[across or ("v" if trial.score < low else "^" if trial.score > high else style.marker)].append((x, y))
    for marker, places in marks.items():
        axes.plot(
            [x for x, _ in places], [y for _, y in places], linestyle="none", marker=marker, color=style.colour,
            markersize=7, markeredgewidth=0, alpha=1.0 if is_best else FADED, clip_on=False,
        )  # fmt: skip


def _name(
    canvas: Canvas, names: Mapping[str, str], trials: Sequence[Tried], styles: Mapping[str, Style], metric: Metric
) -> None:
    """Write the arms' names at the right, beside their marks, each as high as the arm's best trial if there is room."""
    low, high = canvas.axes.get_ylim()
    wanted = [-metric.sign * min(metric.cost(trial.score) for trial in trials if trial.arm == arm) for arm in names]
    gap = 14 * (high - low) / (canvas.height - 48)
    for arm, place in zip(names, kept_apart(wanted, gap, low, high), strict=True):
        canvas.write(MARKS[styles[arm].marker], 1, place, share=True, right=8, colour=styles[arm].colour)
        canvas.write(names[arm], 1, place, share=True, right=22, colour=styles[arm].colour)
