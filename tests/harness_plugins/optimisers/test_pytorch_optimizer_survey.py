"""The table of what pytorch_optimizer's members do is what they do: every odd one, and a third of the others."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from harness.plugin.registry import Registry
from harness_plugins.optimisers._pytorch_optimizer_quirks import REFUSED
from harness_plugins.optimisers._pytorch_optimizer_survey import MEASURED, survey

from support.surveying import behaviour, ignored, members

ODD = [name for name, seen in survey().items() if seen.note]
CHECKED = sorted({*ODD, *list(survey())[::3]})


def test_every_member_that_can_be_used_is_in_the_table(registry: Registry) -> None:
    family, _ = registry.families("optimiser")["pytorch_optimizer"]
    assert version("pytorch_optimizer") == MEASURED
    assert {*survey()} == {*family.names()} - REFUSED.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKED)
def test_a_member_does_what_the_table_says(name: str) -> None:
    [(_, component)] = members([name])
    assert behaviour(component) == survey()[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adamg", "bsam", "dadaptadam", "ftrl", "lion", "prodigy", "sgd"])
def test_no_part_of_the_searched_range_repeats_one_run(name: str) -> None:
    [(_, component)] = members([name])
    assert ignored(component) == []


def test_what_was_measured_is_shown_and_declared(registry: Registry) -> None:
    def member(name: str):
        return registry.component("optimiser", f"pytorch_optimizer:{name}")

    assert "It sets embedding rows that occur in no batch to 0" in member("ftrl").build.__doc__
    assert "It draws random numbers." in member("dash").build.__doc__
    assert "a matrix with as many rows as the embedding" in member("soap").build.__doc__
    assert (member("adamg").space["lr"].low, member("adamg").space["lr"].high) == pytest.approx((0.1, 1.0))
    ademamix, adam, lion, sgd = (member(name).traits for name in ("ademamix", "adam", "lion", "sgd"))
    assert (ademamix.coupled_decay, ademamix.decoupled_by) == ("weight_decay", "weight_decouple")
    assert (adam.coupled_decay, adam.decoupled_by) == ("weight_decay", "decoupled_weight_decay")
    assert member("rmsprop").traits.decoupled_by == ""
    assert (lion.coupled_decay, lion.decoupled_by) == ("weight_decay", "weight_decouple")
    assert (sgd.coupled_decay, sgd.meanings) == ("", {})
    assert lion.meanings == {"weight_decay": "share of the weight, times lr"}
