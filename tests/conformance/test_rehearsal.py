"""What components are looked at in: the problem can show them, and the watch sees what it is there for."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
import torch

from harness import integers, linear, log, options
from harness.conformance._randomness import Draws, global_streams, later
from harness.conformance._rehearsal import TRAINING, Rehearsal, same, snapshot, trained
from harness.conformance._stand_ins import PARTNERS, partner, problem
from harness.conformance._variations import another, other_values
from harness.conformance.subject import Subject
from harness.plugin.kinds import REGULARISER
from harness.training.cohort import count_steps

from support.examining import component

PLAIN = partner(REGULARISER)


def test_the_loss_falls_from_chance_to_below_a_twentieth():
    rehearsal = Rehearsal(PLAIN, {})
    with rehearsal.isolated():
        losses = [rehearsal.learner.step(batch).item() for batch in rehearsal.batches()]
    assert len(losses) == count_steps(TRAINING, problem()) >= 16
    assert losses[0] > 0.9
    assert min(losses) < 0.05


def test_features_are_frequent_rare_and_missing():
    counts = torch.bincount(problem().train.tokens.flatten(), minlength=60)
    assert counts.max() > 100
    assert (counts == 1).sum() == 9
    assert (counts == 0).sum() == 12
    assert problem().dev.tokens.max() < 60


def test_whoever_changes_the_data_changes_nobody_elses():
    problem().train.tokens.zero_()
    assert problem().train.tokens.any()


def test_a_training_is_a_function_of_its_seed():
    assert trained(PLAIN, {}) == trained(PLAIN, {})
    assert trained(PLAIN, {}) != trained(PLAIN, {}, seed=1)
    assert trained(PLAIN, {}).differs(trained(PLAIN, {}, seed=1))
    assert not trained(PLAIN, {}).differs(trained(PLAIN, {}))


def test_rounding_is_no_difference():
    weights = snapshot(Rehearsal(PLAIN, {}).learner.model)
    others = {name: each * (1 + 1e-6) for name, each in weights.items()}
    assert same(weights, others, 1e-5)
    assert not same(weights, others)
    assert not same(weights, {name: each * (1 + 1e-4) for name, each in weights.items()}, 1e-5)


def test_every_kind_has_a_partner():
    for kind in PARTNERS:
        assert partner(kind).kind == kind
        assert not partner(kind).hyperparameters.keys() - {"lr"}


# Other values


def subject(**space):
    def schedule(progress, *, rate: float = 0.5, jumps: int = 4, on: bool = False, path: str = "", way: str = "a"):
        """Anything."""
        return rate / jumps if on else rate

    return component("dropout", schedule, space=space)


def test_other_values_are_of_the_range_where_there_is_one():
    found = subject(rate=linear(0.0, 0.5), way=options("a", "b"), jumps=integers(1, 9))
    assert other_values(found, "rate", {}) == [0.0, 0.25, 0.375]
    assert other_values(found, "jumps", {}) == [9, 1, 5, 7]
    assert other_values(found, "way", {}) == ["b"]
    assert another(found, "rate", {}) == 0.25
    assert another(found, "rate", {"rate": 0.25}) == 0.375


def test_other_values_without_a_range():
    found = subject()
    assert other_values(found, "rate", {}) == [0.25, 0.75, 0.1, 0.9]
    assert other_values(found, "jumps", {}) == [5, 2, 9, 1]
    assert other_values(found, "on", {}) == [True]
    assert other_values(found, "path", {}) == []
    assert another(found, "path", {}) is None
    assert another(found, "on", {"on": True}) is False


def test_settings_are_the_values_and_as_many_others_as_work():
    given = {"path": "x"}
    others = {"path": "x", "rate": 0.25, "jumps": 5, "on": True}
    assert Subject(component=subject(), values=given).settings == [given, others]
    too_high = subject(rate=log(0.4, 20.0))  # its middle is 2.8, no rate
    assert Subject(component=too_high, values={}).settings == [{}, {"jumps": 5, "on": True, "rate": 2.8284271247461903}]
    assert Subject(component=too_high, values={"on": False}).settings == [{"on": False}, {"on": False, "jumps": 5}]


# The watch


def test_draws_from_numpy_and_python_are_seen_and_undone():
    before = random.getstate(), np.random.get_state()[1].tobytes()
    drawn: set[str] = set()
    with global_streams(3, drawn):
        first = np.random.normal()
    assert drawn == {"NumPy's"}
    with global_streams(3, drawn):
        assert np.random.normal() == first
        random.random()
    assert drawn == {"NumPy's", "Python's"}
    assert (random.getstate(), np.random.get_state()[1].tobytes()) == before
    with global_streams(0):
        pass


def test_draws_from_torch_are_seen_with_their_seeds():
    given = torch.Generator().manual_seed(7)
    with torch.random.fork_rng(), Draws() as draws:
        torch.empty(3).normal_(generator=given)
        torch.zeros(3).add_(1)
    assert (draws.is_global, draws.seeds) == (False, {7})
    with torch.random.fork_rng(), Draws() as draws:
        torch.manual_seed(5)
        torch.nn.functional.dropout(torch.ones(3))
        random.Random(9)
        np.random.default_rng(11)
    assert (draws.is_global, draws.seeds) == (True, {5, 9, 11})


def test_drawing_is_as_before_when_nobody_watches():
    seed, default_rng = random.Random.seed, np.random.default_rng
    with pytest.raises(KeyError), Draws():
        raise KeyError
    assert random.Random.seed is seed
    assert np.random.default_rng is default_rng


def test_it_is_later_only_inside():
    begun = time.time(), time.monotonic_ns()
    with later():
        assert time.time() - begun[0] > 270_000
        assert time.monotonic_ns() - begun[1] > 270_000e9
    assert 0 <= time.time() - begun[0] < 60
