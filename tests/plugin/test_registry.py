"""Plugins: what is loaded, what is refused, and with which words."""

from __future__ import annotations

import importlib.metadata
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

import harness
from harness.errors import PluginError
from harness.plugin.registry import Registry, build_registry

OPTIMISER = """
    import harness, torch

    @harness.hookimpl
    def register_optimisers(register):
        register({name!r}, build, space={{"lr": harness.log(1e-3, 1)}})

    def build(model, *, lr: float = 0.1):
        return torch.optim.SGD(model.parameters(), lr=lr)
"""


@pytest.fixture(autouse=True)
def no_installed_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PLUGINS", "")


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """A plugin file in the current folder; returns its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(name: str, text: str) -> str:
        (tmp_path / name).write_text(textwrap.dedent(text))
        return name

    return write


def refused(*sources: str) -> str:
    with pytest.raises(PluginError) as caught:
        build_registry(sources)
    return str(caught.value)


# Plugins


def test_a_plugin_by_file(write: Callable[[str, str], str]) -> None:
    registry = build_registry([write("mine.py", OPTIMISER.format(name="muon"))])
    found = registry.component("optimiser", "muon")
    assert (found.plugin, found.version) == ("mine.py", "")
    assert len(found.source) == 12
    assert isinstance(found.build(nn.Linear(1, 1), **found.defaults), torch.optim.SGD)
    assert [plugin.name for plugin in registry.plugins] == ["mine.py"]


def test_a_plugin_file_is_loaded_anew_each_time(write: Callable[[str, str], str]) -> None:
    build_registry([write("mine.py", OPTIMISER.format(name="first"))])
    registry = build_registry([write("mine.py", OPTIMISER.format(name="the-second"))])
    assert registry.names("optimiser") == ["the-second"]


def test_a_component_s_source_is_a_hash_of_its_file(write: Callable[[str, str], str]) -> None:
    sources = {
        build_registry([write(name, text)]).component("optimiser", "muon").source
        for name, text in [
            ("a.py", OPTIMISER.format(name="muon")),
            ("b.py", OPTIMISER.format(name="muon")),
            ("c.py", OPTIMISER.format(name="muon").replace("0.1", "0.2")),
        ]
    }
    assert sorted(map(len, sources)) == [12, 12]


def test_a_plugin_by_module(write: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    write("module_of_test_registry.py", OPTIMISER.format(name="muon"))
    monkeypatch.syspath_prepend(".")
    monkeypatch.delitem(sys.modules, "module_of_test_registry", raising=False)
    registry = build_registry(["module_of_test_registry"])
    assert registry.component("optimiser", "muon").plugin == "module_of_test_registry"


def test_missing_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    assert refused("none.py") == "cannot load plugin 'none.py': no such file"
    assert refused("notes.txt") == "cannot load plugin 'notes.txt': not a Python file (.py)"
    assert refused("no_such_module") == (
        "cannot load plugin 'no_such_module': ModuleNotFoundError: No module named 'no_such_module'"
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("x = 1\ndef f(:\n", "2: SyntaxError: invalid syntax"),
        (
            "if True:\nx = 1\n",
            "2: IndentationError: expected an indented block after 'if' statement on line 1",
        ),
        ("\n1 / 0\n", "2: ZeroDivisionError: division by zero"),
        ("import no_such_module\n", "1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("open('none.csv')\n", "1: FileNotFoundError: [Errno 2] No such file or directory: 'none.csv'"),
        ("import harness\nharness.log(0, 1)\n", "2: ValueError: a log scale needs low > 0, got 0"),
    ],
)
def test_plugins_that_fail_at_import(write: Callable[[str, str], str], tmp_path: Path, text: str, place: str) -> None:
    before = set(sys.modules)  # another test's bad.py may be among them
    assert refused(write("bad.py", text)) == f"cannot load plugin 'bad.py': {tmp_path.resolve()}/bad.py:{place}"
    assert not [name for name in sys.modules.keys() - before if name.startswith("harness_plugin_bad")]


def test_a_neighbour_of_the_harness_is_a_stranger(write: Callable[[str, str], str]) -> None:
    neighbour = f"{Path(harness.__file__).parent}_tricks.py"
    bad = write("bad.py", f"exec(compile('1 / 0', {neighbour!r}, 'exec'))")
    assert refused(bad) == f"cannot load plugin 'bad.py': {neighbour}:1: ZeroDivisionError: division by zero"


def test_plugins_that_fail_in_a_hook(write: Callable[[str, str], str], tmp_path: Path) -> None:
    text = OPTIMISER.format(name="muon").replace("1e-3", "-1")
    assert refused(write("bad.py", text)) == (
        f"plugin 'bad.py' failed in register_optimisers: {tmp_path.resolve()}/bad.py:6: "
        "ValueError: a log scale needs low > 0, got -1"
    )


def test_the_same_plugin_twice(write: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    mine = write("mine.py", OPTIMISER.format(name="muon"))
    assert refused(mine, mine) == "plugin 'mine.py' is given twice"
    assert refused(mine, "./mine.py") == (
        "optimiser 'muon' is registered twice: by plugin 'mine.py' and by plugin './mine.py'"
    )


def test_misspelt_hooks(write: Callable[[str, str], str]) -> None:
    text = OPTIMISER.format(name="muon").replace("register_optimisers", "register_optimizers")
    assert refused(write("mine.py", text)) == (
        "plugin 'mine.py': unknown hook 'register_optimizers', did you mean 'register_optimisers'? "
        "known: observe, register_dropout_schedules, register_embeddings, register_initialisers, "
        "register_lr_schedules, register_optimisers, register_problems, register_regularisers"
    )


def test_misspelt_hook_arguments(write: Callable[[str, str], str]) -> None:
    text = OPTIMISER.format(name="muon").replace("register_optimisers(register)", "register_optimisers(add)")
    assert refused(write("mine.py", text)) == ("plugin 'mine.py': hook register_optimisers takes (register), got (add)")


def test_names_that_answer_to_anything_are_no_hooks(write: Callable[[str, str], str]) -> None:
    text = textwrap.dedent(OPTIMISER.format(name="muon"))
    text += "from unittest.mock import MagicMock\nanything = MagicMock()\n"
    assert build_registry([write("mine.py", text)]).names("optimiser") == ["muon"]


def test_traits_reach_the_component_and_one_that_fits_nothing_is_refused(write: Callable[[str, str], str]) -> None:
    text = OPTIMISER.format(name="muon").replace("space=", 'traits=harness.Traits(meanings={"lr": "a length"}), space=')
    assert build_registry([write("good.py", text)]).component("optimiser", "muon").traits.meanings == {"lr": "a length"}
    assert refused(write("bad.py", text.replace('"lr": "a', '"lrr": "a'))) == (
        "plugin 'bad.py': optimiser 'muon': traits: unknown hyperparameter 'lrr', did you mean 'lr'? known: lr"
    )


def test_collisions_name_both_plugins(write: Callable[[str, str], str]) -> None:
    files = [write(name, OPTIMISER.format(name="muon")) for name in ("one.py", "two.py")]
    assert refused(*files) == "optimiser 'muon' is registered twice: by plugin 'one.py' and by plugin 'two.py'"


def test_defaults_of_a_kind(write: Callable[[str, str], str]) -> None:
    texts = {name: OPTIMISER.format(name=name).replace("space=", "default=True, space=") for name in ("a", "b")}
    files = [write(f"{name}.py", text) for name, text in texts.items()]
    registry = build_registry(files[:1])
    assert (registry.default("optimiser"), registry.default("dropout")) == ("a", None)
    assert refused(*files) == "two defaults of kind optimiser: 'a' of plugin 'a.py' and 'b' of plugin 'b.py'"


# Installed plugins


class Distribution:
    version = "7.8"


class EntryPoint(importlib.metadata.EntryPoint):
    @property
    def dist(self) -> Distribution:  # type: ignore[override]
        return Distribution()


@pytest.fixture
def installed(write: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two installed plugins, ``red`` and ``blue``, each with an optimiser of its name."""
    monkeypatch.syspath_prepend(".")
    points = []
    for name in ("red", "blue"):
        write(f"installed_{name}.py", OPTIMISER.format(name=name))
        monkeypatch.delitem(sys.modules, f"installed_{name}", raising=False)
        points.append(EntryPoint(name=name, value=f"installed_{name}", group="harness"))
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points if group == "harness" else [])


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("limit", "names"),
    [(None, ["blue", "red"]), ("", []), (" ", []), ("red", ["red"]), ("red, blue,", ["blue", "red"])],
)
def test_harness_plugins_limits_installed_plugins(
    monkeypatch: pytest.MonkeyPatch, limit: str | None, names: list[str]
) -> None:
    if limit is None:
        monkeypatch.delenv("HARNESS_PLUGINS")
    else:
        monkeypatch.setenv("HARNESS_PLUGINS", limit)
    registry = build_registry()
    assert registry.names("optimiser") == names
    assert all(registry.component("optimiser", name).version == "7.8" for name in names)


