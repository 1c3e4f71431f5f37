"""One run: what it tells observers, what its outcome holds, and how it fails."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from harness.plugin import events
from harness.training.cohort import batches
from harness.training.engine import train
from harness.training.run import Outcome, Run

from support.cohorts import bits_of, cohort_of, configure

pytestmark = pytest.mark.usefixtures("small_models_share_pairs")


def test_an_observer_sees_every_event_and_changes_no_bit(registry, tiny, four):
    seen: list[events.Event] = []
    [watched] = train(cohort_of(four[0]), tiny, registry, seen.append)
    [unwatched] = train(cohort_of(four[0]), tiny, registry)
    assert bits_of(watched) == bits_of(unwatched)
    assert watched.curve == unwatched.curve
    kinds = [type(event).__name__ for event in seen]
    assert kinds == ["RunStarted", *([*["StepTaken"] * 10, "Evaluated"] * 3), "RunEnded"]
    assert [event.step for event in seen if isinstance(event, events.StepTaken)] == list(range(1, 31))
    assert seen[11].measurements == watched.curve[0]


def test_observers_that_touch_what_they_should_not_change_no_bit(registry, tiny, four):
    def careless(event):
        event.model.eval()
        if isinstance(event, events.Evaluated):
            event.measurements.clear()

    [watched] = train(cohort_of(four[0]), tiny, registry, careless)
    [unwatched] = train(cohort_of(four[0]), tiny, registry)
    assert bits_of(watched) == bits_of(unwatched)
    assert watched.curve == unwatched.curve


def test_a_component_that_raises_before_the_first_step_is_a_failed_run_too(registry, tiny, four):
    bad = configure(registry, optimiser=("adam", {"lr": -1.0}))
    good, failed = train(cohort_of(four[0], bad), tiny, registry)
    assert failed.reason.startswith("ValueError: lr ")
    assert failed.curve == []
    assert failed.steps == 0
    assert not good.reason


def test_a_run_that_becomes_non_finite_says_at_which_step(registry, tiny, four):
    bad = configure(registry, optimiser=("sgd", {"lr": 1e30}))
    good, failed = train(cohort_of(four[0], bad), tiny, registry)
    assert failed.reason in ("the loss became inf at step 2 of 30", "the loss became nan at step 2 of 30")
    assert not good.reason


def test_an_outcome_counts_steps_and_passes_and_says_which_path_it_took(registry, tiny):
    [plain] = train(cohort_of(configure(registry)), tiny, registry)
    [shared] = train(cohort_of(configure(registry, training={"batch_size": 150})), tiny, registry)
    assert (plain.steps, plain.passes, plain.path, len(plain.curve)) == (30, 30, "plain", 3)
    assert (shared.steps, shared.passes, shared.path) == (6, 6, "shared")
    assert plain.seconds.keys() == {"starting", "training", "evaluation"}
    assert all(seconds > 0 for seconds in plain.seconds.values())


def test_processor_time_is_of_the_run_and_neither_of_waiting_nor_of_other_threads(registry, tiny, four):
    """A run that sleeps at each of its 30 steps while another thread computes."""
    stop = threading.Event()

    def compute():
        while not stop.is_set():
            sum(range(10_000))

    def sleep(self, *_):
        time.sleep(0.005)

    other = threading.Thread(target=compute)
    other.start()
    try:
        run = Run(four[0], cohort_of(four[0]), tiny, registry)
        run.learner.model.register_forward_pre_hook(sleep)
        for batch in batches(cohort_of(four[0]), tiny):
            run.advance(batch)
    finally:
        stop.set()
        other.join()
    outcome = run.finish()
    assert outcome.processor_seconds.keys() == outcome.seconds.keys()
    assert all(0 < outcome.processor_seconds[activity] <= 1.01 * wall for activity, wall in outcome.seconds.items())
    assert outcome.seconds["training"] - outcome.processor_seconds["training"] > 0.14


def test_a_run_on_another_device_has_wall_time_alone(registry, tiny, four):
    run = Run(four[0], replace(cohort_of(four[0]), device="meta"), tiny, registry)
    outcome = run.finish()
    assert outcome.processor_seconds == {}
    assert outcome.seconds["starting"] > 0


def test_an_outcome_without_its_model_keeps_the_numbers(registry, tiny):
    [outcome] = train(cohort_of(configure(registry)), tiny, registry)
    small = outcome.without_model()
    assert small.model is None
    assert outcome.model is not None
    assert (small.curve, small.configuration) == (outcome.curve, outcome.configuration)


def test_a_lost_run_has_a_reason_and_nothing_else(registry):
    lost = Outcome.lost(configure(registry), 3, "killed")
    assert (lost.reason, lost.seed_index, lost.curve, lost.steps, lost.model) == ("killed", 3, [], 0, None)
