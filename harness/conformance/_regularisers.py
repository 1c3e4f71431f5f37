"""The check of regularisers' gradient()."""

from __future__ import annotations

import torch
from torch.optim import Optimizer

from harness.conformance._rehearsal import Rehearsal, same_weights, snapshot
from harness.conformance.subject import Subject
from harness.errors import ConformanceError


def check_gradient(subject: Subject) -> None:
    """gradient() leaves weights and parameter groups as they were, and gives the same gradient when called again."""
    for setting in subject.settings:
        rehearsal = Rehearsal(subject.component, setting)
        learner = rehearsal.learner
        groups = _group_options(learner.optimiser)
        for batch in rehearsal.steps():
            gradients = []
            for _ in range(2):  # an optimiser with a line search calls it several times a step
                with rehearsal.isolated(batch.step):
                    learner.train()
                    before = snapshot(learner.model)
                    learner.gradient(batch, learner.prepare_step(batch))
                if not same_weights(before, snapshot(learner.model)):
                    raise ConformanceError(
                        "its gradient() leaves other weights than it found", "put them back, in a finally"
                    )
                # New tensors at every pass; a parameter without a gradient stands for itself.
                parameters = learner.model.parameters()
                gradients.append([weight if weight.grad is None else weight.grad for weight in parameters])
            if not all(map(torch.equal, *gradients)):
                raise ConformanceError(
                    "computed twice for one step, the gradient differs",
                    "draw from self.generator, and let what it remembers change in after() alone",
                )
            if _group_options(learner.optimiser) != groups:
                raise ConformanceError("it changes the optimiser's groups: the lr there is the schedule's")


def _group_options(optimiser: Optimizer) -> list[dict[str, object]]:
    """Each parameter group's options, with the number of its parameters in place of the parameters."""
    return [
        {name: value for name, value in group.items() if name != "params"} | {"count": len(group["params"])}
        for group in optimiser.param_groups
    ]
