"""The check that a model trains on a problem."""

from __future__ import annotations

from support.examining import fault
from support.plain import honest, wrong_type


def test_labels_that_no_loss_takes_cannot_be_trained_on():
    assert fault("fitting", "problem", wrong_type).startswith("a training on it fails: ")


def test_an_honest_one_passes():
    assert fault("fitting", "problem", honest) == ""
