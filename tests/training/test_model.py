"""The model against the lecture's own module."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from harness.training.model import EmbeddingClassifier

from support.lecture import LectureParser


def make(rate: float = 0.5) -> EmbeddingClassifier:
    torch.manual_seed(1)
    return EmbeddingClassifier((30, 5), num_features=4, hidden_dim=7, num_classes=3, dropout=rate)


def test_its_weights_in_the_lecture_module_give_the_same_logits():
    model = make().eval()
    nn.init.normal_(model.hidden.bias)
    nn.init.normal_(model.output.bias)
    lecture = LectureParser(torch.empty(30, 5), 4, 7, 3)
    lecture.copy_from(model)
    tokens = torch.randint(30, (11, 4), dtype=torch.int32)
    assert torch.allclose(model(tokens), lecture(tokens), rtol=1e-6, atol=1e-6)


def test_starts_from_a_copy_of_the_given_matrix():
    matrix = torch.randn(30, 5)
    model = EmbeddingClassifier(matrix, num_features=4, hidden_dim=7, num_classes=3, dropout=0.5)
    assert torch.equal(model.embedding.weight, matrix)
    with torch.no_grad():
        model.embedding.weight.zero_()
    assert matrix.abs().sum() > 0


def test_weights_start_xavier_uniform_and_biases_at_zero():
    torch.manual_seed(0)
    model = EmbeddingClassifier((30, 50), num_features=20, hidden_dim=400, num_classes=3)
    limit = (6 / (1000 + 400)) ** 0.5
    assert 0.99 * limit < model.hidden.weight.abs().max() <= limit
    assert model.hidden.weight.var().item() == pytest.approx(limit**2 / 3, rel=0.02)
    assert not model.hidden.bias.any()
    assert not model.output.bias.any()


def test_state_dict_has_the_names_a_reader_expects():
    names = ["embedding.weight", "hidden.weight", "hidden.bias", "output.weight", "output.bias"]
    assert list(make().state_dict()) == names


def test_eval_mode_is_deterministic_and_train_mode_is_not():
    model, tokens = make(), torch.randint(30, (50, 4))
    assert not torch.equal(model(tokens), model(tokens))
    model.eval()
    assert torch.equal(model(tokens), model(tokens))


def test_gradient_rows_of_features_that_a_batch_lacks_are_exactly_zero():
    model = make(0.0)
    model(torch.randint(10, (8, 4))).square().sum().backward()
    assert not model.embedding.weight.grad[10:].any()
    assert model.embedding.weight.grad[:10].any()


def test_mean_logits_over_masks_equal_the_eval_mode_logits():
    model, tokens = make(), torch.randint(30, (1, 4))
    expected = model.eval()(tokens)
    model.train()
    masked = model(tokens.expand(200_000, 4))
    error = masked.std(0) / masked.shape[0] ** 0.5
    assert ((masked.mean(0) - expected).abs() < 5 * error + 1e-6).all()
