"""Together: several optimisers as one. ``needs_closure``: which optimisers need a closure."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class Together(Optimizer):
    """Several optimisers as one, each for parameters of its own: ``Together(Muon([matrix]), AdamW(others))``.

    A step is one step of each part, in order. ``param_groups`` are the parts' own groups, so that a learning rate that
    is written there reaches its part; ``state`` is the parts' state, by parameter. ``train()`` and ``eval()`` exist if
    a part has them; ``needs_graph`` is true if a part's is. ValueError for a parameter in two parts, and a part that
    needs a closure, because it may call the closure several times a step.
    """

    def __init__(self, *parts: Optimizer) -> None:
        if not parts:
            raise ValueError("needs at least one optimiser")
        parameters = [parameter for part in parts for group in part.param_groups for parameter in group["params"]]
        counts = Counter(map(id, parameters))
        if repeated := sum(count > 1 for count in counts.values()):
            raise ValueError(f"each parameter belongs in one part, {repeated} of {len(counts)} are in more than one")
        for part in parts:
            if needs_closure(part):
                raise ValueError(f"{type(part).__name__} needs a closure, and cannot be a part of several optimisers")
        self.__setstate__({"parts": parts})

    def __getstate__(self) -> dict[str, Any]:
        return {"parts": self.parts}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Not torch's __init__: it sets up groups and state, and both are the parts' here.
        super().__setstate__({"defaults": {}, **state})
        self.parts: tuple[Optimizer, ...] = state["parts"]
        self.needs_graph = any(getattr(part, "needs_graph", False) for part in self.parts)
        for mode in ("train", "eval"):
            methods = [getattr(part, mode) for part in self.parts if callable(getattr(part, mode, None))]
            if methods:
                setattr(self, mode, partial(_call_all, methods))

    @property
    def param_groups(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The groups of all parts, in the parts' order: the parts' own dicts, not copies."""
        return [group for part in self.parts for group in part.param_groups]

    @property
    def state(self) -> dict[Tensor, Any]:  # type: ignore[override]
        """Parameter → the state that its part keeps for the parameter: the part's own dict, not a copy."""
        return {parameter: kept for part in self.parts for parameter, kept in part.state.items()}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """NotImplementedError: the group does not say to which part it belongs."""
        raise NotImplementedError("add the group to the part that it is for")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of every part's parameters."""
        for part in self.parts:
            part.zero_grad(set_to_none=set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """A step of every part. A closure, if given, is called once before; its loss is returned, else None."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for part in self.parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """``{"parts": […]}``, with each part's own ``state_dict``."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Restore what ``state_dict`` returned; ValueError for the state of another number of parts.

        As everywhere in torch, the groups are new dicts afterwards.
        """
        states = state_dict["parts"]
        if len(states) != len(self.parts):
            raise ValueError(f"has {len(self.parts)} parts, got the state of {len(states)}")
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def _call_all(methods: Sequence[Callable[[], Any]]) -> None:
    for method in methods:
        method()


def needs_closure(optimiser: Any) -> bool:
    """Whether ``step`` requires a closure that computes the gradients, by its signature or by ``needs_closure``."""
    closure = inspect.signature(optimiser.step).parameters.get("closure")
    return bool(getattr(optimiser, "needs_closure", closure is not None and closure.default is closure.empty))
