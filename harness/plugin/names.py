"""Names that are made of names: ``choice.component.hyperparameter``, ``a + b``, ``family:member``."""

from __future__ import annotations

MEMBER = ":"
"""Between a family, a module or the word ``average``, and a name: ``torch.optim:Adamax``, ``average:linear``."""


JOIN = " + "
"""Between the names of components that act together, in their order: ``label_smoothing + clip_norm``."""


def full_name(choice: str, component: str, hyperparameter: str) -> str:
    """``choice.component.hyperparameter``, a hyperparameter's name in spaces, tables and overrides.

    A hyperparameter of joined components carries its component's name already: ``l2.strength``.
    """
    return f"{choice}.{hyperparameter}" if "." in hyperparameter else f"{choice}.{component}.{hyperparameter}"


def split_name(name: str) -> tuple[str, str, str]:
    """Choice, component and hyperparameter of a full name; '' for what is missing. A component's name may have dots."""
    choice, _, rest = name.partition(".")
    component, _, hyperparameter = rest.rpartition(".")
    return choice, component, hyperparameter


def parts_of(component: str) -> list[str]:
    """The names of the components that a name joins with ``+``; for a name without ``+``, that name alone."""
    return [part.strip() for part in component.split(JOIN.strip())]
