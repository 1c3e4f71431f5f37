"""What a terminal shows of a finished study."""

from __future__ import annotations

import math
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from harness import wording
from harness.analysis.advice.advise import Advice
from harness.analysis.findings import Findings
from harness.analysis.standings import Standing
from harness.analysis.verdicts import in_short
from harness.analysis.widening import widened_ranges
from harness.records.results import Results
from harness.report.answer import answer_of, shown_verdict
from harness.report.formats import text_table, to_plain
from harness.report.intervals import looks_in_words, puzzling, single_values, together, what_matters
from harness.statistics.comparison import Comparison
from harness.wording import last_words, show

SHOWN = 2
"""The most warnings of one kind that the terminal shows."""


def answer(findings: Findings, width: int | None = None) -> str:
    """Question, answer, the tables of arms and of their tuning, and the warnings. ``width``: in columns."""
    results, rows = findings.results, to_plain(findings.tables["arms"])
    alone = len(rows) == 1  # then the question is whether its tuning gained anything
    comparisons = results.against_defaults if alone else findings.comparisons
    compared = {comparison.a: comparison for comparison in comparisons}
    other = "defaults" if alone else "baseline"
    reached = [
        [
            standing.arm,
            "failed" if standing.search_failed else _mean(standing),
            _count(standing.ok, standing.n),
            "baseline" if standing.arm == results.baseline and not alone else _difference(comparison, standing),
            wording.number(comparison.better.value, 2) if comparison else wording.NONE,
            shown_verdict(comparison, results.unit, ranked=not findings.budgets, other=other, words=in_short),
        ]
        for standing in findings.standings
        for comparison in [compared.get(standing.arm)]
    ]
    versus = "to its defaults" if alone else "difference"
    header = ["arm", f"{results.metric} ± 95%", "n", f"{versus} [95%]", "P(better)", "verdict"]
    search = [
        [
            row["arm"],
            _chosen(row, results),
            _trial(row),
            wording.number(row["optimism"], 2, sign=True),
            wording.number(row["defaults_mean"], 2),
            _count(row["defaults_ok"], row["defaults_n"]),
        ]
        for row in rows
    ]
    tuned = ["arm", "chosen", "trial", "optimism", "its defaults", "n"]
    parts = [
        f"{results.study.question}\n{_wrapped(answer_of(findings), width)}",
        text_table(header, reached, [False, True, True, True, True, False], width),
        text_table(tuned, search, [False, False, True, True, True, True], width),
        "".join(_wrapped(line, width) for line in _notes(findings, "" if findings.budgets else puzzling(comparisons))),
        "".join(_warnings(findings.warnings, width)),
    ]
    return "\n".join(filter(None, parts))


def _warnings(warnings: Iterable[Advice], width: int | None) -> Iterator[str]:
    """The warnings as paragraphs: arms with the same warning share one; at most ``SHOWN`` of one kind."""
    arms: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for warning in warnings:
        arms[warning.id, warning.evidence, warning.advice, warning.change].append(warning.arm)
    shown: Counter[str] = Counter()
    kinds = Counter(id_ for id_, *_ in arms)
    for (id_, evidence, advice, change), names in arms.items():
        shown[id_] += 1
        if shown[id_] <= SHOWN:
            about = ", ".join([id_, *filter(None, names)])
            text = textwrap.fill(f"{about}: {evidence}; {advice}", width or 100, subsequent_indent="  ")
            yield f"{text}\n" + "".join(f"  {line}\n" for line in change.splitlines())
        elif shown[id_] == kinds[id_]:
            yield f"{id_}: {kinds[id_] - SHOWN} more of this kind in the table warnings\n"


def _notes(findings: Findings, puzzle: str) -> list[str]:
    """Sentences on how to read the tables. ``puzzle``: on verdicts that their intervals do not suggest."""
    results = findings.results
    few = single_values(standing.scores for standing in findings.standings)
    few = f"{few[0].upper()}{few[1:]}." if few else ""
    count = len(results.repeats)
    is_repeated = count > 1
    hold = together(results.against_baseline, results.unit)
    same = f"at the same {wording.plural_of(results.unit)}"
    to_baseline = f"difference: to {results.baseline}, {same}{f'; {hold}' if hold else ''}. "
    difference = to_baseline if len(results.arms) > 1 else ""
    delta = what_matters(results) if results.judged else ""
    matters = f"What matters: {delta}. " if delta else ""
    lower = " Lower is better." if results.metric.sign < 0 else ""
    reading = (
        f"n: {'runs' if is_repeated else 'seeds'}. {difference}{matters}optimism: by how much the search's score "
        f"flattered the chosen trial.{lower}"
    )
    repeated = (
        f"Every arm was searched {count} times, and its {count} winners confirmed: intervals and tests count searches."
    )
    widened = [f"{name} was widened: {how}." for name, how in widened_ranges(results)]
    notes = [few, repeated if is_repeated else "", puzzle, looks_in_words(results), *widened]
    return [reading, *filter(None, [*notes, results.study.conventions])]


def _wrapped(text: str, width: int | None) -> str:
    return "".join(f"{line}\n" for line in textwrap.wrap(text, width or 100))


def _count(ok: int, n: int) -> str:
    return str(n) if ok == n else f"{ok} ok of {n}"


def _chosen(row: dict[str, Any], results: Results) -> str:
    if row["fingerprint"] is None:
        return wording.NONE
    searched = [name for name in results.study.arms[row["arm"]].space if row[name] is not None]
    values = [f"{name}={show(row[full])}" for full, name in last_words(searched).items()]
    if not values:
        return "nothing searched"
    return " ".join([*values, *(["(defaults)"] if row["trial"] == 0 and not row.get("round") else [])])


def _trial(row: dict[str, Any]) -> str:
    """Which trial of how many was chosen; of a repeated search how many there were."""
    if row["trial"] is None:
        return wording.NONE if row["fingerprint"] is None else f"of {row['trials']}"
    widened = f" (round {row['round']})" if row.get("round") else ""
    return f"{row['trial']}{widened} of {row['trials']}"


def _mean(standing: Standing) -> str:
    """The mean with half of its interval, or with the few values that it is of."""
    mean, low, high = standing.mean, standing.low, standing.high
    if math.isnan(high - low):
        return wording.interval(mean, low, high, standing.scores)
    digits = wording.digits(mean, low, high)
    return f"{wording.number(mean, digits)} ± {wording.number((high - low) / 2, digits)}"


def _difference(comparison: Comparison | None, standing: Standing) -> str:
    """The difference with its interval, and the number of pairs if it is not the arm's number of units."""
    if comparison is None or not comparison.difference.n:
        return wording.NONE
    difference = comparison.together
    shown = wording.interval(difference.mean, difference.low, difference.high, comparison.values, sign=True)
    return f"{shown} (n {difference.n})" if difference.n != len(standing.scores) else shown
