"""What components of one kind must hold to, beside what all must."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from harness.conformance._rehearsal import Rehearsal, same, snapshot, trained
from harness.conformance._stand_ins import DROP_RATE, partner
from harness.conformance._variations import Values, said
from harness.conformance.subject import Subject
from harness.errors import ConformanceError
from harness.plugin.component import Component
from harness.plugin.kinds import LR_SCHEDULE, OPTIMISER

SHAPES = ((3, 200), (40, 30), (2, 2))


HALF = 8


NEARLY = 1e-5
"""Of an optimiser that computes one kind of weights from the other, and back."""


def check_weights(subject: Subject) -> None:
    """An initialiser fills weights of any shape, and leaves what it is shown of the data as it is."""
    component = subject.component
    for setting in subject.settings:
        for rows, columns in SHAPES:
            for layer in ("hidden", "output"):
                inputs = torch.randn(50, columns, generator=torch.Generator().manual_seed(2))
                shown = inputs.clone()
                offered = {"inputs": shown, "layer": layer}
                weight = torch.full((rows, columns), math.nan)
                with torch.no_grad():
                    component.build(
                        weight,
                        generator=torch.Generator().manual_seed(3),
                        **{each: offered[each] for each in component.takes},
                        **component.resolve(setting),
                    )
                if not weight.isfinite().all():
                    raise ConformanceError(f"it leaves values of a ({rows}, {columns}) weight unfilled or not finite")
                if not torch.equal(inputs, shown):
                    raise ConformanceError("it changes the inputs that it is shown: work on a copy")


def check_model(subject: Subject) -> None:
    """Of the model it changes the weights, at its steps; its passes are those that are counted."""
    component = subject.component
    plain = snapshot(Rehearsal(partner(component.kind), {}).learner.model)
    for setting in subject.settings:
        rehearsal = Rehearsal(component, setting)
        model, passes = rehearsal.learner.model, 0
        if not same(plain, snapshot(model)):
            raise ConformanceError("it changes the starting weights before the first step")

        def count(module: nn.Module, given: object, found: object) -> None:
            nonlocal passes
            passes += module is model.output  # not a copy's  # noqa: B023

        model.output.register_forward_hook(count)
        for batch in rehearsal.batches():
            rehearsal.take(batch)
            if not (model.training and abs(model.dropout.rate - DROP_RATE) < 1e-4):
                raise ConformanceError("it changes the model's mode or its drop rate, which is the dropout schedule's")
            if not all(each.requires_grad for each in model.parameters()):
                raise ConformanceError("it takes a parameter out of training: requires_grad is not its to change")
            if passes != rehearsal.learner.passes:
                raise ConformanceError(
                    f"it passes the model {passes} times, of which {rehearsal.learner.passes} are counted: "
                    "use what counts them, compute(), again() or the closure"
                )


def check_parameters(subject: Subject) -> None:
    """An optimiser moves every parameter, and heeds the learning rates that an lr schedule writes into its groups."""
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
    """An optimiser's state_dict, loaded into a fresh one beside the same weights, goes on to the same bits."""
    component = subject.component
    for setting in subject.settings:
        whole, resumed = _walk(component, setting, stop=0), _walk(component, setting, stop=HALF)
        for step, (expected, got) in enumerate(zip(whole, resumed, strict=True), start=1):
            if not same(expected, got):
                raise ConformanceError(
                    f"loaded from its state_dict after {HALF} steps, it differs at step {step}{said(setting)}: "
                    "keep what it remembers in self.state or in the groups, not in attributes"
                )


def _walk(component: Component, values: Values, stop: int) -> Iterator[dict[str, Tensor]]:
    """The weights after each step; after ``stop`` steps another optimiser goes on with the state of the first."""
    rehearsal = Rehearsal(component, values)
    for batch in rehearsal.batches():
        if stop and batch.step == stop:
            before, rehearsal = rehearsal.learner, Rehearsal(component, values)
            rehearsal.learner.model.load_state_dict(before.model.state_dict())
            rehearsal.learner.optimiser.load_state_dict(copy.deepcopy(before.optimiser.state_dict()))
        rehearsal.take(batch)
        yield snapshot(rehearsal.learner.model)


def check_modes(subject: Subject) -> None:
    """train() undoes eval(), and eval() shows the same weights again; to the bit, or nearly so for an optimiser's."""
    component = subject.component
    share = NEARLY if component.kind == OPTIMISER else 0.0
    for setting in subject.settings:
        rehearsal = Rehearsal(component, setting)
        learner = rehearsal.learner
        # Not the learner's for an optimiser: it would mend the weights that the optimiser's own train() leaves wrong.
        owner: Any = learner.optimiser if component.kind == OPTIMISER else learner
        show, go_on = (getattr(owner, mode, lambda: None) for mode in ("eval", "train"))
        for batch in rehearsal.batches():
            rehearsal.take(batch)
            found = [snapshot(learner.model)]
            for change in (show, go_on, show, go_on):
                with rehearsal.isolated():
                    change()
                found.append(snapshot(learner.model))
            if not (same(found[0], found[2], share) and same(found[0], found[4], share)):
                raise ConformanceError("its train() after eval() does not give back the weights that were there")
            if not same(found[1], found[3], share):
                raise ConformanceError("its eval() shows other weights the second time, without a step in between")


def check_gradient(subject: Subject) -> None:
    """A regulariser's gradient() leaves weights and groups as they were, and gives the same when it is asked again."""
    component = subject.component
    for setting in subject.settings:
        rehearsal = Rehearsal(component, setting)
        learner = rehearsal.learner
        groups = _options(learner.optimiser)
        for batch in rehearsal.steps():
            found = []
            for _ in range(2):  # as an optimiser with a line search does, and a regulariser that takes two passes
                with rehearsal.isolated(batch.step):
                    learner.train()
                    before = snapshot(learner.model)
                    learner.gradient(batch, learner.look(batch))
                if not same(before, snapshot(learner.model)):
                    raise ConformanceError(
                        "its gradient() leaves other weights than it found: put them back, in a finally"
                    )
                # New tensors at every pass; a parameter without a gradient stands for itself.
                found.append([each if each.grad is None else each.grad for each in learner.model.parameters()])
            if not all(map(torch.equal, *found)):
                raise ConformanceError(
                    "computed twice for one step, the gradient differs: draw from self.generator, "
                    "and let what it remembers change in after() alone"
                )
            if _options(learner.optimiser) != groups:
                raise ConformanceError("it changes the optimiser's groups: the lr there is the schedule's")


def _options(optimiser: torch.optim.Optimizer) -> list[dict[str, object]]:
    return [
        {name: value for name, value in group.items() if name != "params"} | {"count": len(group["params"])}
        for group in optimiser.param_groups
    ]
