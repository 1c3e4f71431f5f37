"""Hyperparameters that do nothing, or next to nothing, and ranges that do not hold what they promise."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import nn
from torch.optim import SGD

import harness
from harness import Regulariser
from harness.conformance import _rehearsal
from harness.study.configuration import TrainingSettings

from support.examining import accused


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half the epochs, as these do nothing however long it takes."""
    monkeypatch.setattr(_rehearsal, "TRAINING", TrainingSettings(epochs=2, batch_size=50))


def embedding(weight, vocabulary, *, generator, sd: float = 0.1):
    """N(0, 0.01), whatever it is asked for."""
    nn.init.normal_(weight, std=0.1, generator=generator)


def initialiser(weight, *, generator, gain: float = 1.0):
    """Xavier's, whatever the gain."""
    nn.init.xavier_uniform_(weight, generator=generator)


class Optimiser(SGD):
    """SGD with a momentum that it only prints."""

    def __init__(self, params, lr=0.1, momentum=0.5):
        super().__init__(params, lr=lr)
        self.momentum = momentum

    def step(self, closure=None):
        print(self.momentum)
        super().step()


class Wasteful(SGD):
    """SGD that looks again and again, and does not use it."""

    needs_closure = True

    def __init__(self, params, lr=0.1, looks: int = 2):
        super().__init__(params, lr=lr)
        self.looks = looks

    def step(self, closure):
        for _ in range(self.looks):
            loss = closure()
        super().step()
        return loss


class HardlyAnything(SGD):
    """SGD with a decay that is lost in rounding."""

    def __init__(self, params, lr=0.1, strength: float = 0.5):
        super().__init__(params, lr=lr)
        self.strength = strength

    @torch.no_grad()
    def step(self, closure=None):
        super().step()
        for each in self.param_groups[0]["params"]:
            each.mul_(1 - 1e-7 * self.strength)


class KnowsTheKit(SGD):
    """SGD whose strength matters at a value that the kit might try."""

    def __init__(self, params, lr=0.1, strength: float = 0.5):
        super().__init__(params, lr=lr * (2 if strength == 0.1 else 1))


class RefusesOthers(SGD):
    """SGD that refuses every value but the one that it ignores."""

    def __init__(self, params, lr=0.1, strength: float = 0.5):
        if strength != 0.5:
            raise ValueError("strength must be 0.5")
        super().__init__(params, lr=lr)


def lr_schedule(progress, *, end: float = 0.5):
    """A straight line to 0, whatever the end."""
    return 1 - progress


def dropout(progress, *, rate: float = 0.5):
    """A rate that is that of the first step alone."""
    return rate if progress == 0 else 0.3


class Ignores(Regulariser):
    """Halves hidden units, whatever the mode."""

    def __init__(self, *, mode: Literal["half", "third"] = "half"):
        self.mode = mode

    def hidden(self, hidden):
        return hidden / 2


class TakesAnyText(Regulariser):
    """Halves hidden units, whatever the text."""

    def __init__(self, *, mode: str = "half"):
        self.mode = mode

    hidden = Ignores.hidden


SD, RATE, UNIT = {"sd": harness.log(1e-3, 1)}, {"rate": harness.linear(0, 0.7)}, harness.linear(0.25, 1.0)
NOTHING = "{} changes nothing: use it, or take it out; tried {}"


@pytest.mark.parametrize(
    ("kind", "cheat", "space", "message"),
    [
        ("embedding", embedding, SD, NOTHING.format("sd", "1.0, 0.001, 0.0316")),
        ("initialiser", initialiser, {}, NOTHING.format("gain", "0.5, 1.5, 0.1, 0.9")),
        ("optimiser", Optimiser, {}, NOTHING.format("momentum", "0.25, 0.75, 0.1, 0.9")),
        ("optimiser", Wasteful, {}, NOTHING.format("looks", "3, 1, 5")),
        ("optimiser", HardlyAnything, {}, NOTHING.format("strength", "0.25, 0.75, 0.1, 0.9")),
        ("optimiser", KnowsTheKit, {"strength": UNIT}, NOTHING.format("strength", "1.0, 0.25, 0.625, 0.8125")),
        ("optimiser", RefusesOthers, {}, NOTHING.format("strength", "0.25, 0.75, 0.1, 0.9 (strength must be 0.5)")),
        ("lr_schedule", lr_schedule, {}, "end changes at most one value in 200: use it, or take it out; tried 0.25"),
        ("dropout", dropout, RATE, "rate changes at most one value in 200: use it, or take it out; tried 0.7, 0.0"),
        ("regularisers", Ignores, {}, NOTHING.format("mode", "'third'")),
        (
            "regularisers",
            TakesAnyText,
            {},
            "mode changes nothing, not even as 'half-other': use it, or take it out; if it is one of a few texts, "
            "refuse all others",
        ),
    ],
)
def test_hyperparameters(kind, cheat, space, message):
    found = accused(kind, cheat, space=space)
    assert found.keys() == {"hyperparameters"}
    assert found["hyperparameters"].startswith(message)


# Ranges


class Picky(Regulariser):
    """Scales hidden units by less than 0.9, and not by 0.5 if shifted."""

    def __init__(self, *, scale: float = 0.3, shift: bool = False):
        if scale > 0.9 or (shift and abs(scale - 0.5) < 0.1):
            raise ValueError(f"scale must not be {scale}")
        self.scale, self.shift = scale, shift

    def hidden(self, hidden):
        return hidden * self.scale + self.shift * 0.1


class Broken(Regulariser):
    """One way of two is not written yet."""

    def __init__(self, *, way: Literal["half", "third"] = "half"):
        self.way = way

    def hidden(self, hidden):
        if self.way == "half":
            return hidden / 2
        raise NotImplementedError("later")


class Explodes(SGD):
    """SGD, whose lr may be far too large."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr=lr)


SHIFT = {"shift": harness.options(False, True)}


@pytest.mark.parametrize(
    ("kind", "cheat", "space", "message"),
    [
        (
            "regularisers",
            Picky,
            {"scale": harness.linear(0.5, 0.8)},
            "the default of scale is 0.3, outside its range [0.5, 0.8]",
        ),
        (
            "regularisers",
            Picky,
            {"scale": harness.linear(0.1, 1.0)},
            "scale = 1.0 is in its range [0.1, 1] and cannot be used: ValueError: scale must not be 1.0",
        ),
        (
            "regularisers",
            Picky,
            {"scale": harness.linear(0.2, 0.8)} | SHIFT,
            "the middle of its space is to be searched, at scale=0.5, shift=True, and cannot be used: "
            "ValueError: scale must not be 0.5",
        ),
        ("regularisers", Broken, {}, "way may be 'third' and cannot be used: NotImplementedError: later"),
        (
            "optimiser",
            Explodes,
            {"lr": harness.log(1e-3, 1e20)},
            "lr = 1e+20 is in its range [0.001, 1e+20] log and cannot be used: NonFiniteError: train_loss is nan",
        ),
    ],
)
def test_space(kind, cheat, space, message):
    found = accused(kind, cheat, space=space)
    assert found.pop("hyperparameters", "").startswith("way changes nothing" if cheat is Broken else "")
    assert found == {"space": message}
