"""``harness train``: a study of one run, without a folder, trained in this process."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, PluginError
from harness.plugin import events
from harness.plugin.problem import Problem
from harness.plugin.ranges import Options
from harness.plugin.registry import Registry
from harness.study import seeds
from harness.study.configuration import Configuration
from harness.study.draft import Draft
from harness.study.file import draft_study
from harness.study.plan import make_plan
from harness.study.study import Interval, Study
from harness.training.cohort import Cohort
from harness.training.engine import train
from harness.training.run import Outcome
from harness.training.saving import TrainedModel, save


@dataclass(frozen=True, kw_only=True)
class SingleRun:
    """One configuration, trained once, and its outcome."""

    configuration: Configuration
    problem: Problem
    outcome: Outcome

    @property
    def metrics(self) -> dict[str, float]:
        """Metric → value at the last evaluation point; empty if the run failed before the first one."""
        last = self.outcome.curve[-1] if self.outcome.curve else {}
        return {name: value for name, value in last.items() if name != "step"}

    def model(self) -> TrainedModel:
        """The trained model, as ``harness.load`` would give it; HarnessError with the reason if the run failed."""
        if self.outcome.reason or self.outcome.model is None:
            raise HarnessError(f"the run failed: {self.outcome.reason}")
        model = copy.deepcopy(self.outcome.model).cpu()
        model.eval()
        return TrainedModel(
            model=model, configuration=self.configuration, vocabulary=self.problem.vocabulary,
            problem=self.problem.name, metrics=self.metrics,
        )  # fmt: skip

    def save(self, path: Path) -> None:
        """Write the model into a file; nothing is written if the run failed."""
        if self.outcome.model is not None:
            save(path, self.outcome.model, self.configuration, self.problem, self.metrics)


def train_once(
    problem: str | None, optimiser: str | None, epochs: int, overrides: Iterable[str], registry: Registry, *,
    device: str, tell: Callable[[str], None],
) -> SingleRun:  # fmt: skip
    """Train the built-in defaults, changed by the arguments and ``overrides``; StudyError with every fault of these.

    ``tell``: is called with a line for the configuration, and a line for each evaluation point.
    """
    raw: dict[str, Any] = {
        "question": "one run by hand",
        "problem": problem or _default(registry, "problem"),
        "metric": "dev_loss",
        "choices": {"optimiser": optimiser} if optimiser else {},
        "training": {"epochs": epochs, "score_always": True},
    }
    study, draft = draft_study(raw, overrides, source="harness train")
    plan = make_plan(_without_search(study, draft), draft, registry)
    configuration = plan.arms[0].configuration(plan.arms[0].defaults())
    tell(f"{plan.problem.name}: {', '.join(f'{choice} {selected}' for choice, selected in configuration.choices)}")

    def watch(event: events.Event) -> None:
        if isinstance(event, events.Evaluated):
            tell(_line(event))
        if registry.has_observers:
            registry.observe(event)

    cohort = Cohort(
        configurations=(configuration,), study_seed=study.seed, seed_index=seeds.TUNING[0], device=device
    )  # fmt: skip
    outcome = train(cohort, plan.problem, registry, watch)[0]
    return SingleRun(configuration=configuration, problem=plan.problem, outcome=outcome)


def _without_search(study: Study, draft: Draft) -> Study:
    """The study with nothing to search: what has no value gets its default. Whatever asks for a search is a fault."""
    rule = "harness train runs one configuration"
    for key, override in study.space.items():
        if isinstance(override, Options | Interval):
            draft.fault(["space", key], f"{rule}: give one value")
    for choice, picks in study.choices.items():
        if len(picks) > 1 or picks[0].search is not None:
            draft.fault(["choices", choice], f"{rule}: name one component, and nothing to search")
    if study.compare:
        draft.fault(["compare"], f"{rule} and compares nothing; harness run does")
    choices = {choice: tuple(replace(pick, search=()) for pick in picks) for choice, picks in study.choices.items()}
    return study.model_copy(update={"choices": choices})


def _default(registry: Registry, kind: str) -> str:
    """The default component of a kind; PluginError if no plugin offers one."""
    name = registry.default(kind)
    if name is None:
        raise PluginError(
            f"no {kind} is the default; choose one with --{kind}: {', '.join(registry.names(kind)) or 'none is known'}"
        )
    return name


def _line(event: events.Evaluated) -> str:
    """``step 3 of 6`` and every measurement; the step is padded to the width of the last one."""
    shown = "  ".join(f"{name} {value:.4g}" for name, value in event.measurements.items() if name != "step")
    digits = int(math.log10(event.steps)) + 1
    return f"step {event.step:{digits}} of {event.steps}  {shown}"
