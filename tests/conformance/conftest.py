"""What the tests of the conformance kit have in common."""

from __future__ import annotations

import pytest

from harness.study.configuration import TrainingSettings


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half the epochs, for what shows however short a training is."""
    monkeypatch.setattr("harness.conformance._rehearsal.TRAINING", TrainingSettings(epochs=2, batch_size=50))
