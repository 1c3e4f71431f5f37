"""What a study would stumble over when its runs begin: found before any of them does, by building and no training."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from harness.errors import HarnessError, StudyError
from harness.plugin.kinds import OPTIMISER
from harness.plugin.names import MEMBER
from harness.plugin.ranges import Options, Value
from harness.plugin.registry import Registry
from harness.study import seeds
from harness.study.arm import Arm, Candidate, Params
from harness.study.plan import Plan
from harness.training.build import build_learner, build_optimiser
from harness.training.cohort import Cohort
from harness.training.model import EmbeddingClassifier


def check_arms(plan: Plan, registry: Registry) -> None:
    """Build the learner of each arm's defaults, and at both ends of each range that it searches.

    StudyError with a line for every arm that cannot be built, and for two arms that are one.
    """
    faults = [*_twins(plan), *(fault for arm in plan.arms if (fault := _fault(arm, plan, registry)))]
    if faults:
        raise StudyError("\n".join(faults))


def check_classes(plan: Plan) -> None:
    """Build each arm whose optimiser is a class of somebody's, ``module:Class``, before any run is made.

    StudyError, with what to write instead, for a class that cannot be built with the values that the study gives.
    """
    faults = []
    for arm in plan.arms:
        for candidate in arm.candidates[OPTIMISER.choice]:
            component = candidate.component
            if MEMBER in component.name and (fault := _class_fault(arm, candidate, plan)):
                left_open = ", ".join(component.left_open)
                hint = f"left out, and may be needed: {left_open}; " if left_open else ""
                faults.append(
                    f"arm {arm.name!r} cannot be built: {fault}; {hint}a class that needs more than values is "
                    "registered by a plugin, as a function build(model, *, …) that returns it: harness new plugin NAME "
                    "--kind optimiser"
                )
    if faults:
        raise StudyError("\n".join(faults))


def _class_fault(arm: Arm, candidate: Candidate, plan: Plan) -> str:
    """What keeps an optimiser from being built for a model of the study's size, whatever the other components do."""
    problem, component = plan.problem, candidate.component
    values = component.resolve({**candidate.fixed, **{name: candidate.default(name) for name in candidate.domains}})
    model = EmbeddingClassifier(
        torch.zeros(len(problem.vocabulary), arm.model.embedding_dim),
        num_features=problem.num_features,
        hidden_dim=arm.model.hidden_dim,
        num_classes=problem.num_classes,
    )
    try:
        build_optimiser(model, component, values)
    except HarnessError as error:
        return str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _twins(plan: Plan) -> Iterator[str]:
    known: dict[object, str] = {}
    for arm in plan.arms:
        what = (
            arm.configuration(arm.defaults()),
            *sorted((name, repr(domain)) for name, domain in arm.dimensions().items()),
        )
        if what in known:
            yield (
                f"arms {known[what]!r} and {arm.name!r} are the same: their difference would be none at every seed; "
                "leave one out"
            )
        known.setdefault(what, arm.name)


def _fault(arm: Arm, plan: Plan, registry: Registry) -> str:
    """The first thing that keeps the arm from being built, as a line; '' if nothing does."""
    for where, params in _corners(arm):
        configuration = arm.configuration(params)
        cohort = Cohort(
            configurations=(configuration,), study_seed=plan.study.seed, seed_index=seeds.TUNING[0], device="cpu"
        )  # fmt: skip
        try:
            learner = build_learner(configuration, cohort, plan.problem, registry)
            learner.lr_factor(0.0)
            learner.drop_rate(0.0, 0)
        except HarnessError as error:
            return f"arm {arm.name!r} cannot be built{where}: {error}"
        except Exception as error:
            return f"arm {arm.name!r} cannot be built{where}: {type(error).__name__}: {error}"
    return ""


def _corners(arm: Arm) -> Iterator[tuple[str, Params]]:
    """Values to build the arm with, and a clause that says which: its defaults, and each end of each range."""
    defaults = arm.defaults()
    yield "", defaults
    for name, domain in arm.dimensions().items():
        if name in defaults and not isinstance(domain, Options):
            for end in (domain.low, domain.high):
                value: Value = int(end) if domain.integer else end
                yield f" with {name} = {value}", {**defaults, name: value}
