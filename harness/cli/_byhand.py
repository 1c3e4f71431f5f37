"""One run by hand: ``harness train``."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from harness.errors import DataError, PluginError
from harness.plugin import events
from harness.plugin.ranges import Options
from harness.plugin.registry import Registry, build_registry
from harness.study import seeds
from harness.study.draft import Draft
from harness.study.file import draft_study
from harness.study.plan import make_plan
from harness.study.study import Interval, Study
from harness.training.cohort import Cohort
from harness.training.device import check_device
from harness.training.engine import train
from harness.training.saving import save as save_model


def train_by_hand(
    problem: str | None, optimiser: str | None, epochs: int, save: Path | None,
    overrides: Iterable[str], plugins: tuple[str, ...], *, device: str, as_json: bool,
) -> tuple[str, str]:  # fmt: skip
    """Train a study of one run. Returns why it failed, or '', and the text for stdout."""
    if save is not None and not save.parent.is_dir():
        raise DataError(f"{save}: cannot be written: no folder {save.parent}")
    device = check_device(device)
    registry = build_registry(plugins)
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
    click.echo(
        f"{plan.problem.name}: {', '.join(f'{choice} {each}' for choice, each in configuration.choices)}",
        err=True,
    )

    def watch(event: events.Event) -> None:
        if isinstance(event, events.Evaluated):
            click.echo(_line(event), err=True)
        if registry.has_observers:
            registry.observe(event)

    cohort = Cohort(
        configurations=(configuration,), study_seed=study.seed, seed_index=seeds.TUNING[0], device=device
    )  # fmt: skip
    outcome = train(cohort, plan.problem, registry, watch)[0]
    metrics = {name: value for name, value in (outcome.curve[-1] if outcome.curve else {}).items() if name != "step"}
    if save is not None and outcome.model is not None and not outcome.reason:
        save_model(save, outcome.model, configuration, plan.problem, metrics)
        click.echo(f'saved: {save}   (python: harness.load("{save}"))', err=True)
    if as_json:
        report = {
            "configuration": configuration.to_json(),
            "fingerprint": configuration.fingerprint,
            "curve": outcome.curve,
            "steps": outcome.steps,
            "passes": outcome.passes,
        }
        return outcome.reason, json.dumps(
            {**report, "reason": outcome.reason, "seconds": outcome.seconds}, indent=2
        ) + "\n"
    lines = [f"{name}\t{value:.4f}" for name, value in metrics.items()] if not outcome.reason else []
    if lines and outcome.passes != outcome.steps:
        lines.append(f"passes_per_step\t{outcome.passes / outcome.steps:.4f}")
    notes = [plan.problem.conventions] if plan.problem.conventions and lines else []
    return outcome.reason, "".join(f"{line}\n" for line in (*lines, *notes))


def _without_search(study: Study, draft: Draft) -> Study:
    """The study with every hyperparameter that has no value at its component's own default; faults for the rest."""
    one = "harness train runs one configuration"
    for key, override in study.space.items():
        if isinstance(override, Options | Interval):
            draft.fault(["space", key], f"{one}: give one value")
    for choice, picks in study.choices.items():
        if len(picks) > 1 or picks[0].search is not None:
            draft.fault(["choices", choice], f"{one}: name one component, and nothing to search")
    if study.compare:
        draft.fault(["compare"], f"{one} and compares nothing; harness run does")
    choices = {choice: tuple(replace(pick, search=()) for pick in picks) for choice, picks in study.choices.items()}
    return study.model_copy(update={"choices": choices})


def _default(registry: Registry, kind: str) -> str:
    name = registry.default(kind)
    if name is None:
        raise PluginError(
            f"no {kind} is the default; choose one with --{kind}: {', '.join(registry.names(kind)) or 'none is known'}"
        )
    return name


def _line(event: events.Evaluated) -> str:
    shown = "  ".join(f"{name} {value:.4g}" for name, value in event.measurements.items() if name != "step")
    digits = int(math.log10(event.steps)) + 1
    return f"step {event.step:{digits}} of {event.steps}  {shown}"
