"""A regulariser whose method cannot be called is told the right signature where it is defined."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

import pytest
from torch import Tensor, no_grad

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


def test_methods_of_every_kind_are_looked_at() -> None:
    class Mixin:
        def loss(self, loss: Tensor) -> Tensor:
            return loss

    for bases, methods, message in (
        ((Mixin, Regulariser), {}, "Mine.loss is called as loss(self, loss, logits, labels, again), got loss(self, "),
        ((Regulariser,), {"hidden": 5}, "Mine.hidden is called as hidden(self, hidden), got no method"),
        ((Regulariser,), {"hidden": staticmethod(lambda: 1)}, "Mine.hidden is called as hidden(self, hidden), got "),
        ((Regulariser,), {"hidden": classmethod(lambda cls: 1)}, "Mine.hidden is called as hidden(self, hidden), got "),
        ((Regulariser,), {"after": no_grad()(lambda self, step: None)}, "Mine.after is called as after(self, "),
    ):
        with pytest.raises(TypeError, match=f"^{re.escape(message)}"):
            type("Mine", bases, methods)


def test_a_decorator_may_adapt_what_it_decorates() -> None:
    def scaled(method: Callable[..., Tensor]) -> Callable[..., Tensor]:
        @functools.wraps(method)
        def loss(self: Regulariser, loss: Tensor, logits: Tensor, labels: Tensor, again: object) -> Tensor:
            return method(self, loss)

        return loss

    assert define(loss=scaled(lambda self, loss: loss), hidden=staticmethod(lambda hidden: hidden))
    assert define(after=no_grad()(lambda self, optimiser, step: None))


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
