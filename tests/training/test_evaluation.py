"""What is measured at an evaluation point: in eval mode, on a fixed probe, and never on a test split that is sealed."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest
import torch
from torch import nn

from harness.training import evaluation
from harness.training._pair_products import index_pairs
from harness.training.engine import train
from harness.training.evaluation import CHUNK, NonFiniteError, evaluate, known_pairs, predictor

from support.classifiers import draw, make
from support.cohorts import cohort_of, configure


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


def test_the_problems_own_metrics_are_measured_at_the_end_or_where_asked(registry, tiny):
    [at_end] = train(cohort_of(configure(registry)), tiny, registry)
    assert ["dev_hits" in point for point in at_end.curve] == [False, False, True]
    [always] = train(cohort_of(configure(registry, training={"score_always": True})), tiny, registry)
    assert all(point["dev_hits"] == point["dev_accuracy"] for point in always.curve)


def test_the_test_split_is_never_touched(registry, tiny):
    class Sealed:
        def __getattr__(self, name):
            raise AssertionError(f"the test split was touched: {name}")

    sealed = replace(tiny, test=Sealed())
    [outcome] = train(cohort_of(configure(registry)), sealed, registry)
    assert not outcome.reason


def test_a_score_that_is_not_what_the_problem_declares_fails_the_run(registry, tiny):
    strange = replace(tiny, score=lambda predict, split: {"misses": 1.0})
    [outcome] = train(cohort_of(configure(registry)), strange, registry)
    assert outcome.reason == "ValueError: problem 'tiny' declares metrics ['hits'], its score has ['misses']"


def test_the_test_split_is_measured_where_that_is_asked_for(tiny):
    model = make(40, 6, torch.float32)
    usual = evaluate(model, tiny, 64, with_score=True)
    opened = evaluate(model, tiny, 64, with_score=True, with_test=True)
    assert opened.keys() - usual.keys() == {"test_loss", "test_accuracy", "test_hits"}
    right = (model(tiny.test.tokens).argmax(1) == tiny.test.labels).double().mean().item()
    assert opened["test_accuracy"] == opened["test_hits"] == 100 * right


def test_a_number_that_is_not_finite_is_named(tiny):
    model = make(40, 6, torch.float32)
    with torch.no_grad():
        model.output.bias.fill_(torch.nan)
    with pytest.raises(NonFiniteError, match=r"^train_loss is nan$"):
        evaluate(model, tiny, 64, with_score=False)


def test_a_score_that_no_square_could_be_made_of_is_none(tiny):
    huge = dataclasses.replace(tiny, score=lambda predict, split: {"hits": 1e160})
    with pytest.raises(NonFiniteError, match=r"^dev_hits is 1e\+160$"):
        evaluate(make(40, 6, torch.float32), huge, 64, with_score=True)


def test_the_model_is_left_in_the_mode_that_it_was_in(tiny):
    model = make(40, 6, torch.float32)
    for mode in (True, False):
        evaluate(model.train(mode), tiny, 64, with_score=False)
        assert model.training == mode


def test_logits_of_many_examples_are_those_of_each_chunk():
    model, tokens = make(30, 4), draw(CHUNK + 5, 4, 30)
    logits = predictor(model)(tokens)
    assert logits.shape == (CHUNK + 5, 4)
    assert torch.allclose(logits[CHUNK:], model(tokens[CHUNK:]))
    assert not logits.requires_grad


@pytest.mark.parametrize("tokens", [[[30, 0, 0, 0]], [[0, -1, 0, 0]], [[0, 0, 0]], [[0]]])
def test_tokens_that_the_model_refuses_are_refused(tokens):
    model, known = make(30, 4), draw(100, 4, 30)
    for index in (None, index_pairs(known, 30)):
        with pytest.raises((IndexError, RuntimeError)):
            predictor(model, index)(torch.tensor(tokens, dtype=torch.int32))


def test_no_examples_have_no_logits():
    model, known = make(30, 4), draw(100, 4, 30)
    for index in (None, index_pairs(known, 30)):
        assert predictor(model, index)(known[:0]).shape == (0, 4)


def test_the_index_is_made_once_a_problem_and_left_as_it_was(tiny):
    index = known_pairs(tiny, 64)
    assert known_pairs(tiny, 64) is index
    before = index.rows.clone()
    predictor(make(40, 6, torch.float32), index)(draw(500, 6, 40))
    assert torch.equal(index.rows, before)


def test_an_evaluation_does_not_depend_on_those_before_it(tiny):
    model, other = make(40, 6, torch.float32), make(40, 6, torch.float32)
    with torch.no_grad():
        other.embedding.weight.mul_(3)
    first = evaluate(model, tiny, 64, with_score=True)
    evaluate(other, tiny, 64, with_score=True)
    assert evaluate(model, tiny, 64, with_score=True) == first


def test_an_evaluation_is_the_plain_one_up_to_rounding(tiny, monkeypatch):
    model = make(40, 6, torch.float32)
    shared = evaluate(model, tiny, 64, with_score=True)
    monkeypatch.setattr(evaluation, "known_pairs", lambda problem, probe: None)
    monkeypatch.setattr(evaluation, "worthwhile_pairs", lambda tokens, width: None)
    assert evaluate(model, tiny, 64, with_score=True) == pytest.approx(shared, rel=1e-5)
