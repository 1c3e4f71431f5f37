"""What stands around a component: a problem that can show it, and partners of every kind."""

from __future__ import annotations

import torch

from harness.conformance._stand_ins import PARTNERS, partner, problem
from harness.plugin.kinds import KINDS


def test_features_are_frequent_rare_and_missing():
    counts = torch.bincount(problem().train.tokens.flatten(), minlength=60)
    assert counts.max() > 100
    assert (counts == 1).sum() == 9
    assert (counts == 0).sum() == 12
    assert problem().dev.tokens.max() < 60


def test_whoever_changes_the_data_changes_nobody_elses():
    problem().train.tokens.zero_()
    assert problem().train.tokens.any()


def test_every_kind_that_a_study_swaps_has_a_partner():
    assert PARTNERS.keys() == {kind for kind in KINDS.values() if kind.is_choice}
    for kind in PARTNERS:
        assert partner(kind).kind == kind
        assert not partner(kind).hyperparameters.keys() - {"lr"}
