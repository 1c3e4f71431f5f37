"""The answer in one sentence: what the verdicts say, no more than they say, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness import wording
from harness.metric import Metric
from harness.wording import clean

Row = Mapping[str, Any]


NAMED = 3
"""Arms of the same verdict that are named with their numbers; of more, the others are counted."""


FEW = 3
"""Comparisons that each get a clause of their own; more of them are told by verdict."""


def answer_sentence(
    arms: Sequence[Row],
    comparisons: Sequence[Row],
    metric: Metric,
    baseline: str,
    *,
    comparable: bool = True,
    budgets: str = "",
) -> str:
    """From the rows of the tables ``arms`` and ``comparisons``; ``comparable``: False where budgets differ.

    ``budgets``: in what; such arms get their levels and no ranking.
    """
    confirmed = [row for row in arms if row["n"]]
    alive = [row for row in confirmed if row["ok"]]
    lost = _lost(arms)
    if not confirmed:
        failed = len(lost) == len(arms) > 0
        return f"No answer: {' and '.join(lost)}." if failed else "No answer yet: no arm has a confirmation run."
    if not alive:
        return f"No answer: all {sum(int(row['n']) for row in confirmed)} confirmation runs failed."
    if len(arms) == 1:
        return f"{_level(alive[0], metric)}; there is one arm, and nothing to compare it with."
    if budgets or not comparable:
        return _unranked(arms, alive, lost, budgets, metric)
    living = {clean(row["arm"]) for row in alive}
    known = [
        row
        for row in comparisons
        if row.get("kind", "arms") == "arms"
        and not wording.missing(row["difference"])
        and {clean(row["a"]), clean(row["b"])} <= living
    ]
    if not known:
        return (
            f"No comparison: {_why(arms, lost, baseline)}; {', '.join(_level(row, metric) for row in alive[:NAMED])}."
        )
    clauses = [_clause(row, metric) for row in known] if len(known) <= FEW else _grouped(known, metric)
    partly = [f"{_failures(row)} failed and count as the worst value" for row in alive if row["ok"] < row["n"]]
    return "; ".join([*clauses, *lost, *partly]) + "."


def shown_verdict(row: Row) -> str:
    """For a table: nothing where there is no difference, and that there is no ranking where budgets differ."""
    if not wording.missing(row["verdict"]):
        return str(row["verdict"])
    return wording.NONE if wording.missing(row["difference"]) else "no ranking"


def search_failed(row: Row) -> bool:
    """Whether an arm has no chosen trial because every run of its search failed."""
    return bool(row.get("trials")) and wording.missing(row.get("trial"))


def _unranked(arms: Sequence[Row], alive: Sequence[Row], lost: Sequence[str], budgets: str, metric: Metric) -> str:
    """Levels alone, in the study's order: whoever was given more may have reached more by that."""
    more = len(alive) - NAMED
    rest = [f"{more} more"] if more > 0 else []
    told = [*(_level(row, metric) for row in alive[:NAMED]), *rest, *lost, *_waiting(arms)]
    given = f" ({clean(budgets)})" if budgets else ""
    return f"The arms had different budgets{given}, so this is no ranking: {'; '.join(told)}."


def _failures(row: Row) -> str:
    return f"{int(row['n'] - row['ok'])} of {int(row['n'])} runs of {clean(row['arm'])}"


def _lost(arms: Sequence[Row]) -> list[str]:
    """A clause an arm of which nothing is left."""
    return [f"{_runs(row)} of {clean(row['arm'])} failed" for row in arms if _is_lost(row)]


def _is_lost(row: Row) -> bool:
    return not row["ok"] if row["n"] else search_failed(row)


def _runs(row: Row) -> str:
    return "every run" if row["n"] else "every search run"


def _waiting(arms: Sequence[Row]) -> list[str]:
    return [f"{clean(row['arm'])} is not confirmed yet" for row in arms if not row["n"] and not search_failed(row)]


def _why(arms: Sequence[Row], lost: Sequence[str], baseline: str) -> str:
    for row in arms:
        if clean(row["arm"]) == clean(baseline) and _is_lost(row):
            return f"{_runs(row)} of the baseline, {clean(baseline)}, failed"
    return " and ".join([*lost, *_waiting(arms)]) or "the arms share no seed"


def _level(row: Row, metric: Metric) -> str:
    reached = wording.interval(row["mean"], row["mean_low"], row["mean_high"])
    mean, _, rest = reached.partition(" ")
    noun = "nats of loss" if metric.unit == "nats" else metric.noun
    ok = "" if row["ok"] == row["n"] else f", {int(row['n'] - row['ok'])} of which failed"
    return f"{clean(row['arm'])} reaches {mean} {noun} {rest}".rstrip() + f" ({_seeds(row)}{ok})"


def _seeds(row: Row) -> str:
    return wording.plural(int(row["n"]), "seed")


def _turned(row: Row, metric: Metric) -> tuple[float, float, float]:
    """The difference and its interval with the sign at which higher is better."""
    mean, low, high = (_float(row[name]) for name in ("difference", "difference_low", "difference_high"))
    return (mean, low, high) if metric.sign > 0 else (-mean, -high, -low)


def _float(value: Any) -> float:
    return math.nan if wording.missing(value) else float(value)


