"""A regulariser whose method cannot be called is told the right signature where it is defined."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from torch import Tensor

from harness import Regulariser
from harness.plugin.regulariser import Step


def define(**methods: Callable[..., object]) -> type:
    return type("Mine", (Regulariser,), methods)


@pytest.mark.parametrize(
    ("name", "method", "message"),
    [
        ("gradient", lambda self, step: step, "gradient(self, compute, step), got gradient(self, step)"),
        ("loss", lambda self, loss: loss, "loss(self, loss, logits, labels, again), got loss(self, loss)"),
        ("after", lambda self, optimiser, step, lr: None,
         "after(self, optimiser, step), got after(self, optimiser, step, lr)"),
        ("start", lambda self, *, model: None, "start(self, model, train, vocabulary), got start(self, *, model)"),
        ("tokens", lambda: None, "tokens(self, tokens), got tokens()"),
        ("eval", lambda self, model: None, "eval(self), got eval(self, model)"),
    ],
)  # fmt: skip
def test_a_wrong_signature_is_told_the_right_one(name: str, method: Callable[..., object], message: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(f'Mine.{name} is called as {message}')}$"):
        define(**{name: method})


def test_what_can_be_called_as_the_harness_calls_it_is_fine() -> None:
    class Mine(Regulariser):
        def gradient(self, forward: Callable[[], Tensor], at: Step, extra: int = 3) -> Tensor:
            return forward()

        def after(self, *given: object) -> None: ...

        def helper(self) -> None: ...

        def _loss(self) -> None: ...

    class Heir(Mine):
        hidden = Regulariser.hidden

    assert Heir()
