"""The check that the same seed gives the same bits."""

from __future__ import annotations

import time

import pytest
from torch.optim import SGD

from support.examining import accused, fault


class Counted(SGD):
    """SGD that is slower the more often it was used."""

    used = 0

    def __init__(self, params, lr=0.1):
        type(self).used += 1
        super().__init__(params, lr=lr / self.used)


def test_a_run_changes_the_next_one():
    found = accused("optimiser", Counted)
    assert {"same_seed", "company"} <= found.keys()
    assert found["same_seed"].startswith("two trainings with one seed differ: it keeps something from one to the next")


class Clock(SGD):
    """SGD that is faster in the afternoon."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr=lr * (1 + int(time.time() / 3600) % 24 / 24))


class Address(SGD):
    """SGD whose lr hangs on where it lies."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr=lr * (1 + id(self) % 9973 / 9973))


@pytest.mark.parametrize("cheat", [Clock, Address])
def test_results_that_hang_on_when_and_where(cheat):
    found = accused("optimiser", cheat)
    assert "depends on the time or on where objects lie in memory" in found["same_seed"]
    assert cheat is Address or found.keys() == {"same_seed"}


def test_one_that_counts_its_own_steps_passes():
    class Slows(SGD):
        """SGD that is slower at each step."""

        def __init__(self, params, lr=0.1):
            super().__init__(params, lr=lr)
            self.steps = 0

        def step(self, closure=None):
            self.steps += 1
            for weight in self.param_groups[0]["params"]:
                weight.grad.div_(self.steps)
            super().step()

    assert fault("same_seed", "optimiser", Slows) == ""
