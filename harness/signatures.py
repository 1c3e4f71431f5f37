"""What can be read from a callable: its signature, the types of its values, where it is written."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union, get_args, get_origin

TYPES: Mapping[type, str] = {bool: "a bool", int: "an int", float: "a float", str: "a str"}
"""The types a hyperparameter may have, as they are called in messages."""
_IMPLEMENTATION_FLAGS = {"foreach", "fused", "capturable", "differentiable", "maximize"}
"""Arguments of torch's optimisers that choose an implementation, not an update rule."""


def value_type(annotation: Any) -> Any:
    """``float | Tensor`` → float, ``Literal["a", "b"]`` → str; anything else comes back as it is."""
    found = {annotation}
    if isinstance(annotation, str):
        found = {each for each in TYPES if each.__name__ == annotation}
    elif get_origin(annotation) is Literal:
        found = set(map(type, get_args(annotation)))
    elif get_origin(annotation) in (Union, types.UnionType) and types.NoneType not in get_args(annotation):
        found = {each for each in get_args(annotation) if each in TYPES}
        found -= {int} if float in found else set()
    return found.pop() if len(found) == 1 else annotation


def read_signature(build: Callable[..., Any]) -> inspect.Signature:
    """With its annotations as types, or as texts where one names what was imported for type checkers only."""
    try:
        return inspect.signature(build, eval_str=True)
    except NameError:
        return inspect.signature(build)


def source_file(build: Any) -> str:
    """The Python file that a callable is written in, or ''."""
    build = inspect.unwrap(build)
    while isinstance(build, functools.partial):
        build = build.func
    if not (inspect.isclass(build) or inspect.isroutine(build)):
        build = type(build)
    try:
        return inspect.getsourcefile(build) or ""
    except TypeError:  # written in C
        return ""


def optimiser_from_class(cls: type) -> Callable[..., Any]:
    """``build(model, *, …)`` for a torch.optim.Optimizer subclass; a tuple like betas becomes beta1, beta2.

    Arguments that are no values, such as None, keep their defaults.
    """
    tuples: dict[str, list[str]] = {}
    exposed = []
    for each in list(read_signature(cls).parameters.values())[1:]:
        if each.name in _IMPLEMENTATION_FLAGS:
            continue
        if isinstance(each.default, tuple) and all(type(value) in TYPES for value in each.default):
            tuples[each.name] = [f"{_stem(each.name)}{number}" for number in range(1, len(each.default) + 1)]
            declared = float if float in map(type, each.default) else each.empty
            parts = zip(tuples[each.name], each.default, strict=True)
            exposed += [
                inspect.Parameter(name, each.KEYWORD_ONLY, default=value, annotation=declared) for name, value in parts
            ]
        elif each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            exposed.append(each)
        elif each.default is each.empty or type(each.default) in TYPES:
            exposed.append(each.replace(kind=each.KEYWORD_ONLY, annotation=_declared(each)))

    def build(model: Any, **values: Any) -> Any:
        for name, parts in tuples.items():
            values[name] = tuple(values.pop(part) for part in parts)
        return cls(model.parameters(), **values)

    first = inspect.Parameter("model", inspect.Parameter.POSITIONAL_ONLY)
    in_order = sorted(exposed, key=lambda each: each.kind)
    build.__signature__ = inspect.Signature([first, *in_order])  # type: ignore[attr-defined]
    build.__doc__ = inspect.getdoc(cls)
    return build


def _stem(name: str) -> str:
    return name if name == "eps" else name.removesuffix("s")


def _declared(parameter: inspect.Parameter) -> Any:
    # `momentum=0` without an annotation is the custom of optimisers, and means a float.
    if parameter.annotation is parameter.empty and type(parameter.default) is int and parameter.default == 0:
        return float
    return parameter.annotation
