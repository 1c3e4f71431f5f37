"""Examples found again by their tokens: most that are equal, and no others, whatever their hashes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.training import _known_examples
from harness.training._known_examples import KnownExamples

from support.classifiers import draw


def check(known: torch.Tensor, asked: torch.Tensor) -> None:
    """Every example that is found is equal to the one of the number that it got."""
    is_known, numbers = KnownExamples.of(known).find(asked)
    assert torch.equal(known[torch.from_numpy(numbers)], asked[torch.from_numpy(is_known)])


@given(st.integers(1, 4), st.integers(1, 60), st.integers(1, 60), st.integers(1, 4), st.integers(0, 999))
def test_what_is_found_is_equal(rows, known, asked, positions, seed):
    check(draw(known, positions, rows, seed), draw(asked, positions, rows, seed + 1))


def test_nearly_all_that_are_known_are_found():
    tokens = draw(5000, 36, 20_000)
    is_known, numbers = KnownExamples.of(tokens).find(tokens.flip(0))
    assert is_known.mean() > 0.75
    assert np.array_equal(numbers, np.flatnonzero(is_known[::-1])[::-1])
    one_off = tokens.clone()
    one_off[torch.arange(5000), torch.arange(5000) % 36] += 1
    assert not KnownExamples.of(tokens).find(one_off)[0].any()


@pytest.mark.parametrize("multipliers", [np.zeros(4096, dtype=np.uint32), np.ones(4096, dtype=np.uint32)])
def test_equal_hashes_are_no_equal_examples(multipliers, monkeypatch):
    monkeypatch.setattr(_known_examples, "MULTIPLIERS", multipliers)
    tokens = draw(50, 4, 30)
    check(tokens, tokens)
    check(tokens, draw(50, 4, 30, seed=1))
    assert KnownExamples.of(tokens).find(tokens)[0].any()


def test_tokens_of_another_kind_are_not_known():
    known = KnownExamples.of(draw(20, 4, 5))
    for tokens in (known.tokens.long(), known.tokens[:, :3], known.tokens[:0]):
        is_known, numbers = known.find(tokens)
        assert (is_known.tolist(), numbers.tolist()) == ([False] * len(tokens), [])
    assert known.find(known.tokens.t().contiguous().t())[0].any()


@pytest.mark.parametrize("tokens", [draw(0, 4, 5), draw(4, 4, 5).long(), torch.zeros(2, 5000, dtype=torch.int32)])
def test_there_is_no_table_of_what_it_cannot_hold(tokens):
    assert KnownExamples.of(tokens) is None
