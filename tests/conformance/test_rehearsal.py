"""A rehearsal learns, and is a function of its seed."""

from __future__ import annotations

from harness.conformance._rehearsal import TRAINING, Rehearsal, same_weights, snapshot, trained
from harness.conformance._stand_ins import partner, problem
from harness.plugin.kinds import REGULARISER
from harness.training.cohort import count_steps

PLAIN = partner(REGULARISER)


def test_the_loss_falls_from_chance_to_below_a_twentieth():
    rehearsal = Rehearsal(PLAIN, {})
    with rehearsal.isolated():
        losses = [rehearsal.learner.step(batch).item() for batch in rehearsal.batches()]
    assert len(losses) == count_steps(TRAINING, problem()) >= 16
    assert losses[0] > 0.9
    assert min(losses) < 0.05


def test_a_training_is_a_function_of_its_seed():
    assert trained(PLAIN, {}) == trained(PLAIN, {})
    assert trained(PLAIN, {}) != trained(PLAIN, {}, seed=1)
    assert trained(PLAIN, {}).differs(trained(PLAIN, {}, seed=1))
    assert not trained(PLAIN, {}).differs(trained(PLAIN, {}))


def test_rounding_is_no_difference():
    weights = snapshot(Rehearsal(PLAIN, {}).learner.model)
    others = {name: each * (1 + 1e-6) for name, each in weights.items()}
    assert same_weights(weights, others, 1e-5)
    assert not same_weights(weights, others)
    assert not same_weights(weights, {name: each * (1 + 1e-4) for name, each in weights.items()}, 1e-5)
