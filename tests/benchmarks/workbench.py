"""What the benchmarks work on: problems, configurations and learners of both kinds."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from textbook import TextbookClassifier

from harness.plugin.problem import Problem
from harness.plugin.ranges import Value
from harness.plugin.registry import Registry, build_registry
from harness.study.configuration import Configuration, ModelSettings, Selection, TrainingSettings
from harness.training.cohort import Cohort
from harness.training.model import EmbeddingClassifier

EWT = Path(__file__).parents[3] / "shared" / "data" / "ud-english-ewt"
TINY = Path(__file__).parents[1] / "support" / "tiny.py"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A problem by the name of its component; ``label``: as the table calls it."""

    label: str
    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    plugins: tuple[str, ...] = ()

    @cached_property
    def registry(self) -> Registry:
        """The built-ins and what else the problem needs."""
        return build_registry(self.plugins)

    @cached_property
    def problem(self) -> Problem:
        """Loaded once; prepared where the cache does not have it."""
        component = self.registry.component("problem", self.name)
        problem: Problem = component.build(**component.resolve(self.values))
        return problem


def sources(*, quick: bool) -> list[Source]:
    """The treebanks, the Turkish one first; the tests' tiny problem where it must be quick."""
    if quick:
        return [Source(label="tiny", name="tiny", plugins=(str(TINY),))]
    found = [Source(label="turkish-web", name="turkish-web")]
    if EWT.is_dir():
        files = {split: str(next(EWT.glob(f"*-{split}.conllu*"))) for split in ("train", "dev", "test")}
        found.append(Source(label="english-ewt", name="conllu", values=files))
    else:
        tell(f"{EWT} is missing: English EWT is left out")
    return found


def configuration(
    registry: Registry, training: TrainingSettings | None = None, model: ModelSettings | None = None
) -> Configuration:
    """The textbook's: Adam, half of the hidden units dropped, torch's N(0, 1) embedding, Xavier weights."""
    given: dict[str, tuple[str, dict[str, Value]]] = {
        "optimiser": ("adam", {}),
        "dropout": ("constant", {"rate": 0.5}),
        "embedding": ("normal", {"sd": 1.0}),
        "initialiser": ("xavier_uniform", {}),
        "lr_schedule": ("constant", {}),
        "regularisers": ("none", {}),
    }
    choices = {
        choice: Selection.of(name, {**registry.component(choice, name).defaults, **values})
        for choice, (name, values) in given.items()
    }
    return Configuration.of(choices, model or ModelSettings(), training or TrainingSettings())


def cohort_of(configuration: Configuration, size: int) -> Cohort:
    """As many runs of the same configuration."""
    return Cohort(configurations=(configuration,) * size, study_seed=0, seed_index=0)


def textbook_of(problem: Problem, model: EmbeddingClassifier | None = None) -> TextbookClassifier:
    """The textbook's model for a problem, with the weights of ``model``."""
    plain = TextbookClassifier(len(problem.vocabulary), problem.num_features, problem.num_classes)
    if model is not None:
        with torch.no_grad():
            for layer in ("embedding", "hidden", "output"):
                getattr(plain, layer).load_state_dict(getattr(model, layer).state_dict())
    return plain


def tell(message: str) -> None:
    """Progress, to stderr."""
    print(message, file=sys.stderr, flush=True)
