"""What the documentation shows is run: the plugin and the study of the README, the shipped studies, the tables."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from click.testing import CliRunner

import harness
from harness.cli._options import TableOption
from harness.cli.main import main
from harness.cli.results import compare
from harness.conformance.kit import examine_all
from harness.plugin import hookspecs
from harness.plugin.discovery import find_components
from harness.plugin.registry import build_registry
from harness.study.plan import plan_from_file

from support.exports import mlflow_search_runs
from support.paths import ROOT, TINY
from support.studies import write_study

STUDIES = sorted((ROOT / "studies").glob("*.toml"))


def block(path: Path, language: str, number: int = 0) -> str:
    """One of the code blocks of a page in some language."""
    return blocks(path, language)[number]


def blocks(path: Path, language: str) -> list[str]:
    """All code blocks of a page in some language."""
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(), re.DOTALL)


@pytest.mark.parametrize("page", ["README.md", "plugins/README.md"])
def test_the_plugin_that_a_page_shows_works(page, tmp_path):
    (tmp_path / "sign.py").write_text(block(ROOT / page, "python"))
    arguments = ["train", "--problem", "tiny", "--plugin", TINY, "--plugin", str(tmp_path / "sign.py")]
    done = CliRunner().invoke(main, [*arguments, "--optimiser", "sign", "--epochs", "2"])
    assert done.exit_code == 0, done.output
    assert "optimiser sign(lr=0.001)" in done.stderr


EXAMPLES = [text for text in blocks(ROOT / "plugins" / "README.md", "python") if "def register_" in text]
"""The plugins that the page for authors shows: one of each kind."""


def test_the_plugin_page_shows_one_of_each_kind_on_one_screen():
    hooks = [re.search(r"def (register_\w+)", text)[1] for text in EXAMPLES]
    assert sorted(hooks) == sorted(name for name in vars(hookspecs) if name.startswith("register_"))
    assert max(len(text.splitlines()) for text in EXAMPLES) <= 40
    assert not [text for text in EXAMPLES if re.search(r"import harness\.|from harness", text)]


@pytest.mark.slow
@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: re.search(r"def register_(\w+)", text)[1])
def test_each_plugin_that_the_page_shows_passes_the_kit(text, tmp_path):
    (tmp_path / "shown.py").write_text(text)
    offered = find_components(str(tmp_path / "shown.py"))
    [examined] = examine_all(offered.components, {})
    assert [f"{each.name}: {each.wrong}" for each in examined.findings if each.wrong] == []
    assert examined.unchecked == 0


def test_the_observer_that_the_page_shows_sees_a_training(tmp_path):
    [text] = [text for text in blocks(ROOT / "plugins" / "README.md", "python") if "def observe" in text]
    (tmp_path / "watch.py").write_text(text.replace("% 100", "% 1"))
    arguments = ["train", "--problem", "tiny", "--plugin", TINY, "--plugin", str(tmp_path / "watch.py")]
    done = CliRunner().invoke(main, [*arguments, "--epochs", "2"])
    assert done.exit_code == 0, done.output
    assert re.search(r"^adam 0 1 \d+\.\d+$", done.stderr, re.MULTILINE), done.stderr


def test_the_page_names_every_method_of_a_regulariser_and_every_field_of_an_event():
    page = (ROOT / "plugins" / "README.md").read_text()
    table = page[page.index("| method |") : page.index("**An observer**")]
    for name, method in vars(harness.Regulariser).items():
        if not name.startswith("_") and inspect.isfunction(method):
            arguments = ", ".join(list(inspect.signature(method).parameters)[1:])
            assert f"`{name}({arguments})`" in table
    assert all(f"`{each.name}`" in table for each in dataclasses.fields(harness.Step))
    table = page[page.index("| event |") : page.index("**A problem** is data")]
    for event in (harness.RunStarted, harness.StepTaken, harness.Evaluated, harness.RunEnded):
        assert f"`{event.__name__}`" in table
        assert all(f"`{each.name}`" in table for each in dataclasses.fields(event))


def test_the_comparison_that_the_plugin_page_shows_resolves(tmp_path):
    (tmp_path / "sign.py").write_text(block(ROOT / "plugins" / "README.md", "python"))
    command = re.search(
        r"harness run studies/quickstart.toml (.*?)```", (ROOT / "plugins/README.md").read_text(), re.DOTALL
    )
    overrides = re.findall(r"--set '(.*?)'", command[1])
    assert len(overrides) == 3
    registry = build_registry([str(tmp_path / "sign.py")])
    plan = plan_from_file(ROOT / "studies" / "quickstart.toml", overrides, registry)
    assert [arm.name for arm in plan.arms] == ["adam", "sign"]
    assert plan.baseline == "adam"


def test_the_comparisons_of_runs_that_the_first_page_shows_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = mlflow_search_runs().replace("metrics.worst", "metrics.val_loss").replace("tags.mlflow.user", "tags.dataset")
    Path("runs.csv").write_text(text.replace(",user,", ",ewt,"))
    shown = (ROOT / "README.md").read_text()
    commands = re.findall(r"^harness (compare runs.csv .*)$", shown, re.MULTILINE)
    for command in commands:
        done = CliRunner().invoke(main, command.split())
        assert done.exit_code == 0, done.output
    assert len(commands) == 2
    assert "ewt" not in done.output
    assert "sgd" in Path("page.html").read_text()
    [call] = re.findall(r"^(harness.compare\(mlflow.*?)  #", shown, re.MULTILINE)
    mlflow = SimpleNamespace(search_runs=lambda: pd.read_csv("runs.csv"))
    assert "adam" in eval(call, {"harness": harness, "mlflow": mlflow})


def test_every_option_of_a_table_of_runs_is_explained():
    page = (ROOT / "results" / "README.md").read_text().partition("## Runs of any tool\n")[2].partition("\n## ")[0]
    for option in ("--arm", "--metric", "--seed", "--direction", "--paired", "--where", "--step", "--status",
                   "--report", "--smallest-difference", "--baseline"):  # fmt: skip
        assert f"| `{option}" in page
    readers = {parameter.opts[-1] for parameter in compare.params if isinstance(parameter, TableOption)}
    assert readers == {"--arm", "--seed", "--direction", "--paired", "--where", "--step", "--status"}


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_shipped_study_resolves_and_is_listed(path):
    plan = plan_from_file(path, (), build_registry())
    assert plan.study.question.endswith("?")
    assert f"[{path.stem}]({path.name})" in (ROOT / "studies" / "README.md").read_text()


def test_the_study_that_the_readme_shows_resolves(tmp_path):
    study = write_study(tmp_path, block(ROOT / "README.md", "toml"))
    assert len(plan_from_file(study, (), build_registry()).arms) > 1


def test_the_settings_that_the_studies_page_lists_are_all_there_with_their_defaults():
    from harness.study.study import Study

    page = (ROOT / "studies" / "README.md").read_text()
    for section in ("model", "training", "search", "select", "confirm"):
        for name, field in Study.model_fields[section].annotation.model_fields.items():
            assert f"`{name}`" in page
            assert str(field.default).lower() in page


def test_every_column_of_every_table_is_explained(undisturbed):
    page = (ROOT / "results" / "README.md").read_text()
    for table in (undisturbed / "tables").glob("*.csv"):
        for column in table.read_text().splitlines()[0].split(","):
            assert f"`{column}`" in page or column.startswith("optimiser.") or column in ("optimiser", "dev_hits"), (
                column
            )


PAGES = sorted(ROOT.glob("*.md")) + [
    path for room in ("plugins", "results", "studies", "tests") for path in sorted((ROOT / room).rglob("*.md"))
]


def anchors(page: Path) -> set[str]:
    """What a link may name within a page: its headings in lower case, punctuation dropped, words joined by hyphens."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere_and_nothing_is_left_to_fill_in(page):
    text = page.read_text()
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        if path.startswith("http"):
            continue
        there = page.parent / path if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target
    assert not re.search(r"QUICKSTART|\d\.x\b|\bN runs in T\b|TODO", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_of_the_project_that_a_page_names_are_there(page):
    named = re.findall(r"`((?:harness|plugins|studies|tests|results/published)/[\w./-]*)`", page.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_table_on_the_first_screen_is_the_published_one():
    published = ROOT / "results" / "published" / "quickstart"
    shown = CliRunner().invoke(main, ["table", str(published)]).stdout
    table = shown.split("\n\n")[1]
    assert table in (ROOT / "README.md").read_text()
    assert (published / "study.toml").read_text() == (ROOT / "studies" / "quickstart.toml").read_text()


def test_the_saved_model_of_the_readme_parses(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["--epochs", "1", "--set", "training.batch_size=4096", "--set", "model.hidden_dim=8"]
    done = CliRunner().invoke(main, ["train", *arguments, "--save", "parser.safetensors"])
    assert done.exit_code == 0, done.output
    names: dict[str, list[list[int]]] = {}
    exec(block(ROOT / "README.md", "python", 2), names)
    assert len(names["heads"][0]) == 3
