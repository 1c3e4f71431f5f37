"""What can be read from a callable: its signature, the types of its values, where it is written."""

from __future__ import annotations

import functools
import inspect
import math
import types
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from harness.plugin.ranges import TYPES

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
    """With its annotations as types, but for those that name what was imported for type checkers only: texts."""
    try:
        return inspect.signature(build, eval_str=True)
    except NameError:
        found = inspect.signature(build)
        names = getattr(inspect.unwrap(build), "__globals__", {})
        return found.replace(
            parameters=[
                each.replace(annotation=_evaluated(each.annotation, names)) for each in found.parameters.values()
            ]
        )


def _evaluated(annotation: Any, names: Mapping[str, Any]) -> Any:
    try:
        return eval(annotation, dict(names)) if isinstance(annotation, str) else annotation
    except NameError:
        return annotation


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

    Arguments that are no values, such as None, keep their defaults, and what ``**kwargs`` might take beside those that
    have names is not offered. A class whose first argument is called ``model`` is given the model, any other its
    parameters.
    """
    tuples: dict[str, list[str]] = {}
    exposed = []
    first_argument, *others = read_signature(cls).parameters.values()
    for each in others:
        if each.name in _IMPLEMENTATION_FLAGS:
            continue
        if isinstance(each.default, tuple) and all(map(_is_value, each.default)):
            tuples[each.name] = [_numbered(each.name, number) for number in range(1, len(each.default) + 1)]
            declared = float if float in map(type, each.default) else each.empty
            parts = zip(tuples[each.name], each.default, strict=True)
            exposed += [
                inspect.Parameter(name, each.KEYWORD_ONLY, default=value, annotation=declared) for name, value in parts
            ]
        elif each.kind is each.VAR_POSITIONAL:
            exposed.append(each)
        elif each.kind is not each.VAR_KEYWORD and (each.default is each.empty or _is_value(each.default)):
            exposed.append(each.replace(kind=each.KEYWORD_ONLY, annotation=_declared(each)))
    exposed = exposed or [each for each in others if each.kind is each.VAR_KEYWORD]

    def build(model: Any, **values: Any) -> Any:
        for name, parts in tuples.items():
            values[name] = tuple(values.pop(part) for part in parts)
        return cls(model if first_argument.name == "model" else model.parameters(), **values)

    first = inspect.Parameter("model", inspect.Parameter.POSITIONAL_ONLY)
    in_order = sorted(exposed, key=lambda each: each.kind)
    build.__signature__ = inspect.Signature([first, *in_order])  # type: ignore[attr-defined]
    build.__doc__ = inspect.getdoc(cls)
    return build


def _is_value(default: Any) -> bool:
    return type(default) in TYPES and not (isinstance(default, float) and not math.isfinite(default))


def _numbered(name: str, number: int) -> str:
    """The name of a part: betas → beta1, betas_1d → beta1_1d, eps → eps1."""
    before, betas, after = name.partition("betas")
    if betas:
        return f"{before}beta{number}{after}"
    return f"{name if name == 'eps' else name.removesuffix('s')}{number}"


def _declared(parameter: inspect.Parameter) -> Any:
    """The annotation, without None; the default's type where no single type of value is declared."""
    declared, default = parameter.annotation, parameter.default
    # `momentum=0` without an annotation is the custom of optimisers, and means a float.
    if declared is parameter.empty:
        return float if type(default) is int and default == 0 else declared
    if get_origin(declared) in (Union, types.UnionType):
        declared = Union[tuple(each for each in get_args(declared) if each is not types.NoneType)]  # noqa: UP007
    return declared if default is parameter.empty or value_type(declared) in TYPES else type(default)
