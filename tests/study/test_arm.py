"""Arms: crossing, labels, baseline, what is searched in each, and how proposed values become a configuration."""

from __future__ import annotations

import itertools
import math

import pytest

from harness.plugin.component import Offer, Provider, component_from
from harness.plugin.kinds import OPTIMISER
from harness.plugin.ranges import Options, Range, from_unit, integers, log, options
from harness.study.arm import Arm, Candidate
from harness.study.configuration import ModelSettings, TrainingSettings
from harness.study.file import draft_study
from harness.study.plan import Plan, make_plan


@pytest.fixture
def plan(registry):
    """A function from a study's keys, beside those that every study has, to its plan."""

    def make(**raw: object) -> Plan:
        raw = {"question": "q", "problem": "tiny", "metric": "dev_accuracy", **raw}
        study, draft = draft_study(raw, (), source="s")
        return make_plan(study, draft, registry)

    return make


def names(plan: Plan) -> list[str]:
    return [arm.name for arm in plan.arms]


def searched(arm: Arm) -> dict[str, str]:
    return {name: str(domain) for name, domain in arm.dimensions().items()}


# Crossing and labels


def test_a_study_that_compares_nothing_is_one_arm_of_defaults(plan, registry):
    found = plan()
    assert (names(found), found.baseline) == (["all"], "all")
    (arm,) = found.arms
    assert (dict(arm.settings), arm.dimensions(), arm.defaults()) == ({}, {}, {})
    values = arm.configuration({}).hyperparameters()
    assert {choice: values[choice] for choice in ("embedding", "initialiser", "optimiser", "dropout")} == {
        choice: registry.default(choice) for choice in ("embedding", "initialiser", "optimiser", "dropout")
    }
    for choice in ("embedding", "initialiser", "optimiser", "dropout"):
        for name, default in registry.component(choice, registry.default(choice)).defaults.items():
            assert values[f"{choice}.{registry.default(choice)}.{name}"] == default


def test_what_is_compared_is_crossed_the_last_fastest(plan):
    found = plan(
        compare=["dropout", "optimiser"],
        choices={"optimiser": ["sgd", "adam", "nadam"], "dropout": ["linear", "constant"]},
        baseline={"optimiser": "adam", "dropout": "constant"},
    )
    assert names(found) == [
        "linear, sgd", "linear, adam", "linear, nadam", "constant, sgd", "constant, adam", "constant, nadam",
    ]  # fmt: skip
    assert found.baseline == "constant, adam"
    assert dict(found.arms[0].settings) == {"dropout": "linear", "optimiser": "sgd"}
    for arm in found.arms:
        values = arm.configuration(arm.defaults()).hyperparameters()
        assert {name: values[name] for name in arm.settings} == dict(arm.settings)


def test_without_a_baseline_it_is_the_first_arm(plan):
    found = plan(compare=["optimiser"], choices={"optimiser": ["sgd", "adam"]})
    assert found.baseline == "sgd"


def test_a_label_says_no_more_than_tells_its_entry_from_the_others(plan):
    entries = [
        "adam",
        {"name": "adam", "beta1": 0.99991},
        {"name": "adam", "beta1": 0.99992},
        {"name": "adam", "search": ["lr"]},
        {"name": "adam", "search": ["lr", "beta1"], "eps": 1},
        {"name": "adam", "search": []},
        {"name": "sgd", "momentum": 0.5},
    ]
    found = plan(
        compare=["optimiser"], choices={"optimiser": entries}, baseline={"optimiser": "adam(beta1=0.99992)"},
        search={"trials": 60},
    )  # fmt: skip
    assert names(found) == [
        "adam",
        "adam(beta1=0.99991)",
        "adam(beta1=0.99992)",
        "adam(search=lr)",
        "adam(eps=1.0, search=lr+beta1)",
        "adam(search=nothing)",
        "sgd",
    ]
    assert found.baseline == "adam(beta1=0.99992)"
    assert [sorted(name.rpartition(".")[2] for name in arm.dimensions()) for arm in found.arms] == [
        ["beta1", "beta2", "eps", "lr"],
        ["beta2", "eps", "lr"],
        ["beta2", "eps", "lr"],
        ["lr"],
        ["beta1", "lr"],
        [],
        ["lr", "nesterov", "weight_decay"],
    ]  # the two that name what to search have that alone, although 60 trials afford five


def test_adding_an_entry_of_the_same_component_keeps_the_plain_ones_name(plan):
    before = plan(compare=["optimiser"], choices={"optimiser": ["adam", "sgd"]})
    after = plan(compare=["optimiser"], choices={"optimiser": ["adam", "sgd", {"name": "adam", "beta1": 0.5}]})
    assert names(after) == [*names(before), "adam(beta1=0.5)"]


