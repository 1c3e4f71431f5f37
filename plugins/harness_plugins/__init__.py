"""The built-in components: they come through the same door as everybody else's.

Each hook imports its components when it is called, so that whoever asks for schedules alone does not wait for torch.
"""

from __future__ import annotations

import harness


@harness.hookimpl
def register_problems(register: harness.Register) -> None:
    """Dependency treebanks and tables."""
    from harness_plugins import problems

    problems.register_problems(register)


@harness.hookimpl
def register_embeddings(register: harness.Register) -> None:
    """How embedding rows start."""
    from harness_plugins import embeddings

    embeddings.register_embeddings(register)


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    """How hidden and output weights start."""
    from harness_plugins import initialisers

    initialisers.register_initialisers(register)


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    """How weights change in a step."""
    from harness_plugins import optimisers

    optimisers.register_optimisers(register)


@harness.hookimpl
def register_lr_schedules(register: harness.Register) -> None:
    """How learning rates change over training."""
    from harness_plugins import lr_schedules

    lr_schedules.register_lr_schedules(register)


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    """How the drop rate changes over training."""
    from harness_plugins import dropouts

    dropouts.register_dropout_schedules(register)


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    """What else is changed of a training step."""
    from harness_plugins import regularisers

    regularisers.register_regularisers(register)
