"""Warnings about the chosen trials: DANGER, OPTIMISM, DEFAULTS and COUPLED-L2."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import fmean

from harness.analysis.advice._base import (
    Advice,
    chosen_values,
    components,
    difference,
    sign,
    space_line,
    space_of,
    traits,
)
from harness.plugin.names import split_name
from harness.plugin.ranges import Range
from harness.records.record import Record
from harness.records.results import Results, has_searched
from harness.records.selection import failed, finished, first_trials, search_records
from harness.statistics.estimates import estimate
from harness.wording import brief, interval, plural

NEAR = 2.0
"""DANGER warns if a run diverged at an lr of up to this many times the chosen lr."""


LUCK = 2.0
"""Optimism, in standard deviations of the baseline, above which a trial counts as chosen by luck."""


def danger(results: Results) -> Iterator[Advice]:
    """DANGER: some seeds of the chosen trial failed, or a little more lr would have made it diverge."""
    for arm in results.arms:
        winners = results.winners(arm)
        if not winners or not has_searched(results, arm):
            continue
        tuning = [run for winner in winners for run in results.tuning[arm, winner.which]]
        runs = [*tuning, *results.confirmed(arm).values()]
        if failed(runs):
            yield Advice(
                id="DANGER",
                arm=arm,
                evidence=f"{len(failed(runs))} of {plural(len(runs), 'run')} of its winner"
                f"{'s' if len(winners) > 1 else ''} failed: " + failed(runs)[0].reason,
                advice="do not use these values as they are: take a smaller lr, or a configuration that never failed",
            )
        yield from _near_divergence(results, arm, winners)


def _near_divergence(results: Results, arm: str, winners: Sequence[Record]) -> Iterator[Advice]:
    """Of a repeated search: the largest lr that was chosen, and the smallest at which any run diverged."""
    chosen = [winner.configured().hyperparameters() for winner in winners]
    for name, domain in space_of(results, arm).items():
        if split_name(name)[2] != "lr" or not isinstance(domain, Range):
            continue
        lrs = [float(values[name]) for values in chosen if name in values]
        if not lrs:
            continue
        searched = [record for record in search_records(results.records, arm) if diverged(record)]
        limits = [
            float(lr) for record in searched if (lr := record.configured().hyperparameters().get(name)) is not None
        ]
        lr, least = max(lrs), min(limits, default=0.0)
        if least <= 0 or lr * NEAR < least:
            continue
        high = least / NEAR
        lower = Range(domain.low, float(f"{high:.2g}"), domain.scale) if high > domain.low * 1.1 else None
        yield Advice(
            id="DANGER",
            arm=arm,
            evidence=f"{name} = {brief(lr)}; the smallest that diverged is {brief(least)} "
            f"({len(limits)} of {plural(len(search_records(results.records, arm)), 'trial')} did)",
            advice="another seed or a longer run may diverge: confirm with more seeds, or stay below half of that lr",
            change=space_line(name, lower) if lower else "",
        )


def diverged(record: Record) -> bool:
    """Whether the run failed because a number was not finite."""
    return re.search(r"\b(became|is) -?(nan|inf)\b", record.reason) is not None


def optimism(results: Results) -> Iterator[Advice]:
    """OPTIMISM: on fresh seeds, the chosen trial scores worse than in the search."""
    sd = estimate(list(results.sample(results.baseline).units.values())).sd
    for arm in results.arms:
        winners, scores = results.winners(arm), list(results.sample(arm).units.values())
        trials = len(finished(search_records(results.records, arm, 0)))
        if not winners or trials < 2 or len(scores) < 2 or not sd > 0:
            continue
        score, mean = fmean(winner.score(results.metric) for winner in winners), estimate(scores).mean
        gap = sign(results) * (score - mean)
        if gap > LUCK * sd:
            yield Advice(
                id="OPTIMISM",
                arm=arm,
                evidence=f"search score {brief(score)}, the best of {trials} trials; mean {brief(mean)} over "
                f"{plural(len(scores), f'fresh {results.unit}')}: {brief(gap)} worse, "
                f"{brief(gap / sd)} sd of the baseline",
                advice="chosen by luck: quote the mean over fresh seeds, and in a new folder run more of the best "
                "trials again, at more seeds",
                change="--set select.trials=5 --set select.seeds=4",
            )


def defaults(results: Results) -> Iterator[Advice]:
    """DEFAULTS: tuning gained nothing on fresh seeds."""
    for arm in results.arms:
        first = len(first_trials(results.records, arm))
        trials = len(search_records(results.records, arm))
        if not results.winners(arm) or first < 2 or not space_of(results, arm):
            continue
        if results.kept_defaults(arm):
            if results.confirmed(arm):
                yield Advice(
                    id="DEFAULTS",
                    arm=arm,
                    evidence=f"none of {plural(trials - len(results.repeats), 'drawn trial')} was better than the "
                    "defaults",
                    advice="tuning gained nothing: look at EDGE and DIMENSIONS, or give the search more trials",
                    change=f"--set search.trials={2 * first}",
                )
            continue
        tuned, untuned = results.tuning_pair(arm)
        gain = difference(tuned, untuned)
        low, high = sorted((sign(results) * gain.low, sign(results) * gain.high))
        if gain.n >= 2 and gain.sd > 0 and low <= 0:
            yield Advice(
                id="DEFAULTS",
                arm=arm,
                evidence=f"tuned better than defaults by {interval(sign(results) * gain.mean, low, high, sign=True)} "
                f"(n = {gain.n}, {plural(trials, 'trial')})",
                advice="tuning did not beat the defaults for sure: use them, or give the search more trials",
                change=f"--set search.trials={2 * first}",
            )


def coupled_decay(results: Results) -> Iterator[Advice]:
    """COUPLED-L2: an adaptive method adds L2 to the gradient; embedding rows in no batch have no other gradient."""
    for arm in results.arms:
        values = chosen_values(results, arm) or results.study.arms[arm].defaults
        winner = results.chosen(arm)
        for choice, component in components(results, arm).items():
            own = traits(results, arm, choice, component)
            if own.decoupled_by and values.get(f"{choice}.{component}.{own.decoupled_by}") is True:
                continue
            hyperparameter = own.coupled_decay
            name = f"{choice}.{component}.{hyperparameter}"
            decay, lr = values.get(name), values.get(f"{choice}.{component}.lr")
            if not hyperparameter or not isinstance(decay, int | float) or not decay > 0:
                continue
            far = ""
            if winner and lr is not None:
                far = f"; a row that never occurs moves by up to lr × steps = {brief(float(lr) * winner.steps)}"
            yield Advice(
                id="COUPLED-L2",
                arm=arm,
                evidence=f"{name} = {brief(float(decay))}{far}",
                advice="it erases embedding rows that never occur, at a rate that hardly depends on it: set it to 0, "
                "or take an optimiser whose decay is decoupled",
                change=f'"{name}" = 0.0' if name in space_of(results, arm) else "",  # else it stands in [choices]
            )
