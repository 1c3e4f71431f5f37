"""A learner's step: the lecture's own, and what schedules, regularisers and unusual optimisers make of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from harness.plugin import events
from harness.plugin.component import Component
from harness.plugin.problem import Vocabulary
from harness.plugin.regulariser import Regulariser, Step
from harness.training.build import build_learner, shares_pairs
from harness.training.cohort import Batch, batches
from harness.training.engine import train
from harness.training.learner import Learner

from support.cohorts import cohort_of, configure
from support.learners import component, rehearsal, started
from support.lecture import LectureParser


class TextbookTraining:
    """The lecture's loop, with the harness's starting weights, batches and masks copied in and nothing else."""

    def __init__(self, problem, registry, configuration, optimiser, rate):
        seen: list[events.RunStarted] = []
        self.losses: list[float] = []
        cohort = cohort_of(configuration)
        self.model = LectureParser(
            torch.empty(len(problem.vocabulary), 8), problem.num_features, 16, problem.num_classes
        )

        def copy(event):
            if isinstance(event, events.RunStarted):
                self.model.copy_from(event.model)
                seen.append(event)

        train(replace(cohort), problem, registry, copy)
        assert seen
        self.optimiser = optimiser(self.model.parameters())
        for batch in batches(cohort, problem):
            mask = (batch.bits(16).values.int() + 32768 >= round(rate * 65536)).float() / (1 - rate)
            self.losses.append(self.step(batch.tokens, batch.labels, mask))

    def step(self, tokens, labels, mask) -> float:
        model = self.model
        x = model.embeddings[tokens.long()].reshape(len(tokens), -1)
        hidden = torch.relu(x @ model.embed_to_hidden_weight + model.embed_to_hidden_bias) * mask
        logits = hidden @ model.hidden_to_logits_weight + model.hidden_to_logits_bias
        loss = nn.CrossEntropyLoss()(logits, labels)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.item()


@pytest.mark.usefixtures("small_models_share_pairs")
@pytest.mark.parametrize(
    ("optimiser", "textbook"),
    [
        (("adam", {"lr": 1e-2}), lambda parameters: torch.optim.Adam(parameters, lr=1e-2)),
        (("sgd", {"lr": 0.3, "momentum": 0.0}), lambda parameters: torch.optim.SGD(parameters, lr=0.3)),
        (("sgd", {"lr": 0.1}), lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9)),
    ],
)
@pytest.mark.parametrize(("batch_size", "shared"), [(32, False), (150, True)])
@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_the_same_loss_at_every_step_as_the_lectures_own_model_and_loop(
    registry, tiny, monkeypatch, optimiser, textbook, rate, batch_size, shared
):
    training = {"epochs": 3 if batch_size == 32 else 15, "batch_size": batch_size}
    dropout = ("constant", {"rate": rate})
    configuration = configure(registry, optimiser=optimiser, dropout=dropout, training=training)
    assert shares_pairs(configuration, tiny) == shared
    reference = TextbookTraining(tiny, registry, configuration, textbook, rate)
    seen: list[torch.Tensor] = []

    step = Learner.step

    def noted(learner, batch):
        seen.append(step(learner, batch))
        return seen[-1]

    monkeypatch.setattr(Learner, "step", noted)
    train(cohort_of(configuration), tiny, registry)
    assert len(seen) == len(reference.losses) == 30
    assert [loss.item() for loss in seen] == pytest.approx(reference.losses, rel=1e-5)
    assert seen[-1] < seen[0]


def after(steps: int, found: Component) -> Learner:
    prepared = rehearsal(found)
    assert len(list(prepared.steps(steps))) == steps
    return prepared.learner


def first_batch() -> Batch:
    return next(rehearsal(component("lr_schedule", lambda progress: 1.0)).batches())


class Log(Regulariser):
    """Writes down what is called, and with which numbers."""

    def __init__(self, name: str, calls: list[object]) -> None:
        self.name, self.calls = name, calls

    def loss(self, loss: Tensor, logits: Tensor, labels: Tensor, again: object) -> Tensor:
        self.calls.append(f"{self.name}.loss")
        return loss

    def gradient(self, compute: Callable[[], Tensor], step: Step) -> Tensor:
        loss = compute()
        self.calls.append(f"{self.name}.gradient")
        return loss

    def after(self, optimiser: object, step: Step) -> None:
        self.calls.append(f"{self.name}.after")


class Averaging(Log):
    """Has weights of its own to evaluate."""

    def eval(self) -> None:
        self.calls.append(f"{self.name}.eval")

    def train(self) -> None:
        self.calls.append(f"{self.name}.train")


def learner_with(*regularisers: Regulariser, optimiser: Callable[[nn.Module], torch.optim.Optimizer] | None = None):
    """The specimen's, with these regularisers and that optimiser."""
    plain = started(component("regularisers", Regulariser))
    for each in regularisers:
        each.model, each.generator = plain.model, torch.Generator().manual_seed(7)
    return Learner(
        model=plain.model,
        optimiser=optimiser(plain.model) if optimiser else plain.optimiser,
        drop_rate=plain.drop_rate,
        lr_factor=plain.lr_factor,
        regularisers=regularisers,
        shares_pairs=False,
    )


