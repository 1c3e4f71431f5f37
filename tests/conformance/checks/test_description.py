"""The check that a component is described: lists show the first sentence of its docstring."""

from __future__ import annotations

import torch

from harness import Regulariser

from support.examining import accused, fault


def test_a_description_is_a_sentence_of_its_own():
    class Nameless(Regulariser):
        pass

    class Inherits(torch.optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, {"lr": lr})

        @torch.no_grad()
        def step(self):
            for each in self.param_groups[0]["params"]:
                each.sub_(each.grad, alpha=self.param_groups[0]["lr"])

    for kind, cheat, shown in (
        (
            "regularisers",
            Nameless,
            "'A subclass overrides the methods it needs; the methods of this class change nothing.'",
        ),
        ("optimiser", Inherits, "''"),
        ("lr_schedule", lambda progress: 1.0, "''"),
    ):
        assert accused(kind, cheat) == {
            "description": f"the first line of its docstring is {shown}: make it a sentence, lists show it"
        }


def test_a_sentence_of_its_own_passes():
    class Described(Regulariser):
        """Changes nothing."""

    assert fault("description", "regularisers", Described) == ""
