"""The check of initialisers."""

from __future__ import annotations

import math

import torch

from harness.conformance.subject import Subject
from harness.errors import ConformanceError

SHAPES = ((3, 200), (40, 30), (2, 2))
"""(rows, columns) of the weights to fill: wide, tall and small."""


def check_weights(subject: Subject) -> None:
    """An initialiser fills weights of any shape, and does not change the inputs that it is shown."""
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
                        **{argument: offered[argument] for argument in component.takes},
                        **component.resolve(setting),
                    )
                if not weight.isfinite().all():
                    raise ConformanceError(f"it leaves values of a ({rows}, {columns}) weight unfilled or not finite")
                if not torch.equal(inputs, shown):
                    raise ConformanceError("it changes the inputs that it is shown", "work on a copy")
