"""The command ``train``: one run, by hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli._options import (
    FAILED,
    device_option,
    json_option,
    plugin_option,
    say,
    set_option,
)

if TYPE_CHECKING:
    from harness.phases.single import SingleRun


@click.command()
@click.option("--problem", help="Problem to train on  [default: the built-in one]")
@click.option("--optimiser", help="Optimiser to train with  [default: the built-in one]")
@click.option("--epochs", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write the model, as safetensors.")
@device_option
@set_option
@plugin_option
@json_option
def train(
    problem: str | None, optimiser: str | None, epochs: int, save: Path | None, device: str,
    overrides: tuple[str, ...], plugins: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Train one model by hand and watch it.

    Everything has a default; --set changes it: --set dropout=linear --set dropout.linear.start=0.6 --set seed=1
    """
    from harness.api import train_single

    single = train_single(
        problem, optimiser, epochs, save=save, overrides=overrides, plugins=plugins, device=device, progress=True
    )
    reason = single.outcome.reason
    if save is not None and not reason:
        say(f'saved: {save}   (python: harness.load("{save}"))', err=True)
    say(single_json(single) if as_json else single_text(single), nl=False)
    if reason:
        say(f"error: the run failed: {reason}", err=True)
        sys.exit(FAILED)


def single_text(single: SingleRun) -> str:
    """The metrics at the last step, one a line; '' for a failed run."""
    outcome = single.outcome
    if outcome.reason or not single.metrics:
        return ""
    lines = [f"{name}\t{value:.4f}" for name, value in single.metrics.items()]
    if outcome.passes != outcome.steps:
        lines.append(f"passes_per_step\t{outcome.passes / outcome.steps:.4f}")
    return "".join(f"{line}\n" for line in [*lines, *filter(None, [single.problem.conventions])])


def single_json(single: SingleRun) -> str:
    """The run as JSON, with its curve, and the reason if it failed."""
    outcome = single.outcome
    report = {
        "configuration": single.configuration.to_json(),
        "fingerprint": single.configuration.fingerprint,
        "curve": outcome.curve,
        "steps": outcome.steps,
        "passes": outcome.passes,
        "reason": outcome.reason,
        "seconds": outcome.seconds,
        "processor_seconds": outcome.processor_seconds,
    }
    return json.dumps(report, indent=2) + "\n"
