"""The command ``run``: run a study file and print its answer, or (``--dry-run``) its cost."""

from __future__ import annotations

import math
import shlex
import sys
import textwrap
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli._interrupts import how_it_ended, interrupt_of
from harness.cli._options import (
    SOME_FAILED,
    STOPPED,
    DryOption,
    HeadedCommand,
    PlaceOption,
    json_option,
    json_text,
    place_options,
    plugin_option,
    say,
    set_option,
    width,
)
from harness.wording import duration, plural, without_password

if TYPE_CHECKING:
    from harness.records.record import Call, Record
    from harness.report.notebook import StudyResults
    from harness.statistics.comparison import Pairing
    from harness.statistics.verdict import Verdict


dry_option = partial(click.option, cls=DryOption)


@click.command(cls=HeadedCommand)
@click.argument("study", type=click.Path(path_type=Path))
@click.option("out", "--out", type=click.Path(path_type=Path), help="Result folder  [default: results/STUDY]")
@place_options
@click.option(
    "--storage",
    cls=PlaceOption,
    metavar="URL",
    help="Optuna's storage in place of the folder's journal, for a dashboard: postgresql://…, sqlite:///…, redis://….",
)
@click.option("--until-decided", is_flag=True, help="Add seeds in blocks while a verdict is open, up to confirm.limit.")
@click.option(
    "--stop-after", metavar="2h|50runs", help="Begin no run after so long, or so many; the same command goes on."
)
@dry_option("--dry-run", is_flag=True, help="Build everything, run one step of each arm, write no result.")
@dry_option(
    "--pilot", metavar="FOLDER|SD", help="With --dry-run: the spread by which it says what difference can be found."
)
@set_option
@plugin_option
@json_option
def run(
    study: Path, out: Path | None, jobs: int | None, executor: str | None, address: str | None, until_decided: bool,
    storage: str | None, stop_after: str | None, dry_run: bool, pilot: str | None, device: str,
    overrides: tuple[str, ...], plugins: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Run a study file, or go on with it: finished runs are never repeated."""
    from harness import api
    from harness.execution.forking import fork_workers_from_here
    from harness.execution.processes import worker_count

    overrides += (api.UNTIL_DECIDED,) if until_decided else ()
    if pilot is not None and not dry_run:
        raise click.UsageError("--pilot goes with --dry-run, which says what the planned seeds can find")
    if dry_run:
        say(cost(study, overrides, plugins, worker_count(jobs), device, pilot, as_json=as_json), nl=False)
        return
    fork_workers_from_here()
    out = api.result_folder(study, out)
    command = Command(
        study=study, out=out, overrides=overrides, plugins=plugins, device=device, jobs=jobs, executor=executor,
        address=address, storage=storage,
    )  # fmt: skip
    try:
        results = api.run(
            study, out=out, jobs=jobs, executor=executor, executor_address=address, storage=storage, set=overrides,
            plugins=plugins, device=device, stop_after=stop_after, progress=True,
        )  # fmt: skip
        _answer(results, command, as_json=as_json)
    except BaseException as error:
        interrupt = interrupt_of(error)
        if interrupt is None:
            raise
        word, code = how_it_ended(interrupt)
        again = command.again()
        password = " (*** is your password)" if "***" in again else ""
        say(f"{word}; every finished run is kept in {out}. Go on with{password}:\n  {again}", err=True)
        sys.exit(code)
    if results.stopped:
        more = ["--stop-after", stop_after] if stop_after else []
        again = command.again(*more)
        say(f"stopped after {plural(len(results.made), 'run')}, as asked; go on with:\n  {again}", err=True)
        sys.exit(STOPPED)
    sys.exit(SOME_FAILED if results.failed else 0)


def _answer(results: StudyResults, command: Command, *, as_json: bool) -> None:
    """Print the answer on stdout and the next commands on stderr; write the page into the folder."""
    from harness.report.formats import render

    if not results.made and not results.stopped:
        say(f"{command.out}: finished before, nothing to do", err=True)
    say(render(results.arms, "json") if as_json else results.text(width()), nl=False)
    results.report()
    say(closing(command, results), err=True)


def cost(
    study: Path, overrides: tuple[str, ...], plugins: tuple[str, ...], jobs: int, device: str, pilot: str | None, *,
    as_json: bool,
) -> str:  # fmt: skip
    """What the study would cost, estimated from one step of each arm, and which difference it could find.

    ``pilot``: a result folder or a standard deviation. HarnessError if a step fails.
    """
    from harness.analysis.detectable import planned
    from harness.phases.cost import estimate_cost
    from harness.plugin.registry import build_registry
    from harness.report.formats import text_table
    from harness.study.plan import plan_from_file
    from harness.training.cohort import count_steps
    from harness.training.device import check_device

    device = check_device(device)
    registry = build_registry(plugins)
    plan = plan_from_file(study, overrides, registry)
    power = planned(plan.study.search, plan.study.confirm, len(plan.arms), plan.metric, pilot)
    whole = estimate_cost(plan, registry, jobs, device)
    if as_json:
        estimated = {
            "runs": whole.runs, "estimated_seconds": whole.seconds, "estimated_bytes": whole.memory,
            "most_runs": whole.most_runs, "most_seconds": whole.most_seconds,
            "detectable_sds": _or_none(power.sds), "detectable_difference": _or_none(power.difference),
        }  # fmt: skip
        return json_text({**estimated, **plan.resolved().to_json()})
    rows = [
        [
            of_arm.arm.name,
            str(of_arm.runs),
            f"{of_arm.parameters:,}",
            str(count_steps(of_arm.arm.training, plan.problem)),
            duration(of_arm.seconds),
            "  ".join(f"{name} {domain}" for name, domain in of_arm.arm.dimensions().items()) or "nothing",
        ]
        for of_arm in whole.arms
    ]
    header = ["arm", "runs", "parameters", "steps", "a run", "searches"]
    phases = ", ".join(f"{phase} {count}" for phase, count in whole.runs.items())
    most = ""
    of_repeat = " in each repeat of the search" if plan.study.search.repeats > 1 else ""
    widened = [f"ranges are widened in {plural(whole.rounds, 'round')}{of_repeat}"] if whole.rounds else []
    confirm = plan.study.confirm
    added = (
        [f"seeds are added up to {confirm.limit}"] if confirm.until_decided and confirm.limit > confirm.seeds else []
    )
    if whole.most_runs != whole.runs:
        runs = plural(sum(whole.most_runs.values()), "run")
        most = f"at most {runs}, {duration(whole.most_seconds)}, if {' and '.join([*widened, *added])}\n"
    return (
        f"{plan.study.question}\n\n{text_table(header, rows, [False, True, True, True, True, False])}\n"
        f"{sum(whole.runs.values())} runs ({phases}): about {duration(whole.seconds)} with --jobs {jobs}, "
        f"about {whole.memory / 2**30:.1f} GiB of memory\n{most}{_wrapped(power.in_words)}\n"
        "nothing was written\n"
    )


def _wrapped(text: str) -> str:
    return textwrap.fill(text, width() or 100, subsequent_indent="  ")


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


@dataclass(frozen=True, kw_only=True)
class Command:
    """The arguments of ``harness run`` that may change a result, and where its runs are made."""

    study: Path
    out: Path
    overrides: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    device: str = "cpu"
    jobs: int | None = None
    executor: str | None = None
    address: str | None = None
    storage: str | None = None

    def again(self, *more: str) -> str:
        """The command that goes on with the result folder."""
        words = ["harness", "run", str(self.study)]
        words += ["--out", str(self.out)] if self.out != Path("results") / self.study.stem else []
        words += ["--device", self.device] if self.device != "cpu" else []
        words += ["--executor", self.executor] if self.executor else []
        words += ["--executor-address", self.address] if self.address else []
        words += ["--storage", without_password(self.storage)] if self.storage else []
        words += [word for override in self.overrides for word in ("--set", override)]
        words += [word for plugin in self.plugins for word in ("--plugin", plugin)]
        words += ["--jobs", str(self.jobs)] if self.jobs is not None else []
        return shlex.join([*words, *more])


def closing(command: Command, results: StudyResults) -> str:
    """What failed, where the results are, the commands that show them or add to them, and where the time went."""
    from harness.statistics.comparison import worth_of_pairing

    confirm = results.study.confirm
    shown = f"harness table {shlex.quote(str(command.out))}"
    kept = (override for override in results.study.overrides if not override.startswith("confirm.seeds="))
    seeds = max((_wanted(each.verdict) for each in results.judged), default=0)
    more = replace(command, overrides=(*kept, f"confirm.seeds={seeds}")).again()
    # Of planned looks the seeds are settled, and a repeated search has units of another kind.
    is_open = seeds > confirm.seeds and not confirm.until_decided and results.study.search.repeats == 1
    failed = f"{results.failed} of {len(results.records)} runs failed: {shown} runs"
    lines = [
        *([failed] if results.failed else []),
        f"\nresults: {command.out}",
        f"report:  {command.out / 'report.html'}",
        f"next:    {shown} trials   (or comparisons, sensitivity, tuning_curve, runs …)",
        *([f"         {more}   (so many seeds may decide it)"] if is_open else []),
        *([pairing_in_words(worth)] if (worth := worth_of_pairing(results.against_baseline)) else []),
        *([where_time_went(results.call, results.made)] if results.call else []),
    ]
    return "\n".join(lines)


def _wanted(verdict: Verdict) -> int:
    """So many seeds as may decide a comparison; 0 where it is decided, or more would not help."""
    from harness.statistics.verdict import RECOMMENDED_UNITS, Word

    return RECOMMENDED_UNITS if verdict.word is Word.EXPLORATORY else verdict.units or 0


def pairing_in_words(worth: Pairing) -> str:
    """What shared seeds have bought."""
    of = f"the median of {worth.arms} comparisons" if worth.arms > 1 else "one comparison"
    low, ratio, high = (f"{value:.2g}" for value in (worth.low, worth.ratio, worth.high))
    return (
        f"pairing: without shared seeds, intervals as narrow would take {ratio} times as many runs "
        f"({of}; 95% interval {low} to {high})"
    )


def where_time_went(call: Call, made: Sequence[Record]) -> str:
    """One line: the workers' time by activity, over the call's runs ``made``, and the driver's share of the whole."""
    from harness.records.record import ACTIVITIES

    wall = call.seconds["wall"]
    worked: dict[str, float] = defaultdict(float)
    for record in made:
        for activity, seconds in record.seconds.items():
            worked[activity] += seconds
    parts = dict(sorted(worked.items(), key=lambda part: -part[1]))
    parts["idle"] = max(0.0, max(1, call.jobs) * wall - sum(worked.values()))
    workers = ", ".join(f"{name} {share}%" for name, share in percentages(parts).items())
    driver = ", ".join(f"{name} {call.seconds[name] / wall:.1%}" for name in ACTIVITIES if name != "waiting")
    where = f"with {call.jobs} worker{'s' if call.jobs > 1 else ''}" if call.jobs else "in this process"
    return f"took {duration(wall)} {where}, of whose time {workers}; of the whole: {driver}"


def percentages(parts: Mapping[str, float]) -> dict[str, int]:
    """Whole percentages that sum to 100: what rounding down leaves goes to the parts that lost most by it."""
    exact = {name: 100 * value / sum(parts.values()) for name, value in parts.items()}
    rounded = {name: math.floor(value) for name, value in exact.items()}
    losers = sorted(exact, key=lambda name: rounded[name] - exact[name])
    for name in losers[: 100 - sum(rounded.values())]:
        rounded[name] += 1
    return rounded
