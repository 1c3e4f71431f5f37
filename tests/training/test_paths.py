"""The hidden layer by pairs and example by example: the same numbers, whatever regulariser is on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.plugin.problem import Vocabulary
from harness.training.build import start
from harness.training.cohort import batches

from support.cohorts import cohort_of, configure

LISTED = [
    "none", "l2", "l1", "decay", "label_smoothing", "confidence_penalty", "flooding", "r_drop", "max_norm", "clip_norm",
    "clip_value", "gradient_noise", "sam", "ema", "swa", "mixout", "dropconnect", "input_dropout", "row_dropout",
    "word_dropout", "feature_dropout", "gaussian_dropout",
]  # fmt: skip


def test_the_list_below_has_every_regulariser(registry):
    assert sorted(LISTED) == registry.names("regularisers")


@pytest.mark.parametrize("name", [*LISTED, "word_dropout + dropconnect + r_drop + clip_norm + sam"])
def test_both_paths_of_the_hidden_layer_give_the_same_numbers_under_every_regulariser(registry, tiny, name):
    made = configure(registry, regularisers=(name, {}), optimiser=("sgd", {"lr": 0.3}), training={"batch_size": 150})
    losses = []
    tiny = replace(
        tiny, vocabulary=Vocabulary(texts=("<unk>", *tiny.vocabulary.texts[1:]), kinds=tiny.vocabulary.kinds)
    )
    for shared in (False, True):
        learner = start(made, cohort_of(made), tiny, registry)
        learner.shares_pairs = shared and name not in ("input_dropout", "feature_dropout")
        found = [learner.step(batch).item() for batch in batches(cohort_of(made), tiny)]
        learner.finish()
        losses.append([*found, *(each.square().sum().item() for each in learner.model.parameters())])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_who_looks_inside_takes_the_plain_path(registry, tiny, monkeypatch):
    monkeypatch.setattr("harness.training._pairs.SAVING", 0)

    def path(name: str) -> bool:
        made = configure(registry, regularisers=(name, {}), training={"batch_size": 150})
        return start(made, cohort_of(made), tiny, registry).shares_pairs

    assert path("none")
    assert path("dropconnect + sam")
    assert not path("input_dropout")
    assert not path("l2 + feature_dropout")
