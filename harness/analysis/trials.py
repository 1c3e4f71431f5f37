"""The tables of the search: its trials, how much a budget buys, and which hyperparameters matter."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

import pandas as pd

from harness.analysis._frame import searched, to_frame, which_trial
from harness.plugin.ranges import Domain, Range, Value
from harness.records.record import Record
from harness.records.results import Results
from harness.records.selection import search_records, shortlist
from harness.statistics.estimates import expected_best
from harness.study.study import is_adaptive

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

TOP_SHARE = 0.25
"""Importance tells the best quarter of the trials from the rest: Optuna's own tenth would be one or two trials."""


FEWEST_TRIALS = 12
"""Finished trials below which importance is not computed: the best quarter would be fewer than three."""


EVERY = 200
"""Up to this number of trials the tuning curve has each one."""


def tuning_curve(results: Results) -> pd.DataFrame:
    """The table ``tuning_curve``: the expected score of the best of k drawn trials, for every k up to 200.

    Beyond that k grows by a twentieth each time, and to the last one: no eye sees more, and the table stays small.

    The trials of all repeats of the search count together; those of widening rounds do not. A failed trial scores the
    worst value among the drawn trials of all arms. There are no rows for an adaptive sampler, whose trials are not
    drawn from one distribution, and none for an arm without a drawn trial.
    """
    sign = results.metric.sign
    drawn = {
        # Trial 0, the defaults, is not drawn, and rounds of widening are drawn from other ranges.
        arm: [record for record in search_records(results.records, arm) if record.trial and not record.round]
        for arm in results.arms
        if not is_adaptive(results.study.search.sampler)
    }
    finished = [record.score(results.metric) for trials in drawn.values() for record in trials if not record.reason]
    worst = results.metric.worst(finished)
    rows = []
    for arm, trials in drawn.items():
        scores = [worst if record.reason else record.score(results.metric) for record in trials]
        most = max(Counter(record.repeat for record in trials).values(), default=0)  # no search had more
        sizes, failed = _sizes(most), sum(bool(record.reason) for record in trials)
        curve = expected_best([sign * score for score in scores], sizes)
        rows += [
            {
                "arm": arm,
                "trials": number,
                "n": len(trials),
                "expected_best": sign * best,
                "failed": failed,
            }
            for number, best in zip(sizes, curve, strict=True)
        ]
    return to_frame(rows, ("arm", "trials", "n", "expected_best", "failed"))


def _sizes(most: int) -> list[int]:
    """The numbers of trials that the tuning curve has."""
    sizes = list(range(1, min(most, EVERY) + 1))
    while sizes and sizes[-1] < most:
        sizes.append(min(most, sizes[-1] + sizes[-1] // 20))
    return sizes


def sensitivity(results: Results) -> pd.DataFrame:
    """The table ``sensitivity``: the range of each searched hyperparameter, where good values lie, its importance.

    The range is the last one, after all rounds of widening. A repeated search has rows for each repeat.
    """
    rows = [row for arm in results.arms for repeat in results.repeats for row in _sensitivity(results, arm, repeat)]
    repeated = ("repeat",) if len(results.repeats) > 1 else ()
    return to_frame(rows, (_SENSITIVITY[0], *repeated, *_SENSITIVITY[1:]))


def _sensitivity(results: Results, arm: str, repeat: int) -> Iterator[dict[str, Any]]:
    described, winner = results.study.arms[arm], results.chosen(arm, repeat)
    domains = results.ranges(arm, repeat)
    finished = [record for record in search_records(results.records, arm, repeat) if not record.reason]
    values = [_values(record) for record in finished]
    best = _values(winner) if winner else {}
    top = [_values(record) for record in shortlist(results.records, arm, results.metric, 3, repeat)]
    costs = [results.metric.cost(record.score(results.metric)) for record in finished]
    importances = importance(domains, values, costs)
    for name, domain in domains.items():
        tops = [_position(domain, of_trial[name]) for of_trial in top if name in of_trial]
        yield {
            "arm": arm,
            **({"repeat": repeat} if len(results.repeats) > 1 else {}),
            "hyperparameter": name,
            **_bounds(domain),
            "default": described.defaults.get(name),
            "best": best.get(name),
            "position": _position(domain, best[name]) if name in best else math.nan,
            "top3_position": median(tops) if tops else math.nan,
            "importance": importances.get(name, math.nan),
            "n": sum(name in of_trial for of_trial in values),
        }


_SENSITIVITY = (
    "arm", "hyperparameter", "low", "high", "scale", "default", "best", "position", "top3_position", "importance", "n",
)  # fmt: skip


def importance(
    domains: Mapping[str, Domain], trials: Sequence[Mapping[str, Value]], costs: Sequence[float]
) -> dict[str, float]:
    """How much each hyperparameter matters for being among the best quarter of the trials, as shares that sum to 1.

    ``trials``: each trial's values. ``costs``: each trial's score, turned so that lower is better. Empty if there are
    too few trials. PED-ANOVA (Watanabe, Bansal & Hutter 2023, arXiv 2304.10255) on the scale of the search.
    """
    if len(trials) < FEWEST_TRIALS or not domains:
        return {}
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    distributions = {name: _distribution(domain) for name, domain in domains.items()}
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for values, cost in zip(trials, costs, strict=True):
        active = [name for name in domains if name in values]
        study.add_trial(
            optuna.create_trial(
                value=cost,
                params={name: _coordinate(domains[name], values[name]) for name in active},
                distributions={name: distributions[name] for name in active},
            )
        )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=TOP_SHARE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning that all trials are among the best quarter, if all score the same
        importances = optuna.importance.get_param_importances(study, evaluator=evaluator, normalize=False)
    total = sum(importances.values())
    return {name: value / total for name, value in importances.items()} if total > 0 else {}


def _bounds(domain: Domain) -> dict[str, Any]:
    if isinstance(domain, Range):
        return {"low": domain.low, "high": domain.high, "scale": domain.scale.value}
    return {"low": math.nan, "high": math.nan, "scale": "options"}


def _distribution(domain: Domain) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return FloatDistribution(0, 1) if isinstance(domain, Range) else CategoricalDistribution(domain.values)


def _coordinate(domain: Domain, value: Value) -> Any:
    return domain.position(float(value)) if isinstance(domain, Range) else value


def _position(domain: Domain, value: Value) -> float:
    return domain.position(float(value)) if isinstance(domain, Range) else math.nan


def _values(record: Record) -> dict[str, Value]:
    return record.configured().hyperparameters()


def trials(results: Results) -> pd.DataFrame:
    """The table ``trials``: one row for each trial of the search; ``tuning_mean`` is over its tuning seed indices."""
    rows = []
    names = searched(results)
    for arm in results.arms:
        chosen = {winner.which for winner in results.winners(arm)}
        for record in search_records(results.records, arm):
            values = record.configured().hyperparameters()
            tuning = results.tuning[arm, record.which]
            ok = [record.score(results.metric) for record in tuning if not record.reason]
            rows.append(
                {
                    "arm": arm,
                    **which_trial(record, results.study.search),
                    "metric": results.metric.name,
                    "score": record.score(results.metric),
                    "tuning_mean": fmean(ok) if ok else math.nan,
                    "tuning_ok": len(ok),
                    "tuning_n": len(tuning),
                    "chosen": record.which in chosen,
                    **{name: values.get(name) for name in names},
                    "reason": record.reason,
                    "fingerprint": record.fingerprint,
                }
            )
    return to_frame(rows)
