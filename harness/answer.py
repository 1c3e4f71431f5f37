"""The answer in one sentence: what the verdicts say, no more than they say, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness import numerals
from harness.labels import clean

Row = Mapping[str, Any]
NAMED = 3
"""Arms of the same verdict that are named with their numbers; of more, the others are counted."""
FEW = 3
"""Comparisons that each get a clause of their own; more of them are told by verdict."""


def answer_sentence(
    arms: Sequence[Row], comparisons: Sequence[Row], direction: str, baseline: str, *, comparable: bool = True
) -> str:
    """From the rows of the tables ``arms`` and ``comparisons``; ``comparable``: False where budgets differ."""
    rows = [row for row in comparisons if row.get("kind", "arms") == "arms"]
    dead = [clean(row["arm"]) for row in arms if row["n"] and not row["ok"]]
    alive = [row for row in arms if row["ok"]]
    if not any(row["n"] for row in arms):
        return "No answer yet: no arm has a confirmation run."
    if not alive:
        return f"No answer: all {sum(int(row['n']) for row in arms)} confirmation runs failed."
    if len(arms) == 1:
        return f"{_level(alive[0])}; there is one arm, and nothing to compare it with."
    known = [row for row in rows if not numerals.missing(row["difference"]) and clean(row["a"]) not in dead]
    if clean(baseline) in dead:
        known = []
    if not known:
        return f"No comparison: {_why(arms, dead, baseline)}; {', '.join(map(_level, alive[:NAMED]))}."
    clauses = [_clause(row, direction) for row in known] if len(known) <= FEW else _grouped(known, direction)
    lost = [f"every run of {name} failed" for name in dead]
    partly = [
        f"{_lost(row)} of {clean(row['arm'])} failed and count as the worst value"
        for row in alive
        if row["ok"] < row["n"]
    ]
    sentence = "; ".join([*clauses, *lost, *partly]) + "."
    if not comparable:
        return f"The arms had different budgets, so this is no ranking: {sentence}"
    return sentence


def _lost(row: Row) -> str:
    return f"{int(row['n'] - row['ok'])} of {int(row['n'])} runs"


def _why(arms: Sequence[Row], dead: Sequence[str], baseline: str) -> str:
    if clean(baseline) in dead:
        return f"every run of the baseline, {clean(baseline)}, failed"
    waiting = [clean(row["arm"]) for row in arms if not row["n"]]
    parts = [f"every run of {name} failed" for name in dead] + [f"{name} is not confirmed yet" for name in waiting]
    return " and ".join(parts) or "the arms share no seed"


def _level(row: Row) -> str:
    metric = str(row["metric"])
    reached = numerals.interval(row["mean"], row["mean_low"], row["mean_high"])
    mean, _, rest = reached.partition(" ")
    noun = "nats of loss" if numerals.unit(metric) == "nats" else numerals.noun(metric)
    ok = "" if row["ok"] == row["n"] else f", {int(row['n'] - row['ok'])} of which failed"
    return f"{clean(row['arm'])} reaches {mean} {noun} {rest}".rstrip() + f" ({_seeds(row)}{ok})"


def _seeds(row: Row) -> str:
    return numerals.plural(int(row["n"]), "seed")


def _turned(row: Row, direction: str) -> tuple[float, float, float]:
    """The difference and its interval with the sign at which higher is better."""
    mean, low, high = (_float(row[name]) for name in ("difference", "difference_low", "difference_high"))
    return (mean, low, high) if direction == "maximise" else (-mean, -high, -low)


def _float(value: Any) -> float:
    return math.nan if numerals.missing(value) else float(value)


def _gain(row: Row, mean: float, low: float, high: float) -> str:
    """``0.61 UAS [0.42, 0.80]``: how much better."""
    places = numerals.digits(mean, low, high)
    known = [] if math.isnan(low) else [numerals.bounds(low, high, places)]
    sign = "−" if mean < 0 else ""
    return " ".join([sign + numerals.amount(mean, places, str(row["metric"])), *known])


def _clause(row: Row, direction: str) -> str:
    a, b, verdict = clean(row["a"]), clean(row["b"]), str(row["verdict"])
    mean, low, high = _turned(row, direction)
    gain, loss = f"{_gain(row, mean, low, high)}, {_seeds(row)}", f"{_gain(row, -mean, -high, -low)}, {_seeds(row)}"
    delta = f"{_float(row['delta']):.2g}"
    if verdict == "better":
        return f"{a} beats {b} by {gain}"
    if verdict == "worse":
        return f"{a} loses to {b} by {loss}"
    if verdict == "better, negligible":
        return f"{a} beats {b} by only {gain}, less than the {delta} that would matter"
    if verdict == "worse, negligible":
        return f"{a} loses to {b} by only {loss}, less than the {delta} that would matter"
    measured = f"measured {_signed(row, direction)}, {_seeds(row)}"
    if verdict == "equivalent":
        return f"{a} and {b} are equivalent within ±{delta} {numerals.noun(str(row['metric']))} ({measured})"
    if verdict.startswith("undecided"):
        more = verdict.partition(", ")[2]
        return f"{a} against {b} is undecided ({measured})" + (f", {more}" if more else "")
    return f"{a} against {b} is exploratory only, too few seeds for a verdict ({measured})"


def _signed(row: Row, direction: str) -> str:
    mean, low, high = _turned(row, direction)
    better = " for the better" if direction == "minimise" else ""
    return f"{'+' if mean > 0 else ''}{_gain(row, mean, low, high)}{better}"


def _grouped(rows: Sequence[Row], direction: str) -> list[str]:
    """Many comparisons with one baseline, verdict by verdict; the arms in the study's order."""
    b = clean(rows[0]["b"])
    ways = (
        ("better", f"{{}} beat{{s}} {b}", True),
        ("better, negligible", f"{{}} beat{{s}} {b} by less than matters", True),
        ("equivalent", f"{{}} {{be}} equivalent to {b}", False),
        ("undecided", "{} {be} undecided", False),
        ("worse, negligible", f"{{}} lose{{s}} to {b} by less than matters", True),
        ("worse", f"{{}} lose{{s}} to {b}", True),
        ("exploratory", "{} {be} exploratory only, with too few seeds for a verdict", False),
    )
    clauses = []
    for word, form, sized in ways:
        group = [row for row in rows if (str(row["verdict"]).partition(", about")[0]) == word]
        if not group:
            continue
        one = len(group) == 1
        head = form.format(len(group), s="s" if one else "", be="is" if one else "are")
        named = [_named(row, direction, word) if sized else clean(row["a"]) for row in group[:NAMED]]
        rest = [f"{len(group) - NAMED} more"] if len(group) > NAMED else []
        clauses.append(f"{head} ({'; '.join([*named, *rest]) if sized else ', '.join([*named, *rest])})")
    seeds = sorted({int(row["n"]) for row in rows})
    count = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    clauses[0] = f"Of {len(rows)} arms compared at {count} seeds, {clauses[0]}"
    return clauses


def _named(row: Row, direction: str, word: str) -> str:
    mean, low, high = _turned(row, direction)
    sign = (mean, low, high) if word.startswith("better") else (-mean, -high, -low)
    return f"{clean(row['a'])} by {_gain(row, *sign)}"
