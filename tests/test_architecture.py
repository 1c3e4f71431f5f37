"""The rules of the house: who may import whom, how long a file may be, what the core must not name."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness import hookspecs
from harness.registry import build_registry

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "harness").glob("*.py"))
PLUGINS = sorted((ROOT / "plugins" / "harness_plugins").rglob("*.py"))
LAYERS = (
    {"errors", "hookspecs", "ranges", "traits", "seeds", "events", "signatures", "lookup", "stopwatch", "names"}
    | {"watch", "regulariser", "labels", "numerals", "charts"},
    {"hyperparameter"},
    {"loading", "components", "configuration", "problem", "model", "statistics", "device", "ledger", "widening"}
    | {"together", "scaffold"}
    | {"answer", "curve_charts", "difference_charts", "search_charts", "plot"},
    {"partners", "space", "course", "record", "call", "study", "cohort", "precompute", "verdict"},
    {"derived", "studyfile", "folder", "selection", "evaluation", "learner", "comparisons"},
    {"registry", "ladder", "sequential", "starting", "saving", "progress"},
    {"arms", "results", "training", "environment", "offered"},
    {"specimen", "plan", "executors", "search", "contenders", "frame", "page", "advice_base"},
    {"workload", "interactions", "targets", "tuning"}
    | {"advice_budget", "advice_inclusion", "advice_ranges", "advice_runs", "advice_tuning"}
    | {"overview", "provenance", "schedules", "sections", "variations"},
    {"driver", "ranking", "advice", "checks_common", "checks_values", "checks_by_kind"},
    {"unsealed", "checks_problem", "checks_schedules"},
    {"joining", "tables", "render", "conformance"},
    {"runner", "unsealing", "report", "testing", "checkup"},
    {"byhand", "catalogue", "comparing", "dryrun", "closing"},
    {"cli_options"},
    {"cli_run", "cli_catalogue", "cli_results", "cli_plugin"},
    {"cli"},
)
"""Lowest first. A module imports from layers below its own, or, for types alone, from anywhere."""


WORDS = {"linear", "normal", "uniform", "random", "none", "step", "early", "late", "decay", "exponential", "polynomial"}
WORDS |= {"torch_default", "zeros"}  # settings of the biases as well
"""Names of components that are words of the core too."""


def imports(path: Path, *, inside_functions: bool) -> set[str]:
    """Full names of the modules that a file imports when it runs."""
    found: set[str] = set()
    pending: list[ast.AST] = list(ast.parse(path.read_text()).body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        is_type_checking = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if not is_type_checking and (inside_functions or not is_function):
            pending += ast.iter_child_nodes(node)
    return found


def core_imports(path: Path) -> set[str]:
    names = {path.stem for path in CORE}
    found = imports(path, inside_functions=True)
    return {name.split(".")[1] for name in found if name.startswith("harness.") and name.split(".")[1] in names}


def test_every_module_has_its_layer():
    assert sorted(name for layer in LAYERS for name in layer) == sorted(
        path.stem for path in CORE if not path.stem.startswith("__")
    )


@pytest.mark.parametrize("path", [path for path in CORE if not path.stem.startswith("__")], ids=lambda path: path.stem)
def test_imports_point_one_way(path):
    own = next(number for number, layer in enumerate(LAYERS) if path.stem in layer)
    assert core_imports(path) - {path.stem} <= set().union(*LAYERS[:own])


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_the_core_imports_no_plugin_and_names_no_component(path):
    assert not [name for name in imports(path, inside_functions=True) if name.startswith("harness_plugins")]
    registry = build_registry()
    components = {name for kind in hookspecs.CHOICES for name in registry.names(kind)} - WORDS
    strings = {
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not components & strings


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_plugins_use_public_names_only(path):
    found = {name for name in imports(path, inside_functions=True) if name.split(".")[0] == "harness"}
    public = {"harness", "harness.problem", *(f"harness.{name}" for name in harness.__all__)}
    assert {name for name in found if not name.startswith("harness.problem.")} <= public


@pytest.mark.parametrize("path", CORE + PLUGINS, ids=lambda path: path.stem)
def test_no_file_is_too_long(path):
    assert len(path.read_text().splitlines()) <= 250


def test_the_command_line_imports_inside_functions_only():
    files = [path for path in CORE if path.stem.startswith("cli")]
    found = {name for path in files for name in imports(path, inside_functions=False)}
    heavy = {name for name in found if name.split(".")[0] in ("torch", "optuna", "pandas", "numpy", "scipy", "rich")}
    assert not heavy


def test_help_needs_none_of_the_large_packages():
    program = "import sys; from click.testing import CliRunner; from harness.cli import main; "
    program += "assert 'Usage' in CliRunner().invoke(main, ['--help']).output; "
    program += "print([name for name in ('torch', 'optuna', 'pandas', 'numpy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_is_there():
    for name in harness.__all__:
        assert getattr(harness, name) is not None
    with pytest.raises(AttributeError, match="module 'harness' has no attribute 'nonsense'"):
        harness.nonsense  # noqa: B018


def test_every_hook_is_documented_and_used_by_a_built_in_or_a_test():
    readme = (ROOT / "plugins" / "README.md").read_text()
    hooks = [*hookspecs.KINDS.values(), "observe"]
    assert hooks == [name for name in vars(hookspecs) if name.startswith("register_") or name == "observe"]
    for hook in hooks:
        assert f"`{hook}`" in readme
    built_in = next(plugin.module for plugin in build_registry().plugins if plugin.name == "built_in")
    assert all(hasattr(built_in, hook) for hook in hookspecs.KINDS.values())
