"""The rules of the house: who may import whom, how long a file may be, what the core must not name."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.plugin import hookspecs, kinds
from harness.plugin.registry import EXECUTORS, build_registry

from support.paths import ROOT

HARNESS = ROOT / "harness"
CORE = sorted(HARNESS.rglob("*.py"))
PLUGINS = sorted((ROOT / "plugins" / "harness_plugins").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
ORDER = (
    {"errors"},
    {"arguments", "files", "metric"},
    {"data"},
    {"wording"},
    {"plugin", "statistics"},
    {"study"},
    {"training", "records"},
    {"execution", "analysis", "conformance"},
    {"phases", "report"},
    {"api", "testing"},
    {"cli"},
)
"""The rooms, and the files that stand beside them, lowest first. Each imports from its own room and from those in lines
above its own here; rooms of one line do not know each other. ``harness/__init__.py`` hands on names from anywhere."""
HEAVY = ("torch", "optuna", "pandas", "numpy", "scipy", "matplotlib", "rich", "pydantic", "jinja2")


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


def name_of(path: Path) -> str:
    """The file's path within the project, which identifies it."""
    return path.relative_to(ROOT).as_posix()


def room_of(module: str) -> str:
    """``harness.study.plan`` → ``study``."""
    return module.split(".")[1]


def core_imports(path: Path) -> set[str]:
    """The files of the core that a file imports, as modules: names that are imported from a file are left out."""
    modules = {".".join(other.relative_to(ROOT).with_suffix("").parts) for other in CORE}
    return {name for name in imports(path, inside_functions=True) if name in modules}


ROOMS = [path for path in CORE if path.name == "__init__.py" and path.parent != HARNESS]
INSIDE = [path for path in CORE if path.parent != HARNESS or not path.stem.startswith("__")]


def test_every_room_and_file_has_its_place_in_the_order():
    there = {path.relative_to(HARNESS).parts[0].removesuffix(".py") for path in INSIDE}
    assert sorted(name for line in ORDER for name in line) == sorted(there)
    assert all((HARNESS / name / "__init__.py").is_file() for name in there if (HARNESS / name).is_dir())


@pytest.mark.parametrize("path", INSIDE, ids=name_of)
def test_imports_point_one_way(path):
    own = path.relative_to(HARNESS).parts[0].removesuffix(".py")
    line = next(number for number, names in enumerate(ORDER) if own in names)
    allowed = {own}.union(*ORDER[:line])
    assert {name for name in core_imports(path) if room_of(name) not in allowed} == set()


@pytest.mark.parametrize("path", CORE + PLUGINS, ids=name_of)
def test_private_files_are_imported_from_their_own_room_only(path):
    own = path.relative_to(HARNESS).parts[0] if path in CORE else ""
    private = {name for name in core_imports(path) if any(part.startswith("_") for part in name.split("."))}
    assert {name for name in private if room_of(name) != own} == set()


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_a_room_holds_its_one_sentence_and_hands_nothing_on(path):
    [sentence] = ast.parse(path.read_text()).body
    assert isinstance(sentence, ast.Expr)


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_imports_no_plugin_and_names_no_component(path, registry):
    assert not [name for name in imports(path, inside_functions=True) if name.startswith("harness_plugins")]
    components = {name for kind in kinds.CHOICES for name in registry.names(kind)} - WORDS
    strings = {
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not components & strings


@pytest.mark.parametrize("path", PLUGINS, ids=name_of)
def test_plugins_import_harness_alone(path):
    found = {name for name in imports(path, inside_functions=True) if name.split(".")[0] == "harness"}
    assert found <= {"harness", *(f"harness.{name}" for name in harness.__all__)}


@pytest.mark.parametrize("path", PLUGINS, ids=name_of)
def test_what_the_rules_of_a_kind_share_stays_with_them(path):
    private = {name for name in imports(path, inside_functions=True) if name.startswith("harness_plugins.")}
    private = {name for name in private if name.split(".")[2:] and name.split(".")[2].startswith("_")}
    assert {name for name in private if name.split(".")[1] != path.parent.name} == set()


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_no_test_imports_from_another_and_what_they_share_is_public(path):
    names = [name.split(".") for name in imports(path, inside_functions=True)]
    assert not [name for name in names if name[0] != "harness" and any(part.startswith("test_") for part in name)]
    assert not [name for name in names if name[0] == "support" and any(part.startswith("_") for part in name)]


def test_the_command_line_imports_inside_functions_only():
    files = [path for path in CORE if path.parent == HARNESS / "cli" and not path.stem.startswith("_")]
    found = {name for path in files for name in imports(path, inside_functions=False)}
    assert not {name for name in found if name.split(".")[0] in HEAVY}


def test_help_needs_none_of_the_large_packages():
    program = "import sys; from click.testing import CliRunner; from harness.cli.main import main; "
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
    hooks = [*(kind.hook for kind in kinds.KINDS.values()), EXECUTORS, "observe"]
    assert hooks == [name for name in vars(hookspecs) if name.startswith("register_") or name == "observe"]
    for hook in hooks:
        assert f"`{hook}`" in readme
    built_in = next(plugin.module for plugin in build_registry().plugins if plugin.name == "built_in")
    assert all(hasattr(built_in, hook) for hook in hooks if hook != "observe")
