"""Dropout against its definition, and its random bits."""

from __future__ import annotations

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.training.dropout import LEVELS, DropoutBits, NestedDropout, random_bits


@pytest.mark.parametrize("rate", [0.0, 1 / 3, 0.5, 0.9])
def test_dropped_share_and_scale(rate):
    dropout = NestedDropout(rate)
    dropped = dropout(torch.ones(400, 1000))
    assert (dropped == 0).float().mean().item() == pytest.approx(rate, abs=0.003)
    assert dropped[dropped != 0].unique().tolist() == pytest.approx([1 / (1 - dropout.rate)])


def test_masks_of_different_rates_are_nested():
    low, high = NestedDropout(0.2), NestedDropout(0.6)
    low.bits = high.bits = DropoutBits(random_bits((100, 200)))
    ones = torch.ones(100, 200)
    assert ((low(ones) == 0) <= (high(ones) == 0)).all()


@settings(max_examples=25)  # each looks at every mask that there is
@example(0)
@example(LEVELS - 1)
@given(st.integers(0, LEVELS - 1))
def test_the_expectation_over_all_masks_is_exactly_the_input(threshold):
    dropout = NestedDropout(threshold / LEVELS)
    every_draw = torch.arange(-(LEVELS // 2), LEVELS // 2, dtype=torch.int32).to(torch.int16)
    dropout.bits = DropoutBits(every_draw)
    assert dropout(torch.ones(LEVELS, dtype=torch.float64)).mean().item() == pytest.approx(1, rel=1e-12)
    assert dropout.rate == threshold / LEVELS


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_a_rate_outside_the_half_open_interval_is_refused(rate):
    with pytest.raises(ValueError, match=r"a drop rate is in \[0, 1\), got"):
        NestedDropout(rate)


def test_random_bits_are_uniform_and_come_from_the_generator_alone():
    before = torch.get_rng_state()
    bits = random_bits((1000, 333), torch.Generator().manual_seed(3))
    assert torch.equal(bits, random_bits((1000, 333), torch.Generator().manual_seed(3)))
    assert torch.equal(before, torch.get_rng_state())
    counts = torch.bincount((bits.flatten().int() + LEVELS // 2) // 4096, minlength=16)
    assert len(counts) == 16
    assert ((counts / bits.numel() - 1 / 16).abs() < 0.002).all()


def test_runs_of_one_rate_share_a_mask_and_eval_mode_has_none():
    bits = DropoutBits(random_bits((10, 20)))
    assert bits.mask(1000, torch.float32) is bits.mask(1000, torch.float32)
    assert not torch.equal(bits.mask(1000, torch.float32), bits.mask(40_000, torch.float32))
    hidden = torch.ones(10, 20)
    assert NestedDropout(0.5).eval()(hidden) is hidden
    assert str(NestedDropout(0.5)) == "NestedDropout(rate=0.5)"
