"""The tables of components are the registry's."""

from __future__ import annotations

import pytest

from harness.plugin.kinds import CHOICES
from harness.plugin.registry import Registry

from support.documented import BEGIN, ROOT, built_in, library, overview, page, with_tables


@pytest.fixture(scope="module")
def registry() -> Registry:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_PLUGINS", "built_in")
        return built_in()


def test_readme_s_table_of_components_is_the_registry_s(registry):
    readme = (ROOT / "README.md").read_text()
    assert readme.count(BEGIN) == 1
    assert with_tables(readme, registry) == readme, "run: make tables"


def test_the_page_of_components_is_the_registry_s(registry):
    assert (ROOT / "plugins" / "components.md").read_text() == page(registry), "run: make tables"


def test_the_page_of_the_library_s_optimisers_is_what_was_measured(registry):
    assert (ROOT / "plugins" / "pytorch_optimizer.md").read_text() == library(registry), "run: make tables"


def test_every_component_and_family_is_in_both(registry):
    short, long = overview(registry), page(registry)
    for kind in CHOICES:
        for name in (*registry.names(kind), *registry.families(kind)):
            assert name in short
            assert f"| {name}" in long or f"| **{name}**" in long
