"""The checks of optimisers: they move every parameter, follow the lr schedule, and can be saved."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor

from harness.conformance._rehearsal import Rehearsal, same_weights, snapshot, trained
from harness.conformance._stand_ins import partner
from harness.conformance.subject import Subject, Values, at_values
from harness.errors import ConformanceError
from harness.plugin.component import Component
from harness.plugin.kinds import LR_SCHEDULE

HALF = 8
"""Steps, half of a rehearsal, after which another optimiser goes on with the first one's state."""


def check_parameters(subject: Subject) -> None:
    """An optimiser moves every parameter, and uses the learning rates that an lr schedule writes into its groups."""
    component, values = subject.component, subject.values
    rehearsal = Rehearsal(component, values)
    before = snapshot(rehearsal.learner.model)
    usual = rehearsal.run()
    for name, weight in usual.weights.items():
        if torch.equal(weight, before[name]):
            raise ConformanceError(f"{name} is in its groups and never moves")
    if LR_SCHEDULE.choice not in component.traits.only_with:
        falling = partner(LR_SCHEDULE, lambda progress: 1.0 if progress < 0.3 else 0.5)
        if not trained(component, values, beside=(falling,)).differs(usual):
            raise ConformanceError(
                "an lr schedule changes nothing: take lr from the group at every step, or register it with "
                'traits=harness.Traits(only_with={"lr_schedule": ("constant",)})'
            )


def check_state(subject: Subject) -> None:
    """A fresh optimiser with the same weights and the state_dict of another one goes on to the same bits."""
    for setting in subject.settings:
        whole = _weights_by_step(subject.component, setting, stop=0)
        resumed = _weights_by_step(subject.component, setting, stop=HALF)
        for step, (expected, got) in enumerate(zip(whole, resumed, strict=True), start=1):
            if not same_weights(expected, got):
                raise ConformanceError(
                    f"loaded from its state_dict after {HALF} steps, it differs at step {step}{at_values(setting)}: "
                    "keep what it remembers in self.state or in the groups, not in attributes"
                )


def _weights_by_step(component: Component, setting: Values, stop: int) -> Iterator[dict[str, Tensor]]:
    """The weights after each step. After ``stop`` steps (0: never) another optimiser goes on with the state."""
    rehearsal = Rehearsal(component, setting)
    for batch in rehearsal.batches():
        if stop and batch.step == stop:
            before, rehearsal = rehearsal.learner, Rehearsal(component, setting)
            rehearsal.learner.model.load_state_dict(before.model.state_dict())
            rehearsal.learner.optimiser.load_state_dict(copy.deepcopy(before.optimiser.state_dict()))
        rehearsal.take(batch)
        yield snapshot(rehearsal.learner.model)
