"""What the search saw: a hyperparameter's values against their scores, within the bounds of its range."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness import wording
from harness.metric import Metric
from harness.plugin.ranges import Scale
from harness.report._charts.canvas import INK, MUTED, NARROW, PAPER, Canvas, Chart, Look, reach
from harness.wording import clean, fit

EDGE = 0.05
"""Share of a range, on its scale, at either end: a winner there may want a wider range."""


MIDDLE = 0.5 + 1e-9
"""Up to here a label stands right of its dot: rounding decides nothing about one in the middle of a range."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """``value``: of the hyperparameter. ``score``: nan for a trial that failed."""

    number: int
    value: Any
    score: float
    chosen: bool


def ticks(low: float, high: float, scale: Scale) -> list[float]:
    """Round values between the bounds that suit the scale."""
    if scale is Scale.LINEAR:
        step = 10 ** math.floor(math.log10(high - low))
        step *= next(each for each in (0.2, 0.25, 0.5, 1.0, 2.0) if (high - low) / (step * each) <= 5.01)
        first = math.ceil(low / step - 1e-9)
        return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]
    if scale is Scale.ONE_MINUS_LOG:
        wanted = [0.0, 0.5, 0.8, *(1 - base * 10.0**-power for power in range(1, 10) for base in (1.0, 0.5, 0.2))]
        wanted = [round(each, 12) for each in wanted]
    else:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        bases = (1.0, 2.0, 5.0) if last - first <= 2 else (1.0, 3.0) if last - first <= 3 else (1.0,)
        wanted = [base * 10.0**power for power in range(first, last + 1) for base in bases]
    inside = [each for each in wanted if low * (1 - 1e-9) <= each <= high * (1 + 1e-9)]
    every = math.ceil(len(inside) / 6)
    return sorted(set(inside))[::every]


def sensitivity_chart(
    arm: str, name: str, domain: Mapping[str, Any], trials: Sequence[Trial], look: Look, metric: Metric, note: str
) -> Chart:
    """Score at the search's seed against the value. ``domain``: as study.json holds it. ``note``: after the title."""
    is_range = "options" not in domain
    canvas = Canvas(NARROW, 220, left=46, right=16, bottom=38)
    axes = canvas.axes
    scores = [each.score for each in trials if math.isfinite(each.score)]
    low, high = reach(scores)
    chosen = next((each for each in trials if each.chosen), None)
    placed = [(x, each) for each in trials if (x := _across(each.value, domain)) is not None]
    _dots(axes, placed, look, low, high)
    for x, each in placed:
        if each.chosen:
            side, right = ("left", 9) if x < MIDDLE else ("right", -9)
            text, y = wording.brief(each.value) if is_range else "chosen", min(max(each.score, low), high)
            canvas.write(text, x, y, side=side, right=right, up=1, colour=look.colour)
    if is_range:
        bounds, on = _bounds(domain)
        for edge in (0.0, 1.0):
            axes.axvspan(edge, abs(edge - EDGE), color=INK, alpha=0.09, linewidth=0)
            axes.axvline(edge, color=MUTED, linewidth=1)
        marks = ticks(*bounds, on)
        axes.set_xticks([on.to_unit(each, *bounds) for each in marks], [f"{each:.6g}" for each in marks])
        scale = _SCALES[on]
        axes.set_xlim(min([-0.06, *(x - 0.04 for x, _ in placed)]), max([1.06, *(x + 0.04 for x, _ in placed)]))
    else:
        options, scale = list(domain["options"]), ""
        size = max(4, 40 // len(options))
        axes.set_xticks(
            [_across(each, domain) or 0.0 for each in options], [fit(str(each), size) for each in options]
        )  # fmt: skip
        axes.set_xlim(0, 1)
    axes.set_ylim(low, high)
    axes.set_xlabel(f"{fit(name, 28)}{scale}")
    failed = sum(not math.isfinite(each.score) for each in trials)
    says = f"{clean(arm)}: {metric.title} against {clean(name)}, {wording.plural(len(trials), 'trial')}"
    says += f", {failed} failed" if failed else ""
    says += (
        f"; searched from {wording.brief(float(domain['low']))} to {wording.brief(float(domain['high']))}"
        if is_range
        else ""
    )
    if chosen:
        says += f"; chosen {wording.brief(chosen.value)}, score {wording.brief(chosen.score)}"
        if is_range and (where := _across(chosen.value, domain)) is not None:
            says += f", at {wording.percent(where)} of the range"
    return Chart(title=f"{fit(arm, 22)}: {fit(name, 24)}{note}", says=f"{says}.", svg=canvas.svg(f"{says}."))


_SCALES = {Scale.LINEAR: "", Scale.LOG: ", log scale", Scale.ONE_MINUS_LOG: ", log scale of 1 − x"}
"""What the name of an axis ends with."""


def _bounds(domain: Mapping[str, Any]) -> tuple[tuple[float, float], Scale]:
    return (float(domain["low"]), float(domain["high"])), Scale(domain.get("scale", "linear"))


def _across(value: Any, domain: Mapping[str, Any]) -> float | None:
    """Where a value stands on the x axis, 0 … 1; None where it has no place there."""
    if "options" in domain:
        options = list(domain["options"])
        return (options.index(value) + 0.5) / len(options) if value in options else None
    try:
        bounds, scale = _bounds(domain)
        return scale.to_unit(float(value), *bounds)
    except (TypeError, ValueError):
        return None


def _dots(axes: Any, placed: Sequence[tuple[float, Trial]], look: Look, low: float, high: float) -> None:
    """Each kind of dot in one go: a study has thousands."""
    floor, ceiling = low + 0.03 * (high - low), high - 0.03 * (high - low)
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("drawn", {"marker": "o", "color": MUTED, "markersize": 5, "alpha": 0.8, "markeredgewidth": 0}),
        ("below", {"marker": "v", "color": MUTED, "markersize": 5}),
        ("above", {"marker": "^", "color": MUTED, "markersize": 5}),
        ("failed", {"marker": "x", "color": INK, "markersize": 6, "markeredgewidth": 1.5}),
        ("defaults", {"marker": "D", "markerfacecolor": "none", "markeredgecolor": INK, "markersize": 6}),
        ("chosen", {"marker": "o", "color": look.colour, "markersize": 10, "markeredgecolor": PAPER}),
    )
    heights = {"below": floor, "above": ceiling, "failed": floor}
    for kind, style in kinds:
        own = [(x, each) for x, each in placed if _kind(each, low, high) == kind]
        if own:
            ys = [heights.get(kind, each.score) for _, each in own]
            axes.plot([x for x, _ in own], ys, linestyle="none", **style)


def _kind(trial: Trial, low: float, high: float) -> str:
    if not math.isfinite(trial.score):
        return "failed"
    if not low <= trial.score <= high:
        return "below" if trial.score < low else "above"
    return "chosen" if trial.chosen else "drawn" if trial.number else "defaults"