@pytest.mark.usefixtures("installed")
def test_unknown_names_in_harness_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PLUGINS", "bleu")
    assert refused() == "HARNESS_PLUGINS: unknown plugin 'bleu', did you mean 'blue'? known: blue, red"
    monkeypatch.setenv("HARNESS_PLUGINS", "red,red")
    assert refused() == "plugin 'red' is given twice"


@pytest.mark.usefixtures("installed")
def test_an_installed_plugin_given_once_more_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PLUGINS", "red")
    assert refused("installed_red") == "plugin 'red' is given twice, the second time as 'installed_red'"


@pytest.mark.usefixtures("installed")
def test_an_installed_plugin_whose_module_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_PLUGINS", "red")
    (tmp_path / "installed_red.py").unlink()
    assert refused() == "cannot load plugin 'red': ModuleNotFoundError: No module named 'installed_red'"


# Looking up


@pytest.fixture
def registry(write: Callable[[str, str], str]) -> Registry:
    return build_registry([write("mine.py", OPTIMISER.format(name="muon"))])


def test_misspelt_names_get_the_nearest_match(registry: Registry) -> None:
    for ask, message in [
        (
            lambda: registry.component("optimiser", "moun"),
            "unknown optimiser 'moun', did you mean 'muon'? known: muon",
        ),
        (lambda: registry.component("optimiser", "zzz"), "unknown optimiser 'zzz'; known: muon"),
        (lambda: registry.component("dropout", "constant"), "unknown dropout 'constant'; known: none"),
        (
            lambda: registry.names("optimizer"),
            "unknown kind of component 'optimizer', did you mean 'optimiser'? "
            "known: dropout, embedding, initialiser, lr_schedule, optimiser, problem, regularisers",
        ),
        (
            lambda: registry.component("optimiser", "muon").hyperparameter("lrr"),
            "unknown hyperparameter of optimiser 'muon': 'lrr', did you mean 'lr'? known: lr",
        ),
        (
            lambda: registry.component("optimiser", "muon").resolve({"rate": 1.0}),
            "unknown hyperparameter of optimiser 'muon': 'rate'; known: lr",
        ),
    ]:
        with pytest.raises(PluginError) as caught:
            ask()
        assert str(caught.value) == message


