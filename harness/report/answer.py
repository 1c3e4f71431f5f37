"""The answer in one sentence, made from verdicts and their numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum, auto

from harness import wording
from harness.analysis.across import Joined
from harness.analysis.findings import Findings
from harness.analysis.standings import Standing
from harness.analysis.verdicts import WORDS, in_full, what_settles
from harness.metric import Metric
from harness.statistics.comparison import Comparison
from harness.statistics.verdict import Verdict, Word
from harness.wording import clean

NAMED = 3
"""The most arms of one verdict that are named with their numbers; further arms are counted."""


FEW = 3
"""The most comparisons that get a clause each; more comparisons are grouped by verdict."""


def answer_of(findings: Findings) -> str:
    """The answer of a study."""
    results = findings.results
    return answer_sentence(
        findings.standings, findings.comparisons, results.metric, results.baseline, budgets=findings.budgets,
        unit=results.unit, tuning=results.against_defaults,
        searched=any(arm.space for arm in results.study.arms.values()), failed=results.study.failed,
    )  # fmt: skip


def answer_across(joined: Joined) -> str:
    """The answer of a comparison across result folders."""
    return answer_sentence(
        joined.standings, joined.comparisons, joined.metric, joined.baseline, unit=joined.unit,
        comparable=not joined.budgets,
    )  # fmt: skip


def answer_sentence(
    standings: Sequence[Standing],
    comparisons: Sequence[Comparison],
    metric: Metric,
    baseline: str,
    *,
    unit: str,
    comparable: bool = True,
    budgets: str = "",
    tuning: Sequence[Comparison] = (),
    searched: bool = False,
    failed: float | None = None,
) -> str:
    """The answer from what the arms reached, and from comparisons.

    ``unit``: what the statistics count. Unless it is a search, the answer is about the settings that one search chose,
    and says so. ``comparable``: False if the arms had different budgets; ``budgets``: the differences. Then the
    sentence gives the arms' levels and no ranking. ``tuning``: comparisons of arms with their own defaults, which a
    study of one arm asks for. ``searched``: whether that arm searched anything. ``failed``: what a failed run scores;
    None: it is left out.
    """
    confirmed = [standing for standing in standings if standing.n]
    alive = [standing for standing in confirmed if standing.ok]
    lost = _lost(standings)
    if not confirmed:
        failed = len(lost) == len(standings) > 0
        return f"No answer: {' and '.join(lost)}." if failed else "No answer yet: no arm has a confirmation run."
    if not alive:
        return f"No answer: all {sum(standing.n for standing in confirmed)} confirmation runs failed."
    if len(standings) == 1:
        return _alone(alive[0], tuning, metric, unit, searched=searched)
    if budgets or not comparable:
        return _unranked(standings, alive, lost, budgets, metric, unit)
    living = {clean(standing.arm) for standing in alive}
    known = [
        comparison
        for comparison in comparisons
        if not math.isnan(comparison.difference.mean) and {clean(comparison.a), clean(comparison.b)} <= living
    ]
    if not known:
        levels = ", ".join(_level(standing, metric, unit) for standing in alive[:NAMED])
        return f"No comparison: {_why_none(standings, lost, baseline)}; {levels}."
    were_chosen = any(standing.trials > 1 for standing in alive)  # an arm that searches nothing tries its defaults
    scope = "At these settings: " if were_chosen and unit != "search" else ""
    if len(known) <= FEW:
        clauses = [_clause(comparison, metric, unit) for comparison in known]
    else:
        counts = _counts(known, unit)
        first, *more = _by_verdict(known, metric, unit)
        clauses = [f"{'of' if scope else 'Of'} {counts}, {first}", *more]
    counted = "" if failed is None else f" and count as {wording.brief(failed)}"
    partly = [f"{_failures(standing)}{counted}" for standing in alive if standing.failed]
    return scope + "; ".join([*clauses, *lost, *partly]) + "."


def _alone(
    standing: Standing, tuning: Sequence[Comparison], metric: Metric, unit: str, *, searched: bool
) -> str:  # fmt: skip
    """The answer of a study of one arm: whether its search has found anything better than the defaults."""
    level = _level(standing, metric, unit)
    if not searched:
        return f"{level}; there is one arm, and nothing to compare it with."
    if not tuning:
        return f"The search found nothing better than the defaults: {level}."
    if math.isnan(tuning[0].difference.mean):
        return f"{level}; its defaults are not confirmed, so nothing is known of what the search gained."
    winner = "Tuning" if unit == "search" else "The winner of the search"
    clause = _clause(replace(tuning[0], a=winner, b="the defaults"), metric, unit)
    return f"{clause}; {level}."


def shown_verdict(
    comparison: Comparison | None, unit: str, *, ranked: bool, other: str = "baseline",
    words: Callable[[Verdict, str], str] = in_full,
) -> str:  # fmt: skip
    """A verdict for a cell of the arm's row: a dash if nothing was compared, ``no ranking`` if budgets differ.

    ``other``: what the arm is compared with, in a word, as its name may be long.
    """
    if comparison is None or not comparison.difference.n:
        return wording.NONE
    if not ranked:
        return wording.NONE if math.isnan(comparison.difference.mean) else "no ranking"
    verdict = comparison.verdict
    whose = "" if comparison.a in (verdict.withheld, verdict.failing) else f"{other} "
    if verdict.withheld:
        return f"{WORDS[verdict.word]}, {whose}not tuned"
    if verdict.failing:
        return f"{WORDS[verdict.word]}, {whose}failed more often"
    return words(verdict, unit)


def _unranked(
    standings: Sequence[Standing], alive: Sequence[Standing], lost: Sequence[str], budgets: str, metric: Metric,
    unit: str,
) -> str:  # fmt: skip
    """The arms' levels in the study's order, without a ranking: a better score may come from a larger budget."""
    more = len(alive) - NAMED
    rest = [f"{more} more"] if more > 0 else []
    levels = [_level(standing, metric, unit) for standing in alive[:NAMED]]
    given = f" ({clean(budgets)})" if budgets else ""
    clauses = "; ".join([*levels, *rest, *lost, *_waiting(standings)])
    return f"The arms had different budgets{given}, so this is no ranking: {clauses}."


def _failures(standing: Standing) -> str:
    """``1 of 10 runs of adam failed (a rate of 0% to 45%)``."""
    low, high = (wording.percent(bound) for bound in (standing.failure_rate.low, standing.failure_rate.high))
    return f"{standing.failed} of {standing.n} runs of {clean(standing.arm)} failed (a rate of {low} to {high})"


def _lost(standings: Sequence[Standing]) -> list[str]:
    """A clause for each arm of which no run finished."""
    return [f"{_runs(standing)} of {clean(standing.arm)} failed" for standing in standings if standing.is_lost]


def _runs(standing: Standing) -> str:
    return "every run" if standing.n else "every search run"


def _waiting(standings: Sequence[Standing]) -> list[str]:
    return [
        f"{clean(standing.arm)} is not confirmed yet"
        for standing in standings
        if not standing.n and not standing.search_failed
    ]


def _why_none(standings: Sequence[Standing], lost: Sequence[str], baseline: str) -> str:
    """Why no arm can be compared with another."""
    for standing in standings:
        if clean(standing.arm) == clean(baseline) and standing.is_lost:
            return f"{_runs(standing)} of the baseline, {clean(baseline)}, failed"
    return " and ".join([*lost, *_waiting(standings)]) or "the arms share no seed"


def _level(standing: Standing, metric: Metric, unit: str) -> str:
    reached = wording.interval(standing.mean, standing.low, standing.high, standing.scores)
    mean, _, rest = reached.partition(" ")
    noun = "nats of loss" if metric.unit == "nats" else metric.noun
    failed = f", {standing.failed} of which failed" if standing.failed else ""
    count = wording.plural(standing.n, unit)
    if unit not in ("seed", "run"):  # then a unit may be of several runs
        count = f"{wording.plural(len(standing.scores), unit)}, {wording.plural(standing.n, 'run')}"
    return f"{clean(standing.arm)} reaches {mean} {noun} {rest}".rstrip() + f" ({count}{failed})"


def _gain(comparison: Comparison, metric: Metric, sign: int) -> str:
    """``0.61 UAS [0.42, 0.80]``: a difference, times ``sign``, with its interval or the few values that it is of."""
    gap = comparison.together if sign > 0 else comparison.together.negated
    places = wording.digits(gap.mean, gap.low, gap.high, comparison.values)
    known = wording.bounds(gap.low, gap.high, places, [sign * value for value in comparison.values])
    minus = "−" if gap.mean < 0 else ""
    return f"{minus}{wording.amount(gap.mean, places, metric)} {known}".rstrip()


def _clause(comparison: Comparison, metric: Metric, unit: str) -> str:
    """The clause for one comparison."""
    a, b, verdict = clean(comparison.a), clean(comparison.b), comparison.verdict
    count = wording.plural(comparison.difference.n, unit)
    delta = f"{comparison.delta:.2g}"
    if verdict.direction:
        beats = f"{a} {_beats(verdict)} {b} by"
        size = f"{_size(comparison, metric)}, {count}"
        if verdict.negligible:
            return f"{beats} only {size}, less than the {delta} that would matter"
        return f"{beats} {size}" + (f", perhaps less than the {delta} that would matter" if verdict.unclear else "")
    measured = f"measured {_measured(comparison, metric)}, {count}"
    if verdict.word is Word.EQUIVALENT:
        return f"{a} and {b} are equivalent within ±{delta} {wording.unit_of(metric)} ({measured})"
    if verdict.word is Word.UNDECIDED:
        return f"{a} against {b} is undecided ({measured}), {_prospect(verdict, comparison.difference.n, unit)}"
    too_few = f"too few {wording.plural_of(unit)} for a verdict"
    return f"{a} against {b} is exploratory only, {too_few} ({measured})"


def _prospect(verdict: Verdict, n: int, unit: str) -> str:
    """What would settle an undecided comparison of n units, or why nothing would."""
    if verdict.withheld or verdict.failing:
        return f"since {clean(what_settles(verdict, unit))}"
    if verdict.units:
        return what_settles(verdict, unit)
    if verdict.most <= n:
        return f"and more {wording.plural_of(unit)} are not planned"
    return f"and {wording.plural(verdict.most, unit)} would hardly settle it"


def _beats(verdict: Verdict) -> str:
    return "beats" if verdict.direction > 0 else "loses to"


def _measured(comparison: Comparison, metric: Metric) -> str:
    """A difference with its sign; for a metric to be minimised, "for the better" or "for the worse" instead."""
    mean = comparison.difference.mean
    if metric.sign > 0:
        return f"{'+' if mean > 0 else ''}{_gain(comparison, metric, 1)}"
    if mean == 0:
        return _gain(comparison, metric, 1)
    is_better = metric.sign * mean > 0
    size = _gain(comparison, metric, 1 if mean > 0 else -1)
    return f"{size} for the {'better' if is_better else 'worse'}"


def _by_verdict(comparisons: Sequence[Comparison], metric: Metric, unit: str) -> list[str]:
    """A clause for each verdict that occurs among many comparisons, with the arms in the study's order."""
    baselines = {clean(comparison.b) for comparison in comparisons}
    b = baselines.pop() if len(baselines) == 1 else ""
    clauses = []
    for sorts, form, tell in _OF_ONE if b else _OF_SEVERAL:
        group = [comparison for comparison in comparisons if _sort(comparison) in sorts]
        if group:
            single = len(group) == 1
            grammar = {"s": "s" if single else "", "be": "is" if single else "are", "have": "has" if single else "have"}
            grammar["they"] = "it" if single else "they"
            named = [tell(comparison, metric) for comparison in group[:NAMED]]
            rest = [f"{len(group) - NAMED} more"] if len(group) > NAMED else []
            separator = ", " if tell is _name and not any("," in name for name in named) else "; "
            said = form.format(len(group), b=b, units=wording.plural_of(unit), **grammar)
            clauses.append(f"{said} ({separator.join([*named, *rest])})")
    return clauses


