"""One run: what it tells observers, what its outcome holds, and how it fails."""

from __future__ import annotations

import pytest

from harness.plugin import events
from harness.training.engine import train
from harness.training.run import Outcome

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


def test_an_outcome_without_its_model_keeps_the_numbers(registry, tiny):
    [outcome] = train(cohort_of(configure(registry)), tiny, registry)
    small = outcome.without_model()
    assert small.model is None
    assert outcome.model is not None
    assert (small.curve, small.configuration) == (outcome.curve, outcome.configuration)


def test_a_lost_run_has_a_reason_and_nothing_else(registry):
    lost = Outcome.lost(configure(registry), 3, "killed")
    assert (lost.reason, lost.seed_index, lost.curve, lost.steps, lost.model) == ("killed", 3, [], 0, None)
