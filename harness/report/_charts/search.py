"""The sensitivity chart: a hyperparameter's values against the trials' scores, within the bounds of the range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness import wording
from harness.metric import Metric
from harness.plugin.ranges import Domain, Options, Range, Scale
from harness.report._charts.canvas import INK, MUTED, NARROW, PAPER, Canvas, Chart, Style, reach
from harness.wording import clean, fit

MIDDLE = 0.5 + 1e-9
"""Up to this x a label stands right of its dot; rounding must not decide about a dot in the middle of a range."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A dot of the chart. ``value``: the hyperparameter's value. ``score``: nan for a failed trial.

    ``defaults``: whether it is the component's defaults.
    """

    defaults: bool
    value: Any
    score: float
    chosen: bool


def ticks(low: float, high: float, scale: Scale) -> list[float]:
    """Round values, suited to the scale, between the bounds of a range."""
    if scale is Scale.LINEAR:
        step = 10 ** math.floor(math.log10(high - low))
        step *= next(factor for factor in (0.2, 0.25, 0.5, 1.0, 2.0) if (high - low) / (step * factor) <= 5.01)
        first = math.ceil(low / step - 1e-9)
        return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]
    if scale is Scale.ONE_MINUS_LOG:
        wanted = [0.0, 0.5, 0.8, *(1 - base * 10.0**-power for power in range(1, 10) for base in (1.0, 0.5, 0.2))]
        wanted = [round(tick, 12) for tick in wanted]
    else:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        bases = (1.0, 2.0, 5.0) if last - first <= 2 else (1.0, 3.0) if last - first <= 3 else (1.0,)
        wanted = [base * 10.0**power for power in range(first, last + 1) for base in bases]
    inside = [tick for tick in wanted if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
    stride = math.ceil(len(inside) / 6)
    return sorted(set(inside))[::stride]


def sensitivity_chart(
    arm: str, name: str, domain: Domain, trials: Sequence[Trial], style: Style, metric: Metric, note: str
) -> Chart:
    """The scores at the search's seed against the values of the hyperparameter ``name``. ``note``: ends the title."""
    canvas = Canvas(NARROW, 220, left=46, right=16, bottom=38)
    axes = canvas.axes
    scores = [trial.score for trial in trials if math.isfinite(trial.score)]
    low, high = reach(scores)
    winners = [trial for trial in trials if trial.chosen]
    chosen = winners[0] if len(winners) == 1 else None  # a search that is repeated has several
    placed = [(x, trial) for trial in trials if (x := _across(trial.value, domain)) is not None]
    _dots(axes, placed, style, low, high)
    for x, trial in placed:
        if trial is chosen:
            side, right = ("left", 9) if x < MIDDLE else ("right", -9)
            text = wording.brief(trial.value) if isinstance(domain, Range) else "chosen"
            y = min(max(trial.score, low), high)
            canvas.write(text, x, y, side=side, right=right, up=1, colour=style.colour)
    if isinstance(domain, Range):
        bounds, on = (float(domain.low), float(domain.high)), domain.scale
        for edge in (0.0, 1.0):
            axes.axvline(edge, color=MUTED, linewidth=1)
        marks = ticks(*bounds, on)
        axes.set_xticks([on.to_unit(mark, *bounds) for mark in marks], [f"{mark:.6g}" for mark in marks])
        scale = _SCALES[on]
        axes.set_xlim(min([-0.06, *(x - 0.04 for x, _ in placed)]), max([1.06, *(x + 0.04 for x, _ in placed)]))
    else:
        options, scale = domain.values, ""
        size = max(4, 40 // len(options))
        axes.set_xticks(
            [_across(option, domain) or 0.0 for option in options], [fit(str(option), size) for option in options]
        )  # fmt: skip
        axes.set_xlim(0, 1)
    axes.set_ylim(low, high)
    axes.set_xlabel(f"{fit(name, 28)}{scale}")
    failed = sum(not math.isfinite(trial.score) for trial in trials)
    says = f"{clean(arm)}: {metric.title} against {clean(name)}, {wording.plural(len(trials), 'trial')}"
    says += f", {failed} failed" if failed else ""
    says += (
        f"; searched from {wording.brief(float(domain.low))} to {wording.brief(float(domain.high))}"
        if isinstance(domain, Range)
        else ""
    )
    if len(winners) > 1 and isinstance(domain, Range):
        least, most = (wording.brief(float(pick(trial.value for trial in winners))) for pick in (min, max))
        says += f"; {len(winners)} chosen, from {least} to {most}"
    if chosen:
        says += f"; chosen {wording.brief(chosen.value)}, score {wording.brief(chosen.score)}"
        if isinstance(domain, Range) and (where := _across(chosen.value, domain)) is not None:
            says += f", at {wording.percent(where)} of the range"
    return Chart(title=f"{fit(arm, 22)}: {fit(name, 24)}{note}", says=f"{says}.", svg=canvas.svg(f"{says}."))


_SCALES = {Scale.LINEAR: "", Scale.LOG: ", log scale", Scale.ONE_MINUS_LOG: ", log scale of 1 − x"}
"""Scale → the end of the x axis's title."""


def _across(value: Any, domain: Domain) -> float | None:
    """A value's place on the x axis, 0 … 1 within the range; None if it has no place there."""
    if isinstance(domain, Options):
        return (domain.values.index(value) + 0.5) / len(domain.values) if value in domain else None
    try:
        return domain.scale.to_unit(float(value), float(domain.low), float(domain.high))
    except (TypeError, ValueError):
        return None


def _dots(axes: Any, placed: Sequence[tuple[float, Trial]], style: Style, low: float, high: float) -> None:
    """Draw all dots of a kind in one go: a study has thousands."""
    floor, ceiling = low + 0.03 * (high - low), high - 0.03 * (high - low)
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("drawn", {"marker": "o", "color": MUTED, "markersize": 5, "alpha": 0.8, "markeredgewidth": 0}),
        ("below", {"marker": "v", "color": MUTED, "markersize": 5}),
        ("above", {"marker": "^", "color": MUTED, "markersize": 5}),
        ("failed", {"marker": "x", "color": INK, "markersize": 6, "markeredgewidth": 1.5}),
        ("defaults", {"marker": "D", "markerfacecolor": "none", "markeredgecolor": INK, "markersize": 6}),
        ("chosen", {"marker": "o", "color": style.colour, "markersize": 10, "markeredgecolor": PAPER}),
    )
    heights = {"below": floor, "above": ceiling, "failed": floor}
    for kind, drawn in kinds:
        dots = [(x, trial) for x, trial in placed if _kind(trial, low, high) == kind]
        if dots:
            ys = [heights.get(kind, trial.score) for _, trial in dots]
            axes.plot([x for x, _ in dots], ys, linestyle="none", **drawn)


def _kind(trial: Trial, low: float, high: float) -> str:
    if not math.isfinite(trial.score):
        return "failed"
    if not low <= trial.score <= high:
        return "below" if trial.score < low else "above"
    return "chosen" if trial.chosen else "defaults" if trial.defaults else "drawn"
