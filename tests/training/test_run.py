"""The training loop: the lecture's loop step by step, purity, failures, evaluation points, observers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import nn

from harness.errors import PluginError
from harness.plugin import events
from harness.study import seeds
from harness.study.configuration import Configuration, TrainingSettings
from harness.training import _pairs, streams
from harness.training._learner import Learner
from harness.training.build import fuse
from harness.training.cohort import batches, evaluation_steps, shares_pairs
from harness.training.engine import train
from harness.training.model import EmbeddingClassifier

from support.cohorts import cohort_of, configure
from support.lecture import LectureParser
from support.paths import TINY


@pytest.fixture(autouse=True)
def _pairs_are_shared_however_small_the_model(monkeypatch):
    monkeypatch.setattr(_pairs, "SAVING", 0)


def bits_of(outcome) -> list[bytes]:
    return [tensor.numpy().tobytes() for tensor in outcome.model.state_dict().values()]


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


@pytest.fixture(scope="module")
def four(registry) -> list[Configuration]:
    return [
        configure(registry),
        configure(registry, optimiser=("sgd", {}), dropout=("linear", {})),
        configure(registry, model={"hidden_dim": 12, "bias": "torch_default"}, initialiser=("orthogonal", {})),
        configure(registry, embedding=("uniform", {}), optimiser=("adagrad", {}), training={"evaluations": 7}),
    ]


@pytest.mark.parametrize("batch_size", [32, 150])
def test_alone_and_in_a_cohort_of_four_a_run_has_the_same_bits(registry, tiny, four, batch_size):
    four = [replace(each, training=each.training.model_copy(update={"batch_size": batch_size})) for each in four]
    together = train(cohort_of(*four), tiny, registry)
    reverse = train(cohort_of(*reversed(four)), tiny, registry)
    for configuration, one, other in zip(four, together, reversed(reverse), strict=True):
        [alone] = train(cohort_of(configuration), tiny, registry)
        assert bits_of(alone) == bits_of(one) == bits_of(other)
        assert alone.curve == one.curve == other.curve
        assert not alone.reason


def test_global_random_state_clock_and_threads_change_nothing(registry, tiny, four):
    [before] = train(cohort_of(four[0]), tiny, registry)
    torch.manual_seed(99)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        [after] = train(cohort_of(four[0]), tiny, registry)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert bits_of(before) == bits_of(after)
    assert torch.equal(state, torch.get_rng_state())


def test_an_observer_sees_every_event_and_changes_no_bit(registry, tiny, four):
    seen: list[events.Event] = []
    [watched] = train(cohort_of(four[0]), tiny, registry, seen.append)
    [unwatched] = train(cohort_of(four[0]), tiny, registry)
    assert bits_of(watched) == bits_of(unwatched)
    assert watched.curve == unwatched.curve
    kinds = [type(event).__name__ for event in seen]
    assert kinds == ["RunStarted", *([*["StepTaken"] * 10, "Evaluated"] * 3), "RunEnded"]
    assert [event.step for event in seen if isinstance(event, events.StepTaken)] == list(range(1, 31))
    assert seen[11].measurements == watched.curve[0]


@pytest.mark.slow
def test_another_process_computes_the_same_bits(registry, tiny, four):
    program = f"""