def _counts(comparisons: Sequence[Comparison], unit: str) -> str:
    """``9 arms compared at 10 seeds``."""
    counts = sorted({comparison.difference.n for comparison in comparisons})
    count = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    of_one = len({clean(comparison.b) for comparison in comparisons}) == 1
    compared = "arms compared" if of_one else "comparisons"
    return f"{len(comparisons)} {compared} at {count} {wording.plural_of(unit)}"


def _size(comparison: Comparison, metric: Metric) -> str:
    """The size of a difference, positive in the direction of its verdict."""
    return _gain(comparison, metric, metric.sign * comparison.verdict.direction)


def _name(comparison: Comparison, _: Metric) -> str:
    return clean(comparison.a)


def _name_and_size(comparison: Comparison, metric: Metric) -> str:
    return f"{clean(comparison.a)} by {_size(comparison, metric)}"


def _pair(comparison: Comparison, metric: Metric) -> str:
    a, b, verdict = clean(comparison.a), clean(comparison.b), comparison.verdict
    if verdict.direction:
        return f"{a} {_beats(verdict)} {b} by {_size(comparison, metric)}"
    if verdict.withheld or verdict.failing:
        return f"{a} against {b}, since {clean(what_settles(verdict, ''))}"
    return f"{a} {'and' if verdict.word is Word.EQUIVALENT else 'against'} {b}"


