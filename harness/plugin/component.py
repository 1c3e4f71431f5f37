"""Component: a named callable, with hyperparameters that are read from its signature."""

from __future__ import annotations

import hashlib
import inspect
import math
import re
import sys
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol, get_args, get_origin

from harness.errors import PluginError, unknown
from harness.plugin._signature import Unset, optimiser_from_class, read_signature, source_file, value_type
from harness.plugin.kinds import Kind
from harness.plugin.names import MEMBER, full_name
from harness.plugin.ranges import TYPES, Domain, Options, Range, Value
from harness.plugin.traits import NO_TRAITS, Traits

RESERVED = ("name", "search")
"""Words that stand beside hyperparameters in a study file: ``{ name = "adam", search = ["lr"], beta1 = 0.5 }``."""


_FITTING = {int: "harness.integers or options", float: "harness.linear, log, one_minus_log or options"}
"""Type of a hyperparameter → the functions that make a domain for it."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """A named option of a kind: what ``register`` was given, and what its signature says.

    ``build``: the callable; it is called with what its kind provides (``Kind.provided``), with the arguments in
    ``takes`` (names of ``Kind.offered`` in its signature), and with a checked value for each of ``hyperparameters``.
    ``space``: hyperparameter → values to search, most important first. ``plugin``, ``version``: who offers the
    component. ``source``: hash of the Python files of component and plugin when it was registered. ``average``: for a
    schedule, the function from hyperparameters to the mean over training. ``parts``: for a joined component such as
    ``l2 + clip_norm``, the components it joins; else empty. ``file``: the Python file that the callable is written in;
    '' for one that is made here or written in C.
    """

    kind: Kind
    name: str
    build: Callable[..., Any]
    hyperparameters: Mapping[str, Hyperparameter]
    space: Mapping[str, Domain]
    plugin: str
    version: str
    source: str
    traits: Traits = NO_TRAITS
    takes: frozenset[str] = frozenset()
    average: Callable[..., float] | None = None
    parts: tuple[Component, ...] = ()
    file: str = ""

    @property
    def description(self) -> str:
        """The first line of the docstring of ``build``; '' where it has none."""
        return (inspect.getdoc(self.build) or "").partition("\n")[0]

    @property
    def is_of_library(self) -> bool:
        """Whether it is used by its place, ``module:Class``, and lies where packages are installed."""
        return MEMBER in self.name and any(
            Path(self.file).is_relative_to(folder) and next(Path(folder).glob("*.dist-info"), None) is not None
            for folder in filter(None, sys.path)
        )

    @property
    def reference(self) -> str:
        """The publication that the description names: what follows its last colon if a year is in it; else ''."""
        publication = re.search(r": ([^:]*\b(?:1[89]|20)\d\d\b[^:]*)\.$", self.description)
        return publication[1] if publication else ""

    @property
    def defaults(self) -> dict[str, Value]:
        """Hyperparameter → default, without those that have none or one that is no value."""
        return {name: own.default for name, own in self.hyperparameters.items() if own.default is not None}

    def hyperparameter(self, name: str) -> Hyperparameter:
        """The hyperparameter of that name, or a PluginError with the nearest match."""
        if name not in self.hyperparameters:
            raise PluginError(unknown(f"hyperparameter of {self.kind} {self.name!r}:", name, self.hyperparameters))
        return self.hyperparameters[name]

    def check(self, values: Mapping[str, object]) -> dict[str, Value]:
        """The values in their hyperparameters' types; PluginError for a name or value that does not fit."""
        checked = {}
        for name, value in values.items():
            try:
                checked[name] = self.hyperparameter(name).check(value)
            except ValueError as error:
                place = full_name(self.kind.choice, self.name, name).removesuffix(name)
                raise PluginError(f"{place}{error}") from None
        return checked

    def resolve(self, values: Mapping[str, object]) -> dict[str, Value]:
        """Hyperparameter → checked value: the given value, else the default. PluginError if a value is missing.

        What is left out and may be (``Hyperparameter.unset``) is left out of the answer.
        """
        complete = {**self.defaults, **self.check(values)}
        missing = self.missing(complete)
        if missing:
            raise PluginError(
                f"{self.kind} {self.name!r} needs {', '.join(missing)}: "
                f"--set {full_name(self.kind.choice, self.name, missing[0])}=…"
            )
        return {name: complete[name] for name in self.hyperparameters if name in complete}

    @property
    def left_open(self) -> list[str]:
        """The hyperparameters that may be left out, since the class has a default of its own that is no value."""
        return [name for name, own in self.hyperparameters.items() if own.unset]

    def missing(self, known: Container[str]) -> list[str]:
        """The hyperparameters that must be given and are not among the known ones."""
        return [name for name, own in self.hyperparameters.items() if own.is_required and name not in known]

    @property
    def origin(self) -> dict[str, str]:
        """Who offers the component, and a hash of its code: ``plugin``, ``version``, ``source``, as in records."""
        return {"plugin": self.plugin, "version": self.version, "source": self.source}


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a plugin offers: the arguments that ``register`` takes. A family gives one for each member.

    ``package``: the distribution that a family's member comes from; '' for the plugin's own.
    """

    build: Callable[..., Any]
    space: Mapping[str, Domain] = field(default_factory=dict)
    traits: Traits = NO_TRAITS
    average: Callable[..., float] | None = None
    package: str = ""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Who offers a component: a plugin's name, its ``version`` or '', and the hash of its files, ``source``, or ''."""

    plugin: str
    version: str = ""
    source: str = ""


