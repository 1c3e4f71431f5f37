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
from harness.statistics.estimates import holm, interaction

COLUMNS = (
    "first", "second", "first_level", "first_baseline", "second_level", "second_baseline", "n", "failed",
    "interaction", "interaction_low", "interaction_high", "p", "p_holm",
)  # fmt: skip


def interactions(results: Results) -> pd.DataFrame:
    """The table ``interactions``: a row for every two compared choices and every pair of their levels.

    The interaction is (y₁₁ − y₁₂) − (y₂₁ − y₂₂) in raw units of the metric. The first index is of the first choice, the
    second of the second choice; 1 is the row's level, 2 the baseline's. All other choices have the baseline's level.
    """
    rows, ps = [], []
    for row, samples in _contrasts(results):
        seeds = sorted(set.intersection(*(set(sample.scores) for sample in samples)))
        contrast = interaction(*([sample.scores[seed] for seed in seeds] for sample in samples))
        ps.append(contrast.p)
        rows.append(
            {
                **row,
                "n": contrast.n,
                "failed": sum(sample.failed for sample in samples),
                "interaction": contrast.mean,
                "interaction_low": contrast.low,
                "interaction_high": contrast.high,
                "p": contrast.p,
            }
        )
    return to_frame([{**row, "p_holm": p} for row, p in zip(rows, holm(ps), strict=True)], COLUMNS)


def _contrasts(results: Results) -> Iterator[tuple[dict[str, Any], list[Sample]]]:
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
                yield row, [results.sample(str(arm)) for arm in corners]


def _key(settings: Mapping[str, Value]) -> frozenset[tuple[str, Value]]:
    return frozenset(settings.items())
