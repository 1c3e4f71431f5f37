"""What is measured at an evaluation point, always in eval mode."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from harness.metric import is_score
from harness.plugin.problem import Predict, Problem, Split
from harness.training._pair_products import Index, Products, index_pairs
from harness.training._pairs import SHARE, worthwhile_pairs
from harness.training.model import EmbeddingClassifier

CHUNK = 4096
"""Examples in a forward pass. It bounds the memory; another number would change the bits of the results."""


class NonFiniteError(ArithmeticError):
    """A loss or a metric is not finite, or too large to be compared: the run failed, though no component raised."""


def evaluate(
    model: EmbeddingClassifier, problem: Problem, probe: int, *, with_score: bool, with_test: bool = False
) -> dict[str, float]:
    """Loss (nats) and accuracy (percent) on a probe of the training split and on dev; the problem's own metrics on dev.

    Returns ``train_loss``, ``dev_accuracy`` and the like → value. ``probe``: number of training examples, evenly spaced
    over the split. ``with_score``: whether to measure the problem's own metrics. ``with_test``: whether to measure
    everything on the test split too; nothing else opens that split. NonFiniteError if one is no score.
    """
    was_training = model.training
    model.eval()
    try:
        predict = predictor(model, None if model.output.weight.is_cuda else known_pairs(problem, probe))
        measured = {
            **{f"train_{name}": value for name, value in _loss_and_accuracy(predict, _probe(problem, probe)).items()},
            **{f"dev_{name}": value for name, value in _loss_and_accuracy(predict, problem.dev).items()},
        }
        if with_score:
            measured |= {f"dev_{name}": value for name, value in _score(problem, predict, "dev").items()}
        if with_test:
            on_test = {**_loss_and_accuracy(predict, problem.test), **_score(problem, predict, "test")}
            measured |= {f"test_{name}": value for name, value in on_test.items()}
    finally:
        model.train(was_training)
    for name, value in measured.items():
        if not is_score(value):
            raise NonFiniteError(f"{name} is {value}")
    return measured


def _score(problem: Problem, predict: Predict, split: str) -> dict[str, float]:
    """The problem's own metrics on a split, by name; ValueError if ``score`` gives other metrics than are declared."""
    scores = {name: float(value) for name, value in problem.score(predict, split).items()}
    if scores.keys() != problem.metrics.keys():
        raise ValueError(
            f"problem {problem.name!r} declares metrics {sorted(problem.metrics)}, its score has {sorted(scores)}"
        )
    return scores


@lru_cache(maxsize=4)
def _probe(problem: Problem, probe: int) -> Split:
    """The examples of the training split that every evaluation scores."""
    return problem.train.sample(probe)


# Cached: the index depends on the problem alone, takes longer than an evaluation, and serves every run of a process.
@lru_cache(maxsize=4)
def known_pairs(problem: Problem, probe: int) -> Index | None:
    """An index of the pairs in the examples that every evaluation scores; None if too few pairs repeat to save time."""
    tokens = torch.cat([_probe(problem, probe).tokens, problem.dev.tokens])
    index = index_pairs(tokens, len(problem.vocabulary))
    return index if index is not None and len(index.pairs) <= SHARE * tokens.numel() else None


def predictor(model: EmbeddingClassifier, index: Index | None = None) -> Predict:
    """The function from ``(examples, features)`` tokens to ``(examples, classes)`` logits, without gradients.

    The caller sets the model's mode. With an ``index``, the mode is eval and the model must not change any more: the
    products of the index's pairs, and of pairs that a call adds, serve all later calls.
    """
    products = None if index is None else Products(model, index)
    width = model.embedding.embedding_dim * model.hidden.out_features

    def logits(tokens: Tensor) -> Tensor:
        found = None if products is None else products.logits(tokens)
        if found is not None:
            return found
        whole: Tensor = model(tokens, None if tokens.is_cuda else worthwhile_pairs(tokens, width))
        return whole

    def predict(tokens: Tensor) -> Tensor:
        with torch.inference_mode():
            device = model.output.weight.device
            if len(tokens) <= CHUNK:
                return logits(tokens.to(device)).to(tokens.device)
            return torch.cat([logits(chunk.to(device)).to(tokens.device) for chunk in torch.split(tokens, CHUNK)])

    return predict


def _loss_and_accuracy(predict: Predict, split: Split) -> dict[str, float]:
    """Mean cross-entropy in nats, and accuracy in percent, on a split."""
    logits = predict(split.tokens)
    correct = (logits.argmax(dim=1) == split.labels).double().mean().item()
    return {"loss": cross_entropy(logits, split.labels).item(), "accuracy": 100 * correct}
