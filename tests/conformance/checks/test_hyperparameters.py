"""The check that every hyperparameter does something: more than next to nothing, and not at one value alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import SGD

import harness
from harness import Regulariser

from support.examining import accused, fault, only_fault
from support.plain import honest, problem


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
NOTHING = "{} changes nothing; tried {}: use it, or take it out"


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("kind", "cheat", "space", "message"),
    [
        ("embedding", embedding, SD, NOTHING.format("sd", "1.0, 0.001, 0.03162277660168379, 0.1778279410038923")),
        ("initialiser", initialiser, {}, NOTHING.format("gain", "0.5, 1.5, 0.1, 0.9")),
        ("optimiser", Optimiser, {}, NOTHING.format("momentum", "0.25, 0.75, 0.1, 0.9")),
        ("optimiser", Wasteful, {}, NOTHING.format("looks", "3, 1, 5")),
        ("optimiser", HardlyAnything, {}, NOTHING.format("strength", "0.25, 0.75, 0.1, 0.9")),
        ("optimiser", KnowsTheKit, {"strength": UNIT}, NOTHING.format("strength", "1.0, 0.25, 0.625, 0.8125")),
        ("optimiser", RefusesOthers, {}, NOTHING.format("strength", "0.25, 0.75, 0.1, 0.9 (strength must be 0.5)")),
        ("lr_schedule", lr_schedule, {}, "end changes at most one value in 200; tried 0.25, 0.75, 0.1, 0.9: use it"),
        ("dropout", dropout, RATE, "rate changes at most one value in 200; tried 0.7, 0.0, 0.35"),
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
    assert only_fault("hyperparameters", kind, cheat, space=space).startswith(message)


def scored_by_a_secret(*, weight: float = 1.0):
    """Scores by a weight that is no part of what it holds."""
    return problem(metrics={"hits": "maximise"}, score=lambda predict, split: {"hits": weight})


def scored_by_what_it_names(*, weight: float = 1.0):
    """Scores by a weight that it names."""
    return replace(scored_by_a_secret(weight=weight), score_data={"weight": np.array([weight])})


def ignores(*, seed: int = 0):
    """Names what it ignores."""
    return problem()


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (
            scored_by_a_secret,
            "weight = 0.5 changes the scores and not the digest: give what score reads as score_data",
        ),
        (ignores, "seed changes nothing; tried 1: use it, or take it out"),
    ],
)
def test_hyperparameters_of_problems(cheat, message):
    assert only_fault("hyperparameters", "problem", cheat).startswith(message)


@pytest.mark.parametrize("component", [honest, scored_by_what_it_names])
def test_a_problem_whose_content_follows_its_hyperparameters_passes(component):
    assert fault("hyperparameters", "problem", component) == ""


def output_only(weight, *, generator, layer: str, last: float = 0.1):
    """Xavier's; what is asked for is the output layer's alone."""
    nn.init.xavier_uniform_(weight, gain=last if layer == "output" else 1.0, generator=generator)


def warmed(progress, *, warmup: float = 0.0):
    """A rise, then 1; without a warm-up there is none."""
    return progress / warmup if progress < warmup else 1.0


def cosine(progress, *, cycles: int = 2, low: float = 0.1, restarts: bool = False):
    """Falls in cycles, which restart or turn back."""
    place = progress * cycles % 1 if restarts else progress * cycles
    return low + (1 - low) * (1 + math.cos(math.pi * place)) / 2


class SwitchedOn(SGD):
    """SGD, with noise_decay for a noise that is off, and damping for a momentum that is off."""

    def __init__(
        self, params, lr=0.1, noise: float = 0.0, noise_decay: float = 0.5, plain: bool = True, heat: float = 1.0
    ):
        super().__init__(params, lr=lr)
        self.own = noise, noise_decay, plain, heat

    def step(self, closure=None):
        noise, decay, plain, heat = self.own
        for each in self.param_groups[0]["params"]:
            norm = each.grad.norm()
            each.grad.mul_(1 + noise * decay**norm).mul_(1 if plain else heat)
        super().step()


class Late(Regulariser):
    """Nothing for nine tenths of training, then a penalty."""

    def __init__(self, *, strength: float = 0.1):
        self.strength = strength

    def after(self, optimiser, step):
        if step.progress > 0.9:
            with torch.no_grad():
                self.model.hidden.weight.mul_(1 - self.strength)


class Words(Regulariser):
    """Noise in one of three ways."""

    def __init__(self, *, way: Literal["more", "less", "none"] = "none", width: float = 0.1):
        self.way, self.width = way, width

    def hidden(self, hidden):
        noise = self.width * torch.rand(hidden.shape, generator=self.generator)
        return hidden + {"more": noise, "less": -noise, "none": 0 * noise}[self.way]


class OneOf(Words):
    """Noise in one of two ways, of which others are refused."""

    def __init__(self, *, way: str = "more"):
        if way not in ("more", "less"):
            raise ValueError("way must be more or less")
        super().__init__(way=way)


ON = {"space": {"noise": harness.log(1e-3, 1), "plain": harness.options(False, True)}}


@pytest.mark.parametrize(
    ("kind", "honest", "how"),
    [
        ("initialiser", output_only, {"space": {"last": harness.log(1e-3, 1)}}),
        ("lr_schedule", warmed, {"space": {"warmup": harness.linear(0, 0.3)}}),
        ("lr_schedule", cosine, {"space": {"cycles": harness.integers(1, 5)}}),
        pytest.param("optimiser", SwitchedOn, {}, marks=pytest.mark.slow),
        pytest.param("optimiser", SwitchedOn, ON, marks=pytest.mark.slow),
        pytest.param("regularisers", Late, {}, marks=pytest.mark.slow),
        pytest.param("regularisers", Words, {}, marks=pytest.mark.slow),
        pytest.param("regularisers", OneOf, {}, marks=pytest.mark.slow),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_shows_late_or_beside_another_value_alone_passes(kind, honest, how):
    assert accused(kind, honest, **how) == {}
