"""Component: a named callable whose remaining arguments are hyperparameters, read from its signature."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.errors import PluginError, unknown
from harness.ranges import Domain, Options, Range, Value

PROVIDED: Mapping[str, tuple[str, ...]] = {
    "problem": (),
    "embedding": ("weight", "vocabulary", "generator"),
    "initialiser": ("weight", "generator"),
    "optimiser": ("model",),
    "dropout": ("progress",),
}
"""What the harness gives a component of each kind; ``generator`` by name, the others by position."""


@dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """``type``: bool, int, float or str. ``default``: None where the component insists on being told."""

    name: str
    type: type
    default: Value | None

    def check(self, value: object) -> Value:
        """The value in this hyperparameter's type, or a ValueError that says what is allowed."""
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if type(value) is not self.type:
            raise ValueError(f"{self.name} is a {self.type.__name__}, got {value!r}")
        return value  # type: ignore[return-value] # its type was compared above


@dataclass(frozen=True, kw_only=True)
class Component:
    """A named option for a choice. Call ``build`` with what the harness provides and checked values."""

    kind: str
    name: str
    build: Callable[..., Any]
    hyperparameters: Mapping[str, Hyperparameter]
    space: Mapping[str, Domain]
    plugin: str
    version: str
    source_file: str

    @property
    def description(self) -> str:
        """First line of the docstring."""
        return (inspect.getdoc(self.build) or "").partition("\n")[0]

    @property
    def defaults(self) -> dict[str, Value]:
        """The defaults, without what has none."""
        return {name: each.default for name, each in self.hyperparameters.items() if each.default is not None}

    @cached_property
    def source(self) -> str:
        """Hash of the file that defines the component: two records with the same hash ran the same code."""
        if not self.source_file:
            return ""
        return hashlib.sha256(Path(self.source_file).read_bytes()).hexdigest()[:12]

    def hyperparameter(self, name: str) -> Hyperparameter:
        """The hyperparameter of that name, or a PluginError with the nearest match."""
        if name not in self.hyperparameters:
            raise PluginError(unknown(f"hyperparameter of {self.kind} {self.name!r}:", name, self.hyperparameters))
        return self.hyperparameters[name]

    def resolve(self, values: Mapping[str, object]) -> dict[str, Value]:
        """Every hyperparameter with a checked value: the given ones, else the defaults. PluginError if one is missing."""
        given = {}
        for name, value in values.items():
            try:
                given[name] = self.hyperparameter(name).check(value)
            except ValueError as error:
                raise PluginError(f"{self.kind}.{self.name}.{error}") from None
        complete = {**self.defaults, **given}
        missing = [name for name in self.hyperparameters if name not in complete]
        if missing:
            raise PluginError(
                f"{self.kind} {self.name!r} needs {', '.join(missing)}: --set {self.kind}.{self.name}.{missing[0]}=…"
            )
        return {name: complete[name] for name in self.hyperparameters}


def component_from(
    kind: str, name: str, build: Callable[..., Any], *, space: Mapping[str, Domain], plugin: str, version: str
) -> Component:
    """Read a callable's signature; PluginError where it does not fit its kind or ``space`` does not fit it."""
    who = f"plugin {plugin!r}: {kind} {name!r}"
    if not isinstance(name, str) or not name.replace("_", "").replace("-", "").isalnum():
        raise PluginError(f"{who}: a name is made of letters, digits, '_' and '-'")
    source_file = inspect.getsourcefile(inspect.unwrap(build)) or ""
    if kind == "optimiser" and inspect.isclass(build):
        build = _optimiser_from_class(build)
    try:
        signature = inspect.signature(build, eval_str=True)
    except (TypeError, ValueError, NameError) as error:
        raise PluginError(f"{who}: its signature cannot be read: {error}") from None
    hyperparameters = _hyperparameters(who, kind, signature)
    for key, domain in space.items():
        if key not in hyperparameters:
            raise PluginError(f"{who}: space: {unknown('hyperparameter', key, hyperparameters)}")
        _check_domain(f"{who}: space: {key}", hyperparameters[key], domain)
    return Component(
        kind=kind, name=name, build=build, hyperparameters=hyperparameters, space=dict(space),
        plugin=plugin, version=version, source_file=source_file,
    )  # fmt: skip


