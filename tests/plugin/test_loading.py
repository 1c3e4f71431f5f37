"""Loading: plugins by file, by module and by entry point, and what cannot be loaded, with its place."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import harness
from harness.plugin.registry import build_registry

from support.plugin_files import OPTIMISER, refused


@pytest.fixture(autouse=True)
def no_installed_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_PLUGINS", "")


def test_a_plugin_file_is_loaded_anew_each_time(write: Callable[[str, str], str]) -> None:
    build_registry([write("mine.py", OPTIMISER.format(name="first"))])
    registry = build_registry([write("mine.py", OPTIMISER.format(name="the-second"))])
    assert registry.names("optimiser") == ["the-second"]


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


# The plugin API


def asking(wanted: str) -> str:
    return f"{OPTIMISER.format(name='muon')}\n    HARNESS_PLUGIN_API = {wanted}\n"


def test_a_plugin_may_ask_for_the_plugin_api_that_there_is(write: Callable[[str, str], str]) -> None:
    assert "PLUGIN_API" in harness.__all__
    assert type(harness.PLUGIN_API) is int
    registry = build_registry([write("mine.py", asking(str(harness.PLUGIN_API)))])
    assert registry.names("optimiser") == ["muon"]


@pytest.mark.parametrize("wanted", ["99", "0", "'1'", "(1, 2)"])
def test_a_plugin_that_asks_for_another_is_refused_in_one_line(write: Callable[[str, str], str], wanted: str) -> None:
    assert refused(write("mine.py", asking(wanted))) == (
        f"cannot load plugin 'mine.py': it asks for HARNESS_PLUGIN_API = {wanted}, "
        f"harness {harness.__version__} has {harness.PLUGIN_API}: get the plugin's version for it"
    )


@pytest.mark.usefixtures("installed")
def test_so_is_an_installed_one_and_one_that_is_named_as_a_module(
    write: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("installed_red.py", asking("7"))
    monkeypatch.setenv("HARNESS_PLUGINS", "red")
    assert refused().startswith("cannot load plugin 'red': it asks for HARNESS_PLUGIN_API = 7, ")
    monkeypatch.setenv("HARNESS_PLUGINS", "")
    assert refused("installed_red").startswith("cannot load plugin 'installed_red': it asks for HARNESS_PLUGIN_API")


def test_so_is_a_file_of_which_one_class_is_named(write: Callable[[str, str], str]) -> None:
    write("mine.py", "import torch\nHARNESS_PLUGIN_API = 7\nclass Mine(torch.optim.SGD): ...\n")
    with pytest.raises(harness.PluginError, match=r"^optimiser .mine.py:Mine.: cannot load .mine.py.: it asks for "):
        build_registry().component("optimiser", "mine.py:Mine")
