"""The command line. Data goes to stdout; progress and messages to stderr.

Imports stand inside the functions, so that ``harness --help`` needs neither torch nor pandas.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness import __version__
from harness.errors import HarnessError
from harness.hookspecs import KINDS

if TYPE_CHECKING:
    from harness.closing import Command
    from harness.plan import Plan
    from harness.registry import Registry
    from harness.stopwatch import Stopwatch

FAILED, BAD_INPUT, SOME_FAILED, INTERRUPTED = 1, 2, 3, 130
FORMATS = ("text", "csv", "markdown", "latex", "json")


class _Harness(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        """Show a HarnessError as its message alone."""
        try:
            return super().invoke(ctx)
        except HarnessError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(BAD_INPUT)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=_Harness, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """Which optimiser, initialiser or dropout schedule is better, and how sure are we?

    A study file asks one question; `harness run` answers it with a table, `harness table` shows it again.

    Exit codes: 0 done, 1 failed, 2 usage or a bad file, 3 finished but some runs failed, 130 interrupted.
    """


plugin_option = click.option(
    "plugins",
    "--plugin",
    multiple=True,
    metavar="FILE|MODULE",
    help="Load a plugin that is not installed; repeatable.",
)
set_option = click.option(
    "overrides", "--set", multiple=True, metavar="KEY=VALUE",
    help="Override anything of a study, as in search.trials=4 or optimiser.adam.lr=1e-3; repeatable.",
)  # fmt: skip
json_option = click.option("as_json", "--json", is_flag=True, help="Print JSON.")
device_option = click.option(
    "--device", default="cpu", show_default=True, metavar="cpu|cuda|cuda:N", help="What runs compute on."
)


@main.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("out", "--out", type=click.Path(path_type=Path), help="Result folder  [default: results/STUDY]")
@click.option(
    "--jobs",
    type=click.IntRange(min=0),
    help="Worker processes; changes no result. 0: none, for a debugger  [default: one a core]",
)
@click.option("--dry-run", is_flag=True, help="Build everything, run one step of each arm, write no result.")
@device_option
@set_option
@plugin_option
@json_option
def run(
    study: Path, out: Path | None, jobs: int | None, dry_run: bool, device: str, overrides: tuple[str, ...],
    plugins: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Run a study file, or go on with it: finished runs are never repeated."""
    from harness.stopwatch import Stopwatch

    stopwatch = Stopwatch()
    if jobs is None:
        jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    out = out or Path("results") / study.stem
    with stopwatch("importing"):
        from harness.closing import Command
        from harness.device import check_device
        from harness.plan import plan_from_file
        from harness.registry import build_registry

    with stopwatch("preparing"):
        device = check_device(device)
        registry = build_registry(plugins)
        plan = plan_from_file(study, overrides, registry)
    if dry_run:
        from harness.dryrun import dry_run as rehearse

        click.echo(rehearse(plan, registry, jobs, device, as_json=as_json), nl=False)
        return
    command = Command(study=study, out=out, overrides=overrides, plugins=plugins, device=device)
    try:
        failed = _run_and_report(plan, command, registry, jobs, as_json, stopwatch)
    except KeyboardInterrupt:
        again = command.again("--jobs", str(jobs))
        click.echo(f"interrupted; every finished run is kept in {out}. Go on with:\n  {again}", err=True)
        sys.exit(INTERRUPTED)
    sys.exit(SOME_FAILED if failed else 0)


def _run_and_report(
    plan: Plan, command: Command, registry: Registry, jobs: int, as_json: bool, stopwatch: Stopwatch
) -> int:
    with stopwatch("importing"):
        from harness.closing import closing
        from harness.folder import ResultFolder
        from harness.progress import Progress
        from harness.render import answer, render
        from harness.runner import run_study
        from harness.tables import arms

    folder, toml = ResultFolder(command.out), command.study.read_text(encoding="utf-8")
    with Progress(plan.study.metric, plan.direction) as progress:
        summary = run_study(plan, toml, folder, registry, command.plugins, jobs, progress, stopwatch, command.device)
    if not summary.new:
        click.echo(f"{command.out}: finished before, nothing to do", err=True)
    frame = arms(summary.results)
    click.echo(render(frame, "json") if as_json else answer(summary.results, frame, _width()), nl=False)
    click.echo(closing(plan, command, summary), err=True)
    return summary.failed


@main.command()
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
    from harness.byhand import train_by_hand

    reason, text = train_by_hand(
        problem, optimiser, epochs, save, overrides, plugins, device=device, as_json=as_json
    )  # fmt: skip
    click.echo(text, nl=False)
    if reason:
        click.echo(f"error: the run failed: {reason}", err=True)
        sys.exit(FAILED)


@main.command(name="list")
@click.argument("kind", type=click.Choice(list(KINDS)), required=False)
@plugin_option
@json_option
def list_(kind: str | None, plugins: tuple[str, ...], as_json: bool) -> None:
    """List the components: what a study may name."""
    from harness.catalogue import list_components
    from harness.registry import build_registry

    click.echo(list_components(build_registry(plugins), kind, as_json=as_json, width=_width()), nl=False)


def _complete_component(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from harness.registry import build_registry

    try:
        names = build_registry(ctx.params.get("plugins") or ()).names(ctx.params.get("kind") or "")
    except HarnessError:  # the shell is no place for it
        return []
    return [name for name in names if name.startswith(incomplete)]


@main.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("name", shell_complete=_complete_component)
@plugin_option
@json_option
def show(kind: str, name: str, plugins: tuple[str, ...], as_json: bool) -> None:
    """Show a component: its hyperparameters, their defaults and ranges."""
    from harness.catalogue import show_component
    from harness.registry import build_registry

    component = build_registry(plugins).component(kind, name)
    click.echo(show_component(component, as_json=as_json, width=_width()), nl=False)


@main.command()
@click.argument("study", type=click.Path(path_type=Path))
@set_option
@plugin_option
@json_option
def check(study: Path, overrides: tuple[str, ...], plugins: tuple[str, ...], as_json: bool) -> None:
    """Check a study file, with its problem's data, and show what it would run."""
    from harness.catalogue import show_plan
    from harness.plan import plan_from_file
    from harness.registry import build_registry

    plan = plan_from_file(study, overrides, build_registry(plugins))
    click.echo(show_plan(plan, as_json=as_json, width=_width()), nl=False)


def _complete_table(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from harness.tables import TABLES

    return [name for name in TABLES if name.startswith(incomplete)]


@main.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.argument("name", default="arms", shell_complete=_complete_table)
@click.option("form", "--format", type=click.Choice(FORMATS), default="text", show_default=True)
@json_option
def table(results: Path, name: str, form: str, as_json: bool) -> None:
    """Show a table of a result folder: arms, trials, runs, curves or timing."""
    from harness.errors import ResultError, unknown
    from harness.folder import ResultFolder
    from harness.render import answer, render
    from harness.tables import TABLES, Results

    if name not in TABLES:
        raise ResultError(unknown("table", name, TABLES))
    found = Results.of(ResultFolder(results))
    frame = TABLES[name](found)
    form = "json" if as_json else form
    readable = name == "arms" and form == "text"
    click.echo(answer(found, frame, _width()) if readable else render(frame, form), nl=False)


def _width() -> int | None:
    """Columns of the terminal; None where stdout is something else, which wraps nothing."""
    return os.get_terminal_size().columns if sys.stdout.isatty() else None
