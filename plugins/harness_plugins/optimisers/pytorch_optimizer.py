"""Every optimiser of the package pytorch_optimizer (extra ``optimisers``), under its name there."""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
import textwrap
from collections.abc import Container, Iterable
from types import ModuleType
from typing import Any

import torch
from torch.optim import Optimizer

import harness
from harness_plugins.optimisers._hyperparameters import CONSTANT_LR_ONLY, DECOUPLED
from harness_plugins.optimisers._pytorch_optimizer_quirks import PLAIN, QUIRKS, REFUSED, Quirk
from harness_plugins.optimisers._pytorch_optimizer_survey import DECOUPLES, Behaviour, survey

PACKAGE = "pytorch_optimizer"


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(f"{PACKAGE}:*", Library())


class Library:
    """Every optimiser of the package pytorch_optimizer."""

    def names(self) -> Iterable[str]:
        """The package's names of all optimisers, which are in lower case."""
        names: list[str] = _package().get_supported_optimizers()
        return names

    def __call__(self, member: str) -> harness.Offer:
        """The optimiser of that name; its lr is searched from a tenth to ten times its default."""
        names = list(self.names())
        if member not in names:
            near = difflib.get_close_matches(member.lower(), names, n=1, cutoff=0.5)
            hint = f", did you mean '{PACKAGE}:{near[0]}'?" if near else ";"
            raise harness.PluginError(
                f"unknown optimiser '{PACKAGE}:{member}'{hint} known: harness list optimiser '{PACKAGE}:*'"
            )
        if member in REFUSED:
            raise harness.PluginError(f"{member} of {PACKAGE} {REFUSED[member]}")
        quirk = QUIRKS.get(member, PLAIN)
        behaviour = survey().get(
            member, Behaviour()
        )  # a later version of the package has members that were not measured
        made = _made_for_the_model(_package().load_optimizer(member), quirk, behaviour)
        parameters = inspect.signature(made).parameters
        rate = parameters[quirk.searched_rate].default
        return harness.Offer(
            build=made,
            space={quirk.searched_rate: harness.log(rate / 10, min(rate * 10, quirk.highest_rate))},
            traits=_traits(quirk, behaviour, parameters),
            package=PACKAGE,
        )


def _package() -> ModuleType:
    try:
        return importlib.import_module(PACKAGE)
    except ImportError as error:
        raise harness.PluginError(
            f"the optimisers of {PACKAGE} need a package more: pip install 'optimiser-harness[optimisers]'"
        ) from error


def _traits(quirk: Quirk, behaviour: Behaviour, hyperparameters: Container[str]) -> harness.Traits:
    turns = next((name for name in DECOUPLES if name in hyperparameters), "")
    meaning = {"lr·w": DECOUPLED, "L2": "rescaled L2" if behaviour.erases else "", "": ""}
    decay = meaning.get(behaviour.decay, "something of its own")
    return harness.Traits(
        only_with=CONSTANT_LR_ONLY if quirk.own_schedule else {},
        meanings={"weight_decay": decay} if decay else {},
        coupled_decay="weight_decay" if behaviour.erases else "",
        decoupled_by=turns if behaviour.erases else "",
    )


def _made_for_the_model(cls: type[Optimizer], quirk: Quirk, behaviour: Behaviour) -> type[Optimizer]:
    """A subclass that takes the model as its first argument, and is changed as the quirk says."""
    first, *others = inspect.signature(cls).parameters.values()
    hidden = {*quirk.fixed, *quirk.unused}
    parameters = [
        *(
            parameter.replace(default=quirk.defaults.get(parameter.name, parameter.default))
            for parameter in others
            if parameter.name not in hidden
        ),
        *(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=type(default))
            for name, default in quirk.added.items()
        ),
    ]
    made: Any = (
        _over_the_hidden_weight(cls)
        if quirk.matrix_alone
        else _over_all_parameters(cls, quirk, takes_model=first.name == "model")
    )
    made.__signature__ = inspect.Signature(
        [first.replace(name="model"), *sorted(parameters, key=lambda parameter: parameter.kind)]
    )
    made.__doc__ = _described(cls, parameters, " ".join(filter(None, (quirk.note, behaviour.note))))
    # A record's source is then a hash of the file of ``cls``.
    made.__module__, made.__name__, made.__qualname__ = cls.__module__, cls.__name__, cls.__qualname__
    return made  # type: ignore[no-any-return]


def _over_all_parameters(cls: type[Optimizer], quirk: Quirk, *, takes_model: bool) -> type[Optimizer]:
    wrap_step = quirk.wrap_step

    class Made(cls):  # type: ignore[misc, valid-type]
        def __init__(self, model: harness.EmbeddingClassifier, **values: Any) -> None:
            super().__init__(model if takes_model else quirk.groups(model, values), **quirk.fixed, **values)
            self.__dict__.update(dict.fromkeys(quirk.needs, True))

        if wrap_step is not None:

            def step(self, closure: Any = None) -> Any:
                return wrap_step(super().step, closure)

    return Made


def _over_the_hidden_weight(cls: type[Optimizer]) -> type[Optimizer]:
    class Made(harness.Together):
        def __init__(self, model: harness.EmbeddingClassifier, *, rest_lr: float, **values: Any) -> None:
            matrix = model.hidden.weight
            rest = [parameter for parameter in model.parameters() if parameter is not matrix]
            super().__init__(cls([matrix], **values), torch.optim.AdamW(rest, lr=rest_lr, weight_decay=0.0))

    return Made


def _described(cls: type[Optimizer], parameters: Iterable[inspect.Parameter], note: str) -> str:
    """A docstring: the first line of the class's docstring, the note, and the class's entries for hyperparameters."""
    whole = inspect.getdoc(cls) or ""
    values = (bool, int, float, str, tuple, type)  # inspect's empty is a type: what has no default must be given
    names = {parameter.name for parameter in parameters if type(parameter.default) in values} - {"foreach", "maximize"}
    arguments = re.search(r"^Args:\n((?: +.*\n)+)", f"{whole}\n", re.MULTILINE)
    entries = re.split(r"\n(?=    \w)", arguments[1].rstrip()) if arguments else []
    kept = "\n".join(entry for entry in map(textwrap.dedent, entries) if entry.partition(":")[0] in names)
    return "\n\n".join(filter(None, [whole.partition("\n")[0] or f"{cls.__name__} of {PACKAGE}.", note, kept]))
