"""What study.json holds, typed and checked when a result folder is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast, get_args

from pydantic import ValidationError

from harness.errors import unknown
from harness.metric import Direction, Metric
from harness.plugin.ranges import Domain, Value, domain_from_json, domain_to_json
from harness.plugin.traits import Traits
from harness.study._json import Node
from harness.study.accepted import Accepted
from harness.study.configuration import ModelSettings, Settings, TrainingSettings
from harness.study.file import reworded
from harness.study.format import FORMAT, format_of
from harness.study.objectives import objectives_of
from harness.study.study import TIERS, ConfirmSettings, SearchSettings, SelectSettings

Section = TypeVar("Section", bound=Settings)


@dataclass(frozen=True, kw_only=True)
class ResolvedProblem:
    """The problem of a study: the component's ``name``, its hyperparameters' ``values``, the ``digest`` of its data."""

    name: str
    values: Mapping[str, Value]
    digest: str

    def to_json(self) -> dict[str, Any]:
        """Plain data, as study.json holds it."""
        return {"name": self.name, **self.values, "digest": self.digest}


@dataclass(frozen=True, kw_only=True)
class ResolvedArm:
    """An arm of a study, every name in full (``optimiser.adam.lr``).

    ``settings``: its value of each compared thing. ``space``: what it searches. ``fixed``: what the study fixes.
    ``defaults``: choices and values of its trial 0. ``traits``: by component (``optimiser.adam``), what it says of
    itself. ``files``: by path, the SHA-256 of every file that a hyperparameter names.
    """

    settings: Mapping[str, Value]
    space: Mapping[str, Domain]
    fixed: Mapping[str, Value] = field(default_factory=dict)
    defaults: Mapping[str, Value] = field(default_factory=dict)
    traits: Mapping[str, Traits]
    files: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain data, as study.json holds it."""
        return {
            "settings": dict(self.settings),
            "space": {name: domain_to_json(domain) for name, domain in self.space.items()},
            "fixed": dict(self.fixed),
            "defaults": dict(self.defaults),
            "traits": {component: traits.to_json() for component, traits in self.traits.items()},
            "files": dict(self.files),
        }