def test_regularisers_are_called_in_their_order():
    calls: list[object] = []
    learner = learner_with(Averaging("a", calls), Log("b", calls))
    learner.step(first_batch())
    assert calls == ["a.train", "a.loss", "b.loss", "a.gradient", "b.gradient", "a.after", "b.after"]
    calls.clear()
    learner.eval()
    learner.eval()
    assert calls == ["a.eval"]
    learner.finish()
    assert calls == ["a.eval"]


class Modes(torch.optim.SGD):
    calls: list[object]

    def train(self) -> None:
        self.calls.append("train")

    def eval(self) -> None:
        self.calls.append("eval")


def test_an_optimiser_with_modes_is_asked_for_its_evaluation_weights(monkeypatch):
    calls: list[object] = []
    monkeypatch.setattr(Modes, "calls", calls, raising=False)
    learner = learner_with(Log("a", calls), optimiser=lambda model: Modes(model.parameters(), lr=0.1))
    learner.step(first_batch())
    learner.step(first_batch())
    learner.eval()
    assert [call for call in calls if call in ("train", "eval")] == ["train", "eval"]


def test_of_two_that_have_weights_of_their_own_to_evaluate_one_would_be_hidden():
    def modes(model: nn.Module) -> torch.optim.Optimizer:
        return Modes(model.parameters(), lr=0.1)

    with pytest.raises(ValueError, match="Averaging and Averaging all have weights of their own to evaluate, of which"):
        learner_with(Averaging("a", []), Averaging("b", []))
    with pytest.raises(ValueError, match="Averaging and Modes all have weights of their own to evaluate, of which one"):
        learner_with(Averaging("a", []), optimiser=modes)


def test_again_is_another_forward_pass_with_other_masks_and_the_loss_so_far():
    seen: list[tuple[Tensor, ...]] = []

    class Double(Regulariser):
        def loss(self, loss, logits, labels, again):
            return 2 * loss

    class Twice(Regulariser):
        def loss(self, loss, logits, labels, again):
            seen.append((loss, logits, *again()))
            return loss

    learner = learner_with(Double(), Twice(), Double())
    learner.step(first_batch())
    loss, logits, other_logits, other_loss = seen[0]
    assert learner.passes == 2
    assert not torch.equal(logits, other_logits)
    for found, its_loss in ((logits, loss), (other_logits, other_loss)):
        assert its_loss.item() == pytest.approx(2 * nn.functional.cross_entropy(found, first_batch().labels).item())


def test_a_second_computation_of_the_gradient_meets_the_same_noise():
    losses: list[float] = []

    class Twice(Regulariser):
        def gradient(self, compute, step):
            losses.extend([compute().item(), compute().item()])
            return compute()

    class Noise(Regulariser):
        def hidden(self, hidden):
            return hidden * torch.rand(hidden.shape, generator=self.generator)

        def embedded(self, embedded):
            return embedded + torch.rand(embedded.shape, generator=self.generator)

    learner = learner_with(Noise(), Twice())
    learner.step(first_batch())
    assert losses[0] == losses[1]
    assert learner.passes == 3
    learner.step(first_batch())
    assert losses[2] == losses[3] != losses[0]


def test_a_closure_computes_the_same_loss_while_the_weights_stand_still_and_its_passes_are_counted():
    losses: list[float] = []

    class Asking(torch.optim.SGD):
        def step(self, closure):
            losses.extend([closure().item(), closure().item()])
            super().step()
            return closure()

    learner = learner_with(optimiser=lambda model: Asking(model.parameters(), lr=0.5))
    first = learner.step(first_batch())
    assert losses[0] == losses[1]
    assert first.item() < losses[0]  # computed after the step, with the same dropout mask
    assert learner.passes == 3
    assert not first.requires_grad


