"""The checks of optimisers: they move every parameter, follow the lr schedule, and can be saved."""

from __future__ import annotations

import copy

import torch

from harness.conformance._rehearsal import Rehearsal, same_weights, snapshot, trained
from harness.conformance._stand_ins import partner
from harness.conformance.subject import Subject, at_values
from harness.errors import ConformanceError
from harness.plugin.kinds import LR_SCHEDULE


def check_parameters(subject: Subject) -> None:
    """An optimiser moves every parameter, and uses the learning rates that an lr schedule writes into its groups."""
    component, values = subject.component, subject.values
    before = snapshot(Rehearsal(component, values).learner.model)
    usual = subject.outcome(values)
    for name, weight in usual.weights.items():
        if torch.equal(weight, before[name]):
            raise ConformanceError(f"{name} is in its groups and never moves")
    if LR_SCHEDULE.choice not in component.traits.only_with:
        falling = partner(LR_SCHEDULE, lambda progress: 1.0 if progress < 0.3 else 0.5)
        if not trained(component, values, beside=(falling,)).differs(usual):
            raise ConformanceError(
                "an lr schedule changes nothing",
                "take lr from the group at every step, or register it with "
                'traits=harness.Traits(only_with={"lr_schedule": ("constant",)})',
            )


def check_state(subject: Subject) -> None:
    """A fresh optimiser with the same weights and the state_dict of another one goes on to the same bits."""
    for setting in subject.settings:
        whole = Rehearsal(subject.component, setting)
        expected, state = [], {}
        batches = list(whole.batches())
        half = len(batches) // 2
        for batch in batches:
            if batch.step == half:
                state = copy.deepcopy(whole.learner.optimiser.state_dict())
            whole.take(batch)
            expected.append(snapshot(whole.learner.model))
        resumed = Rehearsal(subject.component, setting)
        resumed.learner.model.load_state_dict(expected[half - 1])
        resumed.learner.optimiser.load_state_dict(state)
        for batch in batches[half:]:
            resumed.take(batch)
            if not same_weights(expected[batch.step], snapshot(resumed.learner.model)):
                raise ConformanceError(
                    f"loaded from its state_dict after {half} steps, it differs at step {batch.step + 1}"
                    f"{at_values(setting)}",
                    "keep what it remembers in self.state or in the groups, not in attributes",
                )
