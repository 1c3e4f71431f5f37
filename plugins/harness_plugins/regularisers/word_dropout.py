"""Words that are dropped the oftener the rarer they are."""

from __future__ import annotations

import torch
from torch import Tensor

import harness
from harness_plugins.checks import positive
from harness_plugins.regularisers._same_as_none import off_at


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "word_dropout",
        WordDropout,
        space={"alpha": harness.log(NO_ALPHA, 100.0)},
        traits=harness.Traits(
            includes=off_at(alpha=NO_ALPHA),
            natural_limits={"alpha": (NO_ALPHA,)},
            meanings={"alpha": "lookups at which every second one is dropped"},
        ),
    )


NO_ALPHA = 1e-2
"""An alpha that drops 1% of the lookups of a word that is looked up only once."""
UNKNOWN = "<unk>"


class WordDropout(harness.Regulariser):
    """Word dropout with probability alpha/(alpha + count): Kiperwasser & Goldberg 2016.

    ``count``: lookups of the word in the training split; of a treebank's, some twelve for each time that a text has it,
    so that an ``alpha`` of 3 is their 0.25. A dropped word is replaced by the vocabulary's ``<unk>`` of its kind, which
    thereby learns to stand for words not seen; where its kind has none, its vector is zero (Iyyer et al. 2015), and the
    hidden layer is computed example by example. Entries in angle brackets are never dropped. Not for features that are
    all frequent: hardly one is dropped.
    """

    def __init__(self, *, alpha: float = 3.0) -> None:
        positive(alpha=alpha)
        self.alpha = alpha

    def start(self, model: harness.EmbeddingClassifier, train: harness.Split, vocabulary: harness.Vocabulary) -> None:
        device = model.embedding.weight.device
        counts = torch.bincount(train.tokens.flatten(), minlength=len(vocabulary))
        special = torch.tensor([text.startswith("<") and text.endswith(">") for text in vocabulary.texts])
        unknown = torch.tensor([vocabulary.rows.get((kind, UNKNOWN), -1) for kind in vocabulary.kinds])
        rates = self.alpha / (self.alpha + counts)
        self._rates = rates.masked_fill(special, 0.0).to(device)
        self._unknown = unknown.to(device, train.tokens.dtype)
        if bool(((unknown < 0) & ~special & (counts > 0)).any()):
            self.__class__ = WordDropoutToZero  # only it needs to see the vectors, which is slower

    def tokens(self, tokens: Tensor) -> Tensor:
        rows = tokens.long()
        dropped = torch.rand(tokens.shape, generator=self.generator).to(tokens.device) < self._rates[rows]
        instead = self._unknown[rows]
        self._without = dropped & (instead < 0)
        return torch.where(dropped & (instead >= 0), instead, tokens)


class WordDropoutToZero(WordDropout):
    def embedded(self, embedded: Tensor) -> Tensor:
        return embedded.masked_fill(self._without.unsqueeze(-1), 0.0)
