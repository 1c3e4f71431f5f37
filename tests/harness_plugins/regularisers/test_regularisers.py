"""What all built-in regularisers have in common: names, spaces, docstrings, refusals, reproducibility."""

from __future__ import annotations

import inspect
import math
import re

import pytest
import torch

import harness_plugins.regularisers
from harness import Regulariser
from harness.plugin.ranges import Options
from harness.plugin.registry import Registry

from support.registered import alone, registered
from support.regularising import TRAIN, Training, classifier, same_bits, weights

regularisers = registered(harness_plugins.regularisers)

SPACES = {
    "clip_norm": ["limit"],
    "clip_value": ["limit"],
    "confidence_penalty": ["strength"],
    "decay": ["strength", "embedding", "biases"],
    "dropconnect": ["rate"],
    "ema": ["decay"],
    "feature_dropout": ["rate"],
    "flooding": ["level"],
    "gaussian_dropout": ["rate"],
    "gradient_noise": ["eta"],
    "input_dropout": ["rate"],
    "l1": ["strength", "biases"],
    "l2": ["strength", "biases"],
    "label_smoothing": ["amount"],
    "max_norm": ["limit"],
    "mixout": ["rate"],
    "none": [],
    "r_drop": ["alpha"],
    "row_dropout": ["rate"],
    "sam": ["rho"],
    "swa": ["start"],
    "word_dropout": ["alpha"],
}
NAMES = list(SPACES)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return alone("harness_plugins.regularisers")


def trained(*on: Regulariser, steps: int = 4) -> Training:
    training = Training(*on, model=classifier(sd=0.5), steps=steps)
    for _ in range(steps):
        training.step()
    for each in on:
        each.eval()
    return training


def test_every_regulariser_is_there_and_none_is_the_default(registry: Registry) -> None:
    assert registry.names("regularisers") == NAMES
    assert registry.default("regularisers") == "none"


@pytest.mark.parametrize("name", NAMES)
def test_every_hyperparameter_can_be_searched_and_its_default_lies_in_its_range(registry: Registry, name: str) -> None:
    component = registry.component("regularisers", name)
    assert list(component.space) == SPACES[name]
    assert component.hyperparameters.keys() == component.space.keys()
    for key, domain in component.space.items():
        assert component.defaults[key] in domain


@pytest.mark.parametrize("name", NAMES)
def test_both_ends_of_a_space_train(registry: Registry, name: str) -> None:
    component = registry.component("regularisers", name)
    for key, domain in component.space.items():
        for end in domain.values if isinstance(domain, Options) else (domain.low, domain.high):
            training = trained(component.build(**component.resolve({key: end})))
            assert all(each.isfinite().all() for each in weights(training.model))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "none"])
def test_a_docstring_says_what_it_is_who_proposed_it_and_what_it_is_not_for(registry: Registry, name: str) -> None:
    component = registry.component("regularisers", name)
    assert re.search(r": [A-Z]\w+( & [A-Z]\w+| et al\.)? (19|20)\d\d\.$", component.description)
    assert " Not for " in f" {inspect.getdoc(component.build)}".replace("\n", " ")


OTHERS: dict[str, dict[str, object]] = {
    "clip_norm": {"limit": 0.1},
    "flooding": {"level": 5.0},
    "max_norm": {"limit": 0.5},
    "swa": {"start": 0.25},
}


@pytest.mark.parametrize("name", NAMES)
def test_every_hyperparameter_changes_what_is_evaluated(registry: Registry, name: str) -> None:
    component = registry.component("regularisers", name)
    # Two passes that are one diverge nowhere; a fresh one each time, as it keeps what it is given.
    noise = (lambda: [regularisers.gaussian_dropout()]) if name == "r_drop" else list
    usual = weights(trained(*noise(), component.build(**component.defaults)).model)
    for key, domain in component.space.items():
        others = domain.values if isinstance(domain, Options) else (OTHERS.get(name, {}).get(key, domain.high),)
        for value in others:
            if value != component.defaults[key]:
                changed = trained(*noise(), component.build(**component.resolve({key: value})))
                assert not same_bits(weights(changed.model), usual), (key, value)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_generator_gives_the_same_bits_and_nothing_else_is_drawn_from_or_written_to(
    registry: Registry, name: str
) -> None:
    before, tokens, labels = torch.get_rng_state(), TRAIN.tokens.clone(), TRAIN.labels.clone()
    component = registry.component("regularisers", name)
    first, second = (trained(component.build(**component.defaults)) for _ in range(2))
    assert same_bits(weights(first.model), weights(second.model))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(TRAIN.tokens, tokens)
    assert torch.equal(TRAIN.labels, labels)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_regulariser_says_is_none_is_none(registry: Registry, name: str) -> None:
    component = registry.component("regularisers", name)
    included = component.traits.includes.get("none")
    assert (included is None) == (name in ("none", "max_norm", "r_drop", "swa"))
    if included is not None:
        plain, same = trained(), trained(component.build(**component.resolve(included.reach)))
        # The smallest value that a log scale reaches is none but for rounding, or one lookup in a hundred.
        tolerance = {"confidence_penalty": 1e-3, "word_dropout": math.inf}.get(name, 2e-4)
        for one, other in zip(weights(plain.model), weights(same.model), strict=True):
            assert (one - other).abs().max() <= tolerance
        assert same.losses == pytest.approx(plain.losses, abs=10 * tolerance)


def test_none_is_the_plain_step_to_the_bit(registry: Registry) -> None:
    none = registry.component("regularisers", "none").build()
    assert same_bits(weights(trained(none).model), weights(trained().model))


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        *(
            (name, {key: value}, f"{key} must be finite and at least 0, got {value!r}")
            for name, key, value in (
                ("l2", "strength", -1.0),
                ("l1", "strength", math.inf),
                ("decay", "strength", math.nan),
                ("confidence_penalty", "strength", -0.1),
                ("flooding", "level", -0.1),
                ("r_drop", "alpha", -1.0),
                ("gradient_noise", "eta", -1.0),
                ("sam", "rho", math.nan),
            )
        ),
        *(
            (name, {key: value}, f"{key} must be finite and above 0, got {value!r}")
            for name, key, value in (
                ("max_norm", "limit", 0.0),
                ("clip_norm", "limit", -1.0),
                ("clip_value", "limit", math.inf),
                ("word_dropout", "alpha", 0.0),
            )
        ),
        *(
            (name, {key: 1.0}, f"{key} must lie in [0, 1), got 1.0")
            for name, key in (
                *((name, "rate") for name in ("dropconnect", "row_dropout", "mixout", "input_dropout")),
                *((name, "rate") for name in ("feature_dropout", "gaussian_dropout")),
                ("label_smoothing", "amount"),
                ("ema", "decay"),
                ("swa", "start"),
            )
        ),
        ("decay", {"embedding": "some"}, "embedding must be one of all, touched, none, got 'some'"),
    ],
)
def test_wrong_values_are_refused(name: str, values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        getattr(regularisers, name)(**values)
