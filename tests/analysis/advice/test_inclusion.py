"""The warning INCLUSION, and that the traits it rests on are what torch does."""

from __future__ import annotations

import re
import statistics
from dataclasses import replace

import pytest
import torch
from scipy import stats

from harness.plugin.registry import build_registry
from harness.study.configuration import Configuration

from support.faultless import arms, record, results, warned, whole
from support.made_up import interval

MORE = {"space": {"optimiser.adam.lr": interval(1e-4, 1e-2), "optimiser.adam.eps": interval(1e-10, 1e-3)}}
WORSE = {"adam": [record("confirm", "adam", 2, 100 + seed, 79.0 + seed / 100) for seed in range(10)]}


def test_inclusion():
    (advice,) = warned(results(changed=WORSE["adam"], arms=arms(adam=MORE)), "INCLUSION")
    assert advice.arm == "adam"
    found = results(changed=WORSE["adam"])
    gap = [
        sgd - adam for sgd, adam in zip(*(found.sample(arm).scores.values() for arm in ("sgd", "adam")), strict=True)
    ]
    ends = stats.ttest_1samp(gap, 0).confidence_interval(0.95)
    assert advice.evidence == (
        f"can do what sgd does (adam includes sgd), and is worse by {statistics.fmean(gap):.2f} "
        f"[{ends.low:.2f}, {ends.high:.2f}] (n = 10, 10 trials)"
    )
    assert advice.change == "--set search.trials=20"


@pytest.mark.parametrize(
    "changes",
    [
        {"arms": arms(adam=MORE)},  # it is better
        {
            "records": [*whole("sgd"), *whole("adam", seeds=0), *WORSE["adam"][:5]],
            "arms": arms(adam=MORE),
        },  # no verdict
        {"changed": WORSE["adam"]},  # eps is fixed
        {"changed": [*WORSE["adam"], record("search", "sgd", 2, 0, 83.0, nesterov=True)], "arms": arms(adam=MORE)},
        {"changed": [*WORSE["adam"], record("search", "sgd", 2, 0, 83.0, momentum=0.5)], "arms": arms(adam=MORE)},
        {"changed": [*WORSE["adam"], record("search", "sgd", 2, 0, 83.0, weight_decay=1e-4)], "arms": arms(adam=MORE)},
    ],
)
def test_inclusion_is_silent(changes):
    assert not warned(results(**changes), "INCLUSION")


def dropouts(winner: dict, space: dict, *, name: str, values: dict) -> str:
    """How a schedule, which did worse, can do what a constant rate does of which ``winner`` was chosen; '' if not."""
    registry, made, records = build_registry(), {}, []
    for arm, own, level in (("constant", winner, 80.0), (name, values, 70.0)):
        made[arm] = arms()["sgd"] | {
            "settings": {"dropout": arm},
            "space": {} if arm == "constant" else {f"dropout.{arm}.{key}": each for key, each in space.items()},
            "defaults": {"dropout": arm} | {f"dropout.{arm}.{key}": value for key, value in own.items()},
            "traits": {f"dropout.{arm}": registry.component("dropout", arm).traits.to_json()},
        }
        chosen = Configuration.from_json({"choices": {"dropout": {"name": arm, **own}}, "model": {}, "training": {}})
        records += [
            replace(record(phase, "sgd", 0, seed, level + seed * share), arm=arm, configuration=chosen.to_json())
            for phase, seed, share in [("search", 0, 0.0), *(("confirm", 100 + n, n * level / 1e5) for n in range(8))]
        ]
    found = warned(results(records, arms=made, compare=["dropout"], baseline="constant"), "INCLUSION")
    return re.search(r"\((\w+ includes \w+)\)", found[0].evidence)[1] if found else ""


RATE = {"low": 0.0, "high": 0.7, "scale": "linear", "integer": False}


def test_dropout_schedules_include_a_constant_that_they_can_reach():
    both = {"name": "linear", "values": {"start": 0.5, "end": 0.0}}
    assert dropouts({"rate": 0.3}, {"start": RATE, "end": RATE}, **both) == "linear includes constant"
    assert not dropouts({"rate": 0.3}, {"start": RATE}, **both)  # it ends at 0
    assert dropouts({"rate": 0.0}, {"start": RATE}, **both)
    assert not dropouts({"rate": 0.8}, {"start": RATE, "end": RATE}, **both)
    early = {"name": "early", "values": {"rate": 0.5, "cutoff": 0.5}}
    assert not dropouts({"rate": 0.3}, {"rate": RATE, "cutoff": RATE | {"low": 0.05, "high": 0.95}}, **early)
    assert dropouts({"rate": 0.3}, {"rate": RATE, "cutoff": RATE | {"high": 1.0}}, **early)


# What the traits say is what torch does


def steps(name: str, count: int = 40, **values: float):
    """Positions of two weights under fixed gradients."""
    component = build_registry().component("optimiser", name)
    model = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[1.0, -2.0]]))
    optimiser = component.build(model, **component.resolve(values))
    gradients = torch.randn(count, 1, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    path = [model.weight.detach().clone()]
    for gradient in gradients:
        model.weight.grad = gradient + 0 * model.weight.detach()
        optimiser.step()
        path.append(model.weight.detach().clone())
    return torch.stack(path)


def test_rmsprop_with_a_large_eps_is_sgd():
    eps = 1e8
    sgd = steps("sgd", lr=0.1, momentum=0.9, weight_decay=1e-3)
    assert torch.allclose(steps("rmsprop", lr=0.1 * eps, eps=eps, momentum=0.9, weight_decay=1e-3), sgd, atol=1e-6)


@pytest.mark.parametrize(("name", "nesterov"), [("adam", False), ("nadam", True)])
def test_adam_and_nadam_with_a_large_eps_are_sgd_but_for_the_first_steps(name, nesterov):
    eps, beta = 1e8, 0.5
    more = {"momentum_decay": 100.0} if nesterov else {}
    ours = steps(name, lr=0.1 * eps / (1 - beta), beta1=beta, eps=eps, **more).diff(dim=0)
    sgd = steps("sgd", lr=0.1, momentum=beta, nesterov=nesterov).diff(dim=0)
    assert not torch.allclose(ours[:2], sgd[:2], rtol=1e-2)
    assert torch.allclose(ours[20:], sgd[20:], rtol=1e-4)


def test_nadam_at_its_own_momentum_decay_is_not_nesterov():
    eps, beta = 1e8, 0.5
    ours = steps("nadam", lr=0.1 * eps / (1 - beta), beta1=beta, eps=eps).diff(dim=0)
    assert not torch.allclose(ours[20:], steps("sgd", lr=0.1, momentum=beta, nesterov=True).diff(dim=0)[20:], rtol=0.05)


def test_adam_and_adamw_without_decay_are_one():
    assert torch.equal(steps("adam", lr=0.1, eps=0.5), steps("adamw", lr=0.1, eps=0.5, weight_decay=0.0))
