"""The check that defaults lie in their ranges, and that all of a range can be used."""

from __future__ import annotations

from typing import Literal

import pytest
from torch.optim import SGD

import harness
from harness import Regulariser

from support.examining import accused, fault


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


@pytest.mark.usefixtures("short")
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


def test_a_default_that_switches_off_may_lie_below_a_logarithmic_range():
    class Scales(Regulariser):
        """Scales hidden units up."""

        def __init__(self, *, strength: float = 0.0):
            self.strength = strength

        def hidden(self, hidden):
            return hidden * (1 + self.strength)

    assert fault("space", "regularisers", Scales, space={"strength": harness.log(1e-3, 0.1)}) == ""
