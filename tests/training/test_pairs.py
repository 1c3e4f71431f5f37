"""The shared hidden layer against the plain one: forward and every gradient, on random problems, in both precisions."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import linear

from harness.training._pairs import find_pairs, hidden_layer, is_worthwhile, worthwhile_pairs


def plain(embedding: Tensor, weight: Tensor, bias: Tensor, tokens: Tensor) -> Tensor:
    return linear(embedding[tokens.long()].view(len(tokens), -1), weight, bias)


def shared(embedding: Tensor, weight: Tensor, bias: Tensor, tokens: Tensor) -> Tensor:
    return hidden_layer(embedding, weight, bias, find_pairs(tokens))


def with_gradients(function, parameters: list[Tensor], tokens: Tensor, upstream: Tensor) -> list[Tensor]:
    leaves = [each.clone().requires_grad_() for each in parameters]
    z = function(*leaves, tokens)
    z.backward(upstream.to(z.dtype))
    return [z.detach(), *(leaf.grad for leaf in leaves)]


@st.composite
def problems(draw):
    """Batches of one, vocabularies of one, repeated features, and rows that never occur among them."""
    batch, positions = draw(st.integers(1, 40)), draw(st.integers(1, 9))
    used = draw(st.integers(1, 30))
    rows, dim, hidden = used + draw(st.integers(0, 5)), draw(st.integers(1, 9)), draw(st.integers(1, 9))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    tokens = torch.randint(used, (batch, positions), generator=generator, dtype=torch.int32)
    shapes = [(rows, dim), (hidden, positions * dim), (hidden,), (batch, hidden)]
    return tokens, [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


@given(problems())
def test_equal_to_the_plain_layer_in_float64(problem):
    tokens, (*parameters, upstream) = problem
    expected = with_gradients(plain, parameters, tokens, upstream)
    for got, want in zip(with_gradients(shared, parameters, tokens, upstream), expected, strict=True):
        assert torch.allclose(got, want, rtol=1e-12, atol=1e-12)


@given(problems())
def test_in_float32_as_near_to_float64_as_rounding_allows(problem):
    tokens, (*parameters, upstream) = problem
    expected = with_gradients(plain, parameters, tokens, upstream)
    singles = [each.float() for each in parameters]
    for got, want in zip(with_gradients(shared, singles, tokens, upstream.float()), expected, strict=True):
        assert got.dtype == torch.float32
        assert torch.allclose(got.double(), want, rtol=1e-4, atol=2e-5)


NULL = 0
"""The feature of a position that has none, as a treebank's examples have it at most positions."""
CASES = {
    "padding": [[3, NULL, NULL, 1], [NULL, NULL, NULL, 2], [4, NULL, 1, NULL], [NULL, NULL, NULL, NULL]],
    "repeated across positions": [[2, 2, 2], [2, 2, 2], [1, 2, 1]],
    "a batch of one": [[1, 4, 0, 4]],
    "a vocabulary of one": [[0, 0], [0, 0], [0, 0]],
    "features that never occur": [[5, 5], [1, 5]],
    "all distinct": [[0, 1, 2], [3, 4, 5]],
}


@pytest.mark.parametrize("case", CASES)
def test_named_cases_are_equal_to_the_plain_layer_in_float64(case):
    tokens = torch.tensor(CASES[case], dtype=torch.int32)
    rows = 1 if case == "a vocabulary of one" else 7
    generator = torch.Generator().manual_seed(1)
    shapes = [(rows, 3), (4, tokens.shape[1] * 3), (4,), (len(tokens), 4)]
    *parameters, upstream = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    expected = with_gradients(plain, parameters, tokens, upstream)
    for got, want in zip(with_gradients(shared, parameters, tokens, upstream), expected, strict=True):
        assert torch.allclose(got, want, rtol=1e-13, atol=1e-13)


def test_gradient_of_rows_that_do_not_occur_is_exactly_zero():
    tokens = torch.tensor([[1, 2], [2, 2]], dtype=torch.int32)
    parameters = [torch.randn(5, 3), torch.randn(4, 6), torch.randn(4)]
    _, of_embedding, *_ = with_gradients(shared, parameters, tokens, torch.randn(2, 4))
    assert not of_embedding[[0, 3, 4]].any()
    assert of_embedding[[1, 2]].all()


@given(problems())
def test_pairs_are_what_they_say(problem):
    tokens, _ = problem
    pairs = find_pairs(tokens)
    batch, positions = tokens.shape
    wanted = sorted({(i, int(tokens[b, i])) for b in range(batch) for i in range(positions)})
    positions_of_pairs = [i for i, count in enumerate(pairs.counts) for _ in range(count)]
    found = list(zip(positions_of_pairs, pairs.features.tolist(), strict=True))
    assert found == wanted
    for b in range(batch):
        assert [found[row] for row in pairs.of_lookup[b]] == [(i, int(tokens[b, i])) for i in range(positions)]
    ends = [*pairs.starts.tolist()[1:], batch * positions]
    for row, (start, end) in enumerate(zip(pairs.starts.tolist(), ends, strict=True)):
        i, feature = found[row]
        assert pairs.examples[start:end].tolist() == [b for b in range(batch) if tokens[b, i] == feature]


def test_pairs_are_shared_where_they_are_few_and_save_enough():
    tokens = torch.zeros(100, 4, dtype=torch.int32)
    assert is_worthwhile(200, tokens, 20_000)  # 200 pairs saved, a million multiplications for each of four positions
    assert not is_worthwhile(200, tokens, 19_999)
    assert not is_worthwhile(201, tokens, 1_000_000)
    assert len(worthwhile_pairs(tokens, 20_000).features) == 4
    assert worthwhile_pairs(tokens, 10_000) is None


def test_a_second_derivative_is_refused():
    embedding, weight, bias = (torch.randn(shape, requires_grad=True) for shape in ((3, 2), (4, 4), (4,)))
    z = shared(embedding, weight, bias, torch.tensor([[0, 1]], dtype=torch.int32)).square().sum()
    [gradient] = torch.autograd.grad(z, weight, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()