def test_hyperparameters_are_compared_as_choices_are(plan):
    found = plan(
        compare=["optimiser.adam.beta1", "optimiser.adam.beta2"],
        choices={"optimiser": {"name": "adam", "search": ["lr"]}},
        space={"optimiser.adam.beta1": [0, 0.9], "optimiser.adam.beta2": [0.9, 0.999, 0.99]},
        baseline={"optimiser.adam.beta1": 0.9, "optimiser.adam.beta2": 0.999},
    )
    assert names(found) == [f"beta1={beta1}, beta2={beta2}" for beta1 in (0.0, 0.9) for beta2 in (0.9, 0.999, 0.99)]
    assert found.baseline == "beta1=0.9, beta2=0.999"
    for arm, (beta1, beta2) in zip(found.arms, itertools.product((0.0, 0.9), (0.9, 0.999, 0.99)), strict=True):
        values = arm.configuration(arm.defaults()).hyperparameters()
        assert (values["optimiser.adam.beta1"], values["optimiser.adam.beta2"]) == (beta1, beta2)
        assert type(values["optimiser.adam.beta1"]) is float
        assert searched(arm) == {"optimiser.adam.lr": "[0.0001, 0.01] log"}


def test_a_baseline_may_name_an_int_where_a_float_is_meant(plan):
    found = plan(
        compare=["optimiser.adam.beta1"],
        choices={"optimiser": "adam"},
        space={"optimiser.adam.beta1": [0.5, 0]},
        baseline={"optimiser.adam.beta1": 0},
    )
    assert found.baseline == "beta1=0.0"


def test_booleans_and_texts_can_be_compared(plan):
    found = plan(
        compare=["optimiser.sgd.nesterov", "initialiser.kaiming_normal.mode"],
        choices={"optimiser": {"name": "sgd", "search": []}, "initialiser": "kaiming_normal"},
        space={"optimiser.sgd.nesterov": [False, True], "initialiser.kaiming_normal.mode": ["fan_in", "fan_out"]},
    )
    assert names(found) == [
        "nesterov=False, mode=fan_in",
        "nesterov=False, mode=fan_out",
        "nesterov=True, mode=fan_in",
        "nesterov=True, mode=fan_out",
    ]


# What is searched


def test_a_named_component_is_searched_in_its_own_space_in_its_own_order(plan, registry):
    (arm,) = plan(choices={"optimiser": "adamw"}, search={"trials": 60}).arms
    space = registry.component("optimiser", "adamw").space
    assert [name.rpartition(".")[2] for name in arm.dimensions()] == list(space)
    assert list(arm.dimensions().values()) == list(space.values())


def test_search_restricts_and_fixing_removes(plan):
    (arm,) = plan(choices={"optimiser": {"name": "adam", "search": ["beta1"]}}).arms
    assert searched(arm) == {"optimiser.adam.beta1": "[0.5, 0.98] one_minus_log"}
    (arm,) = plan(choices={"optimiser": {"name": "adam", "search": []}}).arms
    assert searched(arm) == {}
    (arm,) = plan(choices={"dropout": {"name": "linear", "start": 0.5}}).arms
    assert searched(arm) == {"dropout.linear.end": "[0, 0.7]"}
    (arm,) = plan(choices={"dropout": {"name": "linear", "start": 0.5}}, space={"dropout.linear.end": 0.25}).arms
    assert searched(arm) == {}
    assert arm.configuration({}).hyperparameters()["dropout.linear.end"] == 0.25


def test_space_narrows_widens_lists_and_keeps_the_components_scale(plan):
    (arm,) = plan(
        choices={"optimiser": "adam", "dropout": {"name": "constant", "search": []}},
        space={
            "optimiser.adam.lr": {"low": 1e-5, "high": 1},
            "optimiser.adam.beta1": {"low": 0.1, "high": 0.2, "scale": "linear"},
            "optimiser.adam.eps": [1, 1e-8],
            "optimiser.adam.beta2": {"low": 0.9, "high": 0.99, "points": 3},
            "optimiser.adam.weight_decay": {"low": 0, "high": 1},
            "dropout.constant.rate": {"low": 0.1, "high": 0.3},
        },
    ).arms
    found = arm.dimensions()
    assert found["optimiser.adam.lr"] == Range(1e-5, 1, "log")
    assert found["optimiser.adam.beta1"] == Range(0.1, 0.2, "linear")
    assert found["optimiser.adam.eps"] == Options((1.0, 1e-8))
    assert found["optimiser.adam.beta2"].values == pytest.approx((0.9, 1 - math.sqrt(0.1 * 0.01), 0.99))
    assert found["optimiser.adam.weight_decay"] == Range(0, 1, "linear")
    assert found["dropout.constant.rate"] == Range(0.1, 0.3, "linear")


def test_defaults_are_the_components_own_or_the_nearest_that_is_allowed(plan, registry):
    (arm,) = plan(choices={"optimiser": "adam"}, search={"trials": 40}).arms
    own = registry.component("optimiser", "adam").defaults
    assert arm.defaults() == {f"optimiser.adam.{name}": own[name] for name in ("lr", "beta1", "eps", "beta2")}
    (arm,) = plan(
        choices={"optimiser": "adam"},
        space={
            "optimiser.adam.lr": {"low": 0.1, "high": 1.0},
            "optimiser.adam.beta1": {"low": 0.1, "high": 0.2},
            "optimiser.adam.eps": [1.0, 1e-4, 1e-2],
            "optimiser.adam.beta2": [0.9, 0.999],
        },
    ).arms
    assert arm.defaults() == {
        "optimiser.adam.lr": 0.1,
        "optimiser.adam.beta1": 0.2,
        "optimiser.adam.eps": 1e-4,
        "optimiser.adam.beta2": 0.999,
    }


