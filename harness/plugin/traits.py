"""Traits: what a component declares beside its space, for warnings about comparisons. Plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import unknown

ComponentName = str


HyperparameterName = str
"""The name of a hyperparameter without choice and component: ``lr``."""


@dataclass(frozen=True, kw_only=True)
class Inclusion:
    """When one component, the imitator, can do all that another of its kind, the original, does: Choi et al. 2019.

    ``free``: the imitator's hyperparameters that a search must be able to move. ``same``: the imitator's hyperparameter
    → the original's hyperparameter whose values it must be able to take. ``reach``: the imitator's hyperparameter → a
    value that it must be able to take. ``where``: the original's hyperparameter → the only value at which the original
    can be imitated.
    """

    free: Sequence[HyperparameterName] = ()
    same: Mapping[HyperparameterName, HyperparameterName] = field(default_factory=dict)
    reach: Mapping[HyperparameterName, float] = field(default_factory=dict)
    where: Mapping[HyperparameterName, bool | float | str] = field(default_factory=dict)

    def hyperparameters(self) -> set[str]:
        """The imitator's hyperparameters that the inclusion names."""
        return {*self.free, *self.same, *self.reach}

    def to_json(self) -> dict[str, Any]:
        """Plain data, as study.json holds it."""
        return {
            "free": list(self.free),
            "same": dict(self.same),
            "reach": dict(self.reach),
            "where": dict(self.where),
        }

    @classmethod
    def from_json(cls, data: object) -> Inclusion:
        """The inclusion that ``to_json`` gave as plain data; ValueError, beginning with ``.field:``, for other data."""
        given = _fields(data, ("free", "same", "reach", "where"))
        return cls(
            free=_texts("free", given["free"]) if "free" in given else (),
            same=_table("same", given.get("same", {}), (str,), "a text"),
            reach=_table("reach", given.get("reach", {}), (int, float), "a number"),
            where=_table("where", given.get("where", {}), (bool, int, float, str), "a number, a text, true or false"),
        )


@dataclass(frozen=True, kw_only=True)
class Traits:
    """Facts about a component that warnings about a comparison need; each may be left out.

    ``includes``: component of the same kind that this one can imitate → the hyperparameters that must be free for it
    (Adam with a large enough eps is SGD with momentum), or an ``Inclusion`` if it depends on more.
    ``natural_limits``: hyperparameter → values at which a range ends for a reason: a winner there does not call for a
    wider range. ``meanings``: hyperparameter → what it measures, if others use its name for something else.
    ``coupled_decay``: the hyperparameter that adds L2 to the gradient of an adaptive method; ``decoupled_by``: the one
    that ends this where it is true, if there is one.
    ``only_with``: another choice → the components that this one makes sense with; a study with others is refused.
    """

    includes: Mapping[ComponentName, Sequence[HyperparameterName] | Inclusion] = field(default_factory=dict)
    natural_limits: Mapping[HyperparameterName, Sequence[float]] = field(default_factory=dict)
    meanings: Mapping[HyperparameterName, str] = field(default_factory=dict)
    coupled_decay: str = ""
    decoupled_by: str = ""
    only_with: Mapping[str, Sequence[ComponentName]] = field(default_factory=dict)

    def hyperparameters(self) -> set[str]:
        """The component's hyperparameters that the traits name."""
        needed = {name for included in self.includes.values() for name in _inclusion(included).hyperparameters()}
        return needed | {*self.natural_limits, *self.meanings} | ({self.coupled_decay, self.decoupled_by} - {""})

    def to_json(self) -> dict[str, Any]:
        """Plain data, as study.json holds it."""
        return {
            "includes": {name: _inclusion(included).to_json() for name, included in self.includes.items()},
            "natural_limits": {name: list(limits) for name, limits in self.natural_limits.items()},
            "meanings": dict(self.meanings),
            "coupled_decay": self.coupled_decay,
            **({"decoupled_by": self.decoupled_by} if self.decoupled_by else {}),
            "only_with": {choice: list(names) for choice, names in self.only_with.items()},
        }

    @classmethod
    def from_json(cls, data: object) -> Traits:
        """The traits that ``to_json`` gave as plain data; ValueError, beginning with ``.field:``, for other data."""
        given = _fields(data, ("includes", "natural_limits", "meanings", "coupled_decay", "decoupled_by", "only_with"))
        includes, limits, only_with = (
            _table(name, given.get(name, {})) for name in ("includes", "natural_limits", "only_with")
        )
        coupled, decoupled = (given.get(name, "") for name in ("coupled_decay", "decoupled_by"))
        _check(isinstance(coupled, str), "coupled_decay", "a text", coupled)
        _check(isinstance(decoupled, str), "decoupled_by", "a text", decoupled)
        return cls(
            includes={name: _placed(f"includes.{name}", Inclusion.from_json, each) for name, each in includes.items()},
            natural_limits={
                name: _entries(f"natural_limits.{name}", values, (int, float), "numbers")
                for name, values in limits.items()
            },
            meanings=_table("meanings", given.get("meanings", {}), (str,), "a text"),
            coupled_decay=coupled,
            decoupled_by=decoupled,
            only_with={name: _texts(f"only_with.{name}", names) for name, names in only_with.items()},
        )

    def inclusion(self, component: ComponentName) -> Inclusion | None:
        """When this component can imitate another of its kind; None if the traits do not name the other."""
        return _inclusion(self.includes[component]) if component in self.includes else None


def _inclusion(included: Sequence[HyperparameterName] | Inclusion) -> Inclusion:
    return included if isinstance(included, Inclusion) else Inclusion(free=included)


def _fields(data: object, known: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(f": is a table, got {data!r}")
    for name in data:
        if name not in known:
            raise ValueError(f".{name}: {unknown('key', name, known)}")
    return data


def _table(place: str, data: object, types: tuple[type, ...] = (), what: str = "") -> dict[str, Any]:
    _check(isinstance(data, dict), place, "a table", data)
    entries: dict[str, Any] = dict(data)  # type: ignore[call-overload] # it is a dict, as was checked above
    for name, value in entries.items():
        _check(not types or type(value) in types, f"{place}.{name}", what, value)
    return entries


def _entries(place: str, data: object, types: tuple[type, ...], what: str) -> tuple[Any, ...]:
    _check(isinstance(data, list) and all(type(value) in types for value in data), place, f"a list of {what}", data)
    return tuple(data)  # type: ignore[arg-type] # it is a list, as was checked above


def _texts(place: str, data: object) -> tuple[str, ...]:
    return _entries(place, data, (str,), "texts")


def _placed(place: str, read: Callable[[object], Inclusion], data: object) -> Inclusion:
    try:
        return read(data)
    except ValueError as error:
        raise ValueError(f".{place}{error}") from None


def _check(is_right: bool, place: str, what: str, value: object) -> None:
    if not is_right:
        raise ValueError(f".{place}: is {what}, got {value!r}")


NO_TRAITS = Traits()
"""The traits of a component that declares none."""
