"""Global state of torch, which no run changes for others and no run depends on."""

from __future__ import annotations

import pytest
import torch

from harness.training.engine import train
from harness.training.isolation import isolated, one_thread

from support.cohorts import bits_of, cohort_of, configure

pytestmark = pytest.mark.usefixtures("small_models_share_pairs")


def test_what_a_component_does_to_torchs_global_state_stays_with_its_run(registry, tiny, four):
    rude = [configure(registry, optimiser=("rude", {"how": how})) for how in ("dtype", "grad", "threads")]
    outcomes = train(cohort_of(*rude, four[0]), tiny, registry)
    assert [outcome.reason for outcome in outcomes] == ["", "RuntimeError: gone", "", ""]
    assert bits_of(outcomes[-1]) == bits_of(train(cohort_of(four[0]), tiny, registry)[0])
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


def test_a_component_that_draws_from_the_global_generator_is_as_pure_as_the_others(registry, tiny, four):
    noisy = configure(registry, optimiser=("noisy", {}))
    [alone] = train(cohort_of(noisy), tiny, registry)
    torch.rand(17)
    together = train(cohort_of(four[0], noisy), tiny, registry)[1]
    assert bits_of(alone) == bits_of(together)
    assert bits_of(alone) != bits_of(train(cohort_of(configure(registry, optimiser=("sgd", {"momentum": 0.0})))
        , tiny, registry)[0])  # fmt: skip
    assert bits_of(alone) != bits_of(train(cohort_of(noisy, seed_index=1), tiny, registry)[0])


@isolated(3)
def rude(fails: bool) -> float:
    assert torch.is_grad_enabled()
    drawn = torch.rand(()).item()
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(torch.get_num_threads() + 1)
    if fails:
        raise KeyError
    return drawn


def test_what_the_body_does_to_global_state_is_undone_even_if_it_fails():
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    with torch.no_grad():
        rude(fails=False)
        with pytest.raises(KeyError):
            rude(fails=True)
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert torch.get_default_dtype() == torch.float32


def test_what_the_body_draws_depends_on_the_seed_alone():
    first = rude(fails=False)
    torch.rand(17)
    assert rude(fails=False) == first
    with isolated(4):
        assert torch.rand(()).item() != first


@one_thread()
def threads_of_a_run(fails: bool = False) -> int:
    if fails:
        raise KeyError
    return torch.get_num_threads()


def test_one_thread_alone_in_the_body():
    before = torch.get_num_threads()
    assert threads_of_a_run() == 1
    with pytest.raises(KeyError):
        threads_of_a_run(fails=True)
    assert torch.get_num_threads() == before
