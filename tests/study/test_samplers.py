"""Samplers of Optuna: what a study may name, and why one is refused before anything is run."""

from __future__ import annotations

import sys
import types

import optuna
import pytest

from harness.errors import HarnessError, StudyError
from harness.study.file import draft_study
from harness.study.plan import make_plan
from harness.study.samplers import build_sampler
from harness.study.study import OPTUNA, is_adaptive, options_of


def settings(registry, sampler, **search):
    raw = {
        "question": "q", "problem": "tiny", "metric": "dev_loss", "choices": {"optimiser": "sgd"},
        "search": {"sampler": sampler, **search},
    }  # fmt: skip
    return make_plan(*draft_study(raw, (), source="s"), registry).study.search


def fault(registry, sampler) -> str:
    with pytest.raises(StudyError) as caught:
        settings(registry, sampler)
    return str(caught.value).removeprefix("s: search.sampler: ")


@pytest.mark.parametrize("name", OPTUNA)
def test_each_name_is_a_sampler_with_a_seed(name) -> None:
    assert isinstance(build_sampler(name, 3), optuna.samplers.BaseSampler)
    assert is_adaptive(name)


def test_a_table_and_its_text_are_one_sampler(registry) -> None:
    text = settings(registry, {"popsize": 6, "name": "cmaes", "n_startup_trials": 4}).sampler
    assert text == 'cmaes {"n_startup_trials": 4, "popsize": 6}'
    assert settings(registry, text).sampler == text
    assert options_of(text) == ("cmaes", {"n_startup_trials": 4, "popsize": 6})
    assert settings(registry, {"name": "gp"}).sampler == "gp"


def test_what_is_refused_says_why(registry) -> None:
    assert "cmaes: unknown option 'popsiz', did you mean 'popsize'? known: " in fault(
        registry, {"name": "cmaes", "popsiz": 3}
    )
    assert "unknown option 'seed'" in fault(registry, {"name": "tpe", "seed": 3})
    assert fault(registry, "optuna.samplers:GridSampler").startswith(
        "optuna.samplers:GridSampler cannot be built: Type"
    )
    assert fault(registry, {"name": "nsgaii", "population_size": 1}).startswith("nsgaii cannot be built: ValueError: ")
    assert fault(registry, "optuna.samplers:PartialFixedSampler") == (
        "optuna.samplers:PartialFixedSampler takes no seed, so that its proposals could not be made again after a kill"
    )
    assert fault(registry, "optuna:Trial") == (
        "optuna:Trial is no sampler of Optuna: a subclass of optuna.samplers.BaseSampler is needed"
    )
    assert fault(registry, "nowhere:At") == (
        "nowhere:At: cannot load 'nowhere': ModuleNotFoundError: No module named 'nowhere'"
    )
    assert fault(registry, "gone.py:At") == "gone.py:At: cannot load 'gone.py': no such file"
    assert fault(registry, "tpe {") == "the options of tpe are no table in JSON, got '{'"
    assert fault(registry, "tpe " + "[" * 100_000).startswith("the options of tpe are no table in JSON, got '[[[")
    assert fault(registry, "tpe [1]").startswith("is a name, or a table like")
    assert "did you mean 'TPESampler'?" in fault(registry, "optuna.samplers:TPESamplr")
    assert "optunahub:samplers/x:X: needs a package more: pip install optunahub" in fault(
        registry, "optunahub:samplers/x:X"
    )


@pytest.mark.parametrize("name", [*OPTUNA, "sobol", "random", "optuna.samplers:RandomSampler"])
def test_whether_a_sampler_takes_several_objectives_is_asked_of_it(registry, name, capfd) -> None:
    wanted = ["seconds", "dev_accuracy"]
    optuna.logging.set_verbosity(optuna.logging.INFO)
    if name != "cmaes":
        assert settings(registry, name, objectives=wanted).objectives == wanted
        assert capfd.readouterr().err == ""
        return
    with pytest.raises(StudyError) as caught:
        settings(registry, name, objectives=wanted)
    assert str(caught.value) == (
        "s: search.objectives: the sampler cmaes cannot search by dev_loss and seconds and dev_accuracy together: "
        "ValueError: If the study is being used for multi-objective optimization, CmaEsSampler cannot be used."
    )


ANNOTATED = """
from typing import Any, Callable, Literal, Optional, Union
import optuna

class Plain(optuna.samplers.RandomSampler):
    def __init__(
        self, seed=None, a: Optional[int] = None, b: Union[float, None] = None, c: Any = None, d: Literal["x"] = "x",
        e: Optional[Callable[[int], int]] = None, f: Optional[dict[str, int]] = None, g=3, h: int | None = None,
    ):
        super().__init__(seed)
"""


@pytest.mark.parametrize("said", ["", "from __future__ import annotations\n"], ids=["types", "texts"])
def test_options_are_known_however_they_are_annotated(tmp_path, monkeypatch, said) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"annotated{len(said)}.py"
    (tmp_path / name).write_text(said + ANNOTATED)
    build_sampler(f'{name}:Plain {{"a": 1, "b": 2, "c": "any", "d": "x", "g": true, "h": 3}}', 1)
    for option in ("e", "f"):
        with pytest.raises(HarnessError, match=f"unknown option '{option}'.* known: a, b, c, d, g, h$"):
            build_sampler(f'{name}:Plain {{"{option}": 1}}', 1)
    with pytest.raises(HarnessError, match="option a is of type int, got 'x'"):
        build_sampler(f'{name}:Plain {{"a": "x"}}', 1)


def test_a_class_in_a_file_of_one_s_own_is_a_sampler(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text("import optuna\n\n\nclass Own(optuna.samplers.RandomSampler): ...\n")
    assert type(build_sampler("own.py:Own", 1)).__name__ == "Own"


def test_a_sampler_of_the_hub_is_loaded_by_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def load_module(package: str) -> types.SimpleNamespace:
        asked.append(package)
        if package == "samplers/gone":
            raise OSError("no network")
        return types.SimpleNamespace(Mine=optuna.samplers.RandomSampler)

    monkeypatch.setitem(sys.modules, "optunahub", types.SimpleNamespace(load_module=load_module))
    assert isinstance(build_sampler("optunahub:samplers/mine:Mine", 1), optuna.samplers.RandomSampler)
    assert asked == ["samplers/mine"]
    with pytest.raises(
        HarnessError,
        match=r"^optunahub:samplers/gone:X: cannot load 'samplers/gone' of OptunaHub: OSError: no network$",
    ):
        build_sampler("optunahub:samplers/gone:X", 1)
