"""Components: what is read from their signatures, which values fit, what is refused and with which words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Literal

import pytest
import torch
from torch import nn

from harness.errors import PluginError
from harness.plugin.component import Component, Offer, Provider, component_from
from harness.plugin.kinds import KINDS, OPTIMISER
from harness.plugin.ranges import integers, linear, log, one_minus_log, options
from harness.plugin.traits import Inclusion, Traits


def component(kind: str, build: Callable[..., object], **space: object) -> Component:
    return component_from(KINDS[kind], "x", Offer(build=build, space=space), Provider(plugin="p", version="1.0"))


def misfit(kind: str, build: Callable[..., object], **space: object) -> str:
    with pytest.raises(PluginError) as caught:
        component(kind, build, **space)
    return str(caught.value)


# Values


def everything(
    model: nn.Module,
    *,
    needed: float,
    other: str,
    lr: float = 1,
    steps: int = 2,
    nesterov: bool = False,
    how="a",
) -> None:
    """Do everything, in one line.

    Never shown.
    """


def test_hyperparameters_come_from_the_signature() -> None:
    found = component("optimiser", everything)
    assert {each.name: (each.type, each.default) for each in found.hyperparameters.values()} == {
        "needed": (float, None),
        "other": (str, None),
        "lr": (float, 1.0),
        "steps": (int, 2),
        "nesterov": (bool, False),
        "how": (str, "a"),
    }
    assert type(found.hyperparameters["lr"].default) is float
    assert found.defaults == {"lr": 1.0, "steps": 2, "nesterov": False, "how": "a"}
    assert found.description == "Do everything, in one line."


def test_unions_and_literals_stand_for_the_type_of_their_values() -> None:
    def build(
        model,
        *,
        a: float | torch.Tensor = 1,
        b: int | float = 1,
        c: Literal["x", "y"] = "x",
        d: int | None = 1,
    ): ...

    assert misfit("optimiser", build) == (
        "plugin 'p': optimiser 'x': d must be a bool, int, float or str, got d: int | None = 1"
    )
    build.__annotations__["d"] = "int"
    types = {each.name: each.type for each in component("optimiser", build).hyperparameters.values()}
    assert types == {"a": float, "b": float, "c": str, "d": int}


def test_resolve_fills_in_defaults_in_the_order_of_the_signature() -> None:
    values = component("optimiser", everything).resolve({"lr": 3, "other": "b", "needed": 0.5})
    assert list(values.items()) == [
        ("needed", 0.5), ("other", "b"), ("lr", 3.0), ("steps", 2), ("nesterov", False), ("how", "a"),
    ]  # fmt: skip
    assert type(values["lr"]) is float


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "optimiser 'x' needs needed, other: --set optimiser.x.needed=…"),
        ({"needed": 1.0}, "optimiser 'x' needs other: --set optimiser.x.other=…"),
        ({"lr": "0.1"}, "optimiser.x.lr is a float, got '0.1'"),
        ({"lr": True}, "optimiser.x.lr is a float, got True"),
        ({"lr": float("nan")}, "optimiser.x.lr is a float, got nan"),
        ({"lr": None}, "optimiser.x.lr is a float, got None"),
        ({"steps": 2.0}, "optimiser.x.steps is an int, got 2.0"),
        ({"steps": True}, "optimiser.x.steps is an int, got True"),
        ({"nesterov": 1}, "optimiser.x.nesterov is a bool, got 1"),
        ({"how": 1}, "optimiser.x.how is a str, got 1"),
    ],
)
def test_values_that_do_not_fit(values: dict[str, object], message: str) -> None:
    with pytest.raises(PluginError) as caught:
        component("optimiser", everything).resolve(values)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("key", "domain", "message"),
    [
        (
            "lrr",
            log(0.1, 1),
            "unknown hyperparameter 'lrr', did you mean 'lr'? known: how, lr, needed, nesterov, other, steps",
        ),
        ("lr", integers(1, 3), "lr: a float needs harness.linear, log, one_minus_log or options, got [1, 3]"),
        ("steps", linear(1, 3), "steps: an int needs harness.integers or options, got [1, 3]"),
        ("nesterov", integers(0, 1), "nesterov: a bool needs harness.options, got [0, 1]"),
        ("how", one_minus_log(0, 0.9), "how: a str needs harness.options, got [0, 0.9] one_minus_log"),
        ("steps", options(1, 2.5), "steps: steps is an int, got 2.5"),
        ("lr", (0.1, 1), "lr: needs harness.linear, log, one_minus_log, integers or options, got (0.1, 1)"),
    ],
)  # fmt: skip
def test_spaces_that_do_not_fit(key: str, domain: object, message: str) -> None:
    assert misfit("optimiser", everything, **{key: domain}) == f"plugin 'p': optimiser 'x': space: {message}"


@pytest.mark.parametrize(
    "traits",
    [
        Traits(includes={"sgd": ["lr", "step"]}),
        Traits(includes={"sgd": Inclusion(free=["lr"], same={"step": "lr"})}),
        Traits(natural_limits={"step": [0.0]}),
        Traits(meanings={"step": "length of a step"}),
        Traits(coupled_decay="step"),
    ],
)
def test_traits_of_a_hyperparameter_that_is_not_there(traits: Traits) -> None:
    with pytest.raises(PluginError) as caught:
        component_from(OPTIMISER, "x", Offer(build=everything, traits=traits), Provider(plugin="p"))
    assert str(caught.value) == (
        "plugin 'p': optimiser 'x': traits: unknown hyperparameter 'step', did you mean 'steps'? "
        "known: how, lr, needed, nesterov, other, steps"
    )


def test_spaces_that_fit() -> None:
    space = {
        "lr": log(0.1, 1),
        "needed": options(1, 0.5),
        "steps": integers(1, 3),
        "nesterov": options(False, True),
        "how": options("a", "b"),
    }
    assert list(component("optimiser", everything, **space).space.items()) == list(space.items())


# Signatures


GENERATOR = "takes generator=, the only source of randomness it may draw from"


def test_signatures_that_do_not_fit() -> None:
    def no_generator(weight, *, gain: float = 1.0): ...
    def too_few(*, generator): ...
    def hidden(model, **kwargs): ...
    def hidden_too(model, *args): ...
    def untyped(model, *, lr): ...
    def wrong_type(model, *, betas: tuple = (0.9, 0.99)): ...
    def wrong_default(model, *, lr: float = "0.1"): ...
    def by_position(model, lr=0.1, /): ...
    def reserved(model, *, name: str = "a"): ...
    def no_vocabulary(weight, *, generator): ...

    for kind, build, message in [
        ("initialiser", no_generator, f"{GENERATOR}, got (weight, *, gain: float = 1.0)"),
        ("initialiser", too_few, "takes (weight) and then its hyperparameters, got (*, generator)"),
        (
            "embedding",
            no_vocabulary,
            "takes (weight, vocabulary) and then its hyperparameters, got (weight, *, generator)",
        ),
        ("optimiser", hidden, "must name its hyperparameters, **kwargs hides them"),
        ("optimiser", hidden_too, "must name its hyperparameters, *args hides them"),
        ("optimiser", untyped, "lr needs a default, or a type if it must be given: lr: float"),
        ("optimiser", wrong_type, "betas must be a bool, int, float or str, got betas: tuple = (0.9, 0.99)"),
        ("optimiser", wrong_default, "the default of lr is a float, got '0.1'"),
        ("optimiser", by_position, "lr is positional-only, hyperparameters are given by name"),
        ("optimiser", reserved, "'name' is reserved, a hyperparameter needs another name"),
    ]:  # fmt: skip
        assert misfit(kind, build) == f"plugin 'p': {kind} 'x': {message}"


@pytest.mark.parametrize("name", ["", "a b", "a.b", "ü/x", 3])
def test_names_that_do_not_fit(name: object) -> None:
    with pytest.raises(PluginError) as caught:
        component_from(OPTIMISER, name, Offer(build=everything), Provider(plugin="p"))
    assert str(caught.value) == (f"plugin 'p': optimiser {name!r}: a name is made of letters, digits, '_' and '-'")


# Torch's own


def test_an_optimiser_class_as_it_is_gets_its_betas() -> None:
    found = component("optimiser", torch.optim.Adam, beta1=one_minus_log(0.5, 0.98), weight_decay=log(1e-6, 0.1))
    assert {each.name: (each.type, each.default) for each in found.hyperparameters.values()} == {
        "lr": (float, 1e-3),
        "beta1": (float, 0.9),
        "beta2": (float, 0.999),
        "eps": (float, 1e-8),
        "weight_decay": (float, 0.0),
        "amsgrad": (bool, False),
        "decoupled_weight_decay": (bool, False),
    }
    model = nn.Linear(2, 3)
    built = found.build(model, **found.resolve({"beta1": 0.5, "beta2": 0.7, "lr": 0.25, "weight_decay": 0.125}))
    assert type(built) is torch.optim.Adam
    (group,) = built.param_groups
    assert (group["betas"], group["lr"], group["weight_decay"]) == ((0.5, 0.7), 0.25, 0.125)
    assert group["params"] == list(model.parameters())
    assert found.description == "Implements Adam algorithm."
    assert len(found.source) == 12


TORCH = "ASGD Adadelta Adafactor Adagrad AdamW Adamax LBFGS NAdam RAdam RMSprop Rprop SGD"


@pytest.mark.parametrize("name", TORCH.split())
def test_torch_s_optimisers_can_be_registered_as_they_are_with_floats_where_floats_belong(name: str) -> None:
    cls = getattr(torch.optim, name)
    found = component("optimiser", cls)
    (group,) = found.build(nn.Linear(2, 3), **found.defaults).param_groups
    (usual,) = cls(nn.Linear(2, 3).parameters()).param_groups
    assert {key: value for key, value in group.items() if key != "params"} == {
        key: value for key, value in usual.items() if key != "params"
    }
    whole = {"max_iter", "history_size", "max_eval"}
    numbers = {each.name: each.type for each in found.hyperparameters.values() if each.type not in (bool, str)}
    assert numbers == {key: int if key in whole else float for key in numbers}
    assert "lr" in numbers


def test_a_stranger_s_class_with_and_without_annotations() -> None:
    class Mine(torch.optim.SGD):
        def __init__(self, params, step_size: float, momentum=0, repeats=5, eps=(1e-30, 1), mask=None) -> None:
            super().__init__(params, lr=step_size, momentum=momentum)
            self.got = (repeats, eps, mask)

    found = component("optimiser", Mine)
    assert {each.name: (each.type, each.default) for each in found.hyperparameters.values()} == {
        "step_size": (float, None),
        "momentum": (float, 0.0),
        "repeats": (int, 5),
        "eps1": (float, 1e-30),
        "eps2": (float, 1.0),
        "mask": (float, None),
    }
    built = found.build(nn.Linear(1, 1), **found.resolve({"step_size": 0.5, "momentum": 0.9, "eps1": 0.25}))
    assert built.got == (5, (0.25, 1.0), None)
    assert built.param_groups[0]["momentum"] == 0.9


class Open(torch.optim.SGD):
    """What libraries leave open: CAME's lr, Prodigy's beta3 and growth_rate, Ranger21's lr, Adafactor's eps."""

    def __init__(
        self, params, lr, beta3=None, growth_rate=float("inf"), eps=(None, 1e-3),
        every: int | None = None, rule: Literal["a", "b"] | None = None, hook: Callable | None = None,
    ) -> None:  # fmt: skip
        super().__init__(params, lr=lr)
        self.got = (lr, beta3, growth_rate, eps, every, rule, hook)


def test_what_a_class_leaves_open_is_seen_may_be_left_out_set_and_given_a_range() -> None:
    found = component("optimiser", Open, lr=log(1e-4, 1e-2), beta3=one_minus_log(0.9, 0.999), growth_rate=log(1, 9))
    assert {each.name: (each.type, each.unset, each.is_required) for each in found.hyperparameters.values()} == {
        "lr": (float, "", True),
        "beta3": (float, "None", False),
        "growth_rate": (float, "inf", False),
        "eps1": (float, "None", False),
        "eps2": (float, "", False),
        "every": (int, "None", False),
        "rule": (str, "None", False),
    }
    model = nn.Linear(1, 1)
    left_out = found.resolve({"lr": 0.5})
    assert left_out == {"lr": 0.5, "eps2": 1e-3}
    assert found.build(model, **left_out).got == (0.5, None, math.inf, (None, 1e-3), None, None, None)
    given = {"lr": 1, "beta3": 0.5, "growth_rate": 2, "eps1": 1e-30, "every": 7, "rule": "b"}
    assert found.build(model, **found.resolve(given)).got == (1, 0.5, 2.0, (1e-30, 1e-3), 7, "b", None)
    # What has no type is handed on as it is; what has one is not.
    assert found.resolve({"lr": True, "beta3": "cosine"}) == {"lr": True, "beta3": "cosine", "eps2": 1e-3}
    for values, message in (
        ({"every": 0.5}, "optimiser.x.every is an int, got 0.5"),
        ({"rule": "c"}, "optimiser.x.rule: unknown value 'c'; known: a, b"),
        ({"growth_rate": math.inf}, "optimiser.x.growth_rate is a float, got inf"),
    ):
        with pytest.raises(PluginError, match=re.escape(message)):
            found.check(values)
    with pytest.raises(PluginError, match=r"optimiser 'x' needs lr: --set optimiser\.x\.lr=…"):
        found.resolve({"beta3": 0.5})


def test_a_range_of_what_has_no_type_may_be_of_whole_numbers() -> None:
    found = component("optimiser", Open, beta3=integers(1, 9))
    assert found.check({"beta3": 3}) == {"beta3": 3}


def test_a_class_is_built_of_what_its_first_argument_asks_for() -> None:
    class Named(torch.optim.SGD):
        def __init__(self, named_parameters, lr=0.1) -> None:
            names, parameters = zip(*named_parameters, strict=True)
            super().__init__(parameters, lr=lr)
            self.got = names

    class OfModule(torch.optim.SGD):
        def __init__(self, net: nn.Module, lr=0.1) -> None:
            super().__init__(net.parameters(), lr=lr)
            self.got = net

    model = nn.Linear(1, 1)
    assert component("optimiser", Named).build(model, lr=0.5).got == ("weight", "bias")
    assert component("optimiser", OfModule).build(model, lr=0.5).got is model


def test_names_that_no_hyperparameter_can_have_keep_their_defaults() -> None:
    class Odd(torch.optim.SGD):
        def __init__(
            self, params, model, lr=1, name="x", search=3, betas=(None, 0.999), beta1=0.3, s=("x", "y"),
            mode: Literal["a", None] = None, ni=(None, 5),
        ) -> None:  # fmt: skip
            super().__init__(params, lr=lr)
            self.got = (model, lr, name, search, betas, beta1, s, mode, ni)

    found = component("optimiser", Odd)
    assert {each.name: (each.type, each.default) for each in found.hyperparameters.values()} == {
        "lr": (float, 1.0), "beta1": (float, 0.3), "s1": (str, "x"), "s2": (str, "y"), "mode": (str, None),
        "ni1": (float, None), "ni2": (int, 5),
    }  # fmt: skip
    model = nn.Linear(1, 1)
    built = found.build(model, **found.resolve({"ni1": 3, "mode": "a", "s2": "z"}))
    assert built.got == (model, 1.0, "x", 3, (None, 0.999), 0.3, ("x", "z"), "a", (3, 5))
    assert repr(built.got[-1]) == "(3, 5)"


def test_an_annotation_that_cannot_be_evaluated_spoils_no_other() -> None:
    class Checked(torch.optim.SGD):
        def __init__(
            self, net: nn.Module | None, lr: torch.nope = 1e-3, clip: float | None = None,
            of: Literal['a'] | None = None, both: float | Unknown = 0.5,  # noqa: F821
        ) -> None:  # fmt: skip
            super().__init__(net.parameters(), lr=lr)

    found = component("optimiser", Checked)
    assert {each.name: each.type for each in found.hyperparameters.values()} == {
        "lr": float, "clip": float, "of": str, "both": float,
    }  # fmt: skip
    assert found.build(nn.Linear(1, 1), **found.defaults)


def test_a_class_without_parameters_is_refused() -> None:
    class Nothing(torch.optim.SGD):
        def __init__(self) -> None: ...

    assert misfit("optimiser", Nothing) == (
        "plugin 'p': optimiser 'x': its signature cannot be read: it takes no parameters"
    )


def test_a_class_is_described_by_its_own_docstring_alone() -> None:
    class Silent(torch.optim.SGD): ...

    class Speaks(torch.optim.SGD):
        def __init__(self, params, lr=0.1) -> None:
            """Steps as I like it."""

    class Heir(Speaks): ...

    descriptions = [component("optimiser", cls).description for cls in (Silent, Speaks, Heir, torch.optim.SGD)]
    assert descriptions[:3] == ["", "Steps as I like it.", "Steps as I like it."]
    assert descriptions[3].startswith("Implements stochastic gradient descent")


def test_a_stranger_s_class_that_hides_its_hyperparameters() -> None:
    class Mine(torch.optim.SGD):
        def __init__(self, params, **kwargs) -> None: ...

    assert misfit("optimiser", Mine) == (
        "plugin 'p': optimiser 'x': must name its hyperparameters, **kwargs hides them"
    )


def test_torch_s_initialisers_can_be_registered_as_they_are() -> None:
    found = component("initialiser", nn.init.kaiming_uniform_, mode=options("fan_in", "fan_out"), a=linear(0, 1))
    assert found.defaults == {"a": 0.0, "mode": "fan_in", "nonlinearity": "leaky_relu"}
    weights = torch.empty(2, 3, 4)
    for weight in weights:
        found.build(weight, generator=torch.Generator().manual_seed(1), **found.resolve({"mode": "fan_out"}))
    nn.init.kaiming_uniform_(weights[1], mode="fan_out", generator=torch.Generator().manual_seed(1))
    assert torch.equal(weights[0], weights[1])
