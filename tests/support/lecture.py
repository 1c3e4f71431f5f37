"""The lecture's own parser model, which ours must equal."""

from __future__ import annotations

import torch
from torch import nn

from harness.training.model import EmbeddingClassifier


class LectureParser(nn.Module):
    """CS224n's parser model, as its handout describes it: weight matrices of its own, x @ W + b."""

    def __init__(self, embeddings: torch.Tensor, n_features: int, hidden_size: int, n_classes: int) -> None:
        super().__init__()
        self.embeddings = nn.Parameter(embeddings.clone())
        self.embed_to_hidden_weight = nn.Parameter(torch.empty(n_features * embeddings.shape[1], hidden_size))
        self.embed_to_hidden_bias = nn.Parameter(torch.empty(hidden_size))
        self.hidden_to_logits_weight = nn.Parameter(torch.empty(hidden_size, n_classes))
        self.hidden_to_logits_bias = nn.Parameter(torch.empty(n_classes))

    def forward(self, w: torch.Tensor) -> torch.Tensor:
        x = self.embeddings[w.long()].reshape(w.shape[0], -1)
        h = torch.clamp(x @ self.embed_to_hidden_weight + self.embed_to_hidden_bias, min=0)
        return h @ self.hidden_to_logits_weight + self.hidden_to_logits_bias

    def copy_from(self, model: EmbeddingClassifier) -> None:
        with torch.no_grad():
            self.embeddings.copy_(model.embedding.weight)
            self.embed_to_hidden_weight.copy_(model.hidden.weight.T)
            self.embed_to_hidden_bias.copy_(model.hidden.bias)
            self.hidden_to_logits_weight.copy_(model.output.weight.T)
            self.hidden_to_logits_bias.copy_(model.output.bias)
