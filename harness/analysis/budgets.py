"""Whether arms had equal budgets, so that they may be ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from harness.records.results import Results, has_searched
from harness.records.selection import finished, search_records
from harness.wording import brief


def differing_fields(fields: Mapping[str, Mapping[str, object]]) -> list[str]:
    """A line for each field in which arms or folders differ: ``trials: 16 (adam), 1 (zeros)``.

    ``fields``: name of an arm or of a folder → field → value. An arm or folder that lacks a field, or has None there,
    is left out of that field's comparison.
    """
    lines = []
    for field in dict.fromkeys(field for fields_of_one in fields.values() for field in fields_of_one):
        names_by_value = defaultdict(list)
        for name, fields_of_one in fields.items():
            if fields_of_one.get(field) is not None:
                names_by_value[brief(fields_of_one[field])].append(name)
        if len(names_by_value) > 1:
            values = ", ".join(f"{value} ({', '.join(names)})" for value, names in names_by_value.items())
            lines.append(f"{field}: {values}")
    return lines


def budget_fields(results: Results, arm: str) -> dict[str, object]:
    """Field → value of an arm's budget, for ``differing_fields``; None where no run has shown the value yet."""
    study = results.study
    runs = finished([*results.confirmed(arm).values(), *search_records(results.records, arm)])
    # Of the first finished run: a confirmation run if there is one.
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


def unequal(results: Results) -> list[str]:
    """A line for each field in which the arms' budgets differ; empty as long as the search of some arm is not over."""
    if not all(has_searched(results, arm) for arm in results.arms):
        return []
    return differing_fields({arm: budget_fields(results, arm) for arm in results.arms})


def is_ranked(results: Results) -> bool:
    """Whether the arms may have verdicts: their budgets are equal, as far as is known yet."""
    return not unequal(results)
