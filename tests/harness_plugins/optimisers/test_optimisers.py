"""What holds of every built-in optimiser. The rules themselves are tested family by family."""

from __future__ import annotations

import copy
import math
import re

import pytest
import torch

import harness_plugins.optimisers
from harness.plugin.component import Component
from harness.plugin.ranges import Options, Range
from harness.plugin.registry import Registry
from harness.plugin.together import needs_closure
from harness.training.build import fuse

from support.optimising import batch, call, classifier, loss_of, train, trained, weights
from support.registered import alone, registered

optimisers = registered(harness_plugins.optimisers)

NAMES = [
    *("adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "asgd", "lbfgs", "lion", "muon", "nadam"),
    *("radam", "rmsprop", "rprop", "schedule_free", "sgd", "sparse_adam"),
]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return alone("harness_plugins.optimisers")


def test_every_optimiser_is_tested(registry: Registry) -> None:
    assert [name for name in registry.names("optimiser") if ":" not in name] == NAMES
    assert registry.default("optimiser") == "adam"


def test_spaces_name_the_most_important_hyperparameter_first(registry: Registry) -> None:
    adams = ["lr", "beta1", "eps", "beta2"]
    assert {name: list(registry.component("optimiser", name).space) for name in NAMES} == {
        "adadelta": ["lr", "eps", "rho"],
        "adafactor": ["lr", "beta2_decay", "d", "eps2"],
        "adagrad": ["lr", "eps"],
        "adam": adams,
        "adamax": adams,
        "adamw": ["lr", "weight_decay", "beta1", "eps", "beta2"],
        "asgd": ["lr", "average_from", "lambd"],
        "lbfgs": ["max_iter", "history_size", "lr"],
        "lion": ["lr", "weight_decay", "beta1", "beta2"],
        "muon": ["lr", "rest_lr", "momentum"],
        "nadam": adams,
        "radam": adams,
        "rmsprop": ["lr", "momentum", "eps", "alpha"],
        "rprop": ["eta_plus", "eta_minus", "step_max", "lr"],
        "schedule_free": ["lr", "beta1", "weight_decay", "warmup_steps", "beta2"],
        "sgd": ["lr", "momentum", "nesterov", "weight_decay"],
        "sparse_adam": adams,
    }


def other_value(component: Component, name: str) -> object:
    domain, default = component.space.get(name), component.defaults[name]
    if isinstance(default, bool):
        return not default
    if isinstance(domain, Range):
        return domain.high if domain.low == default else domain.low
    return default / 2 or 0.1


@pytest.mark.parametrize("name", NAMES)
def test_every_hyperparameter_changes_the_weights_that_are_evaluated(registry: Registry, name: str) -> None:
    component = registry.component("optimiser", name)
    usual = trained(component.build, **component.defaults)
    for hyperparameter in component.hyperparameters:
        changed = component.resolve({hyperparameter: other_value(component, hyperparameter)})
        assert not torch.equal(trained(component.build, **changed), usual), hyperparameter


@pytest.mark.parametrize("name", NAMES)
def test_both_ends_of_the_space_can_be_built_and_hold_the_defaults(registry: Registry, name: str) -> None:
    component = registry.component("optimiser", name)
    for key, domain in component.space.items():
        ends = domain.values if isinstance(domain, Options) else (domain.low, domain.high)
        for end in ends:
            model = classifier()
            train(model, component.build(model, **component.resolve({key: end})), range(2))
            assert weights(model).isfinite().all()
        # A log scale cannot reach 0, no decay.
        assert component.defaults[key] in domain or (key, component.defaults[key]) == ("weight_decay", 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_handed_over_once_and_no_implementation_is_chosen(name: str) -> None:
    model = classifier()
    optimiser = getattr(optimisers, name)(model)
    handed = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    assert sorted(map(id, handed)) == sorted(map(id, model.parameters()))
    for group in optimiser.param_groups:
        assert group["lr"] > 0
        assert group.get("fused") is None
        assert group.get("foreach") is None or name == "schedule_free"  # whose package insists on a bool


@pytest.mark.parametrize("name", NAMES)
def test_training_repeats_to_the_bit_draws_nothing_and_may_be_fused(name: str) -> None:
    def run(*, fused: bool) -> torch.Tensor:
        model = classifier()
        optimiser = getattr(optimisers, name)(model)
        if fused:
            fuse(optimiser)
        train(model, optimiser)
        return weights(model)

    before = torch.get_rng_state()
    plain = run(fused=False)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(run(fused=False), plain)
    assert torch.equal(run(fused=True), run(fused=True))
    torch.testing.assert_close(run(fused=True), plain, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_leaves_the_gradients_as_they_were(name: str) -> None:
    model = classifier()
    optimiser = getattr(optimisers, name)(model)
    if needs_closure(optimiser):
        return  # it computes them itself
    call(optimiser, "train")
    loss_of(model, 0).backward()
    gradients = [each.grad for each in model.parameters()]
    values = [each.clone() for each in gradients]
    optimiser.step()
    for parameter, gradient, value in zip(model.parameters(), gradients, values, strict=True):
        assert parameter.grad is gradient
        assert torch.equal(gradient, value)


@pytest.mark.parametrize("name", NAMES)
def test_training_goes_on_from_a_saved_state_as_if_it_had_not_stopped(name: str) -> None:
    model = classifier(torch.float32)  # to whose type torch would turn what it keeps as float32
    optimiser = train(model, getattr(optimisers, name)(model), range(4))
    weights_then, state_then = copy.deepcopy(model.state_dict()), copy.deepcopy(optimiser.state_dict())
    train(model, optimiser, range(4, 8))
    resumed = classifier(torch.float32)
    resumed.load_state_dict(weights_then)
    other = getattr(optimisers, name)(resumed)
    other.load_state_dict(state_then)
    train(resumed, other, range(4, 8))
    assert torch.equal(weights(resumed), weights(model))


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_falls_at_the_defaults(name: str) -> None:
    model = classifier(torch.float32)
    before = sum(loss_of(model, step).item() for step in range(3))
    optimiser = train(model, getattr(optimisers, name)(model), range(3))
    for _ in range(10):
        train(model, optimiser, range(3))
    assert sum(loss_of(model, step).item() for step in range(3)) < before
    assert batch(0)[0].max() < 11


NOT_NEGATIVE, POSITIVE, FRACTION = "finite and at least 0", "finite and above 0", "[0, 1)"
WRONG: dict[str, list[tuple[float, str]]] = {
    "lr": [(-1.0, NOT_NEGATIVE), (math.nan, NOT_NEGATIVE)],
    "rest_lr": [(-1.0, NOT_NEGATIVE)],
    "weight_decay": [(-0.1, NOT_NEGATIVE)],
    "lambd": [(-0.1, NOT_NEGATIVE)],
    "momentum_decay": [(math.inf, NOT_NEGATIVE)],
    "eps2": [(-1.0, NOT_NEGATIVE)],
    "warmup_steps": [(-1, NOT_NEGATIVE)],
    "momentum": [(1.0, FRACTION)],
    "alpha": [(1.0, FRACTION)],
    "rho": [(1.0, FRACTION)],
    "beta1": [(-0.1, FRACTION), (1.0, FRACTION)],
    "beta2": [(1.0, FRACTION)],
    "eta_minus": [(0.0, POSITIVE), (1.0, FRACTION)],
    "eta_plus": [(1.0, "finite and above 1"), (math.inf, "finite and above 1")],
    "step_max": [(0.0, POSITIVE), (1e-7, "at least 1e-06")],
    "eps": [(0.0, POSITIVE)],
    "beta2_decay": [(-1.1, "[-1, 0]"), (0.1, "[-1, 0]")],
    "d": [(0.9, "finite and at least 1"), (math.inf, "finite and at least 1")],
    "average_from": [(0, "at least 1")],
    "max_iter": [(0, POSITIVE)],
    "history_size": [(0, POSITIVE)],
}
OTHERWISE = {
    **{(name, "lr"): [(0.0, POSITIVE)] for name in ("rprop", "lbfgs", "sparse_adam")},
    ("asgd", "alpha"): [(-1.0, NOT_NEGATIVE)],
    ("schedule_free", "beta1"): [(0.0, POSITIVE), (1.0, FRACTION)],
}


@pytest.mark.parametrize("name", NAMES)
def test_wrong_values_are_refused(registry: Registry, name: str) -> None:
    component = registry.component("optimiser", name)
    for key in component.hyperparameters.keys() - {"nesterov"}:
        for value, allowed in OTHERWISE.get((name, key), WRONG[key]):
            verb = "lie in" if allowed.startswith("[") else "be"
            message = f"{key} must {verb} {allowed}, got {value!r}"
            with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
                component.build(classifier(), **{key: value})


def test_docstrings_say_what_an_optimiser_is_not_for(registry: Registry) -> None:
    for name in NAMES:
        component = registry.component("optimiser", name)
        assert re.search(r": .+ (19|20)\d\d\.$", component.description), name
        assert re.search(r"(^|[.:] )Not for ", re.sub(r"\s+", " ", component.build.__doc__)), name
