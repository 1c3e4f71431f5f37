"""What the runs of a cohort have in common: batches, random bits, and the steps at which they are evaluated."""

from __future__ import annotations

import pytest
import torch

from harness.study.configuration import TrainingSettings
from harness.training.cohort import batches, count_steps, evaluation_steps

from support.cohorts import cohort_of, configure


def test_a_cohort_shares_epochs_and_batch_size(registry):
    with pytest.raises(ValueError, match="a cohort shares its epochs and batch size"):
        cohort_of(configure(registry), configure(registry, training={"epochs": 4}))


def test_arms_at_one_seed_index_meet_the_same_batches_and_draws(registry, tiny):
    one = list(batches(cohort_of(configure(registry)), tiny))
    other = list(batches(cohort_of(configure(registry, optimiser=("sgd", {}), dropout=("late", {}))), tiny))
    for a, b in zip(one, other, strict=True):
        assert torch.equal(a.tokens, b.tokens)
        assert torch.equal(a.bits(16).values, b.bits(16).values)


def test_an_epoch_meets_every_example_once_and_progress_stays_below_one(registry, tiny):
    found = list(batches(cohort_of(configure(registry)), tiny))
    assert [len(batch.labels) for batch in found] == ([32] * 9 + [12]) * 3
    rows = torch.cat([batch.tokens for batch in found[:10]])
    assert sorted(rows.tolist()) == sorted(tiny.train.tokens.tolist())
    assert [batch.progress for batch in found] == [step / 30 for step in range(30)]


def test_evaluation_points_are_evenly_spaced_and_end_at_the_last_step(registry, tiny):
    assert evaluation_steps(TrainingSettings(epochs=3, batch_size=32), tiny) == [10, 20, 30]
    assert evaluation_steps(TrainingSettings(epochs=3, batch_size=32, evaluations=4), tiny) == [8, 15, 22, 30]
    assert evaluation_steps(TrainingSettings(epochs=1, batch_size=300, evaluations=9), tiny) == [1]


def test_the_last_smaller_batch_of_an_epoch_is_a_step(tiny):
    assert count_steps(TrainingSettings(epochs=3, batch_size=32), tiny) == 30
    assert count_steps(TrainingSettings(epochs=2, batch_size=300), tiny) == 2


def test_what_one_run_draws_for_dropout_never_shifts_what_another_draws(registry, tiny):
    quiet, busy = (batches(cohort_of(configure(registry)), tiny) for _ in range(2))
    for _ in range(3):
        usual, batch = next(quiet), next(busy)
        assert batch.bits(8).values.shape == (32, 8)
        again = [batch.bits(16, 1), batch.bits(16, 2)]
        assert torch.equal(batch.bits(16).values, usual.bits(16).values)
        assert batch.bits(16) is batch.bits(16)
        passes = [bits.values.flatten()[:16].tolist() for bits in (batch.bits(16), *again)]
        assert len(set(map(tuple, passes))) == 3


def test_runs_of_a_cohort_find_the_pairs_of_a_batch_once(registry, tiny):
    batch = next(batches(cohort_of(configure(registry)), tiny))
    assert batch.pairs is batch.pairs
    assert batch.pairs.counts == [len(column.unique()) for column in batch.tokens.t()]
