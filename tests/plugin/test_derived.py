"""Components that nobody registers: by module, by file, of a family, the average of a schedule, several at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

from harness.cli.main import main
from harness.errors import PluginError
from harness.plugin.component import Component
from harness.plugin.registry import Registry, build_registry

MINE = """
    import torch

    class Mine(torch.optim.SGD):
        \"\"\"SGD as I like it.\"\"\"

        def __init__(self, params, lr: float = 0.25, betas=(0.5, 0.75), limit=float("inf"), foreach=None, **kwargs):
            super().__init__(params, lr=lr)
            self.got = betas, limit

    class Rateless(torch.optim.SGD):
        def __init__(self, params, strength: float | None = 2):
            super().__init__(params, lr=strength)

    class Hidden(torch.optim.SGD):
        def __init__(self, params, **kwargs): ...

    class Schedule:
        def step(self): ...

    number = 3
"""
FAMILY = """
    import harness, torch

    class Powers:
        \"\"\"SGD at powers of ten.\"\"\"

        def names(self):
            return ["tenth", "hundredth", "thousandth"]

        def __call__(self, member):
            if member == "thousandth":
                raise harness.PluginError("a thousandth is too slow for anybody")
            if member not in self.names():
                raise harness.PluginError(f"unknown power {member!r}, did you mean 'powers:tenth'?")
            return harness.Offer(build=build, space={"lr": harness.log(1e-3, 1)})

    def build(model, *, lr: float = 0.1):
        \"\"\"SGD.\"\"\"
        return torch.optim.SGD(model.parameters(), lr=lr)

    @harness.hookimpl
    def register_optimisers(register):
        register("powers:*", Powers())
