"""Whether the level of one compared choice changes the effect of another: contrasts of four arms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
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
    """The table ``interactions``: for every two compared choices and every level of each beside the baseline's.

    The interaction is (y₁₁ − y₁₂) − (y₂₁ − y₂₂) in raw units of the metric, where 1 stands for the level and 2 for the
    baseline's, first of the one choice, then of the other. Whatever else is compared stays at the baseline's level.
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
    """The columns that say what a row is about, and the samples of the arms y₁₁, y₁₂, y₂₁, y₂₂."""
    settings: Mapping[str, dict[str, Value]] = {name: dict(arm.settings) for name, arm in results.study.arms.items()}
    by_settings = {_key(levels_of): name for name, levels_of in settings.items()}
    base = settings[results.baseline]
    for first, second in combinations(results.study.compare, 2):
        levels = {
            name: list(dict.fromkeys(levels_of[name] for levels_of in settings.values())) for name in (first, second)
        }
        for one in levels[first]:
            for other in levels[second]:
                if one == base[first] or other == base[second]:
                    continue
                corners = [
                    by_settings.get(_key({**base, first: x, second: y}))
                    for x in (one, base[first])
                    for y in (other, base[second])
                ]
                if None not in corners:
                    row = {
                        "first": first, "second": second, "first_level": one, "first_baseline": base[first],
                        "second_level": other, "second_baseline": base[second],
                    }  # fmt: skip
                    yield row, [results.sample(str(arm)) for arm in corners]


def _key(settings: Mapping[str, Value]) -> frozenset[tuple[str, Value]]:
    return frozenset(settings.items())