def test_lbfgs_gets_its_closure_and_its_passes_are_counted(registry):
    learner = after(3, registry.component("optimiser", "lbfgs"))
    assert learner.passes > 6


def test_an_optimiser_may_say_that_it_needs_a_closure_or_a_graph():
    class Curvature(torch.optim.SGD):
        needs_graph = True
        needs_closure = True

        def step(self, closure=None):
            loss = closure()
            (again,) = torch.autograd.grad(
                self.param_groups[0]["params"][1].grad.square().sum(), self.param_groups[0]["params"][1]
            )
            assert again.isfinite().all()
            return loss

    learner = learner_with(optimiser=lambda model: Curvature(model.parameters(), lr=0.1))
    learner.step(first_batch())
    assert learner.passes == 1


def scheduled(factors: list[float]) -> Learner:
    learner = learner_with()
    learner.lr_factor = lambda progress: factors[round(progress * 10)]
    return learner


def test_the_factor_multiplies_each_group_s_own_lr_and_is_written_when_it_changes():
    learner = scheduled([1.0, 0.5, 0.5, 2.0])
    group = learner.optimiser.param_groups[0]
    lr = group["lr"]
    learner.apply_schedules(0.1, 1)
    assert group["lr"] == 0.5 * lr
    group["lr"] = 7.0  # an optimiser that moves its own
    learner.apply_schedules(0.2, 2)
    assert group["lr"] == 7.0
    learner.apply_schedules(0.3, 3)
    assert group["lr"] == 2 * lr


@pytest.mark.parametrize("factor", [-0.1, math.nan, math.inf])
def test_a_factor_that_is_none_is_refused(factor):
    with pytest.raises(ValueError, match="an lr schedule gives a finite factor of at least 0, got"):
        scheduled([factor]).apply_schedules(0.0, 0)


def test_a_group_without_lr_cannot_be_scheduled():
    class Bare(torch.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {})

        def step(self):
            pass

    learner = learner_with(optimiser=lambda model: Bare(model.parameters()))
    learner.apply_schedules(0.0, 0)
    learner.lr_factor = lambda progress: 0.5
    with pytest.raises(ValueError, match="has a parameter group without lr, which no lr schedule can change"):
        learner.apply_schedules(0.1, 1)


def test_a_forgotten_return_is_named():
    class Silent(Regulariser):
        def gradient(self, compute, step):
            compute()

    with pytest.raises(TypeError, match=r"a regulariser's gradient\(\) returned None: return the loss"):
        learner_with(Silent()).step(first_batch())
    learner = learner_with()
    learner.drop_rate = lambda progress, step: None
    with pytest.raises(TypeError, match="a dropout schedule gives a drop rate, a float, got None"):
        learner.step(first_batch())


def test_a_finished_model_is_free_of_hooks(registry):
    learner = after(2, registry.component("regularisers", "input_dropout + gaussian_dropout"))
    model = learner.finish()
    assert model.dropout.bits is None
    model.train()
    model.dropout.rate = 0.0
    tokens = first_batch().tokens
    assert torch.equal(model(tokens), model(tokens))


LISTED = [
    "none", "l2", "l1", "decay", "label_smoothing", "confidence_penalty", "flooding", "r_drop", "max_norm", "clip_norm",
    "clip_value", "gradient_noise", "sam", "ema", "swa", "mixout", "dropconnect", "input_dropout", "row_dropout",
    "word_dropout", "feature_dropout", "gaussian_dropout",
]  # fmt: skip


def test_the_list_below_has_every_regulariser(registry):
    assert sorted(LISTED) == registry.names("regularisers")


@pytest.mark.parametrize("name", [*LISTED, "word_dropout + dropconnect + r_drop + clip_norm + sam"])
def test_both_paths_of_the_hidden_layer_give_the_same_numbers_under_every_regulariser(registry, tiny, name):
    made = configure(registry, regularisers=(name, {}), optimiser=("sgd", {"lr": 0.3}), training={"batch_size": 150})
    losses = []
    tiny = replace(
        tiny, vocabulary=Vocabulary(texts=("<unk>", *tiny.vocabulary.texts[1:]), kinds=tiny.vocabulary.kinds)
    )
    for shared in (False, True):
        learner = build_learner(made, cohort_of(made), tiny, registry)
        learner.shares_pairs = shared and name not in ("input_dropout", "feature_dropout")
        found = [learner.step(batch).item() for batch in batches(cohort_of(made), tiny)]
        learner.finish()
        losses.append([*found, *(each.square().sum().item() for each in learner.model.parameters())])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