"""


def refused(registry: Registry, name: str, kind: str = "optimiser") -> str:
    with pytest.raises(PluginError) as caught:
        registry.component(kind, name)
    return str(caught.value)


def unloaded(*sources: str) -> str:
    with pytest.raises(PluginError) as caught:
        build_registry(sources)
    return str(caught.value)


def values_of(component: Component) -> dict[str, object]:
    return {name: (each.type, each.default) for name, each in component.hyperparameters.items()}


# An optimiser's class


def test_a_class_by_its_module(registry: Registry) -> None:
    found = registry.component("optimiser", "torch.optim:Adamax")
    assert (found.name, found.plugin, found.version) == ("torch.optim:Adamax", "torch.optim", torch.__version__)
    assert found.description == "Implements Adamax algorithm (a variant of Adam based on infinity norm)."
    assert list(found.space) == ["lr"]
    assert (found.space["lr"].low, found.space["lr"].high) == pytest.approx((2e-4, 2e-2))
    built = found.build(nn.Linear(1, 1), **found.resolve({"beta2": 0.5}))
    assert type(built) is torch.optim.Adamax
    assert built.param_groups[0]["betas"] == (0.9, 0.5)
    assert registry.component("optimiser", "torch.optim:Adamax") is found


def test_a_class_by_its_file(registry: Registry, write: Callable[[str, str], str]) -> None:
    write("mine.py", MINE)
    found = registry.component("optimiser", "mine.py:Mine")
    assert (found.plugin, found.version, found.description) == ("mine.py", "", "SGD as I like it.")
    # What names an implementation, and what nobody names, stays as it is; what is no value may be left out.
    values = {"lr": (float, 0.25), "beta1": (float, 0.5), "beta2": (float, 0.75), "limit": (float, None)}
    assert values_of(found) == values
    assert found.build(nn.Linear(1, 1), **found.resolve({"beta1": 0.25})).got == ((0.25, 0.75), float("inf"))


def test_a_file_has_no_version_whatever_it_is_called(registry: Registry, write: Callable[[str, str], str]) -> None:
    write("torch.py", MINE)
    assert registry.component("optimiser", "torch.py:Mine").version == ""


def test_a_file_that_changes_is_another_source(write: Callable[[str, str], str], registry: Registry) -> None:
    write("mine.py", MINE)
    write("yours.py", MINE.replace("0.75", "0.5"))
    assert len({registry.component("optimiser", f"{name}.py:Mine").source for name in ("mine", "yours")}) == 2


def test_without_a_default_lr_nothing_is_searched(registry: Registry, write: Callable[[str, str], str]) -> None:
    write("mine.py", MINE)
    found = registry.component("optimiser", "mine.py:Rateless")
    assert (values_of(found), found.space) == ({"strength": (float, 2.0)}, {})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "nowhere:Adam",
            "optimiser 'nowhere:Adam': cannot load 'nowhere': ModuleNotFoundError: No module named 'nowhere'",
        ),
        ("gone.py:Adam", "optimiser 'gone.py:Adam': cannot load 'gone.py': no such file"),
        (
            "mine.py:Mime",
            "unknown optimiser in mine.py: 'Mime', did you mean 'Mine'? known: Hidden, Mine, Rateless",
        ),
        ("mine.py:", "unknown optimiser in mine.py: ''; known: Hidden, Mine, Rateless"),
        ("mine.py:number", "optimiser 'mine.py:number' is of type int, not a subclass of torch.optim.Optimizer"),
        ("mine.py:Schedule", "optimiser 'mine.py:Schedule' is a class, not a subclass of torch.optim.Optimizer"),
        (
            "torch.optim:Optimizer",
            "optimiser 'torch.optim:Optimizer' is a class, not a subclass of torch.optim.Optimizer",
        ),
        (
            "mine.py:Hidden",
            "plugin 'mine.py': optimiser 'mine.py:Hidden': must name its hyperparameters, **kwargs hides them",
        ),
    ],
)
def test_a_name_that_leads_to_no_optimiser(
    registry: Registry, write: Callable[[str, str], str], name: str, message: str
) -> None:
    write("mine.py", MINE)
    assert refused(registry, name) == message


def test_a_file_that_fails_says_where(registry: Registry, write: Callable[[str, str], str], tmp_path: Path) -> None:
    write("broken.py", "1 / 0\n")
    assert refused(registry, "broken.py:Adam") == (
        f"optimiser 'broken.py:Adam': cannot load 'broken.py': {tmp_path / 'broken.py'}:1: "
        "ZeroDivisionError: division by zero"
    )


def test_only_optimisers_are_found_by_module(registry: Registry) -> None:
    assert refused(registry, "torch.nn.init:uniform_", "initialiser").startswith(
        "unknown initialiser 'torch.nn.init:uniform_'"
    )


# A family


def test_a_member_of_a_family(write: Callable[[str, str], str]) -> None:
    registry = build_registry([write("powers.py", FAMILY)])
    found = registry.component("optimiser", "powers:tenth")
    assert (found.name, found.plugin, list(found.space)) == ("powers:tenth", "powers.py", ["lr"])
    assert "powers:tenth" not in registry.names("optimiser")
    assert refused(registry, "powers:thousandth") == "a thousandth is too slow for anybody"
    assert refused(registry, "powers:thenth") == "unknown power 'thenth', did you mean 'powers:tenth'?"


def test_a_family_is_a_line_until_it_is_asked_for(write: Callable[[str, str], str]) -> None:
    def listed(*words: str) -> str:
        done = CliRunner().invoke(main, ["list", "optimiser", *words, "--plugin", file], env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.output
        return done.stdout

    file = write("powers.py", FAMILY)
    (line,) = [each for each in listed().splitlines() if "powers:" in each]
    assert "powers:*  " in line
    assert "SGD at powers of ten. (harness list optimiser 'powers:*')" in line
    members = [line.split() for line in listed("powers:*").splitlines()[1:]]
    assert [(name, what) for _, name, *what, _ in members] == [
        ("powers:hundredth", ["SGD."]),
        ("powers:tenth", ["SGD."]),
        ("powers:thousandth", ["cannot", "be", "used:", "a", "thousandth", "is", "too", "slow", "for", "anybody"]),
    ]
    found = json.loads(listed("powers:t*h", "--json"))
    assert [each["name"] for each in found] == ["powers:tenth", "powers:thousandth"]


def test_a_family_has_one_plugin_and_knows_its_names(write: Callable[[str, str], str]) -> None:
    write("one.py", FAMILY)
    write("two.py", FAMILY)
    assert unloaded("one.py", "two.py") == (
        "optimiser family 'powers' is registered twice: by plugin 'one.py' and by plugin 'two.py'"
    )
    write("mute.py", FAMILY.replace("def names", "def called"))
    assert unloaded("mute.py") == "plugin 'mute.py': optimiser family 'powers' needs names() and to be called with one"
