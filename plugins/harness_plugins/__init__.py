"""The built-in components: a plugin like any other.

Each hook imports its components when it is called, so that a caller of schedules alone does not wait for torch.
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
    """Starting values of embedding rows."""
    from harness_plugins import embeddings

    embeddings.register_embeddings(register)


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    """Starting values of hidden and output weights."""
    from harness_plugins import initialisers

    initialisers.register_initialisers(register)


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    """Update rules of a step."""
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
def register_executors(register: harness.RegisterExecutor) -> None:
    """Where runs are made."""
    from harness_plugins import executors

    executors.register_executors(register)


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    """Further changes of a training step."""
    from harness_plugins import regularisers

    regularisers.register_regularisers(register)
