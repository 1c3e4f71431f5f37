"""Whether arms were given the same, so that they may be ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from harness.records.results import Results, has_searched
from harness.records.selection import finished, search_records
from harness.wording import brief

SURROUNDINGS = ("python", "system", "processor", "cpu_capability", "device", "packages", "plugins")
"""The parts of an environment that can change numbers: neither the number of cores nor the commit of a checkout."""


def budget(fields: Mapping[str, Mapping[str, object]]) -> list[str]:
    """A line for each field in which the compared differ: ``trials: 16 (adam), 1 (zeros)``.

    ``fields``: name of an arm, or of a result folder's → field → value. A field that one lacks, or that is None, is
    compared among the others.
    """
    lines = []
    for field in dict.fromkeys(field for own in fields.values() for field in own):
        who = defaultdict(list)
        for name, own in fields.items():
            if own.get(field) is not None:
                who[brief(own[field])].append(name)
        if len(who) > 1:
            lines.append(f"{field}: " + ", ".join(f"{value} ({', '.join(names)})" for value, names in who.items()))
    return lines


def budget_fields(results: Results, arm: str) -> dict[str, object]:
    """What an arm was given, as ``budget`` compares it; None where no run has shown it yet."""
    study = results.study
    runs = finished([*results.confirmed(arm).values(), *search_records(results.records, arm)])
    # Of the first that finished, and so of a confirmation where there is one: it ran to its end.
    steps, passes, points = (runs[0].steps, runs[0].passes, len(runs[0].curve)) if runs else (None, None, None)
    return {
        "trials": len(search_records(results.records, arm)) or None,
        "sampler": study.search.sampler,
        "steps": steps,
        "passes a step": passes / steps if steps and passes is not None else None,
        "batch size": study.training.batch_size,
        "evaluation points": points,
        "data": study.problem.digest,
    }


def surroundings(environment: Mapping[str, Any]) -> dict[str, object]:
    """The parts of an environment that can change numbers, as one mapping: each package by its own name."""
    flat: dict[str, object] = {}
    for name in SURROUNDINGS:
        value = environment.get(name)
        if isinstance(value, Mapping):
            flat |= {str(package): version for package, version in value.items()}
        elif value is not None:
            flat[name] = value
    return flat


def unequal(results: Results) -> list[str]:
    """A line for each field in which the arms' budgets differ; none as long as the search of some arm is not over."""
    if not all(has_searched(results, arm) for arm in results.arms):
        return []
    return budget({arm: budget_fields(results, arm) for arm in results.arms})


def is_ranked(results: Results) -> bool:
    """Whether the arms may have verdicts: they were given the same, or it is not known yet."""
    return not unequal(results)
