"""The search of each arm as an Optuna study, for what Optuna's users do with one: its plots, its importances."""

from __future__ import annotations

from dataclasses import replace

import optuna
from optuna.trial import TrialState, create_trial

from harness.analysis.pareto import search_clock
from harness.plugin.ranges import Domain, Options, Value
from harness.records.record import Record
from harness.records.results import Results
from harness.records.selection import search_records
from harness.study.optuna_space import DIRECTIONS, distribution, mirrored, optuna_name


def searches(results: Results) -> dict[str, optuna.Study]:
    """The search of each arm, by the arm's name; of a study that repeats its search, ``adam, repeat 3``.

    Each is a copy in memory, made from the records: whatever is done with it changes nothing. Its trials are those of
    the first search and of the rounds that widened ranges, in their order; a failed run is a failed trial. A trial has
    the number that it had, its round, its seconds (wall time, and processor time where it is known) and what its run
    came to in every metric as ``user_attrs``; so has it a value that lies where no range of its scale reaches, as a
    default weight decay of 0 on a logarithmic scale. Of a search with several objectives it is a study with several.
    """
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # that a study in memory was made is no news
    try:
        return {
            _name(arm, repeat, len(results.repeats)): _search(results, arm, repeat)
            for arm in results.arms
            for repeat in results.repeats
        }
    finally:
        optuna.logging.set_verbosity(verbosity)


def _name(arm: str, repeat: int, repeats: int) -> str:
    return f"{arm}, repeat {repeat}" if repeats > 1 else arm


def _search(results: Results, arm: str, repeat: int) -> optuna.Study:
    objectives, clock = (results.metric, *results.study.objectives), search_clock(results)
    name = _name(arm, repeat, len(results.repeats))
    study = optuna.create_study(study_name=name, directions=[DIRECTIONS[each.direction] for each in objectives])
    records = search_records(results.records, arm, repeat)
    space = {**results.study.arms[arm].space, **results.ranges(arm, repeat)}
    values = [record.configured().hyperparameters() for record in records]
    for of_one in values:
        space = {name: _with(domain, of_one.get(name)) for name, domain in space.items()}
    for record, of_one in zip(records, values, strict=True):
        known = {name: of_one[name] for name, domain in space.items() if name in of_one and of_one[name] in domain}
        study.add_trial(
            create_trial(
                state=TrialState.FAIL if record.reason else TrialState.COMPLETE,
                values=None if record.reason else [record.score(each, clock) for each in objectives],
                params={optuna_name(name, space[name]): mirrored(space[name], value) for name, value in known.items()},
                distributions={optuna_name(name, space[name]): distribution(space[name]) for name in known},
                user_attrs={**_facts(record), **{name: of_one[name] for name in space.keys() & of_one.keys() - known}},
            )
        )
    return study


def _with(domain: Domain, value: Value | None) -> Domain:
    """The domain with a value in it, where it can have it: a default may lie outside of what was searched.

    The defaults of some lie where no range of their scale reaches, as a weight decay of 0 on a logarithmic one.
    """
    if isinstance(domain, Options) or not isinstance(value, int | float):
        return domain
    try:
        return replace(domain, low=min(domain.low, value), high=max(domain.high, value))
    except ValueError:
        return domain


def _facts(record: Record) -> dict[str, object]:
    last = record.curve[-1] if record.curve else {}
    facts: dict[str, object] = {"trial": record.trial, "round": record.round, "seconds": sum(record.seconds.values())}
    if record.processor_seconds:
        facts["processor_seconds"] = sum(record.processor_seconds.values())
    facts |= last
    return {**facts, **({"reason": record.reason} if record.reason else {})}
