"""Warnings as a whole: the registry, its page, INCLUSION with the traits it rests on, and that nothing ever raises."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.analysis.advice._inclusion import imitation
from harness.analysis.advice.advise import WARNERS, Advice, advise, warnings_table
from harness.plugin.registry import build_registry
from harness.records.folder import ResultFolder
from harness.records.record import Opening
from harness.records.results import Results
from harness.study.configuration import Configuration

from support.faultless import arms, record, results, warned, whole
from support.made_up import interval
from support.paths import ROOT
from support.studies import run, write_study

COLUMNS = ["id", "arm", "evidence", "advice", "change"]


def test_a_study_without_a_fault_has_no_warning():
    assert advise(results()) == []


def test_the_page_names_every_warning_once_in_the_same_order():
    page = (ROOT / "results" / "README.md").read_text()
    section = re.search(r"^## Warnings.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert section
    assert re.findall(r"^\| `([A-Z0-9-]+)` \|", section[0], re.MULTILINE) == list(WARNERS)


def test_the_table_has_its_columns_with_and_without_rows():
    assert list(warnings_table(results()).columns) == COLUMNS
    frame = warnings_table(results([*whole("adam", seeds=5), *whole("sgd", seeds=5)]))
    assert list(frame.columns) == COLUMNS
    assert list(frame["id"]) == ["SEEDS"]


def test_every_warning_carries_its_own_name_and_evidence(tmp_path):
    run(write_study(tmp_path), tmp_path / "out")
    found = advise(Results.of(ResultFolder(tmp_path / "out")))
    assert found
    assert all(isinstance(each, Advice) and each.id in WARNERS and each.evidence and each.advice for each in found)
    assert [each.id for each in found] == sorted((each.id for each in found), key=list(WARNERS).index)


# Nothing raises

values = st.one_of(st.none(), st.floats(0, 100), st.just(80.0))


@st.composite
def random_records(draw):
    found = []
    for arm in ("adam", "sgd"):
        trials = draw(st.integers(0, 5))
        found += [
            record("search", arm, trial, 0, draw(values), lr=draw(st.floats(1e-6, 10))) for trial in range(trials)
        ]
        phases = draw(st.sets(st.sampled_from(["select", "confirm"])))
        for phase, first in (("select", 1), ("confirm", 100)):
            chosen = draw(st.sets(st.integers(0, max(trials - 1, 0)))) if trials and phase in phases else ()
            for trial in chosen:
                seeds = range(first, first + draw(st.integers(0, 4)))
                found += [record(phase, arm, trial, seed, draw(values)) for seed in seeds]
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(random_records(), st.sampled_from(["maximise", "minimise"]), st.booleans(), st.sampled_from(["sobol", "tpe"]))
def test_nothing_raises(records, direction, opened, sampler):
    opening = Opening(time="now", seed_indices=[], fingerprints={}, runs=0, records=3)
    found = results(
        records,
        direction=direction,
        search={"trials": 5, "sampler": sampler, "batch": 2},
        ledger=[opening] if opened else [],
        environments={"cafe0123": {"python": "3.13"}},
    )
    for each in advise(found):
        assert each.evidence
        assert "nan" not in each.evidence.replace("became nan", "")
    warnings_table(found)


# INCLUSION

MORE = {"space": {"optimiser.adam.lr": interval(1e-4, 1e-2), "optimiser.adam.eps": interval(1e-10, 1e-3)}}
WORSE = {"adam": [record("confirm", "adam", 2, 100 + seed, 79.0 + seed / 100) for seed in range(10)]}


def test_inclusion():
    (advice,) = warned(results(changed=WORSE["adam"], arms=arms(adam=MORE)), "INCLUSION")
    assert advice.arm == "adam"
    assert advice.evidence.startswith("can do what sgd does (adam includes sgd), and is better by −0.97 [−1.")
    assert advice.change == "--set search.trials=20"


@pytest.mark.parametrize(
    "changes",
    [
        {"arms": arms(adam=MORE)},  # it is better
        {"changed": WORSE["adam"]},  # eps is fixed
        {"changed": [*WORSE["adam"], record("search", "sgd", 2, 0, 83.0, nesterov=True)], "arms": arms(adam=MORE)},
        {"changed": [*WORSE["adam"], record("search", "sgd", 2, 0, 83.0, momentum=0.5)], "arms": arms(adam=MORE)},
        {"changed": [*WORSE["adam"], record("search", "sgd", 2, 0, 83.0, weight_decay=1e-4)], "arms": arms(adam=MORE)},
    ],
)
def test_inclusion_is_silent(changes):
    assert not warned(results(**changes), "INCLUSION")


def dropouts(winner: dict, space: dict, **defaults):
    """An arm with a constant rate of which ``winner`` is chosen, and one with another schedule."""
    registry, made = build_registry(), {}
    for name, values in (("constant", winner), (defaults["name"], {})):
        own = {f"dropout.{name}.{key}": value for key, value in (values or defaults["values"]).items()}
        made[name] = arms()["sgd"] | {
            "settings": {"dropout": name},
            "space": {} if name == "constant" else {f"dropout.{name}.{key}": each for key, each in space.items()},
            "defaults": {"dropout": name, **own},
            "traits": {f"dropout.{name}": registry.component("dropout", name).traits.to_json()},
        }
    chosen = Configuration.from_json(
        {"choices": {"dropout": {"name": "constant", **winner}}, "model": {}, "training": {}}
    )
    run = replace(record("search", "sgd", 0, 0, 80.0), arm="constant", configuration=chosen.to_json())
    return imitation(results([run], arms=made, compare=["dropout"], baseline="constant"), defaults["name"], "constant")


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
