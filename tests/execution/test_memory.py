"""The memory that a study needs: the formula by hand, and the warning where there is less."""

from __future__ import annotations

import json

import pytest

from harness.execution import memory
from harness.execution.memory import GIB, Memory, memory_of, too_little
from harness.plugin.registry import build_registry
from harness.study.configuration import ModelSettings, TrainingSettings
from harness.study.plan import plan_from_file
from harness.training.cohort import batches
from harness.training.memory import MAPPED, Footprint, expected_footprint, footprint
from harness.training.run import Run

from support.cohorts import cohort_of, configure
from support.paths import TINY
from support.studies import call, write_study


def test_a_cohort_by_hand():
    one = Footprint(kept=100, step=50, products=20, moving=30)
    assert [one.cohort(size) for size in (1, 2, 4)] == [100 + 50 + 20, 200 + 50 + 20 + 30, 400 + 50 + 20 + 90]
    other = Footprint(kept=100, step=50, products=40, moving=30)
    assert other.cohort(2) == 200 + 50 + 30 + 40


@pytest.fixture
def registry():
    return build_registry([TINY])


@pytest.fixture
def tiny(registry):
    return registry.component("problem", "tiny").build()


def test_what_is_expected_of_adam_is_what_a_step_shows(registry, tiny):
    chosen = configure(registry)
    cohort = cohort_of(chosen)
    run, batch = Run(chosen, cohort, tiny, registry), next(batches(cohort, tiny))
    run.advance(batch)
    shown = footprint(run.learner, batch)
    expected = expected_footprint(tiny, chosen.model, chosen.training)
    steps = 4 * 4  # Adam's step number of each of five parameters, one float32 each
    assert shown.kept - expected.kept == steps + 4
    assert (shown.step, shown.products, shown.moving) == (expected.step, expected.products, expected.moving)
    parameters = sum(4 * each.numel() for each in run.learner.model.parameters())
    assert shown.kept == 4 * parameters + steps + 4
    assert shown.moving == parameters
    lookups = batch.tokens.numel()
    assert shown.products == 2 * 4 * lookups * chosen.model.embedding_dim, "the small model takes the plain path"


def test_a_large_embedding_leaves_no_hole(tiny):
    wide = ModelSettings(embedding_dim=MAPPED // 4, hidden_dim=1)
    found = expected_footprint(tiny, wide, TrainingSettings(batch_size=1))
    assert found.moving < MAPPED < found.kept


def test_as_many_workers_as_fit_are_named():
    needs = Memory(driver=GIB, worker=2 * GIB, training=GIB)
    assert (needs.with_jobs(0), needs.with_jobs(3)) == (2 * GIB, 7 * GIB)
    assert too_little(needs, 3, 7 * GIB) == ""
    assert too_little(needs, 3, 7 * GIB - 1) == (
        "about 7.0 GiB of memory needed with --jobs 3, and there are 6.9: processes may be killed; --jobs 2 would fit"
    )
    assert too_little(needs, 1, 2 * GIB).endswith("smaller batches or a smaller model need less")
    assert too_little(needs, 0, GIB).startswith("about 2.0 GiB of memory needed with --jobs 0")


def test_a_study_is_warned_of_before_its_first_run_and_not_once_it_is_finished(tmp_path, monkeypatch):
    study, out = write_study(tmp_path), tmp_path / "out"
    words = ("run", str(study), "--out", str(out), "--jobs", "0")
    monkeypatch.setattr(memory, "memory_limit", lambda: 2**20)
    first, again = call(*words), call(*words)
    warned = [line for line in first.stderr.splitlines() if "of memory needed" in line]
    assert len(warned) == 1
    assert warned[0].startswith("warning: about ")
    assert "of memory needed" not in again.stderr


def test_a_dry_run_needs_more_memory_with_more_workers_and_larger_models(tmp_path):
    study = str(write_study(tmp_path))

    def needed(*words: str) -> int:
        return json.loads(call("run", study, "--dry-run", "--json", *words).stdout)["estimated_bytes"]

    none, one, two = (needed("--jobs", jobs) for jobs in "012")
    assert none < one < two
    large = needed("--jobs", "0", "--set", "model.hidden_dim=2000", "--set", "model.embedding_dim=200")
    assert large - none > 4 * 16 * 6 * 200 * 2000, "four runs: parameters, gradients and Adam's two states"


def test_a_worker_holds_what_this_process_does_and_its_training(registry, tmp_path):
    plan = plan_from_file(write_study(tmp_path), (), registry)
    found = memory_of(plan, process=(10, 100))
    assert found.driver == 110
    assert found.worker == 10 + found.training
    assert memory_of(plan, [Footprint(kept=1000, step=0, products=0, moving=0)], (10, 100)).worker < found.worker
