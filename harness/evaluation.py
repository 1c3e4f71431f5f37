"""What is measured at an evaluation point, always in eval mode."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from harness.lookup import worthwhile_pairs
from harness.model import EmbeddingClassifier
from harness.problem import Predict, Problem, Split

CHUNK = 4096
"""Examples a forward pass takes at once: bounds the memory, part of what fixes the bits."""


class NonFiniteError(ArithmeticError):
    """A loss or a metric that is no finite number: the run has failed, and no component raised anything."""


def evaluate(model: EmbeddingClassifier, problem: Problem, probe: int, *, with_score: bool) -> dict[str, float]:
    """Loss (nats) and accuracy (percent) on a probe of the training split and on dev; the problem's own metrics on dev.

    ``probe``: training examples, evenly spaced over the split. NonFiniteError if a number is not finite.
    """
    was_training = model.training
    model.eval()
    try:
        predict = predictor(model)
        measured = {
            **{
                f"train_{name}": value
                for name, value in _loss_and_accuracy(predict, problem.train.sample(probe)).items()
            },
            **{f"dev_{name}": value for name, value in _loss_and_accuracy(predict, problem.dev).items()},
        }
        if with_score:
            measured |= {f"dev_{name}": value for name, value in _score(problem, predict).items()}
    finally:
        model.train(was_training)
    for name, value in measured.items():
        if not math.isfinite(value):
            raise NonFiniteError(f"{name} is {value}")
    return measured


def _score(problem: Problem, predict: Predict) -> dict[str, float]:
    scores = {name: float(value) for name, value in problem.score(predict, "dev").items()}
    if scores.keys() != problem.metrics.keys():
        raise ValueError(
            f"problem {problem.name!r} declares metrics {sorted(problem.metrics)}, its score has {sorted(scores)}"
        )
    return scores


def predictor(model: EmbeddingClassifier) -> Predict:
    """``tokens`` → logits, chunk by chunk, without gradients; the caller sets the model's mode.

    Whether a chunk's products are shared depends on its tokens alone.
    """

    def predict(tokens: Tensor) -> Tensor:
        with torch.inference_mode():
            return torch.cat([model(chunk, worthwhile_pairs(chunk)) for chunk in torch.split(tokens, CHUNK)])

    return predict


def _loss_and_accuracy(predict: Predict, split: Split) -> dict[str, float]:
    logits = predict(split.tokens)
    correct = (logits.argmax(dim=1) == split.labels).double().mean().item()
    return {"loss": cross_entropy(logits, split.labels).item(), "accuracy": 100 * correct}
