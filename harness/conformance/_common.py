"""The checks of every component that is part of a training: of every kind but problems."""

from __future__ import annotations

import torch
from torch.optim import Optimizer

from harness.conformance._randomness import Draws, later
from harness.conformance._rehearsal import Rehearsal, Trained, trained
from harness.conformance._stand_ins import problem
from harness.conformance.subject import SEEDS, Subject, at_values
from harness.errors import ConformanceError, PluginError, place_of
from harness.plugin.kinds import OPTIMISER
from harness.plugin.regulariser import Regulariser
from harness.training.cohort import batches
from harness.training.evaluation import evaluate
from harness.training.model import EmbeddingClassifier


def check_description(subject: Subject) -> None:
    """The docstring begins with a sentence that says what the component is."""
    inherited = {(base.__doc__ or "").partition("\n")[0] for base in (Optimizer, Regulariser)}
    description = subject.component.description
    if not description.endswith(".") or len(description.split()) < 2 or description in inherited:
        raise ConformanceError(
            f"the first line of its docstring is {description!r}", "make it a sentence, lists show it"
        )


def check_training(subject: Subject) -> None:
    """A model trains with it, to finite numbers, and is a plain model afterwards, without hooks or changed modules."""
    for seed in SEEDS:
        try:
            rehearsal, outcome = subject.rehearsed(subject.values, seed)
        except PluginError:  # a value is missing or wrong, and its message says so
            raise
        except Exception as error:
            raise ConformanceError(f"a training with it fails: {place_of(error, torch)}") from error
        _compare_with_new_model(rehearsal, outcome)


def _compare_with_new_model(rehearsal: Rehearsal, outcome: Trained) -> None:
    """ConformanceError if a new model with the trained weights computes something else than the trained model."""
    model = rehearsal.learner.model
    new = EmbeddingClassifier(
        torch.zeros_like(model.embedding.weight),
        num_features=rehearsal.problem.num_features,
        hidden_dim=model.hidden.out_features,
        num_classes=rehearsal.problem.num_classes,
    )
    if new.state_dict().keys() != outcome.weights.keys():
        raise ConformanceError(f"it leaves other parameters in the model than it found: {', '.join(outcome.weights)}")
    new.load_state_dict(dict(outcome.weights))
    if evaluate(new, rehearsal.problem, 50, with_score=False)["dev_loss"] != outcome.loss:
        raise ConformanceError(
            "the model that it leaves computes something else than a new one with the same weights: "
            "it has changed what a module does, or left a hook in it"
        )


def check_same_seed(subject: Subject) -> None:
    """The same seed gives the same bits, whatever ran before in the process, and at any time of day."""
    for setting in subject.settings:
        # The subject keeps these rehearsals alive: otherwise a new object could reuse an address, and a component keyed
        # by id() would mix them up.
        first, _ = (subject.outcome(setting, seed) for seed in SEEDS)
        with later():
            second = trained(subject.component, setting)
        if second != first:
            raise ConformanceError(
                f"two trainings with one seed differ{at_values(setting)}: it keeps something from one to the next (in "
                "a class, a module, a default argument), or depends on the time or on where objects lie in memory"
            )


def check_streams(subject: Subject) -> None:
    """All random numbers come from the generator that the component is given."""
    # An optimiser is given no generator: torch's global stream is set to a known state before each step.
    is_optimiser = subject.component.kind == OPTIMISER
    allowed = "torch's global stream" if is_optimiser else "the generator that it is given"
    for setting in subject.settings:
        drawn: set[str] = set()
        begun: list[set[object]] = []
        for seed in SEEDS:
            with Draws() as draws:
                trained(subject.component, setting, seed=seed, noise=1000 * seed, drawn=drawn)
            begun.append(draws.seeds)
            if draws.is_global and not is_optimiser:
                drawn.add("torch's")
        if drawn:
            names = " and ".join(sorted(drawn))
            raise ConformanceError(
                f"it draws from {names} global stream{at_values(setting)}", f"draw from {allowed} alone"
            )
        if begun[0] & begun[1]:
            raise ConformanceError(
                f"it draws from a stream that begins alike whatever the seed{at_values(setting)}",
                f"draw from {allowed}, or from one that is seeded by it",
            )


def check_company(subject: Subject) -> None:
    """A run gives the same bits alone and beside runs with other values or another seed, whose steps alternate."""
    usual, *others = subject.settings
    runs = [(usual, 0), (usual, 1), *((other, 0) for other in others)]
    alone = [subject.outcome(setting, seed) for setting, seed in runs]
    in_company = [Rehearsal(subject.component, setting, seed=seed) for setting, seed in runs]
    for _ in zip(*(rehearsal.steps() for rehearsal in in_company), strict=True):
        pass
    if [rehearsal.outcome() for rehearsal in in_company] != alone:
        raise ConformanceError(
            "it trains differently beside other runs: those that are built share something "
            "(in a class, a module, a default argument)"
        )


def check_data(subject: Subject) -> None:
    """The batches and the training data stay as they are."""
    for setting in subject.settings:
        rehearsal = Rehearsal(subject.component, setting)
        _check_training_data(rehearsal)
        for batch, untouched in zip(rehearsal.steps(), batches(rehearsal.cohort, problem()), strict=True):
            _check_training_data(rehearsal)
            if not (torch.equal(batch.tokens, untouched.tokens) and torch.equal(batch.labels, untouched.labels)):
                raise ConformanceError("it changes the batch that it is shown", "work on a copy")
            if not all(torch.equal(bits.values, untouched.bits(*which).values) for which, bits in batch.drawn.items()):
                raise ConformanceError("it changes the random bits of dropout, which other runs meet as well")


def _check_training_data(rehearsal: Rehearsal) -> None:
    train, untouched = rehearsal.problem.train, problem().train
    if not (torch.equal(train.tokens, untouched.tokens) and torch.equal(train.labels, untouched.labels)):
        raise ConformanceError("it changes the training data", "work on a copy")
