"""The embedding feed-forward classifier."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from harness.training._pairs import Pairs, hidden_layer

LEVELS = 1 << 16
"""Distinct drop rates: a mask compares 16 random bits with a threshold."""


class NestedDropout(nn.Module):
    """Inverted dropout whose random bits may be given, so that several runs can share them.

    A unit is kept where its bits are at or above the threshold: with the same bits, the units that a lower rate
    drops are among those that a higher rate drops. ``rate`` is rounded to 1/65536, and the scale 1/(1 − rate) uses
    the rounded rate, so that the expectation over masks is exact.
    """

    def __init__(self, rate: float = 0.5) -> None:
        super().__init__()
        self.rate = rate
        self.bits: DropoutBits | None = None

    @property
    def rate(self) -> float:
        """Probability of zeroing a unit, in [0, 1)."""
        return self._threshold / LEVELS

    @rate.setter
    def rate(self, rate: float) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"a drop rate is in [0, 1), got {rate!r}")
        self._threshold = min(round(rate * LEVELS), LEVELS - 1)

    def forward(self, hidden: Tensor) -> Tensor:
        """``(batch, hidden)`` → the same shape; the identity in eval mode."""
        if not self.training or self._threshold == 0:
            return hidden
        bits = self.bits or DropoutBits(random_bits(hidden.shape).to(hidden.device))
        return hidden * bits.mask(self._threshold, hidden.dtype)

    def extra_repr(self) -> str:
        """The rate, as torch.nn.Dropout shows its own."""
        return f"rate={self.rate:g}"


class DropoutBits:
    """Random bits, as ``random_bits`` draws them, and the masks made of them: runs of one rate share theirs."""

    def __init__(self, values: Tensor) -> None:
        self.values = values
        self._masks: dict[tuple[int, torch.dtype], Tensor] = {}

    def mask(self, threshold: int, dtype: torch.dtype) -> Tensor:
        """0 where the bits are among the lowest ``threshold`` of the 65,536, else the scale of inverted dropout."""
        if (threshold, dtype) not in self._masks:
            kept = self.values.to(dtype, copy=True).ge_(threshold - LEVELS // 2)  # a comparison of int16 is slower
            self._masks[threshold, dtype] = kept.mul_(LEVELS / (LEVELS - threshold))
        return self._masks[threshold, dtype]


def random_bits(shape: tuple[int, ...] | torch.Size, generator: torch.Generator | None = None) -> Tensor:
    """Uniform int16, the whole range from −32768 on: four for the price of one 64-bit draw."""
    count = torch.Size(shape).numel()
    words = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(2**63), None, generator=generator)
    return words.view(torch.int16)[:count].view(shape)


class EmbeddingClassifier(nn.Module):
    """Embedding lookup → concatenate → linear → ReLU → dropout → linear (Chen & Manning 2014; ReLU as in CS224n).

    ``embedding``: a ``(rows, embedding_dim)`` matrix to start from (copied), or that pair of sizes.
    ``dropout``: the drop rate of the hidden units, in [0, 1).
    ``generator``: what starting values are drawn from; torch's global one if not given.
    Weights start Xavier-uniform (Glorot & Bengio 2010), biases at zero, an embedding given by its sizes at N(0, 1).
    """

    def __init__(
        self,
        embedding: Tensor | tuple[int, int],
        *,
        num_features: int,
        hidden_dim: int = 200,
        num_classes: int,
        dropout: float = 0.5,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        matrix = embedding if isinstance(embedding, Tensor) else torch.randn(embedding, generator=generator)
        self.embedding = nn.Embedding.from_pretrained(matrix.clone(), freeze=False)  # type: ignore[no-untyped-call]
        self.hidden = skip_init(nn.Linear, num_features * matrix.shape[1], hidden_dim)  # type: ignore[no-untyped-call]
        self.dropout = NestedDropout(dropout)
        self.output = skip_init(nn.Linear, hidden_dim, num_classes)  # type: ignore[no-untyped-call]
        for layer in (self.hidden, self.output):
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            nn.init.zeros_(layer.bias)

    def forward(self, tokens: Tensor, pairs: Pairs | None = None) -> Tensor:
        """``(batch, features)`` integer tokens → ``(batch, classes)`` logits.

        ``pairs``: of these tokens; with them the hidden layer is computed once a pair, to the same numbers.
        """
        if pairs is None:
            embedded = self.embedding(tokens).flatten(1)
            return self.classify(self.hidden(embedded))
        return self.classify(hidden_layer(self.embedding.weight, self.hidden.weight, self.hidden.bias, pairs))

    def classify(self, z: Tensor) -> Tensor:
        """``(batch, hidden)`` values of the hidden layer before its ReLU → ``(batch, classes)`` logits."""
        hidden = torch.relu(z)
        logits: Tensor = self.output(self.dropout(hidden))
        return logits
