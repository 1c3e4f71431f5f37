"""A plugin's file, as the tests of the plugin room write it, and what it is refused with."""

from __future__ import annotations

import pytest

from harness.errors import PluginError
from harness.plugin.registry import build_registry

OPTIMISER = """
    import harness, torch

    @harness.hookimpl
    def register_optimisers(register):
        register({name!r}, build, space={{"lr": harness.log(1e-3, 1)}})

    def build(model, *, lr: float = 0.1):
        return torch.optim.SGD(model.parameters(), lr=lr)
"""


def refused(*sources: str) -> str:
    """The message with which the registry of these sources is refused."""
    with pytest.raises(PluginError) as caught:
        build_registry(sources)
    return str(caught.value)
