"""Optuna's samplers, by a name of ours, by ``module:Class``, or from OptunaHub: found, seeded and built."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, PluginError, unknown
from harness.metric import Metric
from harness.plugin.discovery import module_of
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
    for option in options:
        if option not in known or option == "seed":
            allowed = [each for each in known if each != "seed"]
            raise HarnessError(f"{name}: {unknown('option', option, allowed)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            built: BaseSampler = cls(**{"seed": seed, **options})
    except ImportError as error:
        raise HarnessError(f"{name} needs a package more: {str(error).splitlines()[0]}") from error
    except Exception as error:
        raise HarnessError(f"{name} cannot be built: {type(error).__name__}: {error}") from error
    return built


def check_objectives(sampler: str, seed: int, metrics: Sequence[Metric], arm: Arm) -> None:
    """HarnessError, with the reason, for a sampler that cannot propose trials of an arm where it has several metrics.

    Optuna's samplers say so when they are asked, and not before: so this one is, in a study that nobody keeps.
    """
    import optuna

    from harness.study.optuna_space import DIRECTIONS, distribution, optuna_name

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    built = build_sampler(sampler, seed)
    within = {optuna_name(name, domain): distribution(domain) for name, domain in arm.dimensions().items()}
    try:
        study = optuna.create_study(directions=[DIRECTIONS[metric.direction] for metric in metrics], sampler=built)
        for number in range(2):
            study.tell(study.ask(within), [float(number)] * len(metrics))
    except Exception as error:
        names = " and ".join(metric.name for metric in metrics)
        raise HarnessError(
            f"the sampler {options_of(sampler)[0]} cannot search by {names} together: {type(error).__name__}: {error}"
        ) from error


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
