"""The page for plugin authors, plugins/README.md: its commands and its code are run, and its names are there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import harness
import harness.testing
from harness.cli.main import main
from harness.cli.new import write_plugin
from harness.plugin.kinds import KINDS
from harness.plugin.registry import build_registry

from support.paths import ROOT, TINY

PAGE = (ROOT / "plugins" / "README.md").read_text()
PATH = PAGE.partition("## From nothing")[2].partition("\n## ")[0]

SMALL = ("problem=tiny", "model.embedding_dim=4", "model.hidden_dim=8", "training.batch_size=100")
QUICK = ("metric=dev_accuracy", "training.epochs=1", "search.trials=2", "confirm.seeds=2")


def blocks(language: str, text: str = PAGE) -> list[str]:
    return [body for found, body in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S) if found == language]


COMMANDS = [line for block in blocks("", PATH) for line in block.splitlines()]


def changed(text: str) -> str:
    """The optimiser as the page changes it."""
    [change] = blocks("diff")
    old = "".join(line[1:] + "\n" for line in change.splitlines() if line[0] == "-")
    new = "".join(line[1:] + "\n" for line in change.splitlines() if line[0] == "+")
    assert text.count(old) == 1
    return text.replace(old, new)


def test_the_change_that_the_page_makes_trains(tmp_path):
    module = write_plugin("my-sign", "optimiser", tmp_path).module
    module.write_text(changed(module.read_text()))
    words = [word for each in SMALL for word in ("--set", each)]
    done = CliRunner().invoke(
        main, ["train", "--optimiser", "my-sign", "--plugin", str(module), "--plugin", TINY, *words]
    )
    assert done.exit_code == 0, done.output
    assert "optimiser my-sign(lr=0.0003, momentum=0.9)" in done.stderr


@pytest.mark.slow
def test_the_path_leads_from_nothing_to_a_verdict(tmp_path, monkeypatch, blank_reports):
    monkeypatch.chdir(tmp_path)
    for number, command in enumerate(COMMANDS[:5]):
        words = shlex.split(command)
        if words[0] == "cd":
            monkeypatch.chdir(words[1])
            module = Path("my_sign.py")
            module.write_text(changed(module.read_text()))
            continue
        assert words[0] == "harness"
        if words[1] in ("train", "run"):  # on a problem that is small enough for a test
            more = [*SMALL, *(QUICK if words[1] == "run" else ())]
            words += ["--plugin", TINY, *(word for each in more for word in ("--set", each))]
            words += ["--jobs", "0"] if words[1] == "run" else []
        done = CliRunner().invoke(main, words[1:])
        assert done.exit_code == 0, (command, done.output)
        if number == 2:
            assert "all hold" in done.stdout
    assert [line.split()[0] for line in done.stdout.split("\n\n")[1].splitlines()] == ["arm", "adam", "my-sign"]
    assert Path("results/my_sign/tables/arms.csv").exists()


def test_the_commands_of_the_path_are_all_there():
    assert [" ".join(command.split()[:2]) for command in COMMANDS[:5]] == [
        "harness new", "cd my-sign", "harness check", "harness train", "harness run",
    ]  # fmt: skip
    assert "pip install -e ." in COMMANDS  # which test_scaffold does


def test_the_shown_result_is_that_of_the_shown_study(tmp_path):
    """Two arms at the seeds of the study that is written: a change of it is a change of the page."""
    package = write_plugin("my-sign", "optimiser", tmp_path)
    study = package.study.read_text()
    [question] = re.findall(r'question = "(.*)"', study)
    [shown] = [block for block in blocks("") if block.startswith(f"{question}\n")]
    rows = [line.split() for line in shown.split("\n\n")[1].splitlines()]
    assert [row[0] for row in rows] == ["arm", "adam", "my-sign"]
    [seeds] = re.findall(r"seeds = (\d+)", study)
    assert [row[4] for row in rows[1:]] == [seeds, seeds]


@pytest.mark.slow
def test_the_test_that_the_page_shows_passes(tmp_path):
    python = blocks("python")
    sign, [test] = python[0], [block for block in python if "harness.testing" in block]
    (tmp_path / "sign.py").write_text(sign)
    (tmp_path / "test_sign.py").write_text(test)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_names_that_need_no_plugin(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sign.py").write_text(blocks("python")[0])
    registry = build_registry()
    for kind, name in (
        ("optimiser", "torch.optim:Adam"), ("optimiser", "sign.py:Sign"), ("dropout", "average:linear"),
        ("regularisers", "l2 + clip_norm"),
    ):  # fmt: skip
        assert registry.component(kind, name).name == name
    for name in ("average:linear", "l2 + clip_norm"):
        assert f"`{name}`" in PAGE
    assert registry.component("optimiser", "sign.py:Sign").space == {"lr": harness.log(1e-4, 1e-2)}


def test_everything_that_the_page_names_is_there_and_the_reverse():
    for name in set(re.findall(r"`harness\.(\w+)", PAGE)):
        assert hasattr(harness, name), name
    for kind in KINDS.values():
        words = [*kind.provided, *kind.offered]
        assert all(re.search(rf"[`(, ]{word}[`), ]", PAGE) for word in words), words
    for name in [word for word in dir(harness.testing) if word.endswith("Tests") and word != "ComponentTests"]:
        assert f"`{name}`" in PAGE or f"{name})" in PAGE
    for field in harness.Traits.__dataclass_fields__:
        assert f"`{field}`" in PAGE or f"`{field}=" in PAGE or f"Traits({field}=" in PAGE
    for word in ("needs_closure", "needs_graph", "train()", "eval()", "inputs", "layer", "average", "names()"):
        assert f"`{word}" in PAGE or f"{word}`" in PAGE
