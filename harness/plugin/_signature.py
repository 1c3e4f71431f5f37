"""What can be read from a callable: its signature, the types of its arguments, the file that it is written in."""

from __future__ import annotations

import functools
import inspect
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from harness.plugin.ranges import TYPES, Value

_IMPLEMENTATION_FLAGS = {"foreach", "fused", "capturable", "differentiable", "maximize"}
"""Arguments of torch's optimisers that choose an implementation, not an update rule."""


@dataclass(frozen=True)
class Unset:
    """What stands in a signature for an optimiser's argument whose default is no value, or that has no type.

    ``text``: the default as the class writes it, ``None`` or ``inf``; '' where there is none and a value must be given.
    ``type``, ``allowed``: as of a hyperparameter. ``is_typed``: False where the class says no type.
    """

    text: str
    type: type = float
    allowed: tuple[Value, ...] = ()
    is_typed: bool = True


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
    written_in = inspect.unwrap(build.__init__ if inspect.isclass(build) else build)
    names = getattr(written_in, "__globals__", {})
    signature = inspect.signature(build)
    parameters = signature.parameters.values()
    return signature.replace(
        parameters=[parameter.replace(annotation=_evaluated(parameter.annotation, names)) for parameter in parameters]
    )


def _evaluated(annotation: Any, names: dict[str, Any]) -> Any:
    try:
        return eval(_compiled(annotation), names) if isinstance(annotation, str) else annotation
    except Exception:  # it need not be an expression that can be evaluated
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

    An argument whose default is None or infinite is a hyperparameter that may be left out; one without type and default
    takes any value. Arguments of other types keep their defaults, and what ``**kwargs`` might take is no
    hyperparameter. A class whose first argument is a module or called ``model`` is given the model, one whose first
    argument is called ``named_parameters`` pairs of name and parameter, any other class the parameters.
    """
    tuples: dict[str, dict[str, Any]] = {}
    exposed = []
    parameters = list(read_signature(cls).parameters.values())
    if not parameters:
        raise ValueError("it takes no parameters")
    first_argument, *others = parameters
    for argument in others:
        name, default = argument.name, argument.default
        hidden = name in _IMPLEMENTATION_FLAGS or (name in UNUSABLE and default is not argument.empty)
        if hidden or _is_model(argument) or argument.kind is argument.VAR_KEYWORD:
            continue
        if isinstance(default, tuple) and default and all(_is_value(each) or _is_open(each) for each in default):
            parts = {_numbered(name, number): value for number, value in enumerate(default, 1)}
            if not parts.keys() & {each.name for each in others}:
                tuples[name] = parts
                exposed += _parts(parts)
        elif argument.kind is argument.VAR_POSITIONAL:
            exposed.append(argument)
        elif (hyperparameter := _as_hyperparameter(argument)) is not None:
            exposed.append(hyperparameter)
    exposed = exposed or [argument for argument in others if argument.kind is argument.VAR_KEYWORD]
    wanted, asks_again = _wanted(first_argument), any(_is_model(each) for each in others)

    def build(model: Any, **values: Any) -> Any:
        for name, parts in tuples.items():
            values[name] = tuple(values.pop(part, default) for part, default in parts.items())
        return cls(wanted(model), **({MODEL: model} if asks_again else {}), **values)

    first = inspect.Parameter(MODEL, inspect.Parameter.POSITIONAL_ONLY)
    in_order = sorted(exposed, key=lambda parameter: parameter.kind)
    build.__signature__ = inspect.Signature([first, *in_order])  # type: ignore[attr-defined]
    build.__doc__ = _own_docstring(cls)
    return build


def _is_model(argument: inspect.Parameter) -> bool:
    return argument.name == MODEL and argument.default is argument.empty


MODEL = "model"
"""The first argument of what builds an optimiser; a class that asks for it in another place is given it there."""


UNUSABLE = (MODEL, "name", "search")
"""Names that no hyperparameter can have: an argument of that name keeps its default."""


def _parts(parts: Mapping[str, Any]) -> list[inspect.Parameter]:
    """A hyperparameter for each number of a tuple."""
    is_float = float in map(type, parts.values())
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=Unset(str(value), is_typed=value is not None) if _is_open(value) else value,
            annotation=float if is_float and not isinstance(value, str) else inspect.Parameter.empty,
        )
        for name, value in parts.items()
    ]


def _wanted(first: inspect.Parameter) -> Callable[[Any], Any]:
    """From the model to what a class takes as its first argument."""
    from torch import nn

    declared = _without_none(first.annotation)
    if first.name in (MODEL, "module") or (inspect.isclass(declared) and issubclass(declared, nn.Module)):
        return lambda model: model
    if first.name.startswith("named_param"):
        return lambda model: model.named_parameters()
    return lambda model: model.parameters()


def _own_docstring(cls: type) -> str:
    """The class's docstring, not that of the class of torch's that it comes from; '' if it has none."""
    for each in cls.__mro__:
        if each is not cls and each.__module__.partition(".")[0] in ("torch", "builtins"):
            break
        own = vars(each)
        if text := own.get("__doc__") or getattr(own.get("__init__"), "__doc__", None):
            return inspect.cleandoc(text)
    return ""


def _as_hyperparameter(argument: inspect.Parameter) -> inspect.Parameter | None:
    """The argument as a hyperparameter that is given by name; None for an argument that is none."""
    declared, default = _without_none(argument.annotation), argument.default
    by_name = argument.replace(kind=argument.KEYWORD_ONLY)
    if default is argument.empty:
        return by_name.replace(default=Unset("", is_typed=False) if declared is argument.empty else default)
    if _is_value(default):
        return by_name.replace(annotation=_declared(argument))
    if not _is_open(default):
        return None
    if declared is argument.empty:
        return by_name.replace(default=Unset(str(default), is_typed=default is not None))
    cls = value_type(declared)
    if cls not in TYPES:
        return None
    allowed = get_args(declared) if get_origin(declared) is Literal else ()
    return by_name.replace(default=Unset(str(default), cls, allowed))


def _is_open(default: Any) -> bool:
    """Whether a default leaves open what happens: None, and an infinite limit."""
    return default is None or (isinstance(default, float) and math.isinf(default))


def _is_value(default: Any) -> bool:
    return type(default) in TYPES and not (isinstance(default, float) and not math.isfinite(default))


def _numbered(name: str, number: int) -> str:
    """The hyperparameter for one number of a tuple argument: betas → beta1, betas_1d → beta1_1d, eps → eps1."""
    before, betas, after = name.partition("betas")
    if betas:
        return f"{before}beta{number}{after}"
    return f"{name if name in ('eps', 's') else name.removesuffix('s')}{number}"


def _declared(parameter: inspect.Parameter) -> Any:
    """The type of a parameter's values: the annotation without None, else the type of the default."""
    declared, default = _without_none(parameter.annotation), parameter.default
    # `momentum=0` and `lr=1` without an annotation are the custom of optimisers, and mean floats.
    if declared is parameter.empty:
        return float if type(default) is int and (default == 0 or parameter.name == "lr") else declared
    return declared if value_type(declared) in TYPES else type(default)


def _without_none(declared: Any) -> Any:
    """``float | None`` → float, ``Literal["a", None]`` → ``Literal["a"]``; anything else unchanged."""
    if get_origin(declared) is Literal and None in get_args(declared):
        return Literal[tuple(value for value in get_args(declared) if value is not None)]
    if get_origin(declared) in (Union, types.UnionType):
        return Union[tuple(cls for cls in get_args(declared) if cls is not types.NoneType)]  # noqa: UP007
    return declared
