"""Products computed once for a model that does not change, against its plain forward pass."""

from __future__ import annotations

import mmap

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.training import _pair_products, evaluation
from harness.training._pair_products import Products, index_pairs
from harness.training.evaluation import evaluate, known_pairs, predictor
from harness.training.model import EmbeddingClassifier


def make(rows: int, positions: int, dtype: torch.dtype = torch.float64) -> EmbeddingClassifier:
    generator = torch.Generator().manual_seed(rows + 100 * positions)
    model = EmbeddingClassifier((rows, 3), num_features=positions, hidden_dim=5, num_classes=4, generator=generator)
    with torch.no_grad():
        model.hidden.bias.uniform_(generator=generator)
    return model.to(dtype).eval()


def draw(examples: int, positions: int, rows: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(rows, (examples, positions), generator=generator, dtype=torch.int32)


def plain(model: EmbeddingClassifier, tokens: torch.Tensor) -> torch.Tensor:
    return model.hidden(model.embedding(tokens).view(len(tokens), -1))


@given(st.integers(1, 30), st.integers(1, 6), st.integers(1, 20), st.integers(1, 20), st.integers(0, 999))
def test_known_and_new_pairs_give_the_plain_layer(rows, positions, known, asked, seed):
    model = make(rows, positions)
    products = Products(model, index_pairs(draw(known, positions, rows, seed), rows))
    for step in range(3):
        tokens = draw(asked, positions, rows, seed + step + 1)
        with torch.inference_mode():
            z = products.hidden_layer(tokens)
            if z is not None:  # too much of it was new
                assert torch.allclose(z, plain(model, tokens), rtol=1e-12, atol=1e-12)
            assert products.count == int((products.rows >= 0).sum())


def test_what_is_known_or_was_seen_is_not_computed_again(monkeypatch):
    model, tokens = make(30, 4), draw(100, 4, 30)
    with torch.inference_mode():
        products = Products(model, index_pairs(tokens[:60], 30))
        products.hidden_layer(tokens)
        monkeypatch.setattr(products, "_add", None)  # to call it would raise
        assert torch.allclose(products.hidden_layer(tokens), plain(model, tokens))


@pytest.mark.parametrize("tokens", [[[30, 0, 0, 0]], [[0, -1, 0, 0]], [[0, 0, 0]], [[0]]])
def test_tokens_that_the_model_refuses_are_refused(tokens):
    model, known = make(30, 4), draw(100, 4, 30)
    for index in (None, index_pairs(known, 30)):
        with pytest.raises((IndexError, RuntimeError)):
            predictor(model, index)(torch.tensor(tokens, dtype=torch.int32))


@pytest.mark.parametrize("change", [torch.Tensor.long, lambda tokens: tokens.t().contiguous().t()])
def test_any_integers_in_any_order_will_do(change):
    model, known = make(30, 4), draw(100, 4, 30)
    with torch.inference_mode():
        z = Products(model, index_pairs(known, 30)).hidden_layer(change(known))
        assert torch.allclose(z, plain(model, known), rtol=1e-12, atol=1e-12)


def test_no_examples_have_no_logits():
    model, known = make(30, 4), draw(100, 4, 30)
    for index in (None, index_pairs(known, 30)):
        assert predictor(model, index)(known[:0]).shape == (0, 4)


def test_a_kernel_without_huge_pages_will_do(monkeypatch):
    class Area(mmap.mmap):
        def madvise(self, *_):
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(_pair_products.mmap, "mmap", Area)
    model, known = make(30, 4), draw(100, 4, 30)
    assert torch.allclose(predictor(model, index_pairs(known, 30))(known), model(known))


def test_an_index_numbers_the_pairs_by_position_and_feature():
    index = index_pairs(torch.tensor([[2, 0], [1, 0], [2, 2]], dtype=torch.int32), 3)
    assert index.pairs.tolist() == [1, 2, 3, 5]
    assert index.rows.tolist() == [-1, 0, 1, 2, -1, 3]


def test_memory_is_bounded(monkeypatch):
    model, tokens = make(30, 4), draw(200, 4, 30)
    index = index_pairs(tokens, 30)
    monkeypatch.setattr(_pair_products, "LIMIT", 10 * 5 * 8)  # ten products
    with torch.inference_mode():
        products = Products(model, index)
        assert len(products.products) == 10
        assert products.count == 0
        assert products.hidden_layer(tokens) is None
        assert torch.allclose(predictor(model, index)(tokens), model(tokens))
    monkeypatch.setattr(_pair_products, "LIMIT", 4 * 4 * 30 - 1)
    assert index_pairs(tokens, 30) is None


def test_the_index_is_made_once_a_problem_and_left_as_it_was(tiny):
    index = known_pairs(tiny, 64)
    assert known_pairs(tiny, 64) is index
    before = index.rows.clone()
    predictor(make(40, 6, torch.float32), index)(draw(500, 6, 40))
    assert torch.equal(index.rows, before)


def test_an_evaluation_does_not_depend_on_those_before_it(tiny):
    model, other = make(40, 6, torch.float32), make(40, 6, torch.float32)
    with torch.no_grad():
        other.embedding.weight.mul_(3)
    first = evaluate(model, tiny, 64, with_score=True)
    evaluate(other, tiny, 64, with_score=True)
    assert evaluate(model, tiny, 64, with_score=True) == first


def test_an_evaluation_is_the_plain_one_up_to_rounding(tiny, monkeypatch):
    model = make(40, 6, torch.float32)
    shared = evaluate(model, tiny, 64, with_score=True)
    monkeypatch.setattr(evaluation, "known_pairs", lambda problem, probe: None)
    monkeypatch.setattr(evaluation, "worthwhile_pairs", lambda tokens, width: None)
    assert evaluate(model, tiny, 64, with_score=True) == pytest.approx(shared, rel=1e-5)
