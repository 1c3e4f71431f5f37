"""A study resolved against problem and plugins: everything that must be known before the first run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.arms import find_baseline, make_arms
from harness.configuration import Selection
from harness.errors import HarnessError, unknown
from harness.ladder import affordable
from harness.names import full_name
from harness.problem import Direction, Problem, sha256
from harness.ranges import Options, domain_to_json
from harness.registry import Registry
from harness.space import Arm
from harness.study import Study
from harness.studyfile import Draft, read_study


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A study that can be run: ``selection`` names its problem; ``baseline`` is an arm's name."""

    study: Study
    selection: Selection
    problem: Problem
    arms: tuple[Arm, ...]
    baseline: str
    overrides: tuple[str, ...] = ()

    @property
    def direction(self) -> Direction:
        """Which way the study's metric is better."""
        return self.problem.directions()[self.study.metric]

    def to_json(self) -> dict[str, Any]:
        """What ``study.json`` holds: all that the tables need, and all that must not change under a result folder."""
        study = self.study
        return {
            "question": study.question,
            "tier": study.tier,
            "problem": {
                "name": self.selection.name,
                **dict(self.selection.values),
                "digest": self.problem.digest,
            },
            "conventions": self.problem.conventions,
            "metric": study.metric,
            "direction": self.direction,
            "metrics": dict(self.problem.directions()),
            "seed": study.seed,
            "compare": list(study.compare),
            "baseline": self.baseline,
            "model": study.model.model_dump(),
            "training": study.training.model_dump(),
            "search": study.search.model_dump(),
            "select": study.select.model_dump(),
            "confirm": study.confirm.model_dump(),
            "smallest_difference": study.smallest_difference,
            "arms": {arm.name: _arm_json(arm) for arm in self.arms},
            "overrides": list(self.overrides),
        }


def _arm_json(arm: Arm) -> dict[str, Any]:
    return {
        "settings": dict(arm.settings),
        "space": {name: domain_to_json(domain) for name, domain in arm.dimensions().items()},
        "fixed": {
            # Of several candidates two may have a part in common, and fix it at different values.
            full_name(choice, each.component.name, name)
            if len(candidates) == 1
            else f"{choice}.{each.component.name}.{name}": value
            for choice, candidates in arm.candidates.items()
            for each in candidates
            for name, value in each.fixed.items()
        },
        "defaults": arm.configuration(arm.defaults()).hyperparameters(),
        "traits": {
            f"{choice}.{part.name}": part.traits.to_json()
            for choice, candidates in arm.candidates.items()
            for each in candidates
            for part in each.component.parts or (each.component,)
        },
        "files": _files(arm),
    }


def _files(arm: Arm) -> dict[str, str]:
    """SHA-256 of every file that a hyperparameter names: what it holds is part of what was run."""
    values = (
        value
        for candidates in arm.candidates.values()
        for each in candidates
        for domain in (*(Options((value,)) for value in each.fixed.values()), *each.domains.values())
        if isinstance(domain, Options)
        for value in domain.values
    )
    names = sorted({value for value in values if isinstance(value, str) and _is_file(value)})
    return {name: sha256(Path(name).read_bytes()) for name in names}


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:  # too long to be a path, say
        return False


def plan_from_file(path: Path, overrides: Iterable[str], registry: Registry) -> Plan:
    """Read, resolve and check a study file. StudyError with every fault in it."""
    overrides = tuple(overrides)
    study, draft = read_study(path, overrides)
    return make_plan(study, draft, registry, overrides)


def make_plan(study: Study, draft: Draft, registry: Registry, overrides: tuple[str, ...] = ()) -> Plan:
    """Resolve a study. StudyError with all faults, those of form that the draft already has among them."""
    arms = make_arms(study, draft, registry)
    baseline = find_baseline(study, arms, draft)
    if study.search.sampler == "grid":
        _check_grid(arms, draft)
    if study.problem.name == "?":
        draft.raise_faults()
    selection, problem = _load_problem(study, draft, registry)
    given = isinstance(draft.raw.get("metric"), str)  # else that has been noted
    if given and problem is not None and study.metric not in problem.directions():
        draft.fault(["metric"], unknown("metric", study.metric, problem.directions()))
    draft.raise_faults()
    assert problem is not None  # a problem that could not be loaded is a fault
    return Plan(
        study=study, selection=selection, problem=problem, arms=arms, baseline=baseline, overrides=overrides
    )  # fmt: skip


def _load_problem(study: Study, draft: Draft, registry: Registry) -> tuple[Selection, Problem | None]:
    path = ["problem"]
    if study.problem.search is not None:
        draft.fault(path, "search is for what [choices] lists, a problem is not searched")
    try:
        component = registry.component("problem", study.problem.name)
        for name, value in study.problem.values.items():
            path = ["problem", name]
            component.check({name: value})
        path = ["problem"]
        values = component.resolve(study.problem.values)
        return Selection.of(component.name, values), component.build(**values)
    except (HarnessError, ValueError) as error:  # ValueError: a component's word for a value it cannot use
        draft.fault(path, str(error))
        return Selection(name=study.problem.name), None


def _check_grid(arms: Iterable[Arm], draft: Draft) -> None:
    for arm in arms:
        try:
            arm.grid()
        except ValueError as error:
            draft.fault(["search", "sampler"], str(error))


_SHOWN = ("question", "baseline", "overrides", "tier", "smallest_difference", "metrics")
"""Keys that only tables show."""


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What a changed study would break in a result folder, one line a key.

    More trials, more seeds and further arms break nothing; nor does another question or baseline, which only tables
    show, or another place for the same data. Looks at the verdicts, once begun, stay where they are.
    """
    found = []
    for path, before, after in _leaves((), old, new):
        if before == after or path[0] in _SHOWN:
            continue
        if path[0] == "arms" and path[2:3] == ("traits",):
            continue
        if path[0] == "problem" and path[-1] not in ("name", "digest"):
            continue
        if path == ("search", "trials") and after > before:
            continue
        if path[0] == "confirm" and not _moves_the_looks(path[-1], old, new):
            continue
        if path[0] == "arms" and len(path) == 2 and before is None:
            continue
        found.append(f"{'.'.join(path)}: was {_shown(before)}, now {_shown(after)}{_cause(path, old, new)}")
    return found


def _moves_the_looks(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a change of ``confirm`` loses seeds, or the looks to which a study that goes on looking has committed."""
    before, after = old["confirm"], new["confirm"]
    if key == "seeds" and after["seeds"] < before["seeds"]:
        return True
    return bool(before.get("until_decided"))  # who has looked at sequential levels cannot go back to others


def _cause(path: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Why another number of hyperparameters is searched, where the study may have changed its budget alone."""
    before, now = old["search"]["trials"], new["search"]["trials"]
    if path[0] != "arms" or path[2:3] != ("space",) or affordable(before) == affordable(now):
        return ""
    return (
        f" (search.trials was {before}, is now {now}: that changes how many are searched, "
        "unless search = [...] names them)"
    )


def _shown(value: Any) -> str:
    if value is None:
        return "absent"
    return "present" if isinstance(value, dict) else repr(value)


def _leaves(path: tuple[str, ...], old: Any, new: Any) -> Iterable[tuple[tuple[str, ...], Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _leaves((*path, key), old.get(key), new.get(key))
    else:
        yield path, old, new
