"""The registry: what plugins register, what is refused and with which words, what is found by name."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from harness.errors import PluginError
from harness.plugin.registry import Registry, build_registry

from support.plugin_files import OPTIMISER, refused


@pytest.fixture(autouse=True)
def no_installed_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PLUGINS", "")


# Plugins


def test_a_plugin_by_file(write: Callable[[str, str], str]) -> None:
    registry = build_registry([write("mine.py", OPTIMISER.format(name="muon"))])
    found = registry.component("optimiser", "muon")
    assert (found.plugin, found.version) == ("mine.py", "")
    assert len(found.source) == 12
    assert isinstance(found.build(nn.Linear(1, 1), **found.defaults), torch.optim.SGD)
    assert [plugin.name for plugin in registry.plugins] == ["mine.py"]


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
        "known: observe, register_dropout_schedules, register_embeddings, register_executors, register_initialisers, "
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


# Another process


def test_the_sources_make_the_same_registry_again(write: Callable[[str, str], str]) -> None:
    sources = [write(f"{name}.py", OPTIMISER.format(name=name)) for name in ("one", "two")]
    registry = build_registry(iter(sources))
    assert registry.sources == tuple(sources)
    again = build_registry(registry.sources)
    assert again.names("optimiser") == registry.names("optimiser") == ["one", "two"]
    assert build_registry().sources == ()


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
