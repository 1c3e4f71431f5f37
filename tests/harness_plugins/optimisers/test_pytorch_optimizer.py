"""Every optimiser of pytorch_optimizer: trained, or refused with its reason."""

from __future__ import annotations

import inspect
import random

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from harness.errors import PluginError
from harness.plugin.component import Component
from harness.plugin.registry import Registry
from harness.training.cohort import Batch
from harness.training.isolation import isolated, one_thread
from harness.training.learner import Learner
from harness_plugins.optimisers._pytorch_optimizer_quirks import QUIRKS, REFUSED

from support.learners import rehearsal

GIVEN = {"num_data": 200, "num_iterations": 12}
"""What has no default."""
MUONS = ("adago", "adamuon", "muon", "muonclip", "normuon")
PROJECTED = ("apollo", "fira", "galore")
RATELESS = {"a2grad": "beta", "alig": "max_lr"}


def given(component: Component, values: dict[str, object]) -> dict[str, object]:
    return {name: GIVEN[name] for name, each in component.hyperparameters.items() if each.is_required} | values


def started(component: Component, **values: object) -> Learner:
    return rehearsal(component, **given(component, values)).learner


def shown(component: Component, count: int = 12) -> list[Batch]:
    return list(rehearsal(component, **given(component, {})).batches())[:count]


