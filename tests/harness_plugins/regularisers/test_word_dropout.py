"""Words that are dropped the oftener the rarer they are."""

from __future__ import annotations

import pytest
import torch

from harness import Regulariser, Vocabulary
from harness_plugins.regularisers.word_dropout import WordDropout

from support.regularising import TRAIN, VOCABULARY, WITHOUT_UNKNOWN, Training

DRAWS = 1500


def seeded(regulariser: Regulariser, seed: int = 0) -> Regulariser:
    regulariser.generator = torch.Generator().manual_seed(seed)
    return regulariser


def dropping(alpha: float, vocabulary=VOCABULARY) -> WordDropout:
    training = Training(WordDropout(alpha=alpha), vocabulary=vocabulary)
    return training.regularisers[0]


def test_words_are_replaced_by_their_kind_s_unknown_as_often_as_they_are_rare() -> None:
    regulariser = seeded(dropping(alpha=2.0))
    found = torch.stack([regulariser.tokens(TRAIN.tokens) for _ in range(DRAWS)])
    assert found.dtype == TRAIN.tokens.dtype
    counts = {2: 3, 3: 2, 4: 1, 7: 3, 8: 1}
    for row, count in counts.items():
        at = found[:, TRAIN.tokens == row]
        unknown = 6 if row >= 6 else 1
        assert set(at.unique().tolist()) == {row, unknown}
        share, expected = float((at == unknown).double().mean()), 2.0 / (2.0 + count)
        assert share == pytest.approx(expected, abs=5 * (expected * (1 - expected) / at.numel()) ** 0.5)
    assert (found[:, TRAIN.tokens == 0] == 0).all()  # <null> is no word


def test_words_are_dropped_one_by_one() -> None:
    regulariser = seeded(dropping(alpha=2.0))
    twice = torch.tensor([[2, 2, 2, 2], [2, 2, 2, 2]], dtype=torch.int32)
    found = regulariser.tokens(twice)
    assert sorted(found.unique().tolist()) == [1, 2]
    assert twice.unique().tolist() == [2]


def test_a_word_that_training_never_has_is_dropped_if_something_else_brings_it() -> None:
    assert seeded(dropping(alpha=0.5)).tokens(torch.full((2, 3), 5)).unique().tolist() == [1]


def test_the_vectors_are_looked_at_only_where_a_kind_has_no_unknown() -> None:
    assert type(dropping(2.0)).embedded is Regulariser.embedded
    without = dropping(2.0, WITHOUT_UNKNOWN)
    assert type(without).embedded is not Regulariser.embedded


def test_without_an_unknown_the_vector_is_zero_and_its_row_has_no_gradient() -> None:
    training = Training(WordDropout(alpha=1e9), vocabulary=WITHOUT_UNKNOWN)
    training.gradient()
    assert torch.equal(training.tokens, TRAIN.tokens)
    assert not training.model.embedding.weight.grad.any()
    assert not training.model.hidden.weight.grad.any()
    assert training.model.hidden.bias.grad.any()


def test_without_an_unknown_just_the_dropped_vectors_are_zero() -> None:
    regulariser = seeded(dropping(2.0, WITHOUT_UNKNOWN))
    ones = torch.ones(4, 3, 5, dtype=torch.float64)
    shares = torch.zeros(4, 3, dtype=torch.float64)
    for _ in range(DRAWS):
        assert torch.equal(regulariser.tokens(TRAIN.tokens), TRAIN.tokens)
        found = regulariser.embedded(ones)
        assert (found.amax(2) == found.amin(2)).all()
        shares += found[:, :, 0] / DRAWS
    assert float(shares[3, 0]) == pytest.approx(1 / 3, abs=0.06)  # of row 4 there is one
    assert float(shares[0, 1]) == pytest.approx(3 / 5, abs=0.06)  # of row 2 there are three
    assert (ones == 1).all()


def test_where_one_kind_has_an_unknown_and_another_has_none_each_is_dropped_in_its_own_way() -> None:
    texts = [*VOCABULARY.texts[:6], "Z", *VOCABULARY.texts[7:]]
    training = Training(WordDropout(alpha=1e9), vocabulary=Vocabulary(texts=tuple(texts), kinds=VOCABULARY.kinds))
    training.gradient()
    assert training.tokens.tolist() == [[0, 1, 7], [1, 1, 8], [1, 1, 7], [1, 0, 7]]
    found = training.regularisers[0].embedded(torch.ones(4, 3, 5))
    assert torch.equal(found[:, :, 0], torch.tensor([[1.0, 1.0, 0.0]] * 4))
