"""What can be read from a callable: its signature, the types of its arguments, the file that it is written in."""

from __future__ import annotations

import functools
import inspect
import math
import types
from collections.abc import Callable
from typing import Any, Literal, Union, get_args, get_origin

from harness.plugin.ranges import TYPES

_IMPLEMENTATION_FLAGS = {"foreach", "fused", "capturable", "differentiable", "maximize"}
"""Arguments of torch's optimisers that choose an implementation, not an update rule."""


def value_type(annotation: Any) -> Any:
    """The type of value that an annotation stands for: ``float | Tensor`` → float, ``Literal["a", "b"]`` → str.

    An annotation that stands for no type of value, or for several, is returned unchanged.
    """
    candidates = {annotation}
    if isinstance(annotation, str):
        candidates = {cls for cls in TYPES if cls.__name__ == annotation}
    elif get_origin(annotation) is Literal:
        candidates = set(map(type, get_args(annotation)))
    elif get_origin(annotation) in (Union, types.UnionType) and types.NoneType not in get_args(annotation):
        candidates = {cls for cls in get_args(annotation) if cls in TYPES}
        candidates -= {int} if float in candidates else set()
    return candidates.pop() if len(candidates) == 1 else annotation


def read_signature(build: Callable[..., Any]) -> inspect.Signature:
    """The signature of a callable, with annotations as types; what is imported for type checkers alone stays text."""
    names = getattr(inspect.unwrap(build), "__globals__", None)
    if names is None:
        try:
            return inspect.signature(build, eval_str=True)  # which finds a class's names
        except NameError:
            names = {}
    signature = inspect.signature(build)
    parameters = signature.parameters.values()
    return signature.replace(
        parameters=[parameter.replace(annotation=_evaluated(parameter.annotation, names)) for parameter in parameters]
    )


def _evaluated(annotation: Any, names: dict[str, Any]) -> Any:
    try:
        return eval(_compiled(annotation), names) if isinstance(annotation, str) else annotation
    except NameError:
        return annotation


@functools.cache  # a plugin's functions have few annotations between them, and compiling one takes longest
def _compiled(annotation: str) -> types.CodeType:
    return compile(annotation, "<annotation>", "eval")


def source_file(build: Any) -> str:
    """The Python file that a callable is written in; '' for one that is written in C."""
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
    """A function ``build(model, *, …)`` for a torch.optim.Optimizer subclass; a tuple like betas becomes beta1, beta2.

    Arguments whose defaults are no values, such as None, keep their defaults; what ``**kwargs`` might take is no
    hyperparameter. A class whose first argument is called ``model`` is given the model, any other class its parameters.
    """
    tuples: dict[str, list[str]] = {}
    exposed = []
    first_argument, *others = read_signature(cls).parameters.values()
    for argument in others:
        name, default, kind = argument.name, argument.default, argument.kind
        if name in _IMPLEMENTATION_FLAGS:
            continue
        if isinstance(default, tuple) and all(map(_is_value, default)):
            tuples[name] = [_numbered(name, number) for number in range(1, len(default) + 1)]
            declared = float if float in map(type, default) else argument.empty
            exposed += [
                inspect.Parameter(part, argument.KEYWORD_ONLY, default=value, annotation=declared)
                for part, value in zip(tuples[name], default, strict=True)
            ]
        elif kind is argument.VAR_POSITIONAL:
            exposed.append(argument)
        elif kind is not argument.VAR_KEYWORD and (default is argument.empty or _is_value(default)):
            exposed.append(argument.replace(kind=argument.KEYWORD_ONLY, annotation=_declared(argument)))
    exposed = exposed or [argument for argument in others if argument.kind is argument.VAR_KEYWORD]

    def build(model: Any, **values: Any) -> Any:
        for name, parts in tuples.items():
            values[name] = tuple(values.pop(part) for part in parts)
        return cls(model if first_argument.name == "model" else model.parameters(), **values)

    first = inspect.Parameter("model", inspect.Parameter.POSITIONAL_ONLY)
    in_order = sorted(exposed, key=lambda parameter: parameter.kind)
    build.__signature__ = inspect.Signature([first, *in_order])  # type: ignore[attr-defined]
    build.__doc__ = inspect.getdoc(cls)
    return build


def _is_value(default: Any) -> bool:
    return type(default) in TYPES and not (isinstance(default, float) and not math.isfinite(default))


def _numbered(name: str, number: int) -> str:
    """The hyperparameter for one number of a tuple argument: betas → beta1, betas_1d → beta1_1d, eps → eps1."""
    before, betas, after = name.partition("betas")
    if betas:
        return f"{before}beta{number}{after}"
    return f"{name if name == 'eps' else name.removesuffix('s')}{number}"


def _declared(parameter: inspect.Parameter) -> Any:
    """The type of a parameter's values: the annotation without None, else the type of the default."""
    declared, default = parameter.annotation, parameter.default
    # `momentum=0` without an annotation is the custom of optimisers, and means a float.
    if declared is parameter.empty:
        return float if type(default) is int and default == 0 else declared
    if get_origin(declared) in (Union, types.UnionType):
        declared = Union[tuple(cls for cls in get_args(declared) if cls is not types.NoneType)]  # noqa: UP007
    return declared if default is parameter.empty or value_type(declared) in TYPES else type(default)
