"""Every file of the built-ins is a plugin by itself, as a stranger's is: what only it registers stands in it."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from harness.plugin.kinds import KINDS

from support.paths import ROOT
from support.registered import alone

PACKAGES = {
    "problem": "problems",
    "embedding": "embeddings",
    "initialiser": "initialisers",
    "optimiser": "optimisers",
    "lr_schedule": "lr_schedules",
    "dropout": "dropouts",
    "regularisers": "regularisers",
}
NO_RULES = {"problems": {"treebank"}}
"""Files that register nothing and that scripts import something from; the names of all others begin with _."""


def files(package: str) -> set[str]:
    """The names of a package's public files."""
    folder = ROOT / "plugins" / "harness_plugins" / package
    return {path.stem for path in Path(folder).glob("*.py") if not path.stem.startswith("_")}


def test_each_kind_has_a_package():
    assert list(PACKAGES) == list(KINDS)


@pytest.mark.parametrize(("kind", "package"), PACKAGES.items())
def test_a_package_asks_each_of_its_files_once(kind, package):
    rules = importlib.import_module(f"harness_plugins.{package}").RULES
    assert sorted(rule.__name__.rpartition(".")[2] for rule in rules) == sorted(
        files(package) - NO_RULES.get(package, set())
    )


@pytest.mark.parametrize(("kind", "package"), PACKAGES.items())
def test_each_file_is_a_plugin_of_its_own(kind, package):
    names = []
    for name in sorted(files(package) - NO_RULES.get(package, set())):
        registry = alone(f"harness_plugins.{package}.{name}")
        found = [*registry.names(kind), *registry.families(kind)]
        assert found, name
        assert not any(registry.names(other) for other in KINDS if other != kind)
        names += found
    together = alone(f"harness_plugins.{package}")
    assert sorted(names) == sorted([*together.names(kind), *together.families(kind)])