def snapshot(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def step(learner: Learner, batch: Batch) -> Tensor:
    """As a run takes it, which puts torch's global stream alone in a state of its own."""
    with one_thread(), isolated(batch.step):
        return learner.step(batch)


def end(component: Component, **values: object) -> dict[str, Tensor]:
    """The weights after three steps."""
    learner = started(component, **values)
    for batch in shown(component, 3):
        step(learner, batch)
    return snapshot(learner.finish())


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def fault(component: Component) -> str:
    """What is wrong with a training of some steps, beside another of the same; '' where nothing is."""
    one, other = started(component), started(component)
    start, moved = snapshot(one.model), False
    for batch in shown(component):
        loss = step(one, batch)
        step(other, batch)
        if not loss.isfinite():
            return f"the loss is {loss.item()}"
        moved = moved or not same(snapshot(one.model), start)
        if moved and batch.step >= 2:  # some warm up, and go nowhere for ten steps
            break
    if not moved:
        return "the weights stay as they were"
    if not all("lr" in group for group in one.optimiser.param_groups) and not component.traits.only_with:
        return "a group has no lr, and lr schedules are not excluded"
    ends = [snapshot(each.finish()) for each in (one, other)]
    if not all(value.isfinite().all() for value in ends[0].values()):
        return "weights are not finite"
    return "" if same(*ends) else "two trainings with one seed differ"


@pytest.fixture
def member(registry: Registry):
    """``member("lion")``: the component."""
    return lambda name: registry.component("optimiser", f"pytorch_optimizer:{name}")


@pytest.mark.slow
def test_each_is_trained_to_the_same_bits_twice_or_is_refused_in_a_line(registry: Registry, member) -> None:
    family, _ = registry.families("optimiser")["pytorch_optimizer"]
    refused, faults = {}, {}
    for name in family.names():
        try:
            component = member(name)
        except PluginError as error:
            refused[name] = str(error)
            continue
        try:
            faults[name] = fault(component)
        except Exception as error:
            faults[name] = f"{type(error).__name__}: {error}"
    assert {name: each for name, each in faults.items() if each} == {}
    assert refused == {name: f"{name} of pytorch_optimizer {reason}" for name, reason in REFUSED.items()}
    assert all("\n" not in each for each in refused.values())
    assert len(faults) > 100
    assert faults.keys() >= QUIRKS.keys()


# What a name becomes


def test_the_values_of_a_signature_are_hyperparameters_and_lr_is_searched_around_its_default(member) -> None:
    lion = member("lion")
    assert {name: (each.type, each.default) for name, each in lion.hyperparameters.items()} == {
        "lr": (float, 1e-4), "beta1": (float, 0.9), "beta2": (float, 0.99),
        "weight_decay": (float, 0.0), "weight_decouple": (bool, True), "fixed_decay": (bool, False),
    }  # fmt: skip
    (domain,) = lion.space.values()
    assert (list(lion.space), domain.scale) == (["lr"], "log")
    assert (domain.low, domain.high) == pytest.approx((1e-5, 1e-3))
    assert lion.description == "Sign based updates from interpolated gradient momentum."
    assert lion.name == "pytorch_optimizer:lion"
    (group,) = started(lion, beta1=0.5, lr=0.25).optimiser.param_groups
    assert (group["betas"], group["lr"]) == ((0.5, 0.99), 0.25)


def test_two_members_are_told_apart_by_their_source(member) -> None:
    sources = {member(name).source for name in ("lion", "tiger", "adam")}
    assert len(sources) == 3


def test_betas_with_a_name_of_their_own(member) -> None:
    assert {"beta1", "beta2", "beta1_1d", "beta2_1d", "mars_type"} < member("mars").hyperparameters.keys()
    assert member("mars").hyperparameters["mars_type"].allowed == ("adamw", "lion", "shampoo")


@pytest.mark.parametrize(("name", "needed"), [("bsam", "num_data"), ("ranger21", "num_iterations")])
def test_what_has_no_default_must_be_given(member, name: str, needed: str) -> None:
    with pytest.raises(PluginError) as caught:
        member(name).resolve({})
    assert str(caught.value) == (
        f"optimiser 'pytorch_optimizer:{name}' needs {needed}: --set optimiser.pytorch_optimizer:{name}.{needed}=…"
    )


@pytest.mark.parametrize("name", ["adafactor", "adammini"])
def test_an_lr_counts_where_the_library_s_own_default_would_ignore_or_break_it(member, name: str) -> None:
    component = member(name)
    assert component.defaults["lr"] == 1e-3
    assert not same(end(component, lr=1e-3), end(component, lr=2e-3))


@pytest.mark.parametrize(("name", "rate"), RATELESS.items())
def test_without_an_lr_another_rate_is_searched_and_no_lr_schedule_is_possible(member, name: str, rate: str) -> None:
    assert list(member(name).space) == [rate]
    assert member(name).traits.only_with == {"lr_schedule": ("constant",)}


# What an optimiser needs


@pytest.mark.parametrize("name", MUONS)
def test_muons_keep_away_from_embedding_output_and_biases(member, name: str) -> None:
    learner = started(member(name), adamw_lr=0.5)
    muon, rest = learner.optimiser.param_groups
    assert [id(each) for each in muon["params"]] == [id(learner.model.hidden.weight)]
    assert (muon["use_muon"], rest["use_muon"], rest["lr"]) == (True, False, 0.5)


@pytest.mark.parametrize("name", PROJECTED)
def test_projections_have_a_rank_and_are_for_the_hidden_weight(member, name: str) -> None:
    learner = started(member(name), rank=3)
    projected, rest = learner.optimiser.param_groups
    assert [id(each) for each in projected["params"]] == [id(learner.model.hidden.weight)]
    assert (projected["rank"], "rank" in rest) == (3, False)
    assert not same(end(member(name), rank=128), end(member(name), rank=2))


def test_what_is_for_matrices_alone_has_adamw_beside_it(member) -> None:
    learner = started(member("spectralsphere"), lr=0.5, rest_lr=0.25)
    matrix, rest = learner.optimiser.param_groups
    assert ([id(each) for each in matrix["params"]], matrix["lr"]) == ([id(learner.model.hidden.weight)], 0.5)
    assert rest["lr"] == 0.25


def test_scion_has_a_norm_for_each_layer(member) -> None:
    learner = started(member("scion"))
    signs, others = learner.optimiser.param_groups
    names = {id(each): name for name, each in learner.model.named_parameters()}
    assert [names[id(each)] for each in signs["params"]] == ["embedding.weight", "output.weight"]
    assert (signs["norm_type"], int(others["norm_type"])) == (4, 1)


@pytest.mark.parametrize(("name", "passes"), [("lion", 1), ("alig", 1), ("emonavi", 1), ("bsam", 2)])
def test_closures_are_called(member, name: str, passes: int) -> None:
    learner = started(member(name))
    for batch in shown(member(name), 3):
        step(learner, batch)
        assert learner.passes == passes * (batch.step + 1)
    assert getattr(learner.optimiser, "needs_closure", False) == (name != "lion")


@pytest.mark.parametrize("name", ["adahessian", "sophiah"])
def test_second_derivatives_are_those_of_the_loss(member, name: str) -> None:
    """Of a loss with the Hessian 2·c on its diagonal, Hutchinson's estimate is exact."""
    model = nn.Linear(3, 1, bias=False)
    optimiser = member(name).build(model, **{**member(name).defaults, "hessian_distribution": "rademacher"})
    assert optimiser.needs_graph
    curvature = torch.tensor([[1.0, 2.0, 4.0]])
    loss = (curvature * model.weight**2).sum()
    (model.weight.grad,) = torch.autograd.grad(loss, model.weight, create_graph=True)
    optimiser.step()
    torch.testing.assert_close(optimiser.state[model.weight]["hessian"].detach(), 2 * curvature)


@pytest.mark.parametrize("name", ["schedulefreeadamw", "schedulefreesgd", "splus"])
def test_modes_are_switched(member, name: str) -> None:
    learner = started(member(name))
    for batch in shown(member(name), 3):
        step(learner, batch)
    trained = snapshot(learner.model)
    learner.eval()
    evaluated = snapshot(learner.model)
    learner.train()
    assert not torch.allclose(evaluated["hidden.weight"], trained["hidden.weight"], rtol=1e-6)
    torch.testing.assert_close(snapshot(learner.model), trained, rtol=1e-4, atol=1e-6)


def test_streams_that_are_nobody_s_are_the_run_s_own(member) -> None:
    ends = []
    for seed in (1, 2):
        # It balances where a draw of NumPy's says so: here at every second step or so.
        learner, batches = started(member("kron"), balance_prob=0.5), shown(member("kron"), 3)
        np.random.seed(seed)
        random.seed(seed)
        before = np.random.get_state()[1].tolist(), random.getstate()
        for batch in batches:
            step(learner, batch)
        assert (np.random.get_state()[1].tolist(), random.getstate()) == before
        ends.append(snapshot(learner.finish()))
    assert same(*ends)


def test_arguments_that_change_nothing_here_are_no_hyperparameters_and_exist(member) -> None:
    from pytorch_optimizer import load_optimizer

    for name, quirk in ((name, quirk) for name, quirk in QUIRKS.items() if name not in MUONS):
        assert {*quirk.unused, *quirk.fixed, *quirk.defaults} <= inspect.signature(
            load_optimizer(name)
        ).parameters.keys()
        assert not {*quirk.unused, *quirk.fixed} & member(name).hyperparameters.keys()
