"""Full names of hyperparameters: ``choice.component.hyperparameter``, the same in spaces, tables and overrides."""

from __future__ import annotations

TOGETHER = " + "
"""Between the names of components that are on together, in their order: ``label_smoothing + clip_norm``."""


def full_name(choice: str, component: str, hyperparameter: str) -> str:
    """The full name. One of several that are on together carries its component's name already: ``l2.strength``."""
    return f"{choice}.{hyperparameter}" if "." in hyperparameter else f"{choice}.{component}.{hyperparameter}"


def split_name(name: str) -> tuple[str, str, str]:
    """Choice, component and hyperparameter of a full name; '' for what is missing. A component's own may have dots."""
    choice, _, rest = name.partition(".")
    component, _, hyperparameter = rest.rpartition(".")
    return choice, component, hyperparameter


def parts_of(component: str) -> list[str]:
    """The names of the components that are on together; of a single one, its own."""
    return [part.strip() for part in component.split(TOGETHER.strip())]


MEMBER = ":"
"""Between a family, or a module, and the name in it."""
