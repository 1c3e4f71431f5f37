"""Training without torch's compiler, whose import takes as long as that of the rest of torch."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from collections.abc import Callable
from typing import Any

import torch

COMPILER = "torch._dynamo"


class _Deferred(types.ModuleType):
    """Stands for ``torch._dynamo`` until somebody asks it for more than an optimiser does.

    ``torch.optim.Optimizer`` imports the compiler when it is made and at every step, to call two of its functions,
    which do nothing unless something is being compiled. Nothing is compiled while the compiler is not there, so the two
    are answered here. Any other name, any module within, and with them ``torch.compile``, load the real one, once.
    """

    def __init__(self, file: str | None) -> None:
        super().__init__(COMPILER, __doc__)
        self.__file__ = file  # by which inspect and warnings look through all modules
        self._kept: list[Callable[..., Any]] = []

    def graph_break(self, msg: str = "") -> None:
        """End what is being compiled: nothing is."""

    def disable(self, *given: Any, **named: Any) -> Callable[..., Any]:
        """A function as it is never compiled, which torch keeps as an attribute of it: the function itself.

        Whoever else asks, and not as torch does for functions of its own, is answered by the real one.
        """
        if list(named.items()) != [("wrapping", False)]:
            return self.__getattr__("disable")(*given, **named)  # type: ignore[no-any-return]
        self._kept.append(given[0])
        return given[0]  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(COMPILER) is self:
            del sys.modules[COMPILER]
            for function in self._kept:  # is asked for again, of the real one
                vars(function).pop("__dynamo_disable", None)
        return getattr(importlib.import_module(COMPILER), name)


def defer_compiler() -> None:
    """Keep torch from importing its compiler for an optimiser that is not compiled; no effect where it is there."""
    if COMPILER in sys.modules:
        return
    if spec := importlib.util.find_spec(COMPILER):
        sys.modules[COMPILER] = torch._dynamo = _Deferred(spec.origin)
