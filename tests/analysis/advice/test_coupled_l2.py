"""The warning COUPLED-L2: L2 in the gradient of an adaptive method."""

from __future__ import annotations

import pytest

from harness.plugin.traits import Traits

from support.faultless import DEFAULTS, arms, record, results, warned
from support.made_up import interval


def test_coupled_decay():
    changed = [record("search", "adam", 2, 0, 84.0, weight_decay=1e-4, lr=1e-3)]
    (found,) = warned(results(changed=changed), "COUPLED-L2")
    assert found.arm == "adam"
    assert found.evidence == (
        "optimiser.adam.weight_decay = 0.0001; a row that never occurs moves by up to lr × steps = 0.01"
    )
    assert found.change == ""  # which [choices] fixes
    space = {"space": {f"optimiser.adam.{name}": interval(1e-6, 1e-2) for name in ("lr", "weight_decay")}}
    (found,) = warned(results(changed=changed, arms=arms(adam=space)), "COUPLED-L2")
    assert found.change == '"optimiser.adam.weight_decay" = 0.0'


def test_coupled_decay_is_silent_at_zero_and_in_a_method_that_is_not_adaptive():
    assert not warned(results(changed=[record("search", "sgd", 2, 0, 84.0, weight_decay=1e-4)]), "COUPLED-L2")
    assert not warned(results(), "COUPLED-L2")


@pytest.mark.parametrize(("decoupled", "warns"), [(True, False), (False, True)])
def test_what_decouples_the_decay_ends_the_warning(decoupled, warns, monkeypatch):
    monkeypatch.setitem(DEFAULTS, "adam", DEFAULTS["adam"] | {"weight_decouple": decoupled})
    traits = {"optimiser.adam": Traits(coupled_decay="weight_decay", decoupled_by="weight_decouple").to_json()}
    changed = [record("search", "adam", 2, 0, 84.0, weight_decay=1e-4)]
    assert bool(warned(results(changed=changed, arms=arms(adam={"traits": traits})), "COUPLED-L2")) == warns
