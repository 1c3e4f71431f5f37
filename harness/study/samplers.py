"""Optuna's samplers, by a name of ours, by ``module:Class``, or from OptunaHub: found, seeded and built."""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, PluginError, unknown
from harness.metric import Metric
from harness.plugin.discovery import module_of
from harness.plugin.ranges import TYPES
from harness.study.arm import Arm
from harness.study.study import OPTUNA, options_of

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

HUB = "optunahub:"
"""Before a package of OptunaHub and a class in it: ``optunahub:samplers/auto_sampler:AutoSampler``."""


def build_sampler(sampler: str, seed: int) -> BaseSampler:
    """The sampler that a study names, with its options and a seed; HarnessError, with the reason, where there is none.

    A sampler must take a ``seed``: what it proposes has to be the same again when a study goes on after a kill.
    """
    import optuna

    name, options = options_of(sampler)
    if name == "qmc":
        options = {"scramble": True, **options}  # else its points are the same for every seed
    cls: Any = _class(name)
    if not (inspect.isclass(cls) and issubclass(cls, optuna.samplers.BaseSampler)):
        raise HarnessError(f"{name} is no sampler of Optuna: a subclass of optuna.samplers.BaseSampler is needed")
    known = inspect.signature(cls).parameters
    if "seed" not in known:
        raise HarnessError(f"{name} takes no seed, so that its proposals could not be made again after a kill")
    allowed = {option: kinds for option, each in known.items() if option != "seed" and (kinds := _kinds(each))}
    for option, value in options.items():
        if option not in allowed:
            raise HarnessError(f"{name}: {unknown('option', option, allowed)}")
        if type(value) not in allowed[option] and not (type(value) is int and float in allowed[option]):
            of = " or ".join(kind.__name__ for kind in allowed[option])
            raise HarnessError(f"{name}: option {option} is of type {of}, got {value!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            built: BaseSampler = cls(**{"seed": seed, **options})
    except ImportError as error:
        raise HarnessError(f"{name} needs a package more: {str(error).splitlines()[0]}") from error
    except Exception as error:
        raise HarnessError(f"{name} cannot be built: {type(error).__name__}: {error}") from error
    return built


def rehearse(sampler: str, seed: int, metrics: Sequence[Metric], arm: Arm, trials: int) -> None:
    """Let a sampler propose trials of an arm, twice, in studies that nobody keeps, and tell it made-up scores.

    Optuna's samplers say what is wrong with an option, or with several metrics, when they are asked, many only once
    they have met some trials. HarnessError with that; and where it does not propose the same trials twice, so that its
    study could not go on after a kill. ``trials``: of the search; as many are asked as show what comes after the
    sampler's first ones.
    """
    import optuna

    from harness.study.optuna_space import DIRECTIONS, distribution, optuna_name

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    within = {optuna_name(name, domain): distribution(domain) for name, domain in arm.dimensions().items()}
    directions = [DIRECTIONS[metric.direction] for metric in metrics]
    count = min(trials, _first_trials(sampler) + 2)

    def proposed() -> Iterator[dict[str, Any]]:
        study = optuna.create_study(directions=directions, sampler=build_sampler(sampler, seed))
        for number in range(count):
            trial = study.ask(within)
            study.tell(trial, [number * GOLDEN % 1] * len(metrics))
            yield trial.params

    name = options_of(sampler)[0]
    try:
        with warnings.catch_warnings(action="ignore"):
            pairs = zip(proposed(), proposed(), strict=True)
            again = next((number for number, (first, second) in enumerate(pairs) if first != second), None)
    except (Exception, SystemExit) as error:
        names = " and ".join(metric.name for metric in metrics)
        wanted = f"search by {names} together" if len(metrics) > 1 else f"propose trials of arm {arm.name!r}"
        raise HarnessError(f"the sampler {name} cannot {wanted}: {type(error).__name__}: {error}") from error
    if again is not None:
        raise HarnessError(
            f"the sampler {name} proposes trial {again} otherwise when it is asked again: it is no function of its "
            "seed, so that a study could not go on after a kill"
        )


GOLDEN = 0.618
"""Made-up scores are multiples of it without their whole part: all differ, and none follows from the trial's values."""


def _first_trials(sampler: str) -> int:
    """How many trials a sampler draws before it learns from them, as its options or their default have it."""
    name, options = options_of(sampler)
    known = inspect.signature(_class(name)).parameters
    asked = options.get("n_startup_trials", known["n_startup_trials"].default if "n_startup_trials" in known else 10)
    return max(0, asked) if isinstance(asked, int) else 10


def _kinds(parameter: inspect.Parameter) -> Sequence[type]:
    """The types that a study file has for an argument, by its annotation; none for a function, say, or an array.

    An annotation may be a type or a text, and each ``int | None``, ``Optional[int]`` or ``Union[int, None]``.
    """
    annotation = parameter.annotation
    if annotation is inspect.Parameter.empty:
        return tuple(TYPES)
    said = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    whole = re.fullmatch(r"(?:typing\.)?(?:Optional|Union)\[(.*)\]", said)
    words = [word.strip() for word in re.split(r"[|,]", whole[1] if whole else said)]
    if any(re.match(r"(typing\.)?(Any$|object$|Literal\[)", word) for word in words):
        return tuple(TYPES)
    return [kind for kind in TYPES if kind.__name__ in words]


def _class(name: str) -> Any:
    source, _, attribute = OPTUNA.get(name, name).rpartition(":")
    try:
        module = _from_hub(source.removeprefix(HUB)) if source.startswith(HUB) else module_of(source)
    except PluginError as error:
        raise HarnessError(f"{name}: {str(error).replace('cannot load plugin', 'cannot load')}") from error
    if not hasattr(module, attribute):
        samplers = [each for each in vars(module) if each.endswith("Sampler")]
        raise HarnessError(unknown(f"class in {source}:", attribute, samplers))
    return getattr(module, attribute)


def _from_hub(package: str) -> Any:
    try:
        hub: Any = importlib.import_module("optunahub")
    except ImportError as error:
        raise PluginError("needs a package more: pip install optunahub") from error
    try:
        return hub.load_module(package)
    except Exception as error:  # it fetches what it loads
        raise PluginError(f"cannot load {package!r} of OptunaHub: {type(error).__name__}: {error}") from error
