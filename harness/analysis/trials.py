"""What the search found: how much a budget buys, and which hyperparameters matter."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

import pandas as pd

from harness.analysis._frame import searched, to_frame
from harness.plugin.ranges import Domain, Range, Value, domain_from_json
from harness.records.record import Record
from harness.records.results import Results
from harness.records.selection import search_records, shortlist
from harness.statistics.estimates import expected_best
from harness.study.study import ADAPTIVE

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

TOP_SHARE = 0.25
"""Importance is for being among the best quarter: the best tenth, Optuna's own, would be one or two of our trials."""


ENOUGH = 12
"""Finished trials below which there is no importance: fewer than three would be the best quarter."""


def tuning_curve(results: Results) -> pd.DataFrame:
    """The expected score of the best of k drawn trials; a failed one scores the worst of all arms' drawn trials.

    No rows for an adaptive sampler, whose later trials are no draws from the same distribution, and none for an arm
    without a drawn trial.
    """
    sign = results.metric.sign
    drawn = {
        arm: [
            each for each in search_records(results.records, arm) if each.trial
        ]  # trial 0, the defaults, is not drawn
        for arm in results.arms
        if results.study["search"]["sampler"] not in ADAPTIVE
    }
    finished = [each.score(results.metric) for trials in drawn.values() for each in trials if not each.reason]
    worst = results.metric.worst(finished)
    rows = []
    for arm, trials in drawn.items():
        scores = [worst if each.reason else each.score(results.metric) for each in trials]
        curve = expected_best([sign * score for score in scores])
        rows += [
            {
                "arm": arm,
                "trials": number,
                "n": len(trials),
                "expected_best": sign * best,
                "failed": sum(bool(each.reason) for each in trials),
            }
            for number, best in enumerate(curve, start=1)
        ]
    return to_frame(rows, ("arm", "trials", "n", "expected_best", "failed"))


def sensitivity(results: Results) -> pd.DataFrame:
    """One row a searched hyperparameter of an arm: its range, where good values lie in it, how much it matters."""
    rows = []
    for arm in results.arms:
        described, winner = results.study["arms"][arm], results.chosen(arm)
        domains = {name: domain_from_json(each) for name, each in described["space"].items()}
        finished = [each for each in search_records(results.records, arm) if not each.reason]
        values = [_values(each) for each in finished]
        best = _values(winner) if winner else {}
        top = [_values(each) for each in shortlist(results.records, arm, results.metric, 3)]
        scores = [each.score(results.metric) for each in finished]
        importances = importance(domains, values, [results.metric.cost(score) for score in scores])
        for name, domain in domains.items():
            tops = [_position(domain, each[name]) for each in top if name in each]
            rows.append(
                {
                    "arm": arm,
                    "hyperparameter": name,
                    **_bounds(domain),
                    "default": described["defaults"].get(name),
                    "best": best.get(name),
                    "position": _position(domain, best[name]) if name in best else math.nan,
                    "top3_position": median(tops) if tops else math.nan,
                    "importance": importances.get(name, math.nan),
                    "n": sum(name in each for each in values),
                }
            )
    return to_frame(rows, _SENSITIVITY)


_SENSITIVITY = (
    "arm", "hyperparameter", "low", "high", "scale", "default", "best", "position", "top3_position", "importance", "n",
)  # fmt: skip


def importance(
    domains: Mapping[str, Domain], trials: Sequence[Mapping[str, Value]], costs: Sequence[float]
) -> dict[str, float]:
    """Each hyperparameter's share in being among the best quarter of the trials; empty where they are too few to say.

    ``costs``: lower is better. PED-ANOVA (Watanabe, Bansal & Hutter 2023, arXiv 2304.10255) on the search's own scale.
    """
    if len(trials) < ENOUGH or not domains:
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
        warnings.simplefilter("ignore")  # that the best quarter is all of them, where all score the same
        found = optuna.importance.get_param_importances(study, evaluator=evaluator, normalize=False)
    total = sum(found.values())
    return {name: value / total for name, value in found.items()} if total > 0 else {}


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
    """One row a trial of the search; ``tuning_mean`` is over all of its tuning seed indices."""
    rows = []
    names = searched(results)
    for arm in results.arms:
        winner = results.chosen(arm)
        for record in search_records(results.records, arm):
            values = record.configured().hyperparameters()
            tuning = results.tuning[arm, record.trial]
            ok = [each.score(results.metric) for each in tuning if not each.reason]
            rows.append(
                {
                    "arm": arm,
                    "trial": record.trial,
                    "metric": results.metric.name,
                    "score": record.score(results.metric),
                    "tuning_mean": fmean(ok) if ok else math.nan,
                    "tuning_ok": len(ok),
                    "tuning_n": len(tuning),
                    "chosen": bool(winner and winner.trial == record.trial),
                    **{name: values.get(name) for name in names},
                    "reason": record.reason,
                    "fingerprint": record.fingerprint,
                }
            )
    return to_frame(rows)
