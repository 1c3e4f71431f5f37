"""The command ``train``: one run, by hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli._options import (
    FAILED,
    device_option,
    json_option,
    plugin_option,
    set_option,
)

if TYPE_CHECKING:
    pass


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
    from harness.cli._byhand import train_by_hand

    reason, text = train_by_hand(
        problem, optimiser, epochs, save, overrides, plugins, device=device, as_json=as_json
    )  # fmt: skip
    click.echo(text, nl=False)
    if reason:
        click.echo(f"error: the run failed: {reason}", err=True)
        sys.exit(FAILED)