class _Refused(Enum):
    """Why a claim was taken back: which of the two arms is not tuned, or fails more often."""

    ITS_TUNING = auto()
    BASELINES_TUNING = auto()
    ITS_FAILURES = auto()
    BASELINES_FAILURES = auto()


def _sort(comparison: Comparison) -> Word | _Refused:
    """Which clause tells of a comparison."""
    verdict = comparison.verdict
    if verdict.withheld:
        return _Refused.ITS_TUNING if verdict.withheld == comparison.a else _Refused.BASELINES_TUNING
    if verdict.failing:
        return _Refused.ITS_FAILURES if verdict.failing == comparison.a else _Refused.BASELINES_FAILURES
    return verdict.word


_TOO_FEW = "{} {be} exploratory only, with too few {units} for a verdict"


_OF_ONE = (
    ((Word.BETTER,), "{} beat{s} {b}", _name_and_size),
    ((Word.BETTER_UNCLEAR,), "{} beat{s} {b}, perhaps by less than matters", _name_and_size),
    ((Word.BETTER_NEGLIGIBLE,), "{} beat{s} {b} by less than matters", _name_and_size),
    ((Word.EQUIVALENT,), "{} {be} equivalent to {b}", _name),
    ((Word.UNDECIDED,), "{} {be} undecided", _name),
    ((_Refused.BASELINES_TUNING,), "{} {be} undecided, since {b} is not tuned", _name),
    ((_Refused.ITS_TUNING,), "{} {be} undecided, since {they} {be} not tuned", _name),
    ((_Refused.BASELINES_FAILURES,), "{} {be} undecided, since {b} fails more often", _name),
    ((_Refused.ITS_FAILURES,), "{} {be} undecided, since {they} fail{s} more often", _name),
    ((Word.WORSE_NEGLIGIBLE,), "{} lose{s} to {b} by less than matters", _name_and_size),
    ((Word.WORSE_UNCLEAR,), "{} lose{s} to {b}, perhaps by less than matters", _name_and_size),
    ((Word.WORSE,), "{} lose{s} to {b}", _name_and_size),
    ((Word.EXPLORATORY,), _TOO_FEW, _name),
)
"""With one baseline: what is told, the clause for arms of which one of these holds, and the function that names one."""


_OF_SEVERAL = (
    ((Word.BETTER, Word.WORSE), "{} {have} a winner", _pair),
    ((Word.BETTER_UNCLEAR, Word.WORSE_UNCLEAR), "{} {have} a winner, perhaps by less than matters", _pair),
    ((Word.BETTER_NEGLIGIBLE, Word.WORSE_NEGLIGIBLE), "{} differ{s} by less than matters", _pair),
    ((Word.EQUIVALENT,), "{} {be} equivalent", _pair),
    ((Word.UNDECIDED, *_Refused), "{} {be} undecided", _pair),
    ((Word.EXPLORATORY,), _TOO_FEW, _pair),
)
"""The same with several baselines: which arm of a pair comes first is chance, so both are named."""
