"""Zeros for the output layer, another rule for the hidden one."""

from __future__ import annotations

import re
from typing import get_args

import pytest
import torch

import harness_plugins.initialisers
from harness.plugin.registry import Registry
from harness_plugins.initialisers.zero_output import Alone, zero_output

from support.drawing import draw
from support.registered import registered

initialisers = registered(harness_plugins.initialisers)


def test_zero_output_takes_every_rule_that_stands_alone(registry: Registry) -> None:
    alone = {
        name
        for name in registry.names("initialiser")
        if registry.component("initialiser", name).plugin == "built_in"
        and not registry.component("initialiser", name).takes
    }
    assert set(get_args(Alone)) == alone - {"zeros"}


@pytest.mark.parametrize("hidden", get_args(Alone))
def test_zero_output_is_that_rule_and_then_zeros(hidden: str) -> None:
    assert torch.equal(draw(zero_output, hidden=hidden), draw(getattr(initialisers, hidden)))
    assert not draw(zero_output, hidden=hidden, layer="output").any()


@pytest.mark.parametrize("layer", ["hidden", "output"])
@pytest.mark.parametrize("hidden", ["zeros", "lsuv", "zero_output", ""])
def test_zero_output_refuses_other_rules(hidden: str, layer: str) -> None:
    message = f"hidden must be one of {', '.join(get_args(Alone))}, got {hidden!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        draw(zero_output, hidden=hidden, layer=layer)
