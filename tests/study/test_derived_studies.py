"""Studies that name components which nobody registers, averages of schedules, and regularisers that are on together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import PluginError
from harness.plugin.registry import Registry
from harness.study.plan import Plan

from support.plans import CHOICE, faults, planned
from support.studies import STUDY, run, write_study


def dimensions(plan: Plan) -> dict[str, list[str]]:
    return {arm.name: [f"{name} {domain}" for name, domain in arm.dimensions().items()] for arm in plan.arms}


def test_optimisers_by_library_and_by_module_beside_a_registered_one(registry: Registry, tmp_path: Path) -> None:
    plan = planned(
        registry,
        tmp_path,
        'optimiser = ["adam", "pytorch_optimizer:lion", { name = "torch.optim:Adamax", beta1 = 0.5 }]',
        more='\n[space]\n"optimiser.torch.optim:Adamax.eps" = { low = 1e-9, high = 1e-3, scale = "log" }\n',
    )
    assert dimensions(plan) == {
        "adam": ["optimiser.adam.lr [0.0001, 0.01] log"],
        "pytorch_optimizer:lion": ["optimiser.pytorch_optimizer:lion.lr [1e-05, 0.001] log"],
        "torch.optim:Adamax": ["optimiser.torch.optim:Adamax.eps [1e-09, 0.001] log"],
    }
    (candidate,) = plan.arms[2].candidates["optimiser"]
    assert candidate.fixed == {"beta1": 0.5}


def test_every_fault_of_a_name_is_told_with_its_line(registry: Registry, tmp_path: Path) -> None:
    found = faults(
        registry,
        tmp_path,
        'optimiser = ["adam", "pytorch_optimizer:ranger21", "pytorch_optimizer:lomo", "torch.nn:Linaer", "here:There"]',
    )
    assert found == [
        "7: choices.optimiser: lomo of pytorch_optimizer takes its steps within the backward pass, "
        "which the harness does itself",
        "7: choices.optimiser: unknown optimiser in torch.nn: 'Linaer'; known: none",
        "7: choices.optimiser: optimiser 'here:There': cannot load 'here': ModuleNotFoundError: No module named 'here'",
        "7: choices.optimiser: pytorch_optimizer:ranger21 needs num_iterations",
    ]


def test_what_must_be_given_can_be_given(registry: Registry, tmp_path: Path) -> None:
    plan = planned(
        registry, tmp_path, 'optimiser = ["adam", { name = "pytorch_optimizer:ranger21", num_iterations = 10 }]'
    )
    assert list(dimensions(plan)) == ["adam", "pytorch_optimizer:ranger21"]


def test_an_lr_schedule_is_kept_from_what_has_its_own(registry: Registry, tmp_path: Path) -> None:
    choices = 'optimiser = ["adam", "pytorch_optimizer:schedulefreesgd"]\nlr_schedule = "cosine"'
    assert faults(registry, tmp_path, choices) == [
        "8: choices.lr_schedule: optimiser 'pytorch_optimizer:schedulefreesgd' makes sense only with "
        "lr_schedule constant, got cosine"
    ]


def test_a_study_with_them_runs_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import torch\n\n\nclass Mine(torch.optim.SGD):\n    pass\n")
    own = f"{tmp_path / 'mine.py'}:Mine"
    text = STUDY.replace(CHOICE, f'optimiser = ["pytorch_optimizer:alig", "torch.optim:Adamax", "{own}"]')
    run(write_study(tmp_path, text.replace("trials = 4", "trials = 2")), tmp_path / "out")
    table = (tmp_path / "out" / "tables" / "arms.csv").read_text()
    assert "torch.optim:Adamax" in table
    assert own in table
    records = [json.loads(line) for line in (tmp_path / "out" / "records.jsonl").read_text().splitlines()]
    assert {record["reason"] for record in records} == {""}


# The average of a dropout schedule


def test_the_control_of_a_schedule_searches_what_it_searches(registry: Registry, tmp_path: Path) -> None:
    plan = planned(registry, tmp_path, 'dropout = ["linear", "average:linear"]', compare="dropout")
    domains = [list(arm.dimensions().values()) for arm in plan.arms]
    assert domains[0] == domains[1] != []
    assert list(dimensions(plan)) == ["linear", "average:linear"]


def test_an_average_is_the_mean_all_along(registry: Registry) -> None:
    linear, average = (registry.component("dropout", name) for name in ("linear", "average:linear"))
    values = linear.resolve({"start": 0.6, "end": 0.2})
    assert [average.build(progress, **values) for progress in (0.0, 0.5, 0.99)] == pytest.approx([0.4] * 3)
    assert average.description == "The mean rate of linear over training, held at every step: its control."
    assert average.space == linear.space


@pytest.mark.parametrize(("name", "missed"), [("average:linaer", "linaer"), ("averag:linear", "averag:linear")])
def test_an_average_of_nothing(registry: Registry, name: str, missed: str) -> None:
    with pytest.raises(PluginError) as caught:
        registry.component("dropout", name)
    assert str(caught.value).startswith(f"unknown dropout '{missed}', did you mean 'linear'? known: ")


# Regularisers that are on together


def test_regularisers_together(registry: Registry, tmp_path: Path) -> None:
    plan = planned(
        registry,
        tmp_path,
        'regularisers = ["none", "l2+label_smoothing", '
        '{ name = "label_smoothing + clip_norm", "clip_norm.limit" = 2.0, search = ["label_smoothing.amount"] }]',
        compare="regularisers",
        more='\n[space]\n"regularisers.label_smoothing.amount" = [0.1, 0.3]\n',
    )
    assert dimensions(plan) == {
        "none": [],
        "l2 + label_smoothing": ["regularisers.label_smoothing.amount {0.1, 0.3}"],
        "label_smoothing + clip_norm": ["regularisers.label_smoothing.amount {0.1, 0.3}"],
    }
    (candidate,) = plan.arms[2].candidates["regularisers"]
    assert candidate.fixed == {"clip_norm.limit": 2.0}
    built = candidate.component.build(**candidate.component.resolve(candidate.fixed))
    assert [type(each).__module__.startswith("harness_plugins.regularisers") for each in built] == [True, True]


def test_most_important_first_in_turns(registry: Registry) -> None:
    space = list(registry.component("regularisers", "l2 + label_smoothing").space)
    assert space == ["l2.strength", "label_smoothing.amount", "l2.biases"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("clip_norm + clip_norm", "'clip_norm + clip_norm': a regulariser can be on once"),
        ("clip_norm + clip_nrm", "unknown regularisers 'clip_nrm', did you mean 'clip_norm'? known: "),
        ("l2 +", "'l2 +': needs a regulariser on both sides of +"),
    ],
)
def test_regularisers_that_cannot_be_together(registry: Registry, name: str, message: str) -> None:
    with pytest.raises(PluginError) as caught:
        registry.component("regularisers", name)
    assert str(caught.value).startswith(message)
