"""What ``harness run`` says on stderr when it is over: where to look, how to go on, where the time went."""

from __future__ import annotations

import math
import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.phases.protocol import Summary
from harness.records.record import ACTIVITIES, Call, Record
from harness.statistics.comparison import runs_saved
from harness.study.plan import Plan
from harness.wording import duration


@dataclass(frozen=True, kw_only=True)
class Command:
    """What was asked of ``harness run``, but for what changes no result."""

    study: Path
    out: Path
    overrides: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    device: str = "cpu"

    def again(self, *more: str) -> str:
        """The command that goes on with the result folder."""
        words = ["harness", "run", str(self.study)]
        words += ["--out", str(self.out)] if self.out != Path("results") / self.study.stem else []
        words += ["--device", self.device] if self.device != "cpu" else []
        words += [word for each in self.overrides for word in ("--set", each)]
        words += [word for each in self.plugins for word in ("--plugin", each)]
        return shlex.join([*words, *more])


def closing(plan: Plan, command: Command, summary: Summary) -> str:
    """What failed, where the results are, the commands that show and make more of them, and where the time went."""
    shown = f"harness table {shlex.quote(str(command.out))}"
    kept = (each for each in plan.overrides if not each.startswith("confirm.seeds="))
    more = replace(command, overrides=(*kept, f"confirm.seeds={2 * plan.study.confirm.seeds}")).again()
    is_open = not plan.study.confirm.until_decided  # else its looks, and so its seeds, are settled
    failed = f"{summary.failed} of {len(summary.results.records)} runs failed: {shown} runs"
    saved = runs_saved(summary.results.against_baseline)
    pairing = f"pairing: as narrow intervals without shared seeds would have cost about {saved:,} more runs"
    lines = [
        *([failed] if summary.failed else []),
        f"\nresults: {command.out}",
        f"report:  {command.out / 'report.html'}",
        f"next:    {shown} trials   (or comparisons, sensitivity, tuning_curve, runs …)",
        *([f"         {more}   (more seeds)"] if is_open else []),
        *([pairing] if saved else []),
        *([where_time_went(summary.call, summary.made)] if summary.call else []),
    ]
    return "\n".join(lines)


def where_time_went(call: Call, made: Sequence[Record]) -> str:
    """One line: what the workers did in ``made``, the call's runs, and the driver's share of the whole."""
    wall = call.seconds["wall"]
    worked: dict[str, float] = defaultdict(float)
    for record in made:
        for activity, seconds in record.seconds.items():
            worked[activity] += seconds
    parts = dict(sorted(worked.items(), key=lambda each: -each[1]))
    parts["idle"] = max(0.0, max(1, call.jobs) * wall - sum(worked.values()))
    workers = ", ".join(f"{name} {share}%" for name, share in percentages(parts).items())
    driver = ", ".join(f"{name} {call.seconds[name] / wall:.1%}" for name in ACTIVITIES if name != "waiting")
    where = f"with {call.jobs} worker{'s' if call.jobs > 1 else ''}" if call.jobs else "in this process"
    return f"took {duration(wall)} {where}, of whose time {workers}; of the whole: {driver}"


def percentages(parts: Mapping[str, float]) -> dict[str, int]:
    """Whole ones that sum to 100: what rounding down leaves goes to the parts that lost most by it."""
    exact = {name: 100 * value / sum(parts.values()) for name, value in parts.items()}
    rounded = {name: math.floor(value) for name, value in exact.items()}
    losers = sorted(exact, key=lambda name: rounded[name] - exact[name])
    for name in losers[: 100 - sum(rounded.values())]:
        rounded[name] += 1
    return rounded
