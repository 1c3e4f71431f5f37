"""The study file: what it may say, as pydantic models and plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from harness.errors import unknown
from harness.plugin.names import parts_of
from harness.plugin.ranges import TYPES, Options, Value
from harness.study.configuration import ModelSettings, Settings, TrainingSettings, Whole

Tier = Literal["smoke", "quick", "standard", "strict"]


TIERS: Mapping[Tier, tuple[int, int]] = {"smoke": (4, 1), "quick": (8, 6), "standard": (16, 10), "strict": (32, 30)}
"""How thorough a study is: trials an arm, and seeds of each confirmation."""


ADAPTIVE = ("tpe",)
"""Samplers whose proposals depend on the trials before them: a tuning curve of theirs would mean nothing."""


class SearchSettings(Settings):
    """``trials``: per arm, the first being the defaults. ``batch``: how many an adaptive sampler proposes together."""

    trials: Annotated[Whole, Field(ge=1)] = 8
    sampler: Literal["sobol", "random", "tpe", "grid"] = "sobol"
    batch: Annotated[Whole, Field(ge=1)] = 4


class SelectSettings(Settings):
    """How many of the best ``trials`` of each arm run again, and at how many more tuning ``seeds``."""

    trials: Annotated[Whole, Field(ge=1)] = 3
    seeds: Annotated[int, Field(ge=0, lt=100)] = 2


class ConfirmSettings(Settings):
    """Each arm's chosen configuration, and its defaults, run at ``seeds`` fresh seed indices.

    ``until_decided``: as many again, and again, up to ``limit``, while a comparison is undecided.
    """

    seeds: Annotated[int, Field(ge=1, lt=10_000)] = 6
    until_decided: bool = False
    limit: Annotated[int, Field(ge=1, lt=10_000)] = 30

    @model_validator(mode="after")
    def _check_limit(self) -> ConfirmSettings:
        if self.until_decided and self.limit < self.seeds:
            raise ValueError(f"limit is {self.limit}, less than the {self.seeds} seeds of the first look")
        return self


@dataclass(frozen=True, kw_only=True)
class Pick:
    """A component as a study file names it.

    ``values``: hyperparameters it fixes. ``search``: those to search, the others staying at their defaults; None
    where the file leaves it to the component's own space.
    """

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
    search: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A range as a study file writes it. ``scale``: None inherits the component's. ``points``: so many even steps."""

    low: float
    high: float
    scale: str | None = None
    points: int | None = None


Override = Value | Options | Interval
"""What ``[space]`` may say of a hyperparameter: a fixed value, a list of values, a range."""


def _value(entry: object) -> Value:
    if not isinstance(entry, bool | int | float | str):
        raise ValueError(f"a value is a number, a string or true/false, got {entry!r}")
    if isinstance(entry, int) and not -(2**63) <= entry < 2**63:
        raise ValueError(f"a whole number has at most 64 bits, got one of {entry.bit_length()}")
    return entry


def _pick(entry: object) -> Pick:
    if isinstance(entry, str):
        return Pick(name=entry)
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ValueError(f'write a name or {{ name = "…", hyperparameter = value }}, got {entry!r}')
    search = entry.get("search")
    if search is not None and not (isinstance(search, list) and all(isinstance(name, str) for name in search)):
        raise ValueError(f"search is a list of names of hyperparameters, got {search!r}")
    values = {key: _value(value) for key, value in _flat(entry) if key not in ("name", "search")}
    return Pick(name=entry["name"], values=values, search=None if search is None else tuple(search))


def _flat(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The keys and values of a pick, those of a table in it under joined names: ``l2.strength`` of ``l2 + l1``."""
    together = parts_of(entry["name"])
    for key, value in entry.items():
        if isinstance(value, dict) and len(together) > 1 and key in together:
            for inner, inner_value in value.items():
                if f"{key}.{inner}" in entry:
                    raise ValueError(f"{key}.{inner} is given twice")
                yield f"{key}.{inner}", inner_value
        else:
            yield key, value


def _picks(entry: object) -> tuple[Pick, ...]:
    picks = tuple(_pick(listed) for listed in entry) if isinstance(entry, list) else (_pick(entry),)
    if not picks:
        raise ValueError("an empty list leaves nothing to choose from")
    return picks


def _override(entry: object) -> Override:
    if isinstance(entry, list):
        return Options(tuple(map(_value, entry)))
    if not isinstance(entry, dict):
        return _value(entry)
    known = {"low": (int, float), "high": (int, float), "scale": (str,), "points": (int,)}
    for key, value in entry.items():
        if key not in known:
            raise ValueError(unknown("key of a range", key, known))
        if type(value) not in known[key]:
            raise ValueError(f"{key} of a range is {TYPES[known[key][-1]]}, got {value!r}")
        _value(value)
    if "low" not in entry or "high" not in entry:
        raise ValueError(f"a range needs low and high, got {entry!r}")
    if not 2 <= entry.get("points", 2) <= 1000:
        raise ValueError(f"a range has 2 to 1000 points, got {entry['points']}")
    return Interval(**entry)


class Study(Settings):
    """One question. Hyperparameters are named ``choice.component.name``.

    ``compare``: choices, or full names of hyperparameters, crossed into arms.
    ``baseline``: the arm that the others are compared with, by its values of what is compared; else the first.
    ``space``: narrows or fixes what the components declare.
    ``tier``: how many trials and seeds there are where ``search`` and ``confirm`` do not say it.
    ``smallest_difference``: that matters, in units of the metric; None leaves it to the baseline's spread.
    """

    question: str
    problem: Annotated[Any, BeforeValidator(_pick)]
    metric: str
    compare: list[str] = []
    baseline: dict[str, Any] = {}
    tier: Tier = "quick"
    smallest_difference: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    seed: Annotated[Whole, Field(ge=0)] = 0
    choices: dict[str, Annotated[Any, BeforeValidator(_picks)]] = {}
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()
    search: SearchSettings = SearchSettings()
    select: SelectSettings = SelectSettings()
    confirm: ConfirmSettings = ConfirmSettings()
    space: dict[str, Annotated[Any, BeforeValidator(_override)]] = {}

    @model_validator(mode="before")
    @classmethod
    def _fill_in_tier(cls, raw: Any) -> Any:
        tier = raw.get("tier")
        trials, seeds = TIERS.get(tier if isinstance(tier, str) else "quick", TIERS["quick"])  # type: ignore[call-overload]
        filled = dict(raw)
        for section, key, number in (("search", "trials", trials), ("confirm", "seeds", seeds)):
            given = raw.get(section, {})
            if isinstance(given, dict):
                filled[section] = {key: number, **given}
        return filled
