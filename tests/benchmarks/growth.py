"""What many runs cost: reading, tables and page of 1,250 to 20,000 runs, and the search's own time a trial."""

from __future__ import annotations

import copy
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench import tell

import harness
from harness.analysis.findings import findings
from harness.analysis.tables import TABLES
from harness.metric import Metric
from harness.phases.arm_search import ArmSearch
from harness.phases.storages import open_journal
from harness.plugin.registry import build_registry
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.report.formats import text_table
from harness.study.configuration import Configuration
from harness.study.file import parse_study
from harness.study.plan import make_plan

PUBLISHED = Path(__file__).parents[2] / "results" / "published" / "adam_betas"
ARMS = 4


def growth(*, quick: bool) -> list[dict[str, Any]]:
    """One row for each number of runs, and one for each number of trials of a search."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for runs in (300, 600) if quick else (1_250, 5_000, 20_000):
            tell(f"growth: {runs:,} runs")
            rows.append(_reading(many_runs(Path(folder) / str(runs), runs), runs))
        for trials in (20, 40) if quick else (100, 1_000, 10_000):
            tell(f"growth: {trials:,} trials")
            rows.append(_searching(Path(folder) / f"{trials}.log", trials))
    return rows


def many_runs(out: Path, runs: int) -> Path:
    """A result folder of so many runs, made of a published one: four arms, whose trials have other values."""
    rng = random.Random(0)
    out.mkdir()
    study = json.loads((PUBLISHED / "study.json").read_text())
    arms = [study["baseline"], *[arm for arm in study["arms"] if arm != study["baseline"]][: ARMS - 1]]
    study["arms"] = {arm: study["arms"][arm] for arm in arms}
    lines = [json.loads(line) for line in (PUBLISHED / "records.jsonl").read_text().splitlines()]
    later = [line for line in lines if line["phase"] != "search" and line["arm"] in arms]
    study["search"]["trials"] = (runs - len(later)) // ARMS
    (out / "study.json").write_text(json.dumps(study))
    (out / "environment.json").write_bytes((PUBLISHED / "environment.json").read_bytes())
    with (out / "records.jsonl").open("w") as file:
        for arm in arms:
            first = next(line for line in lines if line["phase"] == "search" and line["arm"] == arm)
            for trial in range(study["search"]["trials"]):
                line = copy.deepcopy(first)
                line["trial"] = trial
                line["configuration"]["choices"]["optimiser"]["lr"] = 10 ** rng.uniform(-3, -1)
                line["fingerprint"] = Configuration.from_json(line["configuration"]).fingerprint
                for point in line["curve"]:
                    point.update({name: 80 + rng.gauss(0, 1) for name in point if name == "dev_uas"})
                file.write(json.dumps(line) + "\n")
        file.writelines(json.dumps(line) + "\n" for line in later)
    return out


def _reading(folder: Path, runs: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    results, read = _timed(lambda: Results.of(ResultFolder(folder)))
    tables, found = _timed(lambda: findings(results).tables)
    by_table = {name: _timed(lambda name=name: tables[name])[1] for name in TABLES}
    page, drawn = _timed(lambda: harness.results(folder).report(folder / "report.html"))
    slowest = max(by_table, key=lambda name: by_table[name])
    made |= {"what": f"{runs:,} runs", "read_seconds": read, "findings_seconds": found}
    made |= {"tables_seconds": sum(by_table.values()), "slowest": f"{slowest} {by_table[slowest]:.2f} s"}
    return made | {"report_seconds": drawn, "report_bytes": page.stat().st_size, "trial_seconds": None}


STUDY = """
question = "growth"
problem = "turkish-web"
metric = "dev_uas"
[choices]
optimiser = { name = "adam", search = ["lr", "beta1"] }
[search]
trials = TRIALS
"""


def _searching(journal: Path, trials: int) -> dict[str, Any]:
    study, draft = parse_study(STUDY.replace("TRIALS", str(trials)), source="growth")
    plan = make_plan(study, draft, build_registry())
    search = ArmSearch(plan.arms[0], study.search, 0, Metric("dev_uas", "maximise"), open_journal(journal))

    def all_trials() -> None:
        for number in search.ask():
            search.tell(number, 80.0)

    _, seconds = _timed(all_trials)
    return {"what": f"{trials:,} trials", "trial_seconds": seconds / trials}


def _timed(act: Callable[[], Any]) -> tuple[Any, float]:
    """What a function gives, and its seconds of processor time, which other programs do not lengthen."""
    begin = time.process_time()
    made = act()
    return made, time.process_time() - begin


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as tables."""
    read = [row for row in rows if "read_seconds" in row]
    header = ["", "reading", "verdicts", "all tables", "slowest", "page", "MB"]
    body = [
        [row["what"], *(f"{row[name]:.2f} s" for name in ("read_seconds", "findings_seconds", "tables_seconds")),
         row["slowest"], f"{row['report_seconds']:.2f} s", f"{row['report_bytes'] / 1e6:.1f}"]
        for row in read
    ]  # fmt: skip
    searched = [[row["what"], f"{1e3 * row['trial_seconds']:.2f} ms"] for row in rows if row not in read]
    return "\n".join([
        text_table(header, body, [False, *[True] * 3, False, True, True]),
        text_table(["", "search's own time a trial"], searched, [False, True]),
    ])  # fmt: skip
