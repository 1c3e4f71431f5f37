"""A trained model in one safetensors file: weights, configuration, vocabulary. No pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from harness import files
from harness.arguments import path_of
from harness.errors import DataError, HarnessError
from harness.plugin.problem import Problem, Vocabulary
from harness.study.configuration import Configuration
from harness.training.evaluation import predictor
from harness.training.model import EmbeddingClassifier
from harness.wording import clean

FORMAT = "optimiser-harness model 1"


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """A model that was trained and saved, ready to classify.

    ``problem``: the name of the problem that it was trained on. ``metrics``: measured at the last step, by name.
    """

    model: EmbeddingClassifier
    configuration: Configuration
    vocabulary: Vocabulary
    problem: str
    metrics: Mapping[str, float]

    def logits(self, tokens: Tensor) -> Tensor:
        """``(examples, features)`` tokens → ``(examples, classes)`` logits in eval mode; ValueError for bad tokens."""
        wanted = self.model.hidden.in_features // self.model.embedding.embedding_dim
        if tokens.dim() != 2 or tokens.shape[1] != wanted or tokens.is_floating_point():
            raise ValueError(
                f"tokens are integers of shape (examples, {wanted}), got {tokens.dtype} {tuple(tokens.shape)}"
            )
        if len(tokens) and not 0 <= int(tokens.min()) <= int(tokens.max()) < len(self.vocabulary):
            raise ValueError(f"tokens are rows of the vocabulary, from 0 to {len(self.vocabulary) - 1}")
        self.model.eval()
        return predictor(self.model)(tokens)

    def classify(self, tokens: Tensor) -> Tensor:
        """``(examples, features)`` tokens → ``(examples,)`` likeliest classes."""
        return self.logits(tokens).argmax(dim=1)


def save(
    path: Path,
    model: EmbeddingClassifier,
    configuration: Configuration,
    problem: Problem,
    metrics: Mapping[str, float],
) -> None:
    """Write a model; DataError if the file cannot be written."""
    facts = {
        "format": FORMAT,
        "configuration": json.dumps(configuration.to_json()),
        "vocabulary": json.dumps([problem.vocabulary.texts, problem.vocabulary.kinds], ensure_ascii=False),
        "problem": problem.name,
        "metrics": json.dumps(dict(metrics)),
    }
    try:
        files.write_bytes(path, to_bytes(model.state_dict(), facts), parents=False)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {files.reason_of(error)}") from None


def load(path: Path | str) -> TrainedModel:
    """Read what ``harness train --save`` wrote; DataError if it is something else."""
    path = path_of(path, "model", DataError)
    try:
        files.open_regular(path).close()
        with safe_open(path, framework="pt") as file:
            facts = file.metadata() or {}
            if facts.get("format") != FORMAT:
                raise DataError(
                    f"{path}: not a model of this version: format is {facts.get('format')!r}, not {FORMAT!r}"
                )
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        return _trained(facts, weights)
    except HarnessError:
        raise
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {files.reason_of(error)}") from None
    except SafetensorError as error:
        raise DataError(f"{path}: not a safetensors file: {error}") from None
    except Exception as error:  # whatever a stranger's file makes of the library that reads it
        reason = " ".join(clean(line) for line in str(error).strip().splitlines())
        raise DataError(f"{path}: a damaged model: {type(error).__name__}: {reason[:300]}") from None


def _trained(facts: Mapping[str, str], weights: Mapping[str, Tensor]) -> TrainedModel:
    """The model of a file's metadata and tensors; whatever is wrong with them raises an error of some kind."""
    texts, kinds = json.loads(facts["vocabulary"])
    vocabulary = Vocabulary(texts=tuple(texts), kinds=tuple(kinds))
    configuration = Configuration.from_json(json.loads(facts["configuration"]))
    metrics = {str(name): float(value) for name, value in json.loads(facts["metrics"]).items()}
    embedding, hidden, output = (weights[f"{layer}.weight"] for layer in ("embedding", "hidden", "output"))
    if strange := [name for name, weight in weights.items() if weight.dtype != torch.float32]:
        raise ValueError(f"{strange[0]} is of {weights[strange[0]].dtype}, not torch.float32")
    wanted = (len(vocabulary), configuration.model.embedding_dim)
    if embedding.shape != wanted:
        raise ValueError(f"embedding.weight has the shape {tuple(embedding.shape)}, not {wanted}")
    classes, width = output.shape
    model = EmbeddingClassifier(
        torch.empty_like(embedding), num_features=hidden.shape[1] // wanted[1], hidden_dim=width, num_classes=classes,
        dropout=0.0,
    )  # fmt: skip
    model.load_state_dict(weights)
    model.eval()
    return TrainedModel(
        model=model, configuration=configuration, vocabulary=vocabulary, problem=facts["problem"], metrics=metrics
    )
