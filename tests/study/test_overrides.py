"""``--set``: of everything, and what is wrong with one."""

from __future__ import annotations

import copy

import pytest

from harness.study.file import draft_study
from harness.study.plan import make_plan

from support.study_texts import ADAM, HEAD, OPTIMISERS


def test_everything_can_be_set(plan):
    found = plan(
        HEAD,
        "question=Why not?",
        "problem.tiny.seed=3",
        "metric=dev_hits",
        "seed=0x10",
        "search.trials=2",
        "search.sampler=random",
        "select.seeds=0",
        "confirm.seeds=2",
        "training.score_always=true",
        "model.bias=torch_default",
        'compare=["optimiser"]',
        'optimiser=["adam", {name = "sgd", lr = 0.5}]',
        "choices.initialiser=normal",
        "dropout=linear",
        "dropout.linear.start=0.25",
        "space.dropout.linear.end={low = 0.0, high = 0.5}",
        "baseline.optimiser=sgd",
        " optimiser.adam.lr = 0.125 ",
    )
    study = found.study
    assert (study.question, study.metric, study.seed) == ("Why not?", "dev_hits", 16)
    assert dict(found.selection.values) == {"seed": 3, "examples": 300}
    assert (study.search.trials, study.search.sampler, study.select.seeds, study.confirm.seeds) == (2, "random", 0, 2)
    assert (study.training.score_always, study.model.bias) == (True, "torch_default")
    assert found.baseline == "sgd"
    adam, sgd = found.arms
    assert {name: str(domain) for name, domain in adam.dimensions().items() if name.startswith("dropout")} == {
        "dropout.linear.end": "[0, 0.5]"
    }
    values = adam.configuration(adam.defaults()).hyperparameters()
    assert (values["initialiser"], values["dropout.linear.start"], values["optimiser.adam.lr"]) == (
        "normal",
        0.25,
        0.125,
    )
    assert sgd.configuration(sgd.defaults()).hyperparameters()["optimiser.sgd.lr"] == 0.5
    assert found.resolved().to_json()["overrides"] == list(found.overrides)
    assert found.overrides[0] == "question=Why not?"


def test_a_value_is_toml_or_else_text(plan):
    for text, value in [
        ("Adam or not", "Adam or not"),
        ('"3"', "3"),
        ("", ""),
        ("a = b", "a = b"),
        ("True", "True"),
        ("'x' # y", "x"),
        ("[unclosed", "[unclosed"),
    ]:
        assert plan(HEAD, f"question={text}").study.question == value


def test_the_last_of_two_wins(plan):
    assert plan(HEAD, "seed=1", "seed=2").study.seed == 2


def test_a_component_and_then_its_values(plan):
    assert dict(plan(HEAD, "problem.tiny.seed=3", "problem.tiny.examples=200").selection.values) == {
        "seed": 3,
        "examples": 200,
    }
    text = HEAD.replace('"tiny"', '"conllu"')
    assert dict(plan(text, "problem=tiny", "problem.tiny.seed=3").selection.values)["seed"] == 3


@pytest.mark.parametrize(
    "choice",
    [
        "dropout = { name = 'constant', rate = 0.5 }",
        "dropout = [{ name = 'constant', rate = 0.5 }]",
        "dropout = { name = 'constant', search = ['rate'] }",
    ],
)
def test_set_has_its_way_with_what_choices_fixes_or_searches(plan, choice):
    arm = plan(HEAD + f"[choices]\n{choice}\n", "dropout.constant.rate=0.25").arms[0]
    assert arm.configuration(arm.defaults()).hyperparameters()["dropout.constant.rate"] == 0.25
    assert not arm.dimensions()
    arm = plan(HEAD + f"[choices]\n{choice}\n", "dropout.constant.rate=[0.25, 0.75]").arms[0]
    assert list(arm.dimensions()) == ["dropout.constant.rate"]