class Family(Protocol):
    """Components that are made when a study names one, because there are many or making them costs an import."""

    def names(self) -> Iterable[str]:
        """The names of all members, without the family's name: ``Adamax``, not ``torch.optim:Adamax``."""

    def __call__(self, member: str) -> Offer:
        """The member of that name; PluginError, with the reason, for a member that cannot be used."""


def component_from(kind: Kind, name: str, offer: Offer, provider: Provider, *, derived: bool = False) -> Component:
    """Make a component of what is offered; its hyperparameters are read from the signature of ``offer.build``.

    ``derived``: whether the component is made from its name, as ``module:Class``; such a name may have any letters.
    PluginError if the signature does not fit the kind, or space, traits or average do not fit the signature.
    """
    build, average = offer.build, offer.average
    who = f"plugin {provider.plugin!r}: {kind} {name!r}"
    if not derived and not (isinstance(name, str) and name.replace("_", "").replace("-", "").isalnum()):
        raise PluginError(f"{who}: a name is made of letters, digits, '_' and '-'")
    file = source_file(build)
    source = hashlib.sha256((provider.source + (sha256_of(file) if file else "")).encode()).hexdigest()[:12]
    try:
        if kind.is_class and inspect.isclass(build):
            build = optimiser_from_class(build)
        signature = read_signature(build)
    except (TypeError, ValueError, NameError) as error:
        raise PluginError(f"{who}: its signature cannot be read: {error}") from None
    hyperparameters = _hyperparameters(who, kind, signature)
    for key, domain in offer.space.items():
        if key not in hyperparameters:
            raise PluginError(f"{who}: space: {unknown('hyperparameter', key, hyperparameters)}")
        _check_domain(f"{who}: space: {key}", hyperparameters[key], domain)
    for key in sorted(offer.traits.hyperparameters() - hyperparameters.keys()):
        raise PluginError(f"{who}: traits: {unknown('hyperparameter', key, hyperparameters)}")
    if average is not None:
        _check_average(who, kind, hyperparameters, average)
    return Component(
        kind=kind, name=name, build=build, hyperparameters=hyperparameters, space=dict(offer.space),
        plugin=provider.plugin, version=provider.version, source=source, traits=offer.traits, average=average,
        takes=frozenset(kind.offered) & signature.parameters.keys(), file=file,
    )  # fmt: skip


def _check_average(
    who: str, kind: Kind, hyperparameters: Mapping[str, Hyperparameter], average: Callable[..., float]
) -> None:
    if not kind.has_average:
        raise PluginError(f"{who}: only a dropout schedule has an average")
    if set(inspect.signature(average).parameters) != hyperparameters.keys():
        raise PluginError(f"{who}: average takes ({', '.join(hyperparameters)}), got {inspect.signature(average)}")