def test_annotations_for_type_checkers_only_do_no_harm(write: Callable[[str, str], str]) -> None:
    text = """
        from __future__ import annotations
        from typing import TYPE_CHECKING
        import harness
        if TYPE_CHECKING:
            from nowhere import Module

        @harness.hookimpl
        def register_optimisers(register):
            register("muon", build)

        def build(model: Module, *, lr: float = 1, steps: int = 2) -> Module: ...
    """
    found = build_registry([write("mine.py", text)]).component("optimiser", "muon")
    assert {each.name: each.type for each in found.hyperparameters.values()} == {"lr": float, "steps": int}


# Observers


def test_observers_receive_events(write: Callable[[str, str], str]) -> None:
    text = """
        import harness
        seen = []

        @harness.hookimpl
        def observe(event):
            seen.append(event)
    """
    registry = build_registry([write("one.py", text), write("two.py", text)])
    assert registry.has_observers
    event = object()
    registry.observe(event)
    assert [plugin.module.seen for plugin in registry.plugins] == [[event], [event]]


def test_without_observers(registry: Registry) -> None:
    assert not registry.has_observers
    registry.observe(object())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "has no hook; hooks: register_problems, register_embeddings, "),
        (
            "def register_optimisers(register): ...",
            "has no hook; register_optimisers is there, but not marked @harness.hookimpl",
        ),
    ],
)
def test_a_plugin_without_a_hook_is_nothing_that_anybody_means(
    write: Callable[[str, str], str], text: str, message: str
) -> None:
    assert message in refused(write("nothing.py", text))
