"""Cohorts of configurations on the tiny problem."""

from __future__ import annotations

from harness.study.configuration import Configuration, ModelSettings, Selection, TrainingSettings
from harness.training.cohort import Cohort
from harness.training.run import Outcome


def configure(registry, model=None, training=None, **choices) -> Configuration:
    """The defaults, but for the given choices: ``optimiser=("sgd", {"lr": 0.1})``."""
    names = {
        "embedding": "normal",
        "initialiser": "xavier_uniform",
        "optimiser": "adam",
        "lr_schedule": "constant",
        "dropout": "constant",
        "regularisers": "none",
    }
    chosen = {}
    for choice, default in names.items():
        name, values = choices.get(choice, (default, {}))
        chosen[choice] = Selection.of(name, registry.component(choice, name).resolve(values))
    small = {"embedding_dim": 8, "hidden_dim": 16, **(model or {})}
    return Configuration.of(
        chosen,
        ModelSettings(**small),
        TrainingSettings(**{"epochs": 3, "batch_size": 32, **(training or {})}),
    )


def cohort_of(*configurations: Configuration, seed_index: int = 0) -> Cohort:
    """A cohort at study seed 5."""
    return Cohort(configurations=configurations, study_seed=5, seed_index=seed_index)


def bits_of(outcome: Outcome) -> list[bytes]:
    """Every weight of a trained model, to the bit."""
    return [tensor.numpy().tobytes() for tensor in outcome.model.state_dict().values()]