def _hyperparameters(who: str, kind: Kind, signature: inspect.Signature) -> dict[str, Hyperparameter]:
    parameters = list(signature.parameters.values())
    positional = [given for given in parameters if given.kind in (given.POSITIONAL_ONLY, given.POSITIONAL_OR_KEYWORD)]
    if len(positional) < len(kind.provided):
        raise PluginError(f"{who}: takes ({', '.join(kind.provided)}) and then its hyperparameters, got {signature}")
    given = {parameter.name for parameter in positional[: len(kind.provided)]}
    if kind.draws:
        if "generator" not in signature.parameters:
            raise PluginError(
                f"{who}: takes generator=, the only source of randomness it may draw from, got {signature}"
            )
        given.add("generator")
    given.update(kind.offered)
    hyperparameters = {}
    for parameter in parameters:
        name = parameter.name
        if name in given:
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise PluginError(f"{who}: must name its hyperparameters, {parameter} hides them")
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise PluginError(f"{who}: {name} is positional-only, hyperparameters are given by name")
        if name in RESERVED:
            raise PluginError(f"{who}: {name!r} is reserved, a hyperparameter needs another name")
        hyperparameters[name] = Hyperparameter(name=name, **_type_and_default(who, parameter))
    return hyperparameters


def _type_and_default(who: str, parameter: inspect.Parameter) -> dict[str, Any]:
    if isinstance(parameter.default, Unset):
        own = parameter.default
        return {"type": own.type, "default": None, "allowed": own.allowed, "unset": own.text, "is_typed": own.is_typed}
    default = None if parameter.default is parameter.empty else parameter.default
    allowed = get_args(parameter.annotation) if get_origin(parameter.annotation) is Literal else ()
    declared = type(default) if parameter.annotation is parameter.empty else value_type(parameter.annotation)
    if default is None and parameter.annotation is parameter.empty:
        name = parameter.name
        raise PluginError(f"{who}: {name} needs a default, or a type if it must be given: {name}: float")
    if declared not in TYPES:
        raise PluginError(f"{who}: {parameter.name} must be a bool, int, float or str, got {parameter}")
    if default is not None:
        try:
            default = Hyperparameter(name=parameter.name, type=declared, default=None, allowed=allowed).check(default)
        except ValueError as error:
            raise PluginError(f"{who}: the default of {error}") from None
    return {"type": declared, "default": default, "allowed": allowed}


def _check_domain(where: str, hyperparameter: Hyperparameter, domain: Domain) -> None:
    if isinstance(domain, Options):
        for value in domain.values:
            try:
                hyperparameter.check(value)
            except ValueError as error:
                raise PluginError(f"{where}: {error}") from None
    elif not isinstance(domain, Range):
        raise PluginError(f"{where}: needs harness.linear, log, one_minus_log, integers or options, got {domain!r}")
    elif hyperparameter.is_typed and (
        hyperparameter.type not in (int, float) or domain.integer != (hyperparameter.type is int)
    ):
        fitting = _FITTING.get(hyperparameter.type, "harness.options")
        raise PluginError(f"{where}: {TYPES[hyperparameter.type]} needs {fitting}, got {domain}")


@cache
def sha256_of(file: str) -> str:
    """Hexadecimal SHA-256 of a Python file, read once a process: a later edit does not change the imported code."""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """An argument of a component that a study may set.

    ``type``: bool, int, float or str. ``default``: None if there is none that a study could write. ``allowed``: the
    values of a ``Literal``; empty if any value of the type is allowed. ``unset``: what an optimiser's class does
    without a value, as it writes it, such as ``None`` or ``inf``; '' if a study must give one or there is a default.
    ``is_typed``: False where the class says no type, and any value is handed on.
    """

    name: str
    type: type
    default: Value | None
    allowed: tuple[Value, ...] = ()
    unset: str = ""
    is_typed: bool = True

    @property
    def is_required(self) -> bool:
        """Whether a study must give a value."""
        return self.default is None and not self.unset

    def check(self, value: object) -> Value:
        """The value in the hyperparameter's type; ValueError, which says what is allowed, for another value."""
        if not self.is_typed and type(value) in (bool, int, str):
            return value  # type: ignore[return-value] # its type was compared
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if type(value) is not self.type or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError(f"{self.name} is {TYPES[self.type]}, got {value!r}")
        if self.allowed and value not in self.allowed:
            raise ValueError(f"{self.name}: {unknown('value', str(value), map(str, self.allowed))}")
        return value  # type: ignore[return-value] # its type was compared above