def test_set_does_not_blur_two_entries_of_one_component(fault):
    text = "compare = ['dropout']\n[choices]\ndropout = [{ name = 'constant', rate = 0.5 }, 'constant']\n"
    text = text.replace("'constant']", "{ name = 'constant', rate = 0.1 }]")
    assert fault(HEAD + text, "dropout.constant.rate=0.3").splitlines() == [
        "--set dropout.constant.rate=0.3: space.dropout.constant.rate: is already fixed at 0.1 in [choices]",
        "--set dropout.constant.rate=0.3: space.dropout.constant.rate: is already fixed at 0.5 in [choices]",
    ]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("search.trials", "--set search.trials: write key=value, for example --set search.trials=16"),
        ("=3", "--set =3: write key=value, for example --set search.trials=16"),
        ("", "--set : write key=value, for example --set search.trials=16"),
        ("search.trials=0", "--set search.trials=0: search.trials: must be greater than or equal to 1, got 0"),
        ("search.trials=eight", "--set search.trials=eight: search.trials: must be an integer, got 'eight'"),
        (
            "search.trails=8",
            "--set search.trails=8: search.trails: unknown key 'trails', did you mean 'trials'? "
            "known: batch, objectives, repeats, sampler, trials, widen",
        ),
        (
            "optimizer=adam",
            "--set optimizer: unknown key 'optimizer', did you mean 'optimiser'? known: baseline, choices, compare, "
            "confirm, dropout, embedding, failed, initialiser, lr_schedule, metric, model, optimiser, "
            "problem, question, "
            "regularisers, search, seed, seed_namespace, "
            "select, smallest_difference, space, tier, training",
        ),
        (
            "optimiser=adm",
            "--set optimiser=adm: choices.optimiser: unknown optimiser 'adm', did you mean 'adam'? "
            f"known: {OPTIMISERS}",
        ),
        (
            "optimiser.adam=3",
            "--set optimiser.adam=3: space.optimiser.adam: write CHOICE.COMPONENT.HYPERPARAMETER, CHOICE being one of "
            "embedding, initialiser, optimiser, lr_schedule, dropout, regularisers",
        ),
        (
            "optimiser.adam.lrr=3",
            "--set optimiser.adam.lrr=3: space.optimiser.adam.lrr: unknown hyperparameter of optimiser 'adam': 'lrr', "
            f"did you mean 'lr'? known: {ADAM}",
        ),
        (
            "optimiser.sgd.lr=0.1",
            "--set optimiser.sgd.lr=0.1: space.optimiser.sgd.lr: is never used: optimiser is adam",
        ),
        ("optimiser.adam.lr=x", "--set optimiser.adam.lr=x: space.optimiser.adam.lr: lr is a float, got 'x'"),
        ("problem.conllu.train=x",
         "--set problem.conllu.train: write problem.NAME.HYPERPARAMETER, where NAME is 'tiny'"),
        ("problem.tiny=3", "--set problem.tiny: write problem.NAME.HYPERPARAMETER, where NAME is 'tiny'"),
        (
            "problem.tiny.sed=3",
            "--set problem.tiny.sed=3: problem.sed: unknown hyperparameter of problem 'tiny': 'sed', "
            "did you mean 'seed'? known: examples, seed",
        ),
        ("seed.x=3", "--set seed.x=3: seed is no table"),
        ("choices.dropout.rate=3", "--set choices.dropout.rate=3: dropout is no table"),
        ("question=a\nb", r"--set 'question=a\nb': write key=value in one line of UTF-8"),
        ("question=\udcff", r"--set 'question=\udcff': write key=value in one line of UTF-8"),
        ("metric=loss", "--set metric=loss: metric: unknown metric 'loss', did you mean 'dev_loss'? "
         "known: dev_accuracy, dev_hits, dev_loss"),
    ],
)  # fmt: skip
def test_a_fault_in_set_names_the_set(fault, override, message):
    assert fault(HEAD + "seed = 1\n[choices]\ndropout = 'constant'\n", override) == message


def test_a_long_set_is_not_echoed_twice(fault):
    assert fault(HEAD, "seed=" + "[" * 20_000).endswith(": seed: must be an integer, got '" + "[" * 98 + "…")


def test_the_callers_data_are_left_alone(registry):
    raw = {
        "question": "q",
        "problem": "tiny",
        "metric": "dev_loss",
        "choices": {"dropout": {"name": "constant", "rate": 0.1}},
    }
    before = copy.deepcopy(raw)
    study, draft = draft_study(raw, ["dropout.constant.rate=0.2", "search.trials=1", "problem.tiny.seed=1"], source="s")
    make_plan(study, draft, registry)
    assert raw == before
