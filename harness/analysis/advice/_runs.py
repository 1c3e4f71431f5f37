"""Warnings about the confirmation runs: SEEDS, FAILED, SPREAD, PAIRING and TEST."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from harness.analysis.advice._base import Advice, others
from harness.analysis.verdicts import what_settles
from harness.records.record import Record
from harness.records.results import Results, has_searched
from harness.records.selection import failed, search_records
from harness.statistics.comparison import Comparison
from harness.statistics.estimates import estimate
from harness.statistics.forecast import detectable
from harness.statistics.joint import FEWEST
from harness.statistics.verdict import RECOMMENDED_UNITS, Verdict, Word
from harness.wording import brief, plural, plural_of

FOLD = 3.0
"""The largest ratio of two arms' standard deviations without the warning SPREAD."""


LEAST_R = 0.2
"""Correlation of two arms' scores over their seeds, below which shared seeds gained nothing."""


def seeds(results: Results) -> Iterator[Advice]:
    """SEEDS: there are fewer units than recommended; the evidence is the difference that so few can find."""
    for comparison in results.judged:
        n, verdict = comparison.difference.n, comparison.verdict
        if not 0 < n < RECOMMENDED_UNITS:
            continue
        word = "its size is hardly known; " if verdict.settles else "small differences stay open; "
        if n < FEWEST:
            word = "there is no verdict; "
        advice, change = _more(verdict, results)
        yield Advice(
            id="SEEDS",
            arm=comparison.a if len(results.arms) > 1 else results.arms[0],
            evidence=f"{plural(n, results.unit)}, fewer than {FEWEST if n < FEWEST else RECOMMENDED_UNITS}"
            + _detect(comparison),
            advice=word + advice,
            change=change,
        )


def _more(verdict: Verdict, results: Results) -> tuple[str, str]:
    """What to do about few units, and as a change to paste; nothing to paste where more of them would not help."""
    units = plural_of(results.unit)
    if verdict.withheld or verdict.failing:
        see = "EDGE" if verdict.withheld else "FAILED"
        return f"more {units} will not help while {what_settles(verdict, results.unit)}: see {see}", ""
    if verdict.word is Word.UNDECIDED and verdict.units is None:
        return f"up to {plural(verdict.most, results.unit)} would hardly settle it", ""
    settles = what_settles(verdict, results.unit) if verdict.units else ""
    if results.unit == "search":
        return f"a new folder with {settles or 'more searches'}, since repeats cannot be added", ""
    change = "" if results.looks else f"--set confirm.seeds={max(verdict.units or 0, RECOMMENDED_UNITS)}"
    return settles or "add seeds", change


def _detect(comparison: Comparison) -> str:
    """Which difference the units of a comparison find, or where they find none, the fewest that are recommended."""
    sd, n = comparison.difference.sd, comparison.difference.n
    if not sd > 0:
        return ""
    family = "" if comparison.family == 1 else f" over {plural(comparison.family, 'comparison')}"
    of = f"with at most 80% power{family} (paired sd {brief(sd)})"
    if n >= FEWEST:
        least = brief(comparison.detectable)
        return "" if math.isnan(comparison.detectable) else f"; they detect a difference of {least} {of}"
    least = brief(detectable(sd, RECOMMENDED_UNITS, comparison.family))
    return f"; {RECOMMENDED_UNITS} would detect one of {least} {of}"


