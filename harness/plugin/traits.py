"""What a component says of itself, beside its space, so that a comparison can be judged: plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import unknown

Component = str


Hyperparameter = str


@dataclass(frozen=True, kw_only=True)
class Inclusion:
    """When a component can do what another of its kind does: Choi et al. 2019.

    ``free``: own hyperparameters that a search must be able to move. ``same``: own hyperparameter → the other's whose
    value it must be able to take. ``reach``: values that own hyperparameters must be able to take. ``where``: values of
    the other's without which there is no imitation.
    """

    free: Sequence[Hyperparameter] = ()
    same: Mapping[Hyperparameter, Hyperparameter] = field(default_factory=dict)
    reach: Mapping[Hyperparameter, float] = field(default_factory=dict)
    where: Mapping[Hyperparameter, bool | float | str] = field(default_factory=dict)

    def hyperparameters(self) -> set[str]:
        """The component's own."""
        return {*self.free, *self.same, *self.reach}

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "free": list(self.free),
            "same": dict(self.same),
            "reach": dict(self.reach),
            "where": dict(self.where),
        }

    @classmethod
    def from_json(cls, data: object) -> Inclusion:
        """From ``to_json``'s plain data; ValueError, which begins with ``.field:``, for what is none."""
        given = _fields(data, ("free", "same", "reach", "where"))
        return cls(
            free=_texts("free", given["free"]) if "free" in given else (),
            same=_table("same", given.get("same", {}), (str,), "a text"),
            reach=_table("reach", given.get("reach", {}), (int, float), "a number"),
            where=_table("where", given.get("where", {}), (bool, int, float, str), "a number, a text, true or false"),
        )


@dataclass(frozen=True, kw_only=True)
class Traits:
    """Facts that warnings rest on; each may be left out.

    ``includes``: components of the same kind that this one can imitate, each with the hyperparameters that must be free
    for it (Adam with a large enough eps is SGD with momentum), or with an ``Inclusion`` where that depends on more.
    ``natural_limits``: values at which a range ends for a reason, so that a winner there is no sign of a narrow range.
    ``meanings``: what a hyperparameter measures, where others use the same name for something else.
    ``coupled_decay``: the hyperparameter that adds L2 to the gradient of an adaptive method.
    ``only_with``: of another choice, the components with which this one makes sense; a study with others is refused.
    """

    includes: Mapping[Component, Sequence[Hyperparameter] | Inclusion] = field(default_factory=dict)
    natural_limits: Mapping[Hyperparameter, Sequence[float]] = field(default_factory=dict)
    meanings: Mapping[Hyperparameter, str] = field(default_factory=dict)
    coupled_decay: str = ""
    only_with: Mapping[str, Sequence[Component]] = field(default_factory=dict)

    def hyperparameters(self) -> set[str]:
        """Those of the component's own that the traits speak of."""
        needed = {name for each in self.includes.values() for name in _inclusion(each).hyperparameters()}
        return needed | {*self.natural_limits, *self.meanings} | ({self.coupled_decay} - {""})

    def to_json(self) -> dict[str, Any]:
        """Plain data, as study.json holds it."""
        return {
            "includes": {name: _inclusion(each).to_json() for name, each in self.includes.items()},
            "natural_limits": {name: list(limits) for name, limits in self.natural_limits.items()},
            "meanings": dict(self.meanings),
            "coupled_decay": self.coupled_decay,
            "only_with": {choice: list(names) for choice, names in self.only_with.items()},
        }

    @classmethod
    def from_json(cls, data: object) -> Traits:
        """From ``to_json``'s plain data; ValueError, which begins with ``.field:``, for what is none."""
        given = _fields(data, ("includes", "natural_limits", "meanings", "coupled_decay", "only_with"))
        includes, limits, only_with = (
            _table(name, given.get(name, {})) for name in ("includes", "natural_limits", "only_with")
        )
        coupled = given.get("coupled_decay", "")
        _check(isinstance(coupled, str), "coupled_decay", "a text", coupled)
        return cls(
            includes={name: _placed(f"includes.{name}", Inclusion.from_json, each) for name, each in includes.items()},
            natural_limits={
                name: _entries(f"natural_limits.{name}", values, (int, float), "numbers")
                for name, values in limits.items()
            },
            meanings=_table("meanings", given.get("meanings", {}), (str,), "a text"),
            coupled_decay=coupled,
            only_with={name: _texts(f"only_with.{name}", names) for name, names in only_with.items()},
        )

    def inclusion(self, component: Component) -> Inclusion | None:
        """When this one can do what a component of the same kind does; None where nothing is said of that."""
        return _inclusion(self.includes[component]) if component in self.includes else None


def _inclusion(each: Sequence[Hyperparameter] | Inclusion) -> Inclusion:
    return each if isinstance(each, Inclusion) else Inclusion(free=each)


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
