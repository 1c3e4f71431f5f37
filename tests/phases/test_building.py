"""Classes of somebody's that cannot be built are refused before the first run, and nothing else is blamed on them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.main import main

from support.paths import TINY
from support.studies import write_study

CLASSES = """
import harness
import torch


class Rateless(torch.optim.SGD):
    def __init__(self, params, lr=None, beta=None):
        super().__init__(params, lr=2 * lr)


class Pairs(torch.optim.SGD):
    def __init__(self, named_parameters, lr=0.1):
        super().__init__([parameter for name, parameter in named_parameters if name], lr=lr)


@harness.hookimpl
def register_initialisers(register):
    register("unfit", unfit)


def unfit(weight, *, generator):
    "Fits nothing."
    raise ValueError("not for this width")
"""

STUDY = """
question = "Which?"
problem = "tiny"
metric = "dev_accuracy"
tier = "smoke"
compare = ["optimiser"]
[choices]
optimiser = ["adam", "classes.py:{}"]
[training]
epochs = 1
[search]
trials = 1
[confirm]
seeds = 2
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blank_reports: None) -> None:
    monkeypatch.chdir(tmp_path)
    Path("classes.py").write_text(CLASSES)


def run(name: str, *more: str) -> Result:
    study = write_study(Path(), STUDY.format(name))
    words = ["run", str(study), "--out", "out", "--plugin", TINY, "--plugin", "classes.py", "--jobs", "0", *more]
    return CliRunner().invoke(main, words)


def test_a_class_that_cannot_be_built_is_refused_before_the_first_run_with_what_to_write() -> None:
    done = run("Rateless")
    assert done.exit_code == 2
    assert done.stderr == (
        "error: arm 'classes.py:Rateless' cannot be built: TypeError: unsupported operand type(s) for *: 'int' and "
        "'NoneType'; left out, and may be needed: lr, beta; a class that needs more than values is registered by a "
        "plugin, as a function build(model, *, …) that returns it: harness new plugin NAME --kind optimiser\n"
    )
    assert not Path("out/records.jsonl").exists()
    given = run("Rateless", "--set", "optimiser.classes.py:Rateless.lr=0.05")
    assert given.exit_code == 0, given.output


def test_a_class_is_built_from_pairs_and_not_blamed_for_another_component() -> None:
    done = run("Pairs")
    assert done.exit_code == 0, done.output
    failed = run("Pairs", "--out", "other", "--set", "choices.initialiser=unfit")
    assert failed.exit_code == 3, failed.output
    assert "cannot be built" not in failed.output
