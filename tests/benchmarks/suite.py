"""``make bench``: the tables of ratios, sizes and memory, and the machine they were made on."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import driving
import growth
import memory
import scale
from comparison import Comparison, table
from evaluation import compare_evaluations
from step import compare_steps
from study import compare_studies
from workbench import tell

from harness.execution.environment import describe
from harness.plugin.registry import build_registry

COMPARISONS = {"step": compare_steps, "study": compare_studies, "evaluation": compare_evaluations}
PARTS = (*COMPARISONS, "scale", "memory", "growth", "driving")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("only", "--only", type=click.Choice(PARTS), multiple=True, help="Leave the others out; repeatable.")
@click.option("--quick", is_flag=True, help="Toy sizes: whether it works, not how fast.")
@click.option("out", "--json", type=click.Path(path_type=Path), help="Write every number to this file.")
def main(only: tuple[str, ...], quick: bool, out: Path | None) -> None:
    """Time the harness against the textbook's loop and a plain Optuna script: medians of alternating repetitions."""
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as cache:
        before = os.environ.get("HARNESS_CACHE")
        os.environ["HARNESS_CACHE"] = cache
        try:
            report = measure(only or PARTS, quick=quick)
        finally:
            os.environ.pop("HARNESS_CACHE")
            if before is not None:
                os.environ["HARNESS_CACHE"] = before
    if out is not None:
        out.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    tell(f"{time.perf_counter() - begin:.0f} s in all")


def measure(parts: tuple[str, ...], *, quick: bool) -> dict[str, Any]:
    """Print each table; all of it as plain data."""
    report: dict[str, Any] = {"machine": machine(), "quick": quick}
    comparisons: list[Comparison] = []
    for name, compare in COMPARISONS.items():
        if name in parts:
            comparisons += compare(quick=quick)
            tell(table(comparisons).rstrip())
    click.echo(", ".join(f"{name} {value}" for name, value in report["machine"].items()))
    if comparisons:
        click.echo(f"\n{table(comparisons)}", nl=False)
        report["comparisons"] = [each.to_json() for each in comparisons]
    if "scale" in parts:
        report["scale"] = scale.scale(quick=quick)
        click.echo(f"\n{scale.table(report['scale'])}", nl=False)
    if "memory" in parts:
        report["memory"] = memory.memory(quick=quick)
        click.echo(f"\n{memory.table(report['memory'])}", nl=False)
    if "growth" in parts:
        report["growth"] = growth.growth(quick=quick)
        click.echo(f"\n{growth.table(report['growth'])}", nl=False)
    if "driving" in parts:
        report["driving"] = driving.driving(quick=quick)
        click.echo(f"\n{driving.table(report['driving'])}", nl=False)
    return report


def machine() -> dict[str, Any]:
    """What a reader needs to compare times."""
    found = describe(build_registry())
    kept = {name: found[name] for name in ("processor", "cores", "cpu_capability", "system", "python", "commit")}
    return {**kept, "torch": found["packages"]["torch"]}
