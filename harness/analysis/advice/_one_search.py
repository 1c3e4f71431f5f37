"""The warning ONE-SEARCH."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harness.analysis.advice._base import Advice, space_of
from harness.records.results import Results
from harness.wording import plural

REPEATS = 10
"""The repeats that are advised: with fewer, a difference of 1.5 sd of a search's mean is found in 59% or less."""


SEEDS_OF_EACH = 3
"""Confirmation seeds of each of these searches."""


def one_search(results: Results) -> Iterator[Advice]:
    """ONE-SEARCH: there is a verdict, and each arm was searched once.

    Which trial wins a search is chance too (Bouthillier et al. 2021, arXiv 2103.03098), so that the verdict is about
    settings and not about methods. Arms that search nothing are their settings.
    """
    searched = [arm for arm in results.arms if space_of(results, arm)]
    verdicts = [comparison.verdict for comparison in results.judged]
    if results.unit == "search" or not searched or not any(verdict.settles for verdict in verdicts):
        return
    phases = Counter(record.phase for record in results.ordered if record.phase != "test")
    seeds = max(results.seeds, 1)
    cost = REPEATS * (phases["search"] + phases["select"] + phases["confirm"] * SEEDS_OF_EACH // seeds)
    yield Advice(
        id="ONE-SEARCH",
        arm="",
        evidence=f"one search of {plural(len(searched), 'arm')}: which trial wins is chance as well, so the verdicts "
        "are about the settings that it chose",
        advice=f"say 'at these settings'; for a verdict about the methods, repeat the search in a new folder: about "
        f"{plural(cost, 'run')} instead of {phases.total():,}",
        change=f"--set search.repeats={REPEATS} --set confirm.seeds={REPEATS * SEEDS_OF_EACH}"
        + (" --set confirm.until_decided=false" if results.looks else ""),
    )
