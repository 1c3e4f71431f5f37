"""The check that a run gives the same bits beside other runs."""

from __future__ import annotations

from functools import lru_cache

from torch.optim import SGD

import harness
from harness import Regulariser

from support.examining import accused, fault


class SharedValue(Regulariser):
    """L2, whose strength is the latest that anybody asked for."""

    def __init__(self, *, strength: float = 0.01):
        type(self).strength = strength

    def gradient(self, compute, step):
        loss = compute()
        for each in self.model.parameters():
            each.grad.add_(each.detach(), alpha=self.strength)
        return loss


@lru_cache
def one_for_all(*, strength: float = 0.01):
    """L2 that is built once."""
    return Own(strength)


class Own(Regulariser):
    def __init__(self, strength):
        self.strength = strength

    gradient = SharedValue.gradient


def mutable_default(model, *, lr: float = 0.1) -> SGD:
    """SGD with a memory that all of them share."""
    return Remembering(model.parameters(), lr=lr)


class Remembering(SGD):
    def step(self, closure=None, norms=[]):  # noqa: B006
        norms.append(float(self.param_groups[0]["params"][0].grad.norm()))
        for group in self.param_groups:
            for each in group["params"]:
                each.grad.div_(1 + max(norms[-30:]))
        super().step()


def test_a_value_in_the_class_is_seen_beside_another_value():
    found = accused("regularisers", SharedValue, space={"strength": harness.log(1e-3, 0.1)})
    assert found.keys() == {"company"}
    assert found["company"] == (
        "it trains differently beside other runs: those that are built share something "
        "(in a class, a module, a default argument)"
    )


def test_one_object_for_all_runs_with_the_same_values():
    assert accused("regularisers", one_for_all, space={"strength": harness.log(1e-3, 0.1)}).keys() == {"company"}


def test_a_default_argument_that_is_changed():
    assert "company" in accused("optimiser", mutable_default)


def test_one_that_keeps_its_value_in_the_object_passes():
    def own(*, strength: float = 0.01):
        """L2 with a strength of its own."""
        return Own(strength)

    assert fault("company", "regularisers", own, space={"strength": harness.log(1e-3, 0.1)}) == ""
