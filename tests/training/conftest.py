"""What the tests of the training room have in common."""

from __future__ import annotations

import pytest

from harness.study.configuration import Configuration

from support.cohorts import configure


@pytest.fixture
def small_models_share_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models too small to gain by it take the shared path too; nothing that a user may set says so."""
    monkeypatch.setattr("harness.training._pairs.SAVING", 0)


@pytest.fixture(scope="session")
def four(registry) -> list[Configuration]:
    """Configurations of one cohort that differ in every choice and in the sizes of the model."""
    return [
        configure(registry),
        configure(registry, optimiser=("sgd", {}), dropout=("linear", {})),
        configure(registry, model={"hidden_dim": 12, "bias": "torch_default"}, initialiser=("orthogonal", {})),
        configure(registry, embedding=("uniform", {}), optimiser=("adagrad", {}), training={"evaluations": 7}),
    ]
