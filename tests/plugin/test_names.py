"""Names that are made of names."""

from __future__ import annotations

import pytest

from harness.plugin.names import full_name, parts_of, split_name


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("optimiser", "adam", "lr"), "optimiser.adam.lr"),
        (("dropout", "average:linear", "start"), "dropout.average:linear.start"),
        (("optimiser", "torch.optim:Adamax", "beta1"), "optimiser.torch.optim:Adamax.beta1"),
        (("optimiser", "mine.py:Mine", "lr"), "optimiser.mine.py:Mine.lr"),
    ],
)
def test_a_full_name_and_its_parts(parts: tuple[str, str, str], name: str) -> None:
    assert full_name(*parts) == name
    assert split_name(name) == parts


def test_a_hyperparameter_of_several_components_that_are_on_together_is_its_own_component_s() -> None:
    name = full_name("regularisers", "l2 + clip_norm", "l2.strength")
    assert name == "regularisers.l2.strength"
    assert split_name(name) == ("regularisers", "l2", "strength")


@pytest.mark.parametrize(
    ("name", "parts"), [("optimiser", ("optimiser", "", "")), ("optimiser.adam", ("optimiser", "", "adam"))]
)
def test_what_is_missing_in_a_name_is_empty(name: str, parts: tuple[str, str, str]) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize("name", ["l2 + clip_norm", "l2+clip_norm", " l2 +clip_norm "])
def test_blanks_around_a_plus_mean_nothing(name: str) -> None:
    assert parts_of(name) == ["l2", "clip_norm"]


def test_a_single_name_is_its_own_part_and_a_missing_one_is_empty() -> None:
    assert parts_of("l2") == ["l2"]
    assert parts_of("l2 + ") == ["l2", ""]
