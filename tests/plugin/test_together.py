"""Several optimisers as one."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import Tensor, nn

import harness
from harness.plugin.together import Together, needs_closure

SGD, Adam = torch.optim.SGD, torch.optim.Adam


def parameters(count: int = 3) -> list[nn.Parameter]:
    return [nn.Parameter(torch.arange(1.0, 4.0) * (number + 1)) for number in range(count)]


def loss_of(given: list[nn.Parameter]) -> Tensor:
    return sum((each**2).sum() for each in given)


def step(given: list[nn.Parameter], *optimisers: torch.optim.Optimizer) -> None:
    for each in optimisers:
        each.zero_grad()
    loss_of(given).backward()
    for each in optimisers:
        each.step()


class Modal(SGD):
    """Keeps account of its modes."""

    needs_graph = True
    modes: tuple[str, ...] = ()

    def train(self) -> None:
        self.modes += ("train",)

    def eval(self) -> None:
        self.modes += ("eval",)


def test_it_steps_each_part_as_if_it_were_alone_and_follows_an_lr_that_is_written_in_its_groups() -> None:
    one, several = parameters(), parameters()
    together = Together(SGD(one[:1], lr=0.1, momentum=0.9), Adam(one[1:], lr=0.2))
    alone = SGD(several[:1], lr=0.1, momentum=0.9), Adam(several[1:], lr=0.2)
    for factor in (1.0, 0.5, 0.25):
        for group, lr in zip(together.param_groups, (0.1, 0.2), strict=True):
            group["lr"] = lr * factor
        for each, lr in zip(alone, (0.1, 0.2), strict=True):
            each.param_groups[0]["lr"] = lr * factor
        step(one, together)
        step(several, *alone)
        assert all(torch.equal(a, b) for a, b in zip(one, several, strict=True))


def test_it_is_an_optimizer_with_the_parts_own_groups_and_state() -> None:
    given = parameters()
    first, second = (
        SGD([{"params": given[:1]}, {"params": given[1:2], "lr": 0.5}], lr=0.1, momentum=0.9),
        Adam(given[2:]),
    )
    together = Together(first, second)
    assert isinstance(together, torch.optim.Optimizer)
    assert harness.Together is Together
    assert together.parts == (first, second)
    assert [id(group) for group in together.param_groups] == [
        *map(id, first.param_groups),
        *map(id, second.param_groups),
    ]
    assert [group["lr"] for group in together.param_groups] == [0.1, 0.5, 1e-3]
    assert not together.state
    step(given, together)
    assert list(together.state) == given
    assert together.state[given[2]] is second.state[given[2]]
    assert "Parameter Group 2" in repr(together)


def test_a_closure_is_called_once_before_any_part_steps_and_with_gradients_on() -> None:
    given, seen = parameters(2), []
    together = Together(SGD(given[:1], lr=0.1), SGD(given[1:], lr=0.1))

    def closure() -> Tensor:
        together.zero_grad()
        loss = loss_of(given)
        seen.append(loss.item())
        loss.backward()
        return loss

    with torch.no_grad():
        assert together.step(closure) == 70.0
    assert seen == [70.0]
    torch.testing.assert_close(given[0].detach(), torch.tensor([0.8, 1.6, 2.4]))
    assert not needs_closure(together)


def test_zero_grad_is_passed_on() -> None:
    given = parameters(2)
    together = Together(SGD(given[:1], lr=0.1), SGD(given[1:], lr=0.1))
    loss_of(given).backward()
    together.zero_grad(set_to_none=False)
    assert [each.grad.abs().sum().item() for each in given] == [0.0, 0.0]
    together.zero_grad()
    assert [each.grad for each in given] == [None, None]


def test_training_goes_on_from_a_saved_state_as_if_it_had_not_stopped() -> None:
    def build(given: list[nn.Parameter]) -> Together:
        return Together(SGD(given[:1], lr=0.1, momentum=0.9), Adam(given[1:], lr=0.2))

    given = parameters()
    together = build(given)
    step(given, together)
    saved = copy.deepcopy(together.state_dict())
    again = [nn.Parameter(each.detach().clone()) for each in given]
    resumed = build(again)
    for group in resumed.param_groups:
        group["lr"] = 7.0
    resumed.load_state_dict(saved)
    assert [group["lr"] for group in resumed.param_groups] == [0.1, 0.2]
    assert [id(group) for group in resumed.param_groups] == [id(part.param_groups[0]) for part in resumed.parts]
    for _ in range(3):
        step(given, together)
        step(again, resumed)
    assert all(torch.equal(a, b) for a, b in zip(given, again, strict=True))
    with pytest.raises(ValueError, match=r"^has 1 parts, got the state of 2$"):
        Together(Adam(parameters(1))).load_state_dict(saved)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_a_copy_trains_copies_of_the_parameters(duplicate) -> None:
    given = parameters()
    together = Together(Modal(given[:1], lr=0.1), Adam(given[1:], lr=0.2))
    step(given, together)
    other = duplicate(together)
    copies = [each for group in other.param_groups for each in group["params"]]
    before = [each.detach().clone() for each in given]
    step(copies, other)
    other.train()
    assert other.parts[0].modes == ("train",)
    assert together.parts[0].modes == ()
    assert all(torch.equal(a, b) for a, b in zip(given, before, strict=True))
    step(given, together)
    assert all(torch.equal(a, b) for a, b in zip(given, copies, strict=True))


def test_modes_and_a_wish_for_a_graph_are_there_only_where_a_part_has_them() -> None:
    given = parameters()
    without = Together(SGD(given[:1], lr=0.1), Adam(given[1:]))
    assert not callable(getattr(without, "eval", None))
    assert not callable(getattr(without, "train", None))
    assert without.needs_graph is False

    modal = Modal(given[1:2], lr=0.1), Modal(given[2:], lr=0.1)
    together = Together(SGD(given[:1], lr=0.1), *modal)
    together.train()
    together.eval()
    assert [each.modes for each in modal] == [("train", "eval")] * 2
    assert together.needs_graph is True
    assert Together(Together(modal[0]), Adam(given[:1])).needs_graph is True


def test_a_parameter_in_two_parts_is_refused() -> None:
    given = parameters()
    with pytest.raises(ValueError, match=r"^each parameter belongs in one part, 2 of 3 are in more than one$"):
        Together(SGD(given, lr=0.1), Adam(given[1:]))


class Wishing(SGD):
    needs_closure = True


@pytest.mark.parametrize(("cls", "name"), [(torch.optim.LBFGS, "LBFGS"), (Wishing, "Wishing")])
def test_a_part_that_needs_a_closure_is_refused(cls, name: str) -> None:
    given = parameters()
    with pytest.raises(ValueError, match=f"^{name} needs a closure, and cannot be a part of several optimisers$"):
        Together(cls(given[:1], lr=0.1), Adam(given[1:]))


def test_no_part_and_groups_without_a_part_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^needs at least one optimiser$"):
        Together()
    given = parameters(2)
    with pytest.raises(NotImplementedError, match=r"^add the group to the part that it is for$"):
        Together(Adam(given[:1])).add_param_group({"params": given[1:]})
