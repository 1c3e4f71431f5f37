"""What an optimiser does with rows that never occur, with its rate and with its weight decay: measured, not read.

``python tests/support/surveying.py`` prints the rows for pytorch_optimizer's members that the plugin keeps.
"""

from __future__ import annotations

import itertools
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor

from harness import Regulariser
from harness.conformance._rehearsal import Rehearsal, Trained, same_weights, snapshot
from harness.conformance._stand_ins import partner
from harness.errors import PluginError
from harness.plugin.component import Component
from harness.plugin.kinds import REGULARISER
from harness.plugin.ranges import from_unit
from harness.plugin.registry import build_registry
from harness_plugins.optimisers._pytorch_optimizer_survey import DECOUPLES, Behaviour

GIVEN = {"num_data": 190, "num_iterations": 16}
"""What has no default, for a training of 16 steps on 190 examples."""
UNSEEN = slice(48, None)
"""The rows of the stand-in's vocabulary that no example has."""
DECAY = 0.1
WEIGHTS = ("embedding.weight", "hidden.weight", "output.weight")
POSITIONS = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0)
"""Where on the range of the rate trainings are compared."""


class _WithL2(Regulariser):
    """Adds the weights, times a decay, to the gradient."""

    def gradient(self, compute: Any, step: Any) -> Tensor:
        loss = compute()
        with torch.no_grad():
            for weight in self.model.parameters():
                if weight.grad is not None:
                    weight.grad.add_(weight, alpha=DECAY)
        return loss


def given(component: Component, **values: object) -> dict[str, object]:
    return {name: GIVEN[name] for name, own in component.hyperparameters.items() if own.is_required} | values


def behaviour(component: Component) -> Behaviour:
    """What the plugin says of a member, measured."""
    if "weight_decay" not in component.hyperparameters:
        return Behaviour(unseen=_unseen(component, given(component)), draws=_draws(component))
    plain = given(component, weight_decay=0.0)
    unseen, erases = _unseen(component, plain), ""
    if unseen == "stay" and _erases(component, plain):
        erases = "always"
    flag = next((name for name in DECOUPLES if name in component.hyperparameters), "")
    if flag and unseen == "stay":
        turned = not component.defaults[flag]
        when_turned = _erases(component, {**plain, flag: turned})
        assert not (when_turned and turned), f"{component.name}: decoupled, and yet it erases"
        erases = erases and "coupled" if turned else "coupled" if when_turned else erases
    return Behaviour(unseen=unseen, draws=_draws(component), decay=_decay(component, plain), erases=erases)


def _unseen(component: Component, plain: dict[str, object]) -> str:
    rows = Rehearsal(component, plain).run().weights["embedding.weight"][UNSEEN]
    return "stay" if torch.equal(rows, _begun(component, plain)) else "move" if rows.any() else "zero"


def _begun(component: Component, plain: dict[str, object]) -> Tensor:
    return snapshot(Rehearsal(component, plain).learner.model)["embedding.weight"][UNSEEN]


def _draws(component: Component) -> bool:
    return Rehearsal(component, given(component)).run() != Rehearsal(component, given(component), noise=1000).run()


def ignored(component: Component) -> list[tuple[float, float]]:
    """The positions on the range of what is searched between which no bit of the outcome changes, as pairs."""
    (rate,) = component.space
    outcomes: list[Trained | None] = []
    for position in POSITIONS:
        value = from_unit(component.space[rate], position)
        try:
            outcomes.append(Rehearsal(component, given(component, **{rate: value})).run())
        except Exception:  # some rates make some rules diverge
            outcomes.append(None)
    pairs = zip(itertools.pairwise(POSITIONS), itertools.pairwise(outcomes), strict=True)
    joined: list[tuple[float, float]] = []
    for (low, high), (one, other) in pairs:
        if one is None or other is None or not same_weights(one.weights, other.weights):
            continue
        if joined and joined[-1][1] == low:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined


def _decay(component: Component, plain: dict[str, object]) -> str:
    def after(steps: int, decay: float, **how: Any) -> dict[str, Tensor]:
        rehearsal = Rehearsal(component, {**plain, "weight_decay": decay}, **how)
        for _ in rehearsal.steps(steps):
            pass
        return snapshot(rehearsal.learner.model)

    def effect(steps: int, decay: float, **how: Any) -> dict[str, Tensor]:
        before, with_decay = after(steps, 0.0), after(steps, decay, **how)
        return {name: with_decay[name] - before[name] for name in WEIGHTS}

    decayed = effect(4, DECAY)
    try:
        l2 = effect(4, 0.0, beside=(partner(REGULARISER, _WithL2),))
    except ValueError:  # what differentiates the gradient once more allows no change of it
        l2 = {}
    if l2 and all(_close(l2[name], decayed[name]) for name in WEIGHTS):
        return "L2"
    rehearsal = Rehearsal(component, plain)
    begun = snapshot(rehearsal.learner.model)
    first = effect(1, DECAY)
    if all(each.abs().max() <= 1e-7 for each in first.values()):
        return "later"
    lr = rehearsal.learner.optimiser.param_groups[0].get("lr")
    if lr is not None and all(_close(first[name], -float(lr) * DECAY * begun[name]) for name in WEIGHTS):
        return "lr·w"
    return "other"


def _close(one: Tensor, other: Tensor) -> bool:
    return bool((one - other).abs().max() <= 0.02 * other.abs().max() + 1e-7)


def _erases(component: Component, plain: dict[str, object]) -> bool:
    begun, moves = _begun(component, plain), []
    for decay in (DECAY / 10, DECAY):
        try:
            rows = Rehearsal(component, {**plain, "weight_decay": decay}).run().weights["embedding.weight"][UNSEEN]
        except Exception:
            return False
        moves.append((rows - begun).abs().mean().item())
    return moves[1] > 1e-9 and moves[0] > moves[1] / 2


def members(names: Iterable[str] = ()) -> Iterator[tuple[str, Component]]:
    """The members of pytorch_optimizer that can be used, all or some."""
    registry = build_registry()
    family, _ = registry.families("optimiser")["pytorch_optimizer"]
    for name in names or family.names():
        with suppress(PluginError):
            yield name, registry.component("optimiser", f"pytorch_optimizer:{name}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print("member,unseen,draws,decay,erases")
    for member, found in members(sys.argv[1:]):
        seen = behaviour(found)
        print(f"{member},{seen.unseen},{'yes' if seen.draws else 'no'},{seen.decay},{seen.erases}", flush=True)
