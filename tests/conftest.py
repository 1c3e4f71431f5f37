"""What every test needs: a cache of its own, and a problem small enough to train in milliseconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.problem import Problem
from harness.registry import Registry, build_registry

TINY = str(Path(__file__).parent / "tiny.py")
EWT = Path(__file__).parents[2] / "shared" / "data" / "ud-english-ewt"


@pytest.fixture(autouse=True, scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The built-ins and the plugin of the tests."""
    return build_registry([TINY])


@pytest.fixture(scope="session")
def tiny(registry: Registry) -> Problem:
    """300 training examples of 6 features over 40 rows, 3 classes."""
    return registry.component("problem", "tiny").build()
