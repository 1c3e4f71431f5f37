"""Whether the level of one compared choice changes the effect of another: contrasts of four arms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Any

import pandas as pd

from harness.analysis._frame import to_frame
from harness.plugin.ranges import Value
from harness.records.results import Results
from harness.statistics.comparison import Sample
from harness.statistics.interaction import interactions as joint

COLUMNS = (
    "first", "second", "first_level", "first_baseline", "second_level", "second_baseline", "n", "failed",
    "interaction", "interaction_low", "interaction_high", "simultaneous_low", "simultaneous_high", "p", "p_adjusted",
)  # fmt: skip


def interactions(results: Results) -> pd.DataFrame:
    """The table ``interactions``: a row for every two compared choices and every pair of their levels.

    The interaction is (y₁₁ − y₁₂) − (y₂₁ − y₂₂) in raw units of the metric. The first index is of the first choice, the
    second of the second choice; 1 is the row's level, 2 the baseline's. All other choices have the baseline's level.
    """
    contrasts = list(_contrasts(results))
    rows = [
        {
            **row,
            "n": found.contrast.n,
            "failed": sum(len(sample.failed) for sample in samples),
            "interaction": found.contrast.mean,
            "interaction_low": found.contrast.low,
            "interaction_high": found.contrast.high,
            "simultaneous_low": found.simultaneous.low,
            "simultaneous_high": found.simultaneous.high,
            "p": found.p,
            "p_adjusted": found.p_adjusted,
        }
        for (row, samples), found in zip(contrasts, joint([samples for _, samples in contrasts]), strict=True)
    ]
    return to_frame(rows, COLUMNS)


def _contrasts(results: Results) -> Iterator[tuple[dict[str, Any], tuple[Sample, Sample, Sample, Sample]]]:
    """The columns that identify a row, and the samples of the arms y₁₁, y₁₂, y₂₁, y₂₂."""
    settings_of_arm: Mapping[str, dict[str, Value]] = {
        name: dict(arm.settings) for name, arm in results.study.arms.items()
    }
    arm_with = {_key(settings): arm for arm, settings in settings_of_arm.items()}
    base = settings_of_arm[results.baseline]
    for first, second in combinations(results.study.compare, 2):
        first_levels, second_levels = (
            dict.fromkeys(settings[choice] for settings in settings_of_arm.values()) for choice in (first, second)
        )
        for first_level, second_level in product(first_levels, second_levels):
            if first_level == base[first] or second_level == base[second]:
                continue
            corners = [
                arm_with.get(_key({**base, first: of_first, second: of_second}))
                for of_first in (first_level, base[first])
                for of_second in (second_level, base[second])
            ]
            if None not in corners:
                row = {
                    "first": first, "second": second, "first_level": first_level, "first_baseline": base[first],
                    "second_level": second_level, "second_baseline": base[second],
                }  # fmt: skip
                y11, y12, y21, y22 = (results.sample(str(arm)) for arm in corners)
                yield row, (y11, y12, y21, y22)


def _key(settings: Mapping[str, Value]) -> frozenset[tuple[str, Value]]:
    return frozenset(settings.items())
