"""The check that a component draws from nothing but the generator that it is given, whatever traces it hides."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import SGD, Optimizer

import harness
from harness import Regulariser

from support.examining import accused


def global_draws(weight, *, generator):
    """Forgets the generator."""
    nn.init.normal_(weight, std=0.1)


def global_draws_in_hiding(weight, *, generator):
    """Forgets the generator, and leaves no trace in torch's state."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        nn.init.normal_(weight, std=0.1)


def same_stream_for_all(weight, *, generator):
    """Makes a generator of its own, that begins alike at every seed."""
    nn.init.normal_(weight, std=0.1, generator=torch.Generator().manual_seed(3))


def given_stream_begun_anew(weight, *, generator):
    """Takes the generator, and its seed away."""
    nn.init.normal_(weight, std=0.1, generator=generator.manual_seed(3))


def numpy_stream_of_its_own(weight, *, generator):
    """Makes a stream of NumPy's."""
    weight.copy_(torch.from_numpy(np.random.default_rng(5).normal(0, 0.1, weight.shape)))


class NumPyNoise(SGD):
    """SGD with noise of NumPy's."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr=lr)

    @torch.no_grad()
    def step(self, closure=None):
        for each in self.param_groups[0]["params"]:
            each.grad.add_(np.random.normal() * 0.01)
        super().step()


class Reseeds(SGD):
    """SGD with noise that is the same for all seeds."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr=lr)

    @torch.no_grad()
    def step(self, closure=None):
        torch.manual_seed(1)
        for each in self.param_groups[0]["params"]:
            each.grad.add_(torch.randn_like(each), alpha=0.01)
        super().step()


class PythonNoise(Regulariser):
    """Scales hidden units by chance."""

    def hidden(self, hidden):
        return hidden * (1 + 0.1 * random.random())


class StreamOfItsOwn(Regulariser):
    """Draws from a stream that it makes."""

    def start(self, model, train, vocabulary):
        self.own = random.Random(8)

    def after(self, optimiser, step):
        with torch.no_grad():
            self.model.hidden.weight.mul_(self.own.uniform(0.9, 1.0))


GLOBAL = "it draws from {} global stream: draw from {} alone"
GIVEN, TORCH = "the generator that it is given", "torch's global stream"
ALIKE = "it draws from a stream that begins alike whatever the seed: draw from {}, or from one that is seeded by it"


@pytest.mark.parametrize(
    ("kind", "cheat", "message"),
    [
        ("initialiser", global_draws, GLOBAL.format("torch's", GIVEN)),
        ("initialiser", global_draws_in_hiding, GLOBAL.format("torch's", GIVEN)),
        ("initialiser", same_stream_for_all, ALIKE.format(GIVEN)),
        ("initialiser", given_stream_begun_anew, ALIKE.format(GIVEN)),
        ("initialiser", numpy_stream_of_its_own, ALIKE.format(GIVEN)),
        ("optimiser", NumPyNoise, GLOBAL.format("NumPy's", TORCH)),
        ("optimiser", Reseeds, ALIKE.format(TORCH)),
        ("regularisers", PythonNoise, GLOBAL.format("Python's", GIVEN)),
        ("regularisers", StreamOfItsOwn, ALIKE.format(GIVEN)),
    ],
)
def test_streams(kind, cheat, message):
    found = accused(kind, cheat)
    # Noise without self.generator is another at each pass of a step as well, which is said too.
    assert found.pop("gradient", "computed twice").startswith("computed twice")
    assert found == {"streams": message}


def test_a_schedule_that_throws_dice_is_no_function_of_progress_either():
    def dice(progress):
        """A rate by chance."""
        return 0.5 * random.random()

    found = accused("dropout", dice)
    assert found.keys() == {"streams", "purity"}
    assert found["streams"] == GLOBAL.format("Python's", GIVEN)


def seeds_another(weight, *, generator, sd: float = 0.1):
    """Draws NumPy's numbers, from a stream that the generator seeds."""
    stream = np.random.default_rng(int(torch.randint(2**31, (), generator=generator)))
    weight.copy_(torch.from_numpy(stream.normal(0, sd, weight.shape)))


def spawns(weight, *, generator):
    """Draws from a generator that the given one seeds."""
    own = torch.Generator().manual_seed(int(torch.randint(2**62, (), generator=generator)))
    nn.init.normal_(weight, std=0.1, generator=own)


def nothing_random(weight, vocabulary, *, generator, scale: float = 0.5):
    """Sines: no draw at all."""
    rows, columns = torch.arange(weight.shape[0])[:, None], torch.arange(1, weight.shape[1] + 1)
    weight.copy_(scale * torch.sin(rows / columns))


@pytest.mark.parametrize(
    ("kind", "honest"), [("initialiser", seeds_another), ("initialiser", spawns), ("embedding", nothing_random)]
)
def test_a_stream_that_the_given_one_seeds_passes_and_so_does_none(kind, honest):
    assert accused(kind, honest) == {}


def noisy(model, *, lr: float = 0.1, noise: float = 0.01) -> Optimizer:
    """SGD with noise from torch's global stream, all that an optimiser of somebody else's knows."""

    class Noisy(SGD):
        """Langevin's."""

        @torch.no_grad()
        def step(self, closure=None):
            for each in self.param_groups[0]["params"]:
                each.grad.add_(torch.randn_like(each), alpha=noise)
            super().step()

    return Noisy(model.parameters(), lr=lr)


@pytest.mark.slow
def test_an_optimiser_may_draw_from_torchs_global_stream():
    assert accused("optimiser", noisy, space={"noise": harness.log(1e-3, 1)}) == {}
