"""The model that every run trains: the embedding feed-forward classifier."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from harness.training._pairs import Pairs, hidden_layer
from harness.training.dropout import NestedDropout


class _Unfilled(nn.Linear):
    """A linear layer that its maker fills, so that nothing is drawn from torch's global stream.

    ``torch.nn.utils.skip_init`` does the same by way of the meta device, for which torch imports sympy: a second.
    """

    def reset_parameters(self) -> None:
        """Leave the parameters as they are."""

    def _get_name(self) -> str:
        return "Linear"  # as a printed model calls it


class EmbeddingClassifier(nn.Module):
    """Embedding lookup → concatenate → linear → ReLU → dropout → linear (Chen & Manning 2014; ReLU as in CS224n).

    ``embedding``: a ``(rows, embedding_dim)`` matrix to start from (copied), or that pair of sizes.
    ``dropout``: the drop rate of the hidden units, in [0, 1).
    ``generator``: the stream that starting values are drawn from; torch's global one if not given.
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
        self.hidden = _Unfilled(num_features * matrix.shape[1], hidden_dim)
        self.dropout = NestedDropout(dropout)
        self.output = _Unfilled(hidden_dim, num_classes)
        for layer in (self.hidden, self.output):
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            nn.init.zeros_(layer.bias)

    def forward(self, tokens: Tensor, pairs: Pairs | None = None) -> Tensor:
        """``(batch, features)`` integer tokens → ``(batch, classes)`` logits.

        ``pairs``: the distinct (position, feature) pairs of these tokens; with them the hidden layer is computed once
        a pair, to the same numbers up to rounding.
        """
        if pairs is None:
            embedded = self.embedding(tokens).flatten(1)
            return self.classify(self.hidden(embedded))
        return self.classify(hidden_layer(self.embedding.weight, self.hidden.weight, self.hidden.bias, pairs))

    def classify(self, z: Tensor) -> Tensor:
        """``(batch, hidden)`` values ``z`` of the hidden layer before its ReLU → ``(batch, classes)`` logits."""
        hidden = torch.relu(z)
        logits: Tensor = self.output(self.dropout(hidden))
        return logits
