"""The check that a component leaves batches, training data and the bits of dropout as they are."""

from __future__ import annotations

import pytest

from harness import Regulariser

from support.examining import accused, fault


class TokensInPlace(Regulariser):
    """Puts the unknown word where it should return other tokens."""

    def tokens(self, tokens):
        tokens[:, 0] = 0
        return tokens


class Labels(Regulariser):
    """Makes labels fit, too late."""

    def after(self, optimiser, step):
        step.labels[:5] = 0


class TrainingData(Regulariser):
    """Makes all examples alike, once."""

    def start(self, model, train, vocabulary):
        train.labels.zero_()


class TrainingDataLater(Regulariser):
    """The same, but while it trains."""

    def start(self, model, train, vocabulary):
        self.train_split = train

    def after(self, optimiser, step):
        if step.number == 7:
            self.train_split.labels.zero_()


class DropoutBits(Regulariser):
    """Lets all hidden units live, also those of the runs beside it."""

    def hidden(self, hidden):
        self.model.dropout.bits.values.fill_(2**15 - 1)
        return hidden


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (TokensInPlace, "it changes the batch that it is shown: work on a copy"),
        (Labels, "it changes the batch that it is shown: work on a copy"),
        (TrainingData, "it changes the training data: work on a copy"),
        (TrainingDataLater, "it changes the training data: work on a copy"),
        (DropoutBits, "it changes the random bits of dropout, which other runs meet as well"),
    ],
)
def test_data(cheat, message):
    found = accused("regularisers", cheat)
    found.pop("gradient", "")  # with other labels it is another, when it is asked again
    assert found == {"data": message}


def test_one_that_works_on_a_copy_passes():
    class TokensCopied(Regulariser):
        """Puts the unknown word into a copy."""

        def tokens(self, tokens):
            tokens = tokens.clone()
            tokens[:, 0] = 0
            return tokens

    assert fault("data", "regularisers", TokensCopied) == ""
