"""A study resolved against problem and plugins: everything that must be known before the first run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, unknown
from harness.metric import Metric
from harness.plugin.problem import Problem
from harness.plugin.registry import Registry
from harness.study._resolve import find_baseline, make_arms
from harness.study.arm import Arm
from harness.study.configuration import Selection
from harness.study.draft import Draft
from harness.study.file import read_study
from harness.study.resolved import arm_to_json
from harness.study.study import Study


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
    def metric(self) -> Metric:
        """What the study judges its runs by."""
        return Metric(self.study.metric, self.problem.directions()[self.study.metric])

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
            "direction": self.metric.direction,
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
            "arms": {arm.name: arm_to_json(arm) for arm in self.arms},
            "overrides": list(self.overrides),
        }


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
