"""The commands that work on result folders: table, compare, report, unseal."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from harness.cli._options import (
    SOME_FAILED,
    WORSE,
    device_option,
    format_option,
    jobs_option,
    jobs_or_cores,
    json_option,
    keep_report,
    plugin_option,
    width,
)


def _complete_table(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from harness.analysis.tables import TABLES

    return [name for name in TABLES if name.startswith(incomplete)]


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.argument("name", default="arms", shell_complete=_complete_table)
@format_option
@json_option
def table(results: Path, name: str, form: str, as_json: bool) -> None:
    """Show a table of a result folder: arms, comparisons, trials, sensitivity, warnings, runs and others"""
    from harness.analysis.findings import findings
    from harness.analysis.tables import TABLES
    from harness.errors import ResultError, unknown
    from harness.records.folder import ResultFolder
    from harness.records.results import Results
    from harness.report.formats import render
    from harness.report.terminal import answer

    if name not in TABLES:
        raise ResultError(unknown("table", name, TABLES))
    found = Results.of(ResultFolder(results))
    form = "json" if as_json else form
    readable = name == "arms" and form == "text"
    click.echo(answer(findings(found), width()) if readable else render(TABLES[name](found), form), nl=False)


@click.command()
@click.argument("results", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--baseline", metavar="ARM", help="Compare with this arm  [default: the first folder's baseline]")
@click.option("--metric", help="Compare by this metric  [default: the study's]")
@click.option(
    "--pairs",
    type=click.Choice(["baseline", "same", "all"]),
    default="baseline",
    show_default=True,
    help="Each arm with the baseline, with its namesake in the first folder, or with every other.",
)
@click.option(
    "--fail-if-worse", is_flag=True, help=f"Exit with {WORSE} if an arm is worse than what it is compared with."
)
@format_option
@json_option
def compare(
    results: tuple[Path, ...], baseline: str | None, metric: str | None, pairs: Any, fail_if_worse: bool, form: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Compare the arms of result folders, or any arms of one: paired where their seeds met the same draws."""
    from harness.analysis.across import join, worse
    from harness.records.folder import ResultFolder
    from harness.records.results import Results
    from harness.report.comparison import shown

    folders = {str(path): Results.of(ResultFolder(path)) for path in results}
    joined = join(folders, baseline=baseline, metric=metric, pairs=pairs)
    click.echo(shown(joined, "json" if as_json else form, width()), nl=False)
    if fail_if_worse and (found := worse(joined)):
        click.echo(f"worse: {', '.join(found)}", err=True)
        sys.exit(WORSE)


@click.command()
@click.argument("results", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "out",
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write  [default: report.html in the result folder; of several folders, here]",
)
@plugin_option
def report(results: tuple[Path, ...], out: Path | None, plugins: tuple[str, ...]) -> None:
    """Write a report: one HTML page that needs no network, no script and no other file."""
    from harness.analysis.across import join
    from harness.analysis.findings import findings
    from harness.errors import ResultError
    from harness.plugin.registry import build_registry
    from harness.records.folder import ResultFolder, write_text
    from harness.records.results import Results
    from harness.report.page import subject_of, write_report

    registry = build_registry(plugins)
    folders = [ResultFolder(path) for path in results]
    subjects = [subject_of(folder, findings(Results.of(folder)), registry) for folder in folders]
    named = dict(zip(map(str, results), (each.results for each in subjects), strict=True))
    joined = None
    with suppress(ResultError):  # studies of other data, say, may share a page without being compared
        joined = join(named) if len(named) > 1 else None
    out = out or (ResultFolder(results[0]).report if len(results) == 1 else Path("report.html"))
    write_text(out, write_report(subjects, joined))
    click.echo(out)


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--again", is_flag=True, help="Open it although it was opened for another choice before.")
@jobs_option
@device_option
@plugin_option
@json_option
def unseal(
    results: Path, again: bool, jobs: int | None, device: str, plugins: tuple[str, ...], as_json: bool
) -> None:  # fmt: skip
    """Measure the confirmed runs on the test split: once, at the very end, on record for good."""
    from harness.execution.progress import Progress
    from harness.metric import Metric
    from harness.phases.unseal import unseal as open_test_split
    from harness.plugin.registry import build_registry
    from harness.records.folder import ResultFolder
    from harness.report.formats import render
    from harness.training.device import check_device

    folder, device, registry = ResultFolder(results), check_device(device), build_registry(plugins)
    study = folder.existing_study()
    with Progress(Metric(study["metric"], study["direction"])) as progress:
        opened = open_test_split(folder, registry, plugins, jobs_or_cores(jobs), progress, device=device, again=again)
    keep_report(folder, opened, registry)
    click.echo(render(opened.tables["test"], "json" if as_json else "text", width()), nl=False)
    sys.exit(SOME_FAILED if any(each.reason for each in opened.results.ordered if each.phase == "test") else 0)
