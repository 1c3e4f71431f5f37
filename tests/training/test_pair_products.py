"""Products computed once for a model that does not change, against its plain forward pass."""

from __future__ import annotations

import mmap

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.training import _pair_products
from harness.training._pair_products import ROWS, Products, index_pairs
from harness.training.evaluation import predictor
from harness.training.model import EmbeddingClassifier

from support.classifiers import draw, make


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


@given(st.lists(st.integers(ROWS, 40), min_size=1, max_size=6), st.integers(0, 999))
def test_logits_have_the_same_bits_whatever_is_asked_beside_them_and_before(sizes, seed):
    model = EmbeddingClassifier((50, 50), num_features=8, num_classes=3, generator=torch.Generator().manual_seed(1))
    index, tokens = index_pairs(draw(40, 8, 50), 50), draw(sum(sizes), 8, 50, seed)
    with torch.inference_mode():
        together = Products(model.eval(), index).logits(tokens)
        assume(together is not None)  # too much of it was new
        for order in (1, -1):
            products = Products(model, index)
            parts = list(zip(torch.split(tokens, sizes), torch.split(together, sizes), strict=True))
            for asked, expected in parts[::order]:
                logits = products.logits(asked)
                assert logits is None or torch.equal(logits, expected)


def test_products_of_the_index_have_the_bits_of_one_matrix_product_a_position():
    model = EmbeddingClassifier((50, 50), num_features=8, num_classes=3, generator=torch.Generator().manual_seed(1))
    tokens = draw(2, 8, 50)  # one or two pairs a position: fewer than later products have
    with torch.inference_mode():
        products = Products(model, index_pairs(tokens, 50))
        for position, weight in enumerate(products.weights[1:], start=1):
            features = tokens[:, position].unique()
            rows = products.rows[features + 50 * position]
            assert torch.equal(products.products[rows], model.embedding.weight[features] @ weight)


def test_logits_are_those_of_the_model():
    for examples in (1, 3, 50):
        model, tokens = make(30, 4), draw(examples, 4, 30)
        with torch.inference_mode():
            logits = Products(model, index_pairs(tokens, 30)).logits(tokens)
            assert torch.allclose(logits, model(tokens), rtol=1e-12, atol=1e-12)


def test_what_is_known_or_was_seen_is_not_computed_again(monkeypatch):
    model, tokens = make(30, 4), draw(100, 4, 30)
    with torch.inference_mode():
        products = Products(model, index_pairs(tokens[:60], 30))
        products.hidden_layer(tokens)
        monkeypatch.setattr(products, "_add", None)  # to call it would raise
        assert torch.allclose(products.hidden_layer(tokens), plain(model, tokens))


@pytest.mark.parametrize("change", [torch.Tensor.long, lambda tokens: tokens.t().contiguous().t()])
def test_any_integers_in_any_order_will_do(change):
    model, known = make(30, 4), draw(100, 4, 30)
    with torch.inference_mode():
        z = Products(model, index_pairs(known, 30)).hidden_layer(change(known))
        assert torch.allclose(z, plain(model, known), rtol=1e-12, atol=1e-12)


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
