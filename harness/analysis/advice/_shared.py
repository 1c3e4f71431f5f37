"""The warning SHARED-SEEDS."""

from __future__ import annotations

from collections.abc import Iterator

from harness.analysis.advice._base import Advice
from harness.analysis.shared_runs import shared
from harness.records.neighbours import neighbours
from harness.records.results import Results


def shared_seeds(results: Results) -> Iterator[Advice]:
    """SHARED-SEEDS: a folder beside this one has confirmed the same runs, and neither study wished it."""
    for folder, other in neighbours(results).items():
        found = shared(results, other)
        if found and not found.namespace:
            yield Advice(
                id="SHARED-SEEDS",
                arm="",
                evidence=found.of(folder),
                advice="the two are no independent evidence of what these runs say: count them once, or confirm one of "
                "the studies at draws of its own, in a new folder",
            )