import json, sys
sys.path.insert(0, {str(sys.path[0])!r})
from hashlib import sha256
from harness.study.configuration import Configuration
from harness.plugin.registry import build_registry
from harness.training.cohort import Cohort
from harness.training.engine import train
registry = build_registry([{TINY!r}])
configuration = Configuration.from_json(json.loads(sys.argv[1]))
problem = registry.component("problem", "tiny").build()
[outcome] = train(Cohort(configurations=(configuration,), study_seed=5, seed_index=0), problem, registry)
print(sha256(b"".join(t.numpy().tobytes() for t in outcome.model.state_dict().values())).hexdigest())
"""
    import json
    from hashlib import sha256

    for configuration in four[:2]:
        arguments = [sys.executable, "-c", program, json.dumps(configuration.to_json())]
        there = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.strip()
        [here] = train(cohort_of(configuration), tiny, registry)
        assert there == sha256(b"".join(bits_of(here))).hexdigest()


def test_seed_index_study_seed_and_every_setting_matter(registry, tiny):
    base = configure(registry)
    [first] = train(cohort_of(base), tiny, registry)
    others = [
        train(cohort_of(base, seed_index=1), tiny, registry)[0],
        train(replace(cohort_of(base), study_seed=6), tiny, registry)[0],
        train(cohort_of(configure(registry, model={"bias": "torch_default"})), tiny, registry)[0],
        train(cohort_of(configure(registry, training={"batch_size": 33})), tiny, registry)[0],
        train(cohort_of(configure(registry, training={"epochs": 4})), tiny, registry)[0],
    ]
    assert len({first.curve[-1]["train_loss"], *(each.curve[-1]["train_loss"] for each in others)}) == 6


def test_arms_at_one_seed_index_meet_the_same_batches_and_draws(registry, tiny):
    one = list(batches(cohort_of(configure(registry)), tiny))
    other = list(batches(cohort_of(configure(registry, optimiser=("sgd", {}), dropout=("late", {}))), tiny))
    for a, b in zip(one, other, strict=True):
        assert torch.equal(a.tokens, b.tokens)
        assert torch.equal(a.bits(16).values, b.bits(16).values)


def test_an_epoch_meets_every_example_once_and_progress_stays_below_one(registry, tiny):
    found = list(batches(cohort_of(configure(registry)), tiny))
    assert [len(batch.labels) for batch in found] == ([32] * 9 + [12]) * 3
    rows = torch.cat([batch.tokens for batch in found[:10]])
    assert sorted(rows.tolist()) == sorted(tiny.train.tokens.tolist())
    assert [batch.progress for batch in found] == [step / 30 for step in range(30)]


def test_a_component_that_raises_ends_its_run_alone(registry, tiny, four):
    bad = configure(registry, optimiser=("raising", {"after": 13}))
    good, failed, other = train(cohort_of(four[0], bad, four[1]), tiny, registry)
    assert failed.reason == "RuntimeError: raised after 13 steps"
    assert failed.steps == 13
    assert [point["step"] for point in failed.curve] == [10]
    for outcome, configuration in ((good, four[0]), (other, four[1])):
        assert not outcome.reason
        assert bits_of(outcome) == bits_of(train(cohort_of(configuration), tiny, registry)[0])


def test_a_component_that_raises_before_the_first_step_is_a_failed_run_too(registry, tiny, four):
    bad = configure(registry, optimiser=("adam", {"lr": -1.0}))
    good, failed = train(cohort_of(four[0], bad), tiny, registry)
    assert failed.reason.startswith("ValueError: lr ")
    assert failed.curve == []
    assert failed.steps == 0
    assert not good.reason


def test_a_run_that_becomes_non_finite_says_at_which_step(registry, tiny, four):
    bad = configure(registry, optimiser=("sgd", {"lr": 1e30}))
    good, failed = train(cohort_of(four[0], bad), tiny, registry)
    assert failed.reason in ("the loss became inf at step 2 of 30", "the loss became nan at step 2 of 30")
    assert not good.reason


def test_evaluation_points_are_evenly_spaced_and_end_at_the_last_step(registry, tiny):
    assert evaluation_steps(TrainingSettings(epochs=3, batch_size=32), tiny) == [10, 20, 30]
    assert evaluation_steps(TrainingSettings(epochs=3, batch_size=32, evaluations=4), tiny) == [8, 15, 22, 30]
    assert evaluation_steps(TrainingSettings(epochs=1, batch_size=300, evaluations=9), tiny) == [1]


def test_the_problems_own_metrics_are_measured_at_the_end_or_where_asked(registry, tiny):
    [at_end] = train(cohort_of(configure(registry)), tiny, registry)
    assert ["dev_hits" in point for point in at_end.curve] == [False, False, True]
    [always] = train(cohort_of(configure(registry, training={"score_always": True})), tiny, registry)
    assert all(point["dev_hits"] == point["dev_accuracy"] for point in always.curve)


def test_measurements_are_in_eval_mode_on_a_fixed_probe(registry, tiny):
    configuration = configure(registry, training={"probe": 50})
    [outcome] = train(cohort_of(configuration), tiny, registry)
    rows = torch.arange(50) * 300 // 50
    with torch.no_grad():
        logits = outcome.model.eval()(tiny.train.tokens[rows])
        dev = outcome.model(tiny.dev.tokens)
    last = outcome.curve[-1]
    assert last["train_loss"] == pytest.approx(
        nn.functional.cross_entropy(logits, tiny.train.labels[rows]).item(), rel=1e-6
    )
    assert last["dev_accuracy"] == 100 * (dev.argmax(1) == tiny.dev.labels).double().mean().item()


def test_the_test_split_is_never_touched(registry, tiny):
    class Sealed:
        def __getattr__(self, name):
            raise AssertionError(f"the test split was touched: {name}")

    sealed = replace(tiny, test=Sealed())
    [outcome] = train(cohort_of(configure(registry)), sealed, registry)
    assert not outcome.reason


def test_a_cohort_shares_epochs_and_batch_size(registry):
    with pytest.raises(ValueError, match="a cohort shares its epochs and batch size"):
        cohort_of(configure(registry), configure(registry, training={"epochs": 4}))


def test_streams_of_different_roles_indices_and_studies_differ():
    def draw(*key):
        return torch.rand(4, generator=streams.generator(*key)).tolist()

    drawn = [
        draw(study, index, role)
        for study in (0, 1)
        for index in (0, 1, 100)
        for role in ("embedding", "hidden", "output", "bias", "order", "dropout", "noise")
    ]
    assert len({tuple(each) for each in drawn}) == len(drawn)
    assert draw(0, 1, "order") == draw(0, 1, "order")


def test_tuning_and_confirmation_never_share_a_seed_index():
    assert not set(seeds.TUNING) & set(seeds.CONFIRMATION[:1000])


def test_what_a_component_does_to_torchs_global_state_stays_with_its_run(registry, tiny, four):
    rude = [configure(registry, optimiser=("rude", {"how": how})) for how in ("dtype", "grad", "threads")]
    outcomes = train(cohort_of(*rude, four[0]), tiny, registry)
    assert [outcome.reason for outcome in outcomes] == ["", "RuntimeError: gone", "", ""]
    assert bits_of(outcomes[-1]) == bits_of(train(cohort_of(four[0]), tiny, registry)[0])
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


def test_a_component_that_draws_from_the_global_generator_is_as_pure_as_the_others(registry, tiny, four):
    noisy = configure(registry, optimiser=("noisy", {}))
    [alone] = train(cohort_of(noisy), tiny, registry)
    torch.rand(17)
    together = train(cohort_of(four[0], noisy), tiny, registry)[1]
    assert bits_of(alone) == bits_of(together)
    assert bits_of(alone) != bits_of(train(cohort_of(configure(registry, optimiser=("sgd", {"momentum": 0.0})))
        , tiny, registry)[0])  # fmt: skip
    assert bits_of(alone) != bits_of(train(cohort_of(noisy, seed_index=1), tiny, registry)[0])


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"optimiser": ("rude", {"how": "exit"})}, "SystemExit: bye"),
        ({"optimiser": ("rude", {"how": "bare"})}, "FloatingPointError: "),
        (
            {"embedding": ("partial", {})},
            "ValueError: embedding 'partial' left values of the weight unfilled or not finite",
        ),
        (
            {"initialiser": ("returning", {})},
            "ValueError: initialiser 'returning' left values of the weight unfilled or not finite",
        ),
    ],
)
def test_whatever_a_component_does_is_a_reason_and_spares_the_others(registry, tiny, four, choices, reason):
    failed, good = train(cohort_of(configure(registry, **choices), four[0]), tiny, registry)
    assert failed.reason == reason
    assert bits_of(good) == bits_of(train(cohort_of(four[0]), tiny, registry)[0])


def test_a_model_too_large_for_the_memory_is_a_failed_run(registry, tiny, four):
    failed, good = train(cohort_of(configure(registry, model={"hidden_dim": 10**12}), four[0]), tiny, registry)
    assert failed.reason.startswith("RuntimeError: ")
    assert not good.reason
    [alone] = train(cohort_of(configure(registry, model={"hidden_dim": 10**12})), tiny, registry)
    assert alone.reason == failed.reason


def test_observers_that_touch_what_they_should_not_change_no_bit(registry, tiny, four):
    def careless(event):
        event.model.eval()
        if isinstance(event, events.Evaluated):
            event.measurements.clear()

    [watched] = train(cohort_of(four[0]), tiny, registry, careless)
    [unwatched] = train(cohort_of(four[0]), tiny, registry)
    assert bits_of(watched) == bits_of(unwatched)
    assert watched.curve == unwatched.curve


def test_a_score_that_is_not_what_the_problem_declares_fails_the_run(registry, tiny):
    strange = replace(tiny, score=lambda predict, split: {"misses": 1.0})
    [outcome] = train(cohort_of(configure(registry)), strange, registry)
    assert outcome.reason == "ValueError: problem 'tiny' declares metrics ['hits'], its score has ['misses']"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda split: replace(split, labels=split.labels[:5]), "train has tokens (300, 6), labels (5,)"),
        (lambda split: replace(split, tokens=split.tokens[:0], labels=split.labels[:0]), "train has tokens (0, 6)"),
        (lambda split: replace(split, tokens=split.tokens + 1), "train has tokens from 1 to 40, allowed are 0 to 39"),
        (lambda split: replace(split, labels=split.labels - 1), "train has labels from -1 to 1, allowed are 0 to 2"),
        (lambda split: replace(split, tokens=split.tokens[:, 1:]), "train has 5 features, dev has 6"),
    ],
)
def test_a_problem_that_does_not_fit_together_is_refused(tiny, change, message):
    with pytest.raises(PluginError) as error:
        replace(tiny, train=change(tiny.train))
    assert str(error.value).startswith(f"problem 'tiny': {message}")


def test_optimisers_of_torch_take_their_fused_step_unless_told_otherwise(registry):
    model = EmbeddingClassifier((5, 2), num_features=2, hidden_dim=3, num_classes=2)
    for name in registry.names("optimiser"):
        built = registry.component("optimiser", name).build
        if built.__module__.startswith("harness_plugins"):
            optimiser = built(model)
            fuse(optimiser)
            assert all(group.get("fused", True) for group in optimiser.param_groups), name
    plain = torch.optim.Adam(model.parameters(), fused=False)
    fuse(plain)
    assert plain.param_groups[0]["fused"] is False
