"""A configuration that an earlier version recorded, with the choices and hyperparameters that came later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from harness.plugin.kinds import CHOICES
from harness.plugin.names import full_name
from harness.plugin.ranges import Value
from harness.plugin.registry import Registry
from harness.study.configuration import Configuration, Selection

_NO_VALUES: Mapping[str, Value] = {}


def completed(
    configuration: Configuration, registry: Registry, known: Mapping[str, Value] = _NO_VALUES
) -> Configuration:
    """The configuration with a value for everything that there is today.

    A choice that it lacks takes its kind's default component, and a hyperparameter its component's default, but for the
    values of ``known``, by full name. Whether that changes nothing is for ``phases.claiming`` to find out.
    """
    choices: dict[str, Selection] = dict(configuration.choices)
    for choice in CHOICES:
        name = choices[choice].name if choice in choices else known.get(choice, registry.default(choice))
        if name is None:
            continue  # a choice without a default: whoever builds the model says that it is missing
        component = registry.component(choice, cast(str, name))
        missing = {
            own: known[full]
            for own in component.hyperparameters
            if (full := full_name(choice, component.name, own)) in known
        }
        given = dict(choices[choice].values) if choice in choices else {}
        choices[choice] = Selection.of(component.name, {**component.defaults, **missing, **given})
    return Configuration.of(choices, configuration.model, configuration.training)


def added(before: Configuration, after: Configuration) -> dict[str, Value]:
    """By full name, what the second of two configurations has a value for and the first does not name."""
    old = before.hyperparameters()
    return {name: value for name, value in after.hyperparameters().items() if name not in old}
