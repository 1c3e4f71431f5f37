"""The checks that optimisers and regularisers share, since both act at every training step."""

from __future__ import annotations

from typing import Any

from torch import nn

from harness.conformance._rehearsal import Rehearsal, same_weights, snapshot
from harness.conformance._stand_ins import DROP_RATE, partner
from harness.conformance.subject import Subject
from harness.errors import ConformanceError
from harness.plugin.kinds import OPTIMISER

NEARLY = 1e-5
"""Share of a tensor's largest weight by which an optimiser's train() may miss the weights before eval()."""


def check_model(subject: Subject) -> None:
    """It changes nothing in the model but the weights, only during steps, and every forward pass is counted."""
    plain = snapshot(Rehearsal(partner(subject.component.kind), {}).learner.model)
    for setting in subject.settings:
        rehearsal = Rehearsal(subject.component, setting)
        model, passes = rehearsal.learner.model, 0
        if not same_weights(plain, snapshot(model)):
            raise ConformanceError("it changes the starting weights before the first step")

        def count(module: nn.Module, given: object, logits: object) -> None:
            nonlocal passes
            passes += module is model.output  # not a copy's  # noqa: B023

        model.output.register_forward_hook(count)
        for batch in rehearsal.batches():
            rehearsal.take(batch)
            if not (model.training and abs(model.dropout.rate - DROP_RATE) < 1e-4):
                raise ConformanceError("it changes the model's mode or its drop rate, which is the dropout schedule's")
            if not all(parameter.requires_grad for parameter in model.parameters()):
                raise ConformanceError("it takes a parameter out of training: requires_grad is not its to change")
            if passes != rehearsal.learner.passes:
                raise ConformanceError(
                    f"it passes the model {passes} times, of which {rehearsal.learner.passes} are counted",
                    "use what counts them, compute(), again() or the closure",
                )


def check_modes(subject: Subject) -> None:
    """train() undoes eval(), and a second eval() gives the same weights: to the bit, or nearly for an optimiser."""
    is_optimiser = subject.component.kind == OPTIMISER
    share = NEARLY if is_optimiser else 0.0
    for setting in subject.settings:
        rehearsal = Rehearsal(subject.component, setting)
        learner = rehearsal.learner
        # The optimiser's own methods: the learner's would mend weights that the optimiser's train() leaves wrong.
        owner: Any = learner.optimiser if is_optimiser else learner
        show, go_on = (getattr(owner, mode, lambda: None) for mode in ("eval", "train"))
        for batch in rehearsal.batches():
            rehearsal.take(batch)
            weights = [snapshot(learner.model)]
            for change_mode in (show, go_on, show, go_on):
                with rehearsal.isolated():
                    change_mode()
                weights.append(snapshot(learner.model))
            if not (same_weights(weights[0], weights[2], share) and same_weights(weights[0], weights[4], share)):
                raise ConformanceError("its train() after eval() does not give back the weights that were there")
            if not same_weights(weights[1], weights[3], share):
                raise ConformanceError("its eval() shows other weights the second time, without a step in between")
