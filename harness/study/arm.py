"""Arms: the component spaces and the study's overrides, and the way from proposed values to a Configuration."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from harness.plugin.component import Component
from harness.plugin.names import full_name
from harness.plugin.ranges import Domain, Options, Range, Value, from_unit
from harness.study.configuration import Configuration, ModelSettings, Selection, TrainingSettings

Params = dict[str, Value]
"""Proposed values by full name: ``optimiser`` (where several are searched), ``optimiser.adam.lr`` …"""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A component that an arm may use: ``fixed`` values, and ``domains`` of the searched ones, most important first.

    ``wished``: names of those that the study itself asks to search, which no small budget leaves out.
    """

    component: Component
    fixed: Mapping[str, Value]
    domains: Mapping[str, Domain]
    wished: frozenset[str] = frozenset()

    def default(self, name: str) -> Value:
        """The component's own default, or the nearest value that a study's narrower range allows."""
        domain, default = self.domains[name], self.component.hyperparameters[name].default
        if isinstance(domain, Range) and default is not None and domain == self.component.space.get(name):
            return default  # 0 is the default of many a decay that is searched on a log scale
        if isinstance(domain, Options):
            if default is None or default in domain or isinstance(default, bool | str):
                return default if default is not None and default in domain else domain.values[0]
            return min(domain.values, key=lambda value: abs(float(value) - default))
        if self.component.hyperparameters[name].unset:
            return from_unit(domain, 0.5)  # a search has no point for "left out"
        if not isinstance(default, int | float):
            return int(domain.low) if domain.integer else domain.low
        nearest = min(max(default, domain.low), domain.high)
        return int(nearest) if domain.integer else nearest


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One combination of what a study compares. ``settings``: its value of each compared thing.

    ``candidates``: by choice, the components it may use; where there are several, which one is searched too.
    """

    name: str
    settings: Mapping[str, Value]
    candidates: Mapping[str, tuple[Candidate, ...]]
    model: ModelSettings
    training: TrainingSettings

    def walk(self, suggest: Callable[[str, Domain], Value]) -> Params:
        """The values that ``suggest`` gives for every active name and its domain, asked in order.

        Which component is active is asked first; the domains of the others of its choice are not.
        """
        params: Params = {}
        for choice, candidates in self.candidates.items():
            candidate = candidates[0]
            if len(candidates) > 1:
                params[choice] = suggest(choice, Options(tuple(listed.component.name for listed in candidates)))
                candidate = next(listed for listed in candidates if listed.component.name == params[choice])
            for name, domain in candidate.domains.items():
                full = full_name(choice, candidate.component.name, name)
                params[full] = suggest(full, domain)
        return params

    def dimensions(self) -> dict[str, Domain]:
        """The domain of everything that is searched by its full name, whichever component is active."""
        dimensions: dict[str, Domain] = {}
        for choice, candidates in self.candidates.items():
            if len(candidates) > 1:
                dimensions[choice] = Options(tuple(candidate.component.name for candidate in candidates))
            for candidate in candidates:
                for name, domain in candidate.domains.items():
                    dimensions[full_name(choice, candidate.component.name, name)] = domain
        return dimensions

    def defaults(self) -> Params:
        """The values of trial 0: the first component listed under each choice, at its own defaults."""
        defaults = {
            full_name(choice, candidate.component.name, name): candidate.default(name)
            for choice, candidates in self.candidates.items()
            for candidate in candidates
            for name in candidate.domains
        }
        return self.walk(lambda name, domain: defaults[name] if name in defaults else domain.values[0])  # type: ignore[union-attr]

    def with_ranges(self, ranges: Mapping[str, Domain]) -> Arm:
        """The arm, searching in these ranges. ``ranges``: by full name; what they do not name stays as it is."""

        def widen(choice: str, candidate: Candidate) -> Candidate:
            domains = {
                name: ranges.get(full_name(choice, candidate.component.name, name), domain)
                for name, domain in candidate.domains.items()
            }
            return replace(candidate, domains=domains)

        candidates = {
            choice: tuple(widen(choice, candidate) for candidate in listed)
            for choice, listed in self.candidates.items()
        }
        return replace(self, candidates=candidates)

    def components_with(self, hyperparameter: str) -> tuple[str, list[str]]:
        """The choice of a searched hyperparameter, and the components under it that have it; by its full name."""
        for choice, candidates in self.candidates.items():
            names = [
                candidate.component.name
                for candidate in candidates
                if hyperparameter in {full_name(choice, candidate.component.name, name) for name in candidate.domains}
            ]
            if names:
                return choice, names
        raise KeyError(hyperparameter)

    def grid(self) -> list[Params]:
        """The values of every cell of a grid; ValueError where a Range is searched, which has no cells."""
        cells: list[Params] = []
        for which in itertools.product(*self.candidates.values()):
            axes: dict[str, list[Value]] = {}
            for (choice, candidates), candidate in zip(self.candidates.items(), which, strict=True):
                if len(candidates) > 1:
                    axes[choice] = [candidate.component.name]
                for name, domain in candidate.domains.items():
                    full = full_name(choice, candidate.component.name, name)
                    if isinstance(domain, Range):
                        raise ValueError(f"{full}: a grid needs a list of values, or points = … in its range")
                    axes[full] = list(domain.values)
            cells += [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
        return cells

    def params(self, configuration: Configuration) -> Params:
        """The proposed values that a configuration comes from; KeyError if it is none of this arm's."""
        values = {
            name: value
            for choice, selection in configuration.choices
            for name, value in (
                (choice, selection.name),
                *((full_name(choice, selection.name, key), value) for key, value in selection.values),
            )
        }
        return self.walk(lambda name, domain: values[name])

    def configuration(self, params: Params) -> Configuration:
        """The configuration that proposed values stand for, with what is fixed and what stays at its default."""
        choices = {}
        for choice, candidates in self.candidates.items():
            name = str(params.get(choice, candidates[0].component.name))
            candidate = next(listed for listed in candidates if listed.component.name == name)
            proposed = {key: params[full_name(choice, name, key)] for key in candidate.domains}
            values = candidate.component.resolve({**candidate.fixed, **proposed})
            choices[choice] = Selection.of(candidate.component.name, values)
        return Configuration.of(choices, self.model, self.training)


def combinations(axes: Mapping[str, tuple[Value, ...]]) -> Iterator[dict[str, Value]]:
    """Every combination of the axes' values, by the axes' names; the last axis changes fastest."""
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))
