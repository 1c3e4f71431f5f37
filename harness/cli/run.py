"""The commands that train: run, train."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli._options import (
    INTERRUPTED,
    SOME_FAILED,
    device_option,
    jobs_option,
    jobs_or_cores,
    json_option,
    keep_report,
    plugin_option,
    set_option,
    width,
)

if TYPE_CHECKING:
    from harness.cli._closing import Command
    from harness.execution.stopwatch import Stopwatch
    from harness.plugin.registry import Registry
    from harness.study.plan import Plan


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("out", "--out", type=click.Path(path_type=Path), help="Result folder  [default: results/STUDY]")
@jobs_option
@click.option("--until-decided", is_flag=True, help="Add seeds in blocks while a verdict is open, up to confirm.limit.")
@click.option("--dry-run", is_flag=True, help="Build everything, run one step of each arm, write no result.")
@device_option
@set_option
@plugin_option
@json_option
def run(
    study: Path, out: Path | None, jobs: int | None, until_decided: bool, dry_run: bool, device: str,
    overrides: tuple[str, ...], plugins: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Run a study file, or go on with it: finished runs are never repeated."""
    from harness.execution.stopwatch import Stopwatch

    stopwatch = Stopwatch()
    overrides += ("confirm.until_decided=true",) if until_decided else ()
    jobs = jobs_or_cores(jobs)
    out = out or Path("results") / study.stem
    with stopwatch("importing"):
        if jobs and not dry_run:
            from harness.execution.processes import warm_up

            warm_up()  # what workers need is imported while this process imports its own
        from harness.cli._closing import Command
        from harness.plugin.registry import build_registry
        from harness.study.plan import plan_from_file
        from harness.training.device import check_device

    with stopwatch("preparing"):
        device = check_device(device)
        registry = build_registry(plugins)
        plan = plan_from_file(study, overrides, registry)
    if dry_run:
        from harness.cli._dry_run import dry_run as rehearse

        click.echo(rehearse(plan, registry, jobs, device, as_json=as_json), nl=False)
        return
    command = Command(study=study, out=out, overrides=overrides, plugins=plugins, device=device)
    try:
        failed = _run_and_report(plan, command, registry, jobs, as_json, stopwatch)
    except BaseException as error:
        if not _is_interrupt(error):
            raise
        again = command.again("--jobs", str(jobs))
        click.echo(f"interrupted; every finished run is kept in {out}. Go on with:\n  {again}", err=True)
        sys.exit(INTERRUPTED)
    sys.exit(SOME_FAILED if failed else 0)


def _is_interrupt(error: BaseException | None) -> bool:
    """Ctrl-C, or what a library made of it: one that releases a lock may fail over it."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _run_and_report(
    plan: Plan, command: Command, registry: Registry, jobs: int, as_json: bool, stopwatch: Stopwatch
) -> int:
    with stopwatch("importing"):
        from harness.cli._closing import closing
        from harness.execution.progress import Progress
        from harness.phases.protocol import run_study
        from harness.records.folder import ResultFolder
        from harness.report.formats import render
        from harness.report.terminal import answer

    folder, toml = ResultFolder(command.out), command.study.read_text(encoding="utf-8")
    with Progress(plan.metric) as progress:
        summary = run_study(plan, toml, folder, registry, command.plugins, jobs, progress, stopwatch, command.device)
    if not summary.new:
        click.echo(f"{command.out}: finished before, nothing to do", err=True)
    found = summary.findings
    click.echo(render(found.tables["arms"], "json") if as_json else answer(found, width()), nl=False)
    keep_report(folder, found, registry)
    click.echo(closing(plan, command, summary), err=True)
    return summary.failed
