"""Reading results never imports torch: the files that read, and what a person does with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.paths import ROOT

TORCH_FREE = (
    "harness.study.resolved", "harness.study.file", "harness.records.folder", "harness.records.results",
    "harness.analysis.tables", "harness.analysis.across", "harness.analysis.from_table", "harness.report.answer",
    "harness.report.terminal",
    "harness.report.formats", "harness.report.comparison", "harness.report.page", "harness.report.plot",
)  # fmt: skip
"""The files that read results; whatever they import reads them too."""

USE = """
from click.testing import CliRunner
import harness
from harness.analysis.tables import TABLES
from harness.cli.main import main
from harness.report.formats import render

paths = [f"{published}/{name}" for name in ("lr_schedules", "regularisers")]
first = harness.results(paths[0])
assert first.text() and first._repr_html_() and len(first.timing) and harness.compare(first).text()
said("what is looked at first")
for results in map(harness.results, paths):
    for name in TABLES:
        assert all(render(results.table(name), form) for form in ("text", "json"))
    assert results.study.question in results.text(200)
    assert "<svg" in results._repr_html_()
said("every table")
assert "word_dropout" in harness.compare(*paths).text()
said("a comparison")
table = f"{paths[0]}/tables/runs.csv"
runs = harness.compare(table, arm="arm", seed="fingerprint", metric="dev_uas", step="seed_index", where="phase=search")
assert runs.report(page).read_text().count("<svg") > 1
said("a table of runs")
assert "Schedules" in harness.results(f"{published}/dropout_schedules").report(page).read_text()
said("a page")
for words in (
    ["table", paths[0]], ["table", paths[0], "trials", "--json"], ["compare", *paths], ["report", *paths, "--out", page]
):
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
said("the commands table, compare and report")
"""


HEAVY = ("torch", "pandas", "optuna", "scipy.stats")


def loaded_after(program: str, page: Path | None = None) -> dict[str, list[str]]:
    """By what a program says that it has done in a process of its own: which large packages were there by then."""
    before = f"published, page = {str(ROOT / 'results' / 'published')!r}, {str(page)!r}\nimport sys\n"
    before += f"def said(what): print(what, *(name for name in {HEAVY} if name in sys.modules), sep='|')\n"
    done = subprocess.run([sys.executable, "-c", before + program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {what: seen for what, *seen in (line.split("|") for line in done.stdout.splitlines())}


def test_the_files_that_read_results_import_no_torch_and_the_model_does():
    modules = (*TORCH_FREE, "harness.training.model")
    seen = loaded_after("\n".join(f"import {module}\nsaid({module!r})" for module in modules))
    assert [module for module in modules if "torch" in seen[module]] == ["harness.training.model"]
    assert seen["harness.records.results"] == []


def test_results_are_read_shown_and_compared_without_torch(tmp_path):
    seen = loaded_after(USE, tmp_path / "report.html")
    assert "optuna" not in seen["what is looked at first"]
    assert list(seen) == [
        "what is looked at first",
        "every table",
        "a comparison",
        "a table of runs",
        "a page",
        "the commands table, compare and report",
    ]
    assert {what: names for what, names in seen.items() if "torch" in names} == {}
