"""The seed of confirmation: what changes it, and what does not."""

from __future__ import annotations

from typing import ClassVar

import pytest

from harness.study.changes import as_begun, differences
from harness.study.configuration import Configuration, ModelSettings, TrainingSettings
from harness.study.identity import confirmation_seed
from harness.study.resolved import ResolvedStudy

from support.study_texts import HEAD

TEXT = HEAD + (
    "compare = ['optimiser']\n[choices]\noptimiser = ['adam', 'sgd']\ndropout = 'constant'\n"
    "[model]\nhidden_dim = 8\n[search]\ntrials = 4\n"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Which?", "Why?"),
        ("compare =", "baseline = {optimiser = 'sgd'}\ncompare ="),
        ("compare =", "tier = 'standard'\ncompare ="),
        ("compare =", "smallest_difference = 1.0\ncompare ="),
        ("trials = 4", "trials = 8\n[confirm]\nseeds = 9"),
        ("'sgd']", "'sgd', 'adagrad']"),
        ("'sgd']", "{name = 'sgd', momentum = 0.5}]"),
        ("'constant'", "'linear'"),
    ],
)
def test_what_may_be_added_or_reworded_leaves_it_as_it_is(plan, old, new):
    assert old in TEXT
    assert plan(TEXT.replace(old, new)).confirmation_seed == plan(TEXT).confirmation_seed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("'tiny'", "{name = 'tiny', seed = 1}"),
        ("hidden_dim = 8", "hidden_dim = 9"),
        ("[search]", "[training]\nepochs = 1\n[search]"),
        ("compare = ['optimiser']", "compare = ['optimiser', 'dropout']"),
        ("compare =", "seed = 1\ncompare ="),
        ("compare =", "seed_namespace = 'a'\ncompare ="),
    ],
)
def test_another_question_to_the_data_meets_other_draws(plan, old, new):
    text = TEXT.replace('"tiny"', "'tiny'").replace("dropout = 'constant'", "dropout = ['constant', 'linear']")
    assert old in text
    assert plan(text.replace(old, new)).confirmation_seed != plan(text).confirmation_seed


def test_in_one_namespace_what_is_compared_makes_no_difference(plan):
    one, other = (
        HEAD + f"seed_namespace = 'ours'\ncompare = ['{name}']\n[choices]\n{name} = {choices}\n"
        for name, choices in (("optimiser", ["adam", "sgd"]), ("dropout", ["constant", "linear"]))
    )
    assert plan(one).confirmation_seed == plan(other).confirmation_seed
    assert plan(one).confirmation_seed != plan(other.replace("ours", "theirs")).confirmation_seed
    without = "seed_namespace = 'ours'\n"
    assert plan(one.replace(without, "")).confirmation_seed != plan(other.replace(without, "")).confirmation_seed


def test_it_is_a_number_that_every_reader_of_json_keeps_and_is_no_study_s_own_seed(plan):
    planned = plan(TEXT)
    assert 2**32 < planned.confirmation_seed < 2**53
    assert planned.confirmation_seed == confirmation_seed(planned.study, planned.problem.digest)
    # Whoever changes what it is made of has every unfinished study confirm at other draws than it began with.
    assert confirmation_seed(planned.study, "a digest") == 4400556424141525


def test_a_folder_keeps_its_own_and_an_older_one_the_study_s_seed(plan):
    begun = plan(TEXT.replace("compare =", "seed = 7\ncompare ="))
    data = begun.resolved().to_json()
    older = {key: value for key, value in data.items() if key not in ("format", "seed_namespace", "confirmation_seed")}
    old = ResolvedStudy.from_json(older, "study.json")
    assert (old.format, old.confirmation_seed) == (1, 7)
    assert old.to_json() == older
    gone_on = as_begun(begun, old)
    assert gone_on.confirmation_seed == gone_on.resolved().confirmation_seed == 7
    assert differences(old, gone_on.resolved()) == []
    edited = ResolvedStudy.from_json({**data, "confirmation_seed": 12}, "study.json")
    assert as_begun(begun, edited).confirmation_seed == 12


def test_another_namespace_is_another_study(plan):
    old, new = plan(TEXT), plan(TEXT.replace("compare =", "seed_namespace = 'a'\ncompare ="))
    changed = as_begun(new, old.resolved()).resolved()
    assert differences(old.resolved(), changed) == ["seed_namespace: was '', now 'a'"]


class Later(ModelSettings):
    """The settings of a model as a later version might have them."""

    LATER: ClassVar[frozenset[str]] = frozenset({"depth"})

    depth: int = 1


def test_a_setting_that_comes_later_changes_neither_fingerprint_nor_identity(plan):
    planned = plan(TEXT)
    then = Configuration.of({}, ModelSettings(), TrainingSettings())
    now, deeper = (Configuration.of({}, Later(depth=depth), TrainingSettings()) for depth in (1, 2))
    assert now.fingerprint == then.fingerprint != deeper.fingerprint
    seeds = [
        confirmation_seed(planned.study.model_copy(update={"model": model}), "d")
        for model in (ModelSettings(), Later(), Later(depth=2))
    ]
    assert seeds[0] == seeds[1] != seeds[2]
