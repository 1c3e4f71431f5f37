"""Reading results never imports torch: the files that read, and what a person does with them."""

from __future__ import annotations

import subprocess
import sys

from support.paths import ROOT

TORCH_FREE = (
    "harness.study.resolved", "harness.study.file", "harness.records.folder", "harness.records.results",
    "harness.analysis.tables", "harness.analysis.across", "harness.report.answer", "harness.report.terminal",
    "harness.report.formats", "harness.report.comparison", "harness.report.page", "harness.report.plot",
)  # fmt: skip
"""The files that read results; whatever they import reads them too."""

USE = """
from pathlib import Path
from click.testing import CliRunner
from harness.analysis.across import join
from harness.analysis.tables import TABLES
from harness.cli.main import main
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.report.comparison import shown
from harness.report.formats import render
from harness.report.page import subject_of, write_report
from harness.report.terminal import answer

paths = [f"{published}/{name}" for name in ("quickstart", "initialisers")]
folders = {path: ResultFolder(Path(path)) for path in paths}
results = {path: Results.of(folder) for path, folder in folders.items()}
for made in results.values():
    for table in TABLES.values():
        for form in ("text", "csv", "markdown", "latex", "json"):
            assert render(table(made), form)
    assert made.study.question in answer(made, TABLES["arms"](made), 200)
said("every table")
joined = join(results)
assert "xavier_uniform" in shown(joined, "text")
said("a comparison")
assert write_report([subject_of(folder) for folder in folders.values()], joined).count("<svg") > 10
said("a page")
for words in (["table", paths[0]], ["table", paths[0], "trials", "--json"], ["compare", *paths]):
    assert CliRunner().invoke(main, words).exit_code == 0
said("the commands table and compare")
"""


HEAVY = ("torch", "pandas", "optuna", "scipy.stats")


def loaded_after(program: str) -> dict[str, list[str]]:
    """By what a program says that it has done in a process of its own: which large packages were there by then."""
    before = f"published = {str(ROOT / 'results' / 'published')!r}\nimport sys\n"
    before += f"def said(what): print(what, *(name for name in {HEAVY} if name in sys.modules), sep='|')\n"
    done = subprocess.run([sys.executable, "-c", before + program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {what: seen for what, *seen in (line.split("|") for line in done.stdout.splitlines())}


def test_the_files_that_read_results_import_no_torch_and_the_model_does():
    modules = (*TORCH_FREE, "harness.training.model")
    seen = loaded_after("\n".join(f"import {module}\nsaid({module!r})" for module in modules))
    assert [module for module in modules if "torch" in seen[module]] == ["harness.training.model"]
    assert seen["harness.records.results"] == []


def test_results_are_read_shown_and_compared_without_torch():
    seen = loaded_after(USE)
    assert list(seen) == ["every table", "a comparison", "a page", "the commands table and compare"]
    assert not any("torch" in names for names in seen.values())