def _hyperparameters(who: str, kind: str, signature: inspect.Signature) -> dict[str, Hyperparameter]:
    by_position = [name for name in PROVIDED[kind] if name != "generator"]
    parameters = list(signature.parameters.values())
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    if len(positional) < len(by_position):
        raise PluginError(f"{who}: takes ({', '.join(by_position)}) and then its hyperparameters, got {signature}")
    given = {each.name for each in positional[: len(by_position)]}
    if "generator" in PROVIDED[kind]:
        if "generator" not in signature.parameters:
            raise PluginError(f"{who}: takes generator=, the only source of randomness it may draw from, got {signature}")
        given.add("generator")
    found = {}
    for each in parameters:
        if each.name in given:
            continue
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            raise PluginError(f"{who}: names its hyperparameters; *{each.name} hides them")
        found[each.name] = Hyperparameter(name=each.name, **_type_and_default(who, each))
    return found


def _type_and_default(who: str, parameter: inspect.Parameter) -> dict[str, Any]:
    default = None if parameter.default is parameter.empty else parameter.default
    declared = parameter.annotation if parameter.annotation is not parameter.empty else type(default)
    if declared not in (bool, int, float, str):
        raise PluginError(f"{who}: {parameter.name} must be a bool, int, float or str, got {parameter}")
    if declared is float and type(default) is int:
        default = float(default)
    return {"type": declared, "default": default}


def _check_domain(where: str, hyperparameter: Hyperparameter, domain: Domain) -> None:
    if isinstance(domain, Options):
        for value in domain.values:
            try:
                hyperparameter.check(value)
            except ValueError as error:
                raise PluginError(f"{where}: {error}") from None
    elif not isinstance(domain, Range):
        raise PluginError(f"{where}: needs harness.linear, log, one_minus_log, integers or options, got {domain!r}")
    elif hyperparameter.type not in (int, float) or domain.integer != (hyperparameter.type is int):
        raise PluginError(f"{where}: is a {hyperparameter.type.__name__}, {domain} does not fit it")


def _optimiser_from_class(cls: type) -> Callable[..., Any]:
    """``build(model, *, …)`` for a torch.optim.Optimizer subclass; a tuple such as betas becomes beta1, beta2."""
    parameters = list(inspect.signature(cls).parameters.values())[1:]
    tuples = {each.name: len(each.default) for each in parameters if isinstance(each.default, tuple)}
    exposed = []
    for each in parameters:
        keyword_only = inspect.Parameter.KEYWORD_ONLY
        if each.name in tuples:
            for number, value in enumerate(each.default, start=1):
                exposed.append(inspect.Parameter(f"{each.name.removesuffix('s')}{number}", keyword_only, default=value))
        elif type(each.default) in (bool, int, float, str) and each.name not in _IMPLEMENTATION_FLAGS:
            exposed.append(inspect.Parameter(each.name, keyword_only, default=each.default))

    def build(model: Any, **values: Any) -> Any:
        for name, length in tuples.items():
            stem = name.removesuffix("s")
            values[name] = tuple(values.pop(f"{stem}{number}") for number in range(1, length + 1))
        return cls(model.parameters(), **values)

    first = inspect.Parameter("model", inspect.Parameter.POSITIONAL_ONLY)
    build.__signature__ = inspect.Signature([first, *exposed])  # type: ignore[attr-defined]
    build.__doc__ = inspect.getdoc(cls)
    return build


_IMPLEMENTATION_FLAGS = {"foreach", "fused", "capturable", "differentiable", "maximize"}
"""Arguments of torch's optimisers that choose an implementation, not an update rule."""
