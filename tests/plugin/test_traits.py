"""Traits: plain data, and the hyperparameters that they speak of."""

from __future__ import annotations

import json

import pytest

from harness.plugin.traits import NO_TRAITS, Inclusion, Traits

TRAITS = Traits(
    includes={"sgd": Inclusion(free=["lr"], same={"steps": "n"}, reach={"eps": 0.5}, where={"nesterov": False})},
    natural_limits={"momentum": (0.0, 1.0)},
    meanings={"decay": "how much"},
    coupled_decay="weight_decay",
    only_with={"lr_schedule": ("constant",)},
)


def test_traits_are_plain_data_that_json_keeps_as_they_are() -> None:
    assert TRAITS.to_json() == json.loads(json.dumps(TRAITS.to_json())) == {
        "includes": {
            "sgd": {"free": ["lr"], "same": {"steps": "n"}, "reach": {"eps": 0.5}, "where": {"nesterov": False}}
        },
        "natural_limits": {"momentum": [0.0, 1.0]},
        "meanings": {"decay": "how much"},
        "coupled_decay": "weight_decay",
        "only_with": {"lr_schedule": ["constant"]},
    }  # fmt: skip


def test_what_decouples_a_decay_is_plain_data_where_there_is_such_a_thing() -> None:
    traits = Traits(coupled_decay="weight_decay", decoupled_by="weight_decouple")
    assert traits.to_json()["decoupled_by"] == "weight_decouple"
    assert Traits.from_json(traits.to_json()) == traits
    assert traits.hyperparameters() == {"weight_decay", "weight_decouple"}
    with pytest.raises(ValueError, match=r"^\.decoupled_by: is a text, got 3$"):
        Traits.from_json({"decoupled_by": 3})


def test_an_inclusion_may_be_written_as_the_hyperparameters_that_must_be_free() -> None:
    assert Traits(includes={"sgd": ["lr"]}).to_json() == Traits(includes={"sgd": Inclusion(free=["lr"])}).to_json()


def test_traits_speak_of_the_component_s_own_hyperparameters_only() -> None:
    assert TRAITS.hyperparameters() == {"lr", "steps", "eps", "momentum", "decay", "weight_decay"}
    assert Traits(includes={"sgd": ["lr"]}).hyperparameters() == {"lr"}
    assert NO_TRAITS.hyperparameters() == set()
