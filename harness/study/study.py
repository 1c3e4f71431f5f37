"""The study file: what it may say, as pydantic models and plain data."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from harness.errors import unknown
from harness.plugin.names import parts_of
from harness.plugin.ranges import TYPES, Options, Value
from harness.study.configuration import ModelSettings, Settings, TrainingSettings, Whole

MOST_LOOKS = 100
"""Looks of a study that goes on until it is decided."""

Tier = Literal["smoke", "quick", "standard", "strict"]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a tier says: ``trials`` an arm, ``seeds`` of each confirmation, rounds to ``widen``, ``repeats``."""

    trials: int
    seeds: int
    widen: int = 3
    repeats: int = 1


TIERS: Mapping[Tier, Budget] = {
    "smoke": Budget(trials=4, seeds=1, widen=0),
    "quick": Budget(trials=8, seeds=6),
    "standard": Budget(trials=16, seeds=10),
    "strict": Budget(trials=32, seeds=30, repeats=10),
}
"""How thorough a study is."""


WIDENED = ("sobol", "random")
"""Samplers whose ranges may be widened: what an adaptive one has learnt holds in its ranges, and a grid has none."""


INDEPENDENT = ("sobol", "random", "grid")
"""Our own samplers, none of whose proposals depends on the trials before it."""


OPTUNA: Mapping[str, str] = {
    "tpe": "optuna.samplers:TPESampler",
    "gp": "optuna.samplers:GPSampler",
    "cmaes": "optuna.samplers:CmaEsSampler",
    "nsgaii": "optuna.samplers:NSGAIISampler",
    "nsgaiii": "optuna.samplers:NSGAIIISampler",
    "qmc": "optuna.samplers:QMCSampler",
}
"""Names of Optuna's samplers; others are named ``module:Class`` or ``optunahub:package:Class``."""


def is_adaptive(sampler: str) -> bool:
    """Whether proposals may depend on the trials before them: a tuning curve of such trials would mean nothing."""
    return options_of(sampler)[0] not in INDEPENDENT


def options_of(sampler: str) -> tuple[str, dict[str, Value]]:
    """Name and options of a sampler, which study.json holds as one text: ``tpe {"multivariate": true}``."""
    name, _, options = sampler.partition(" ")
    return name, json.loads(options) if options else {}


def _sampler(entry: object) -> str:
    """``"cmaes"``, or ``{ name = "cmaes", popsize = 8 }``, as one text."""
    options: dict[str, object] = {}
    if isinstance(entry, str):
        entry, _, rest = entry.partition(" ")
        try:
            options = json.loads(rest) if rest else {}
        except (ValueError, RecursionError):
            raise ValueError(f"the options of {entry} are no table in JSON, got {rest[:40]!r}") from None
    elif isinstance(entry, Mapping):
        options = {key: value for key, value in entry.items() if key != "name"}
        entry = entry.get("name")
    if not isinstance(entry, str) or not isinstance(options, dict):
        raise ValueError(f'is a name, or a table like {{ name = "cmaes", popsize = 8 }}, got {entry!r}')
    if entry not in (*INDEPENDENT, *OPTUNA) and ":" not in entry:
        raise ValueError(f"{unknown('sampler', entry, (*INDEPENDENT, *OPTUNA))}, or module:Class")
    if options and entry in INDEPENDENT:
        raise ValueError(f"sampler {entry!r} has no options, got {', '.join(options)}")
    for name, value in options.items():
        if type(value) not in TYPES:
            raise ValueError(f"option {name} is a bool, int, float or str, got {value!r}")
    return f"{entry} {json.dumps(options, sort_keys=True)}" if options else entry


FEWEST_REPEATS = 6
"""Repeats of the search below which no verdict could follow, since the search is then the unit of every test."""


def _rounds(entry: object) -> object:
    if entry is True:
        raise ValueError("widen is a number of rounds, or false for none, got true")
    return 0 if entry is False else entry