def _gain(metric: Metric, mean: float, low: float, high: float) -> str:
    """``0.61 UAS [0.42, 0.80]``: how much better."""
    places = wording.digits(mean, low, high)
    known = [] if math.isnan(low) else [wording.bounds(low, high, places)]
    sign = "−" if mean < 0 else ""
    return " ".join([sign + wording.amount(mean, places, metric), *known])


def _clause(row: Row, metric: Metric) -> str:
    a, b, verdict = clean(row["a"]), clean(row["b"]), str(row["verdict"])
    mean, low, high = _turned(row, metric)
    gain, loss = (
        f"{_gain(metric, mean, low, high)}, {_seeds(row)}",
        f"{_gain(metric, -mean, -high, -low)}, {_seeds(row)}",
    )
    delta = f"{_float(row['delta']):.2g}"
    if verdict == "better":
        return f"{a} beats {b} by {gain}"
    if verdict == "worse":
        return f"{a} loses to {b} by {loss}"
    if verdict == "better, negligible":
        return f"{a} beats {b} by only {gain}, less than the {delta} that would matter"
    if verdict == "worse, negligible":
        return f"{a} loses to {b} by only {loss}, less than the {delta} that would matter"
    measured = f"measured {_signed(row, metric)}, {_seeds(row)}"
    if verdict == "equivalent":
        return f"{a} and {b} are equivalent within ±{delta} {metric.noun} ({measured})"
    if verdict.startswith("undecided"):
        more = verdict.partition(", ")[2]
        return f"{a} against {b} is undecided ({measured})" + (f", {more}" if more else "")
    return f"{a} against {b} is exploratory only, too few seeds for a verdict ({measured})"


def _signed(row: Row, metric: Metric) -> str:
    """Of a metric to be minimised a sign would be read both ways: a size, and for whom."""
    mean, low, high = _turned(row, metric)
    if metric.sign > 0:
        return f"{'+' if mean > 0 else ''}{_gain(metric, mean, low, high)}"
    if mean == 0:
        return _gain(metric, mean, low, high)
    return (
        f"{_gain(metric, mean, low, high)} for the better"
        if mean > 0
        else f"{_gain(metric, -mean, -high, -low)} for the worse"
    )


def _grouped(rows: Sequence[Row], metric: Metric) -> list[str]:
    """Many comparisons, verdict by verdict, each in the study's order."""
    baselines = {clean(row["b"]) for row in rows}
    b = baselines.pop() if len(baselines) == 1 else ""
    clauses = []
    for words, form, tell in _OF_ONE if b else _OF_SEVERAL:
        group = [row for row in rows if _word(row) in words]
        if group:
            one = len(group) == 1
            grammar = {"s": "s" if one else "", "be": "is" if one else "are", "have": "has" if one else "have"}
            named = [tell(row, metric) for row in group[:NAMED]]
            rest = [f"{len(group) - NAMED} more"] if len(group) > NAMED else []
            clauses.append(
                f"{form.format(len(group), b=b, **grammar)} ({(', ' if tell is _name else '; ').join([*named, *rest])})"
            )
    seeds = sorted({int(row["n"]) for row in rows})
    count = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    return [f"Of {len(rows)} {'arms compared' if b else 'comparisons'} at {count} seeds, {clauses[0]}", *clauses[1:]]


def _word(row: Row) -> str:
    verdict = str(row["verdict"])
    return "undecided" if verdict.startswith("undecided") else verdict


def _size(row: Row, metric: Metric) -> str:
    """Of a difference in the direction of its verdict."""
    mean, low, high = _turned(row, metric)
    return _gain(metric, mean, low, high) if _word(row).startswith("better") else _gain(metric, -mean, -high, -low)


def _name(row: Row, _: Metric) -> str:
    return clean(row["a"])


def _named(row: Row, metric: Metric) -> str:
    return f"{clean(row['a'])} by {_size(row, metric)}"


def _pair(row: Row, metric: Metric) -> str:
    a, b, word = clean(row["a"]), clean(row["b"]), _word(row)
    if word.startswith(("better", "worse")):
        return f"{a} {'beats' if word.startswith('better') else 'loses to'} {b} by {_size(row, metric)}"
    return f"{a} {'and' if word == 'equivalent' else 'against'} {b}"


_FEW_SEEDS = "{} {be} exploratory only, with too few seeds for a verdict"


_OF_ONE = (
    (("better",), "{} beat{s} {b}", _named),
    (("better, negligible",), "{} beat{s} {b} by less than matters", _named),
    (("equivalent",), "{} {be} equivalent to {b}", _name),
    (("undecided",), "{} {be} undecided", _name),
    (("worse, negligible",), "{} lose{s} to {b} by less than matters", _named),
    (("worse",), "{} lose{s} to {b}", _named),
    (("exploratory",), _FEW_SEEDS, _name),
)


_OF_SEVERAL = (
    (("better", "worse"), "{} {have} a winner", _pair),
    (("better, negligible", "worse, negligible"), "{} differ{s} by less than matters", _pair),
    (("equivalent",), "{} {be} equivalent", _pair),
    (("undecided",), "{} {be} undecided", _pair),
    (("exploratory",), _FEW_SEEDS, _pair),
)
"""With several baselines it is chance who stands first: both are named, and neither side is counted."""