@dataclass(frozen=True, kw_only=True)
class ResolvedStudy:
    """A study as its result folder keeps it: all that tables need, and all that must not change under the folder.

    ``conventions``: what a reader must know of the problem's metrics. ``metrics``: every metric that the study might
    have named, and which way it is better. ``compare``: names of what tells the ``arms`` apart. ``baseline``: an arm.
    ``smallest_difference``: that matters, in units of the metric; None leaves it to the default rule. ``failed``: what
    a failed run scores; None leaves it out.
    ``confirmation_seed``: of the random streams of confirm and test, from the study's identity; in folders that are
    older than identities, the study's ``seed``. ``overrides``: of ``--set``, in the order in which they were given.
    ``accepted``: what changed in the program since, and was shown to change none of the folder's runs. ``format``: that
    of the file.
    """

    question: str
    tier: str = ""
    problem: ResolvedProblem
    conventions: str = ""
    metric: Metric
    metrics: Mapping[str, Direction]
    seed: int
    seed_namespace: str = ""
    confirmation_seed: int
    compare: tuple[str, ...]
    baseline: str
    model: ModelSettings
    training: TrainingSettings
    search: SearchSettings
    select: SelectSettings
    confirm: ConfirmSettings
    smallest_difference: float | None = None
    failed: float | None = None
    arms: Mapping[str, ResolvedArm]
    overrides: tuple[str, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    format: int = FORMAT

    @property
    def objectives(self) -> tuple[Metric, ...]:
        """What the search was told beside the metric."""
        return objectives_of(self.search.objectives, self.metric.name, self.metrics)

    @property
    def digests(self) -> frozenset[str]:
        """Every digest under which the folder has known its data: the present one, and older ones of the same data."""
        return frozenset({self.problem.digest, *(each.digest for each in self.accepted if each.digest)})

    def to_json(self) -> dict[str, Any]:
        """Plain data, as study.json holds it; ``from_json`` gives an equal study back."""
        seeds = {"seed_namespace": self.seed_namespace, "confirmation_seed": self.confirmation_seed}
        return {
            **({} if self.format == 1 else {"format": self.format}),
            "question": self.question,
            "tier": self.tier,
            "problem": self.problem.to_json(),
            "conventions": self.conventions,
            "metric": self.metric.name,
            "direction": self.metric.direction,
            "metrics": dict(self.metrics),
            "seed": self.seed,
            **({} if self.format == 1 else seeds),
            "compare": list(self.compare),
            "baseline": self.baseline,
            "model": self.model.plain(),
            "training": self.training.plain(),
            "search": _dumped(self.search, ADDED["search"]),
            "select": _dumped(self.select, ADDED["select"]),
            "confirm": self.confirm.model_dump(),
            "smallest_difference": self.smallest_difference,
            **({} if self.failed is None else {"failed": self.failed}),  # as in folders from before there was the key
            "arms": {name: arm.to_json() for name, arm in self.arms.items()},
            "overrides": list(self.overrides),
            **({"accepted": [each.to_json() for each in self.accepted]} if self.accepted else {}),
        }

    @classmethod
    def from_json(cls, data: object, where: str) -> ResolvedStudy:
        """The study that plain data describe; ``where`` is the file that holds them.

        ResultError, one line with file and field, for data that describe none, as of a damaged or edited file.
        """
        root = Node(data, where)
        if not isinstance(data, dict) or "arms" not in data:
            raise root.fault("damaged: it holds no study")
        try:
            number = format_of(data)
        except ValueError as error:
            raise root.fault(str(error)) from None
        given = root.fields((*_REQUIRED, *(_SINCE_2 if number > 1 else ())), _OPTIONAL)
        root.check_numbers()
        metrics = {name: _direction(node) for name, node in given["metrics"].table().items()}
        compare = given["compare"].texts()
        metric = _metric(given["metric"], given["direction"], metrics)
        arms = {name: _arm(node, compare) for name, node in given["arms"].table().items()}
        if not arms:
            raise given["arms"].fault("a study has at least one arm")
        return cls(
            question=given["question"].text(),
            tier=_tier(given["tier"]) if "tier" in given else "",
            problem=_problem(given["problem"]),
            conventions=given["conventions"].text() if "conventions" in given else "",
            metric=metric,
            metrics=metrics,
            seed=_seed(given["seed"]),
            seed_namespace=given["seed_namespace"].text() if "seed_namespace" in given else "",
            confirmation_seed=_seed(given["confirmation_seed" if number > 1 else "seed"]),
            compare=compare,
            baseline=_one_of(given["baseline"], "arm", arms),
            model=_section(given["model"], ModelSettings),
            training=_section(given["training"], TrainingSettings),
            search=_search(given["search"], metric, metrics),
            select=_section(given["select"], SelectSettings),
            confirm=_section(given["confirm"], ConfirmSettings),
            smallest_difference=_difference(given.get("smallest_difference")),
            failed=_score(given.get("failed")),
            arms=arms,
            overrides=given["overrides"].texts() if "overrides" in given else (),
            accepted=tuple(map(Accepted.from_node, given["accepted"].items())) if "accepted" in given else (),
            format=number,
        )


_REQUIRED = (
    "question", "problem", "metric", "metrics", "direction", "baseline", "compare", "search", "select", "confirm",
    "seed", "model", "training", "arms",
)  # fmt: skip
_SINCE_2 = ("format", "seed_namespace", "confirmation_seed")
_OPTIONAL = ("tier", "conventions", "smallest_difference", "failed", "overrides", "accepted")
"""Keys that only tables show: a file that lacks one says nothing there."""


ADDED: Mapping[str, tuple[str, ...]] = {"search": ("widen", "repeats"), "select": ("defaults",)}
"""Settings by section that older study.json lack; they go on without them, as with the default of the model."""


def _dumped(section: Settings, added: Iterable[str]) -> dict[str, Any]:
    absent = set(added) - section.model_fields_set
    return {key: value for key, value in section.plain().items() if key not in absent}


def _one_of(node: Node, kind: str, known: Iterable[str]) -> str:
    name = node.text()
    names = list(known)
    if name not in names:
        raise node.fault(unknown(kind, name, names))
    return name


def _direction(node: Node) -> Direction:
    return cast(Direction, _one_of(node, "direction", get_args(Direction)))


def _tier(node: Node) -> str:
    """The tier; '' as ``to_json`` writes it for a study that came without one."""
    return "" if node.value == "" else _one_of(node, "tier", TIERS)


def _seed(node: Node) -> int:
    if node.integer() < 0:
        raise node.fault(f"is at least 0, got {node.value!r}")
    return node.integer()


def _metric(name: Node, direction: Node, metrics: Mapping[str, Direction]) -> Metric:
    metric = Metric(_one_of(name, "metric", metrics), _direction(direction))
    if metrics[metric.name] != metric.direction:
        raise direction.fault(f"is {metric.direction!r}, but metrics says {metrics[metric.name]!r} of {metric.name}")
    return metric


def _difference(node: Node | None) -> float | None:
    if node is None or node.value is None:
        return None
    if not node.number() > 0:
        raise node.fault(f"is greater than 0, got {node.value!r}")
    return node.number()


def _score(node: Node | None) -> float | None:
    return None if node is None or node.value is None else node.number()


def _problem(node: Node) -> ResolvedProblem:
    values = node.scalars()
    node.fields(("name", "digest"), values)
    name, digest = (node.child(key).text() for key in ("name", "digest"))
    rest = {key: value for key, value in values.items() if key not in ("name", "digest")}
    return ResolvedProblem(name=name, values=rest, digest=digest)


def _section(node: Node, model: type[Section]) -> Section:
    """A section of settings; those that it lacks, because it is older than they are, have their defaults."""
    node.fields((), model.model_fields)
    try:
        return model(**node.value)
    except ValidationError as error:
        fault = error.errors()[0]
        inner = Node(fault["input"], node.file, (*node.path, *map(str, fault["loc"])))
        raise inner.fault(reworded(inner.path[-1], fault)) from None


def _search(node: Node, metric: Metric, metrics: Mapping[str, Direction]) -> SearchSettings:
    search = _section(node, SearchSettings)
    try:
        objectives_of(search.objectives, metric.name, metrics)
    except ValueError as error:
        raise node.child("objectives").fault(str(error)) from None
    return search


def _arm(node: Node, compare: tuple[str, ...]) -> ResolvedArm:
    given = node.fields(("settings", "space", "traits"), ("fixed", "defaults", "files"))
    settings = given["settings"].scalars()
    given["settings"].fields(compare)
    return ResolvedArm(
        settings=settings,
        space={name: _domain(domain) for name, domain in given["space"].table().items()},
        fixed=given["fixed"].scalars() if "fixed" in given else {},
        defaults=given["defaults"].scalars() if "defaults" in given else {},
        traits={name: _traits(traits) for name, traits in given["traits"].table().items()},
        files={name: file.text() for name, file in given["files"].table().items()} if "files" in given else {},
    )


def _domain(node: Node) -> Domain:
    if "options" in node.table():
        for option in node.fields(("options",))["options"].items():
            option.scalar()
    else:
        given = node.fields(("low", "high"), ("scale", "integer"))
        for name, end in given.items():
            {"scale": end.text, "integer": end.flag}.get(name, end.number)()
    try:
        return domain_from_json(node.value)
    except ValueError as error:
        raise node.fault(str(error)) from None


def _traits(node: Node) -> Traits:
    try:
        return Traits.from_json(node.value)
    except ValueError as error:
        raise Node(None, node.file).fault(f"{node.place}{error}") from None