class SearchSettings(Settings):
    """``trials``: per arm, the first being the defaults. ``batch``: how many an adaptive sampler proposes together.

    ``widen``: at most so many rounds of further trials, each in a wider range, while a winner is at the edge of its
    range. ``repeats``: independent searches of each arm. The last two have here the values of a study that came before
    they did; ``Study`` fills in its tier's. ``objectives``: what the sampler is told beside the study's metric.
    """

    LATER: ClassVar[frozenset[str]] = frozenset({"objectives"})

    trials: Annotated[Whole, Field(ge=1)] = 8
    sampler: Annotated[str, BeforeValidator(_sampler)] = "sobol"
    batch: Annotated[Whole, Field(ge=1)] = 4
    widen: Annotated[int, BeforeValidator(_rounds), Field(ge=0, le=20)] = 0
    repeats: Annotated[int, Field(ge=1, le=100)] = 1
    objectives: list[str] = []

    @property
    def extra_trials(self) -> int:
        """Trials of an arm in a round of widening: half of its first ones, at least 4."""
        return max(4, -(-self.trials // 2))

    @model_validator(mode="after")
    def _check_widen(self) -> SearchSettings:
        if self.widen and self.sampler not in WIDENED:
            raise ValueError(f"widen is {self.widen}, but ranges are never widened with the sampler {self.sampler!r}")
        return self

    @field_validator("repeats")
    @classmethod
    def _check_repeats(cls, repeats: int) -> int:
        if 1 < repeats < FEWEST_REPEATS:
            raise ValueError(
                f"repeats is {repeats}: every test would count {repeats} searches, and fewer than {FEWEST_REPEATS} "
                f"decide nothing; 1, or {FEWEST_REPEATS} and more"
            )
        return repeats


class SelectSettings(Settings):
    """How many of the best ``trials`` of each arm run again, and at how many more tuning ``seeds``.

    ``defaults``: whether each arm's defaults run there too, whatever their rank; false in studies that came before.
    """

    trials: Annotated[Whole, Field(ge=1)] = 3
    seeds: Annotated[int, Field(ge=0, lt=100)] = 2
    defaults: bool = False


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
        if self.until_decided and (looks := math.ceil(self.limit / self.seeds)) > MOST_LOOKS:
            raise ValueError(
                f"limit is {self.limit}: after every {self.seeds} seeds, that would be {looks} looks, of at most "
                f"{MOST_LOOKS}; take more seeds a look, or a lower limit"
            )
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
    ``tier``: the trials, rounds, repeats and seeds where ``search`` and ``confirm`` do not say them.
    ``smallest_difference``: that matters, in units of the metric; None leaves it to the spread of the defaults.
    ``failed``: what a failed run scores, in units of the metric; None: nothing, so that its seed is left out.
    ``seed_namespace``: studies that name the same one, and agree in problem, model, training and seed, confirm at the
    same random draws; without one a study shares them with none that compares something else.
    """

    question: str
    problem: Annotated[Any, BeforeValidator(_pick)]
    metric: str
    compare: list[str] = []
    baseline: dict[str, Any] = {}
    tier: Tier = "quick"
    smallest_difference: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    failed: Annotated[float, Field(allow_inf_nan=False)] | None = None
    seed: Annotated[Whole, Field(ge=0)] = 0
    seed_namespace: str = ""
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
        budget = TIERS.get(tier if isinstance(tier, str) else "quick", TIERS["quick"])  # type: ignore[call-overload]
        search = raw.get("search", {})
        is_fixed = isinstance(search, dict) and search.get("sampler", "sobol") not in WIDENED
        fillers: dict[str, dict[str, Any]] = {
            "search": {"trials": budget.trials, "widen": 0 if is_fixed else budget.widen, "repeats": budget.repeats},
            "select": {"defaults": True},
            "confirm": {"seeds": budget.seeds},
        }
        filled = dict(raw)
        for section, values in fillers.items():
            given = raw.get(section, {})
            if isinstance(given, dict):
                filled[section] = {**values, **given}
        return filled
