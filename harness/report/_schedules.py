"""The chapter of the page on schedules over training: drop rate, learning rate, momentum."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness import wording
from harness.plugin.schedule import course
from harness.report._charts.curves import Line, line_chart, merged
from harness.report._parts import Section, Subject
from harness.study.configuration import Configuration
from harness.wording import clean

POINTS = 100


def schedules(subject: Subject) -> Section | None:
    """Drop rate, learning rate and momentum of each arm's chosen configuration as functions of progress."""
    winners = {arm: record.configured() for arm in subject.results.arms if (record := subject.results.chosen(arm))}
    wanted: tuple[tuple[str, Callable[[Configuration], list[float] | None]], ...] = (
        ("drop rate", lambda configuration: _scheduled(subject, configuration, "dropout")),
        ("learning rate", lambda configuration: _learning_rate(subject, configuration)),
        ("momentum, or β₁", lambda configuration: _held(configuration, "momentum", "beta1")),
    )
    charts = []
    for title, values in wanted:
        lines = [
            Line(arm=arm, name=arm, x=[100 * point / POINTS for point in range(POINTS + 1)], y=[*rates, rates[-1]])
            for arm, configuration in winners.items() if (rates := values(configuration))
        ]  # fmt: skip
        if not lines:
            continue
        words = "; ".join(f"{clean(line.name)} {_course(line.y)}" for line in lines)
        high = max(max(line.y) for line in lines)
        charts.append(
            line_chart(
                merged(lines), subject.styles, title=title[0].upper() + title[1:], across="share of the steps taken, %",
                says=f"{title} over training: {words}.", wide=False, steps=True, height=200,
                ends=(-0.03 * high, 1.08 * high or 1.0),
            )
        )  # fmt: skip
    if not charts:
        return None
    first = " of the first repeat of the search" if len(subject.results.repeats) > 1 else ""
    reading = f"As the chosen configuration of each arm{first} schedules them; lines that coincide are drawn once."
    for choice, what in (("dropout", "drop rate"), ("lr_schedule", "learning rate")):
        lacking = [clean(arm) for arm, configuration in winners.items() if _is_lost(subject, configuration, choice)]
        if lacking:
            reading += f" The {what} of {', '.join(lacking)} is left out: no plugin here schedules it as it was."
    return Section(slug="schedules", title="Schedules", reading=reading, charts=charts)


def _scheduled(subject: Subject, configuration: Configuration, choice: str) -> list[float] | None:
    selection = dict(configuration.choices).get(choice)
    if subject.registry is None or selection is None:
        return None
    try:
        return course(subject.registry.component(choice, selection.name), dict(selection.values), POINTS)
    except Exception:  # a plugin that is gone, or has changed since the study was run, must not cost the report
        return None


def _is_lost(subject: Subject, configuration: Configuration, choice: str) -> bool:
    return choice in dict(configuration.choices) and _scheduled(subject, configuration, choice) is None


def _learning_rate(subject: Subject, configuration: Configuration) -> list[float] | None:
    held, factors = _held(configuration, "lr"), _scheduled(subject, configuration, "lr_schedule")
    if held is None or _is_lost(subject, configuration, "lr_schedule"):
        return None
    return [lr * factor for lr, factor in zip(held, factors or [1.0] * POINTS, strict=True)]


def _held(configuration: Configuration, *names: str) -> list[float] | None:
    selection = dict(configuration.choices).get("optimiser")
    values = dict(selection.values) if selection else {}
    held = next((values[name] for name in names if name in values), None)
    return None if held is None else [float(held)] * POINTS


def _course(values: Sequence[float]) -> str:
    if min(values) == max(values):
        return wording.brief(values[0])
    return f"from {wording.brief(values[0])} to {wording.brief(values[-1])}"
