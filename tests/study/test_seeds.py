"""Seed indices: which ones tuning and confirmation use."""

from __future__ import annotations

from harness.study import seeds


def test_tuning_and_confirmation_never_share_a_seed_index():
    assert not set(seeds.TUNING) & set(seeds.CONFIRMATION[:1000])
