"""Components that cheat as any kind might: each is caught by the check that is there for it, and by no other."""

from __future__ import annotations

import time
from functools import lru_cache

import pytest
import torch
from torch.optim import SGD

import harness
from harness import Regulariser

from support.examining import accused

# Arguments that are changed


class TokensInPlace(Regulariser):
    """Puts the unknown word where it should return other tokens."""

    def tokens(self, tokens):
        tokens[:, 0] = 0
        return tokens


class Labels(Regulariser):
    """Makes labels fit, too late."""

    def after(self, optimiser, step):
        step.labels[:5] = 0


class TrainingData(Regulariser):
    """Makes all examples alike, once."""

    def start(self, model, train, vocabulary):
        train.labels.zero_()


class TrainingDataLater(Regulariser):
    """The same, but while it trains."""

    def start(self, model, train, vocabulary):
        self.train_split = train

    def after(self, optimiser, step):
        if step.number == 7:
            self.train_split.labels.zero_()


class DropoutBits(Regulariser):
    """Lets all hidden units live, also those of the runs beside it."""

    def hidden(self, hidden):
        self.model.dropout.bits.values.fill_(2**15 - 1)
        return hidden


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (TokensInPlace, "it changes the batch that it is shown: work on a copy"),
        (Labels, "it changes the batch that it is shown: work on a copy"),
        (TrainingData, "it changes the training data: work on a copy"),
        (TrainingDataLater, "it changes the training data: work on a copy"),
        (DropoutBits, "it changes the random bits of dropout, which other runs meet as well"),
    ],
)
def test_data(cheat, message):
    found = accused("regularisers", cheat)
    found.pop("gradient", "")  # with other labels it is another, when it is asked again
    assert found == {"data": message}


# Runs that share something, and results that hang on when and where


class Counted(SGD):
    """SGD that is slower the more often it was used."""

    used = 0

    def __init__(self, params, lr=0.1):
        type(self).used += 1
        super().__init__(params, lr=lr / self.used)


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


class Clock(SGD):
    """SGD that is faster in the afternoon."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr=lr * (1 + int(time.time() / 3600) % 24 / 24))


class Address(SGD):
    """SGD whose lr hangs on where it lies."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr=lr * (1 + id(self) % 9973 / 9973))


def test_a_run_changes_the_next_one():
    found = accused("optimiser", Counted)
    assert {"same_seed", "company"} <= found.keys()
    assert found["same_seed"].startswith("two trainings with one seed differ: it keeps something from one to the next")


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


@pytest.mark.parametrize("cheat", [Clock, Address])
def test_results_that_hang_on_when_and_where(cheat):
    found = accused("optimiser", cheat)
    assert "depends on the time or on where objects lie in memory" in found["same_seed"]
    assert cheat is Address or found.keys() == {"same_seed"}


# Docstrings


def test_a_description_is_a_sentence_of_its_own():
    class Nameless(Regulariser):
        pass

    class Inherits(torch.optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, {"lr": lr})

        @torch.no_grad()
        def step(self):
            for each in self.param_groups[0]["params"]:
                each.sub_(each.grad, alpha=self.param_groups[0]["lr"])

    for kind, cheat, shown in (
        ("regularisers", Nameless, "'A subclass overrides what it needs; what is left alone changes nothing.'"),
        ("optimiser", Inherits, "'Base class for all optimizers.'"),
        ("lr_schedule", lambda progress: 1.0, "''"),
    ):
        assert accused(kind, cheat) == {
            "description": f"the first line of its docstring is {shown}: make it a sentence, lists show it"
        }