def failures(results: Results) -> Iterator[Advice]:
    """FAILED: confirmation runs of an arm failed, or every run of its search."""
    for arm in results.arms:
        searched = search_records(results.records, arm)
        sides = [("", results.confirmed(arm))]
        if not results.kept_defaults(arm):
            sides.append((" of its defaults", results.confirmed_defaults(arm)))
        for whose, by_seed in sides:
            if bad := failed(by_seed.values()):
                yield Advice(
                    id="FAILED",
                    arm=arm,
                    evidence=f"{len(bad)} of {plural(len(by_seed), 'confirmation run')}{whose} failed, at {_at(bad)}; "
                    + _counted(results),
                    advice="do not read the mean alone: what fails at some seeds is no safe choice",
                )
        lost = [repeat for repeat in results.repeats if results.chosen(arm, repeat) is None]
        if lost and searched and has_searched(results, arm):
            of_lost = [record for record in searched if record.repeat in lost]
            where = f" of {len(lost)} of {len(results.repeats)} repeats" if len(results.repeats) > 1 else ""
            first = f", first: {of_lost[0].reason}" if of_lost else ""
            yield Advice(
                id="FAILED",
                arm=arm,
                evidence=f"all {plural(len(of_lost), 'search run')}{where} failed{first}",
                advice=f"the arm is in no comparison{' there' if where else ''}: mend what the reason names, or "
                "search elsewhere",
            )


def _counted(results: Results) -> str:
    """What becomes of a failed run in comparisons."""
    value = results.study.failed
    if value is not None:
        return f"each scores {brief(value)}, as the study says"
    return "comparisons leave such a seed out, and an arm that fails more often is not called better"


def _at(runs: Sequence[Record]) -> str:
    places = ", ".join(str(run.seed_index) for run in runs[:5])
    more = ", …" if len(runs) > 5 else ""
    return f"seed {places}{more} ({runs[0].reason})"


def spread(results: Results) -> Iterator[Advice]:
    """SPREAD: the scores of one arm spread far more than another's, so that their mean describes them badly."""
    samples = {arm: estimate(list(results.sample(arm).units.values())) for arm in results.arms}
    known = {arm: scores for arm, scores in samples.items() if scores.n >= 3 and scores.sd > 0}
    if len(known) < 2:
        return
    wide, narrow = (pick(known, key=lambda arm: known[arm].sd) for pick in (max, min))
    ratio = known[wide].sd / known[narrow].sd
    if ratio > FOLD:
        yield Advice(
            id="SPREAD",
            arm=wide,
            evidence=f"sd {brief(known[wide].sd)} (n = {known[wide].n}), {brief(ratio)} times that of {narrow}, "
            f"{brief(known[narrow].sd)} (n = {known[narrow].n})",
            advice="look at medians and single runs too: with such a spread a mean hides that some seeds go wrong",
            change="harness table FOLDER runs",
        )


def pairing(results: Results) -> Iterator[Advice]:
    """PAIRING: an arm's scores hardly correlate with the baseline's, so that shared seeds narrowed no interval."""
    for arm, gap in others(results):
        if gap.n >= 3 and gap.r < LEAST_R:  # two pairs always correlate by ±1; nan is not below
            yield Advice(
                id="PAIRING",
                arm=arm,
                evidence=f"r = {brief(gap.r)} with {results.baseline} over {plural(gap.n, results.unit)}; sd of the "
                f"differences {brief(gap.sd)}, unpaired {brief(gap.sd_unpaired)}",
                advice="shared seeds bought nothing here: only more of them narrow the interval",
            )


def opened(results: Results) -> Iterator[Advice]:
    """TEST: the test split was opened more than once, or before the last choice was made."""
    ledger = results.ledger
    if len(ledger) > 1:
        times = ", ".join(opening.time for opening in ledger)
        yield Advice(
            id="TEST",
            arm="",
            evidence=f"the test split was opened {len(ledger)} times: {times}",
            advice="only the first opening is a test; report it, and say that there were others",
        )
    chosen = results.fingerprints()
    records = sum(record.phase == "search" for record in results.ordered)
    for opening in ledger[:1]:
        then = opening.fingerprints
        changed = [arm for arm, fingerprint in chosen.items() if then.get(arm) != fingerprint]
        further = records - opening.records
        if changed or further > 0:
            facts = [f"{plural(further, 'search run')} more than then"] if further > 0 else []
            facts += [f"another choice than then: {', '.join(changed)}"] if changed else []
            yield Advice(
                id="TEST",
                arm="",
                evidence=f"the test split was opened at {opening.time}; since: {'; '.join(facts)}",
                advice="the search went on knowing the answer, so its finds have no test: say so, or take fresh data",
            )