def test_a_list_that_is_not_compared_is_searched_with_the_spaces_of_its_entries(plan):
    (arm,) = plan(
        choices={"dropout": ["constant", {"name": "linear", "start": 0.25}], "optimiser": "adagrad"},
        search={"trials": 40},
    ).arms
    assert searched(arm) == {
        "optimiser.adagrad.lr": "[0.001, 0.3] log",
        "optimiser.adagrad.eps": "[1e-10, 0.0001] log",
        "dropout": "{constant, linear}",
        "dropout.constant.rate": "[0, 0.7]",
        "dropout.linear.end": "[0, 0.7]",
    }
    assert arm.defaults() == {
        "optimiser.adagrad.lr": 0.01,
        "optimiser.adagrad.eps": 1e-10,
        "dropout": "constant",
        "dropout.constant.rate": 0.5,
    }
    params = {
        "optimiser.adagrad.lr": 0.2,
        "optimiser.adagrad.eps": 1e-6,
        "dropout": "linear",
        "dropout.linear.end": 0.1,
    }
    values = arm.configuration(params).hyperparameters()
    assert {name: value for name, value in values.items() if name.startswith("dropout")} == {
        "dropout": "linear",
        "dropout.linear.start": 0.25,
        "dropout.linear.end": 0.1,
    }


def test_walking_asks_for_nothing_that_is_not_active(plan):
    (arm,) = plan(choices={"dropout": ["constant", "early"], "optimiser": ["sgd", "adam"]}, search={"trials": 60}).arms
    for dropout, optimiser in itertools.product(["constant", "early"], ["sgd", "adam"]):
        asked: list[str] = []

        def suggest(name, domain, asked=asked, wanted=(dropout, optimiser)):
            asked.append(name)
            return (
                next((value for value in wanted if value in domain), None)
                if "." not in name
                else from_unit(domain, 0.5)
            )

        params = arm.walk(suggest)
        assert asked == list(params)
        assert {name.split(".")[1] for name in params if "." in name} == {dropout, optimiser}
        assert arm.configuration(params).hyperparameters().items() >= params.items()


def test_a_grid_has_every_cell_of_every_component_once(plan):
    (arm,) = plan(
        choices={
            "dropout": [{"name": "constant", "search": ["rate"]}, {"name": "linear", "search": []}],
            "optimiser": {"name": "sgd", "search": ["nesterov", "lr"]},
        },
        space={"dropout.constant.rate": [0.1, 0.2], "optimiser.sgd.lr": {"low": 0.01, "high": 1, "points": 3}},
        search={"sampler": "grid"},
    ).arms
    cells = arm.grid()
    assert len(cells) == (2 + 1) * 2 * 3 == len({tuple(sorted(cell.items())) for cell in cells})
    assert len({arm.configuration(cell).fingerprint for cell in cells}) == len(cells)
    assert sorted({cell["optimiser.sgd.lr"] for cell in cells}) == pytest.approx([0.01, 0.1, 1])


# Values with a default that is a nuisance


def candidate(domain: object, **space: object) -> Candidate:
    def build(model, *, n: int = 3, lr: float = 0.1, must: float, how: str = "a"):
        """Nothing."""

    component = component_from(OPTIMISER, "x", Offer(build=build), Provider(plugin="p"))
    return Candidate(component=component, fixed={}, domains={"n": domain, **space})


@pytest.mark.parametrize(
    ("domain", "name", "default"),
    [
        (integers(1, 9), "n", 3),
        (integers(5, 9), "n", 5),
        (integers(1, 2), "n", 2),
        (Range(5.0, 9.0, integer=True), "n", 5),
        (options(1, 2, 3), "n", 3),
        (options(9, 4, 2), "n", 4),
        (options("b", "c"), "how", "b"),
        (options("b", "a"), "how", "a"),
        (log(1, 2), "must", 1),
        (options(4.0, 2.0), "must", 4.0),
    ],
)
def test_the_default_within_a_domain(domain, name, default):
    found = candidate(domain, **{name: domain}).default(name)
    assert (found, type(found)) == (default, type(default))


def test_a_component_that_insists_on_a_value_can_be_searched_for_it():
    only = candidate(integers(1, 5), must=log(1, 2))
    arm = Arm(
        name="a", settings={}, candidates={"optimiser": (only,)}, model=ModelSettings(), training=TrainingSettings()
    )
    values = arm.configuration(arm.defaults()).hyperparameters()
    assert (values["optimiser.x.must"], values["optimiser.x.n"]) == (1, 3)
