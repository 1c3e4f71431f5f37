"""A run is a function of configuration, problem and seeds: in any company and process, whatever fails beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256

import pytest
import torch

from harness.training.cohort import batches
from harness.training.engine import train

from support.cohorts import bits_of, cohort_of, configure
from support.paths import TINY

pytestmark = pytest.mark.usefixtures("small_models_share_pairs")


@pytest.mark.parametrize("batch_size", [32, 150])
def test_alone_and_in_a_cohort_of_four_a_run_has_the_same_bits(registry, tiny, four, batch_size):
    four = [replace(each, training=each.training.model_copy(update={"batch_size": batch_size})) for each in four]
    together = train(cohort_of(*four), tiny, registry)
    reverse = train(cohort_of(*reversed(four)), tiny, registry)
    for configuration, one, other in zip(four, together, reversed(reverse), strict=True):
        [alone] = train(cohort_of(configuration), tiny, registry)
        assert bits_of(alone) == bits_of(one) == bits_of(other)
        assert alone.curve == one.curve == other.curve
        assert not alone.reason


def test_global_random_state_clock_and_threads_change_nothing(registry, tiny, four):
    [before] = train(cohort_of(four[0]), tiny, registry)
    torch.manual_seed(99)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        [after] = train(cohort_of(four[0]), tiny, registry)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert bits_of(before) == bits_of(after)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.slow
def test_another_process_computes_the_same_bits(registry, tiny, four):
    program = f"""
import json, sys
sys.path.insert(0, {str(sys.path[0])!r})
from hashlib import sha256
from harness.study.configuration import Configuration
from harness.plugin.registry import build_registry
from harness.training.cohort import Cohort
from harness.training.engine import train
registry = build_registry([{TINY!r}])
problem = registry.component("problem", "tiny").build()
for configuration in map(json.loads, sys.argv[1:]):
    cohort = Cohort(configurations=(Configuration.from_json(configuration),), study_seed=5, seed_index=0)
    [outcome] = train(cohort, problem, registry)
    print(sha256(b"".join(t.numpy().tobytes() for t in outcome.model.state_dict().values())).hexdigest())
"""
    arguments = [sys.executable, "-c", program, *(json.dumps(each.to_json()) for each in four[:2])]
    there = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.split()
    here = [train(cohort_of(configuration), tiny, registry)[0] for configuration in four[:2]]
    assert there == [sha256(b"".join(bits_of(outcome))).hexdigest() for outcome in here]


def test_seed_index_study_seed_and_every_setting_matter(registry, tiny):
    base = configure(registry)
    [first] = train(cohort_of(base), tiny, registry)
    others = [
        train(cohort_of(base, seed_index=1), tiny, registry)[0],
        train(replace(cohort_of(base), study_seed=6), tiny, registry)[0],
        train(cohort_of(configure(registry, model={"bias": "torch_default"})), tiny, registry)[0],
        train(cohort_of(configure(registry, training={"batch_size": 33})), tiny, registry)[0],
        train(cohort_of(configure(registry, training={"epochs": 4})), tiny, registry)[0],
    ]
    assert len({first.curve[-1]["train_loss"], *(each.curve[-1]["train_loss"] for each in others)}) == 6


def test_a_component_that_raises_ends_its_run_alone(registry, tiny, four):
    bad = configure(registry, optimiser=("raising", {"after": 13}))
    good, failed, other = train(cohort_of(four[0], bad, four[1]), tiny, registry)
    assert failed.reason == "RuntimeError: raised after 13 steps"
    assert failed.steps == 13
    assert [point["step"] for point in failed.curve] == [10]
    for outcome, configuration in ((good, four[0]), (other, four[1])):
        assert not outcome.reason
        assert bits_of(outcome) == bits_of(train(cohort_of(configuration), tiny, registry)[0])


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"optimiser": ("rude", {"how": "exit"})}, "SystemExit: bye"),
        ({"optimiser": ("rude", {"how": "bare"})}, "FloatingPointError: "),
        (
            {"embedding": ("partial", {})},
            "ValueError: embedding 'partial' left values of the weight unfilled or not finite",
        ),
        (
            {"initialiser": ("returning", {})},
            "ValueError: initialiser 'returning' left values of the weight unfilled or not finite",
        ),
    ],
)
def test_whatever_a_component_does_is_a_reason_and_spares_the_others(registry, tiny, four, choices, reason):
    failed, good = train(cohort_of(configure(registry, **choices), four[0]), tiny, registry)
    assert failed.reason == reason
    assert bits_of(good) == bits_of(train(cohort_of(four[0]), tiny, registry)[0])


def test_a_model_too_large_for_the_memory_is_a_failed_run(registry, tiny, four):
    failed, good = train(cohort_of(configure(registry, model={"hidden_dim": 10**12}), four[0]), tiny, registry)
    assert failed.reason.startswith("RuntimeError: ")
    assert not good.reason
    [alone] = train(cohort_of(configure(registry, model={"hidden_dim": 10**12})), tiny, registry)
    assert alone.reason == failed.reason


def test_a_cohort_of_which_every_run_has_failed_takes_no_further_batch(registry, tiny, monkeypatch):
    taken = []

    def counted(cohort, problem):
        for batch in batches(cohort, problem):
            taken.append(batch.step)
            yield batch

    monkeypatch.setattr("harness.training.engine.batches", counted)
    bad = [configure(registry, optimiser=("raising", {"after": after})) for after in (3, 5)]
    assert [outcome.steps for outcome in train(cohort_of(*bad), tiny, registry)] == [3, 5]
    assert taken == list(range(6))
